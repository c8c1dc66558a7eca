package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8,      10.0.0.0,        10.255.255.255,  9.255.255.255,   11.0.0.0",
    "172.16.0.0/12,   172.16.0.0,      172.31.255.255,  172.15.255.255,  172.32.0.0",
    "192.0.2.128/25,  192.0.2.128,     192.0.2.255,     192.0.2.127,     192.0.3.0",
    "192.0.2.6/31,    192.0.2.6,       192.0.2.7,       192.0.2.5,       192.0.2.8",
    "192.0.2.7/32,    192.0.2.7,       192.0.2.7,       192.0.2.6,       192.0.2.8",
    "128.0.0.0/1,     128.0.0.0,       255.255.255.255, 127.255.255.255, 0.0.0.0",
    "fc00::/7,        fc00::,          fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, fbff::, fe00::",
    "2001:db8::/33,   2001:db8::,      2001:db8:7fff:ffff:ffff:ffff:ffff:ffff,"
        + " 2001:db7::, 2001:db8:8000::",
    "::1/128,         ::1,             ::1,             ::,              ::2",
  })
  void contains_edges_inFirstToLast(
      String cidr, String first, String last, String before, String after)
      throws UnknownHostException {
    Cidr range = Cidr.parse(cidr);

    assertThat(range.contains(bytes(first))).isTrue();
    assertThat(range.contains(bytes(last))).isTrue();
    assertThat(range.contains(bytes(before))).isFalse();
    assertThat(range.contains(bytes(after))).isFalse();
  }

  @Test
  void contains_everything_isItsOwnFamilyOnly() throws UnknownHostException {
    assertThat(Cidr.parse("0.0.0.0/0").contains(bytes("255.255.255.255"))).isTrue();
    assertThat(Cidr.parse("0.0.0.0/0").contains(bytes("::"))).isFalse();
    assertThat(Cidr.parse("::/0").contains(bytes("ffff::"))).isTrue();
    assertThat(Cidr.parse("::/0").contains(bytes("0.0.0.0"))).isFalse();
  }

  @Test
  void contains_random_agreesWithNumbers() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      int size = random.nextBoolean() ? 4 : 16;
      int prefix = random.nextInt(size * 8 + 1);
      BigInteger block = BigInteger.ONE.shiftLeft(size * 8 - prefix);
      BigInteger network = new BigInteger(size * 8, random).divide(block).multiply(block);
      // Half of the addresses lie at most one block away, where mistakes would show.
      BigInteger address =
          random.nextBoolean()
              ? new BigInteger(size * 8, random)
              : network
                  .add(block)
                  .subtract(new BigInteger(size * 8 - prefix + 1, random))
                  .mod(BigInteger.ONE.shiftLeft(size * 8));
      Cidr range = Cidr.parse(text(network, size) + "/" + prefix);

      assertThat(range.contains(bytes(address, size)))
          .as("seed %d, %s contains %s", seed, range, text(address, size))
          .isEqualTo(address.divide(block).multiply(block).equals(network));
    }
  }

  @Test
  void parse_noPrefix_isOneAddress() {
    assertThat(Cidr.parse("192.0.2.7")).isEqualTo(Cidr.parse("192.0.2.7/32"));
    assertThat(Cidr.parse("2001:DB8::7")).isEqualTo(Cidr.parse("2001:db8:0::7/128"));
    assertThat(Cidr.parse("10.0.0.0/8")).isNotEqualTo(Cidr.parse("10.0.0.0/9"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/8",
        "localhost",
        "localhost/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "10.0.0.0/999",
        "10.0.0.0/4294967304",
        "10.0.0.1/8",
        "10/8",
        "10.0.0/24",
        "10.0.0.0.0/8",
        "010.0.0.0/8",
        "256.0.0.0/8",
        "1e1.0.0.0/8",
        "10.0.0.0./8",
        " 10.0.0.0/8",
        "10.0.0.0/8 ",
        "10.0.0.0/8\n",
        "١٠.0.0.0/8",
        "0x0a000000/8",
        "167772160/8",
        ":/0",
        ":::/0",
        "fc00::/129",
        "fc00::1/7",
        "fe80::%lo/10",
        "[::1]/128",
        "1:2:3:4:5:6:7:8:9/128",
        "gc00::/7",
        "::ffff:10.0.0.0/104",
      })
  void parse_notARange_throws(String text) {
    assertThatThrownBy(() -> Cidr.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("cidr must ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "1.2.3.4", "10.99.100.199", "249.200.250.255"})
  void isIpv4_fourNumbers_true(String text) {
    assertThat(Cidr.isIpv4(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1..2.3", "1.2.3."})
  void isIpv4_anythingElse_false(String text) {
    assertThat(Cidr.isIpv4(text)).isFalse();
  }

  private static byte[] bytes(String address) throws UnknownHostException {
    return InetAddress.getByName(address).getAddress();
  }

  private static byte[] bytes(BigInteger number, int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = number.shiftRight((size - 1 - i) * 8).byteValue();
    }
    return bytes;
  }

  private static String text(BigInteger number, int size) {
    StringBuilder text = new StringBuilder();
    int step = size == 4 ? 8 : 16;
    for (int shift = size * 8 - step; shift >= 0; shift -= step) {
      int part = number.shiftRight(shift).intValue() & ((1 << step) - 1);
      text.append(size == 4 ? Integer.toString(part) : Integer.toHexString(part));
      text.append(shift == 0 ? "" : size == 4 ? "." : ":");
    }
    return text.toString();
  }
}

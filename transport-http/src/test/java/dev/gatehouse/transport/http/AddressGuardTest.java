package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressGuardTest {
  private final AddressGuard guard = guard();

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0,      0.255.255.255,",
    "10.0.0.0,     10.255.255.255,  9.255.255.255",
    "100.64.0.0,   100.127.255.255, 100.63.255.255",
    "127.0.0.0,    127.255.255.255, 126.255.255.255",
    "169.254.0.0,  169.254.255.255, 169.253.255.255",
    "172.16.0.0,   172.31.255.255,  172.15.255.255",
    "192.0.0.0,    192.0.0.255,     191.255.255.255",
    "192.0.2.0,    192.0.2.255,     192.0.1.255",
    "192.88.99.0,  192.88.99.255,   192.88.98.255",
    "192.168.0.0,  192.168.255.255, 192.167.255.255",
    "198.18.0.0,   198.19.255.255,  198.17.255.255",
    "198.51.100.0, 198.51.100.255,  198.51.99.255",
    "203.0.113.0,  203.0.113.255,   203.0.112.255",
    "224.0.0.0,    239.255.255.255, 223.255.255.255",
    "168.63.129.16,168.63.129.16,   168.63.129.15",
    "2001::,       2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff, 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::,   2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
    "2002::,       2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff::,       3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff, 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "4000::,       ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  })
  void permits_rangeAndNeighbourBelow_refusedAndPermitted(String first, String last, String below) {
    assertThat(guard.permits(address(first))).isFalse();
    assertThat(guard.permits(address(last))).isFalse();
    if (below != null) {
      assertThat(guard.permits(address(below))).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0.0.0",
        "11.0.0.0",
        "100.128.0.0",
        "128.0.0.0",
        "169.255.0.0",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.100.0",
        "192.169.0.0",
        "198.20.0.0",
        "198.51.101.0",
        "203.0.114.0",
        "168.63.129.17",
        "2000::",
        "2001:200::",
        "2001:db9::",
        "2003::",
        "3fff:1000::",
        "8.8.8.8",
        "2606:4700:4700::1111",
      })
  void permits_neighbourAboveAndPublic_true(String address) {
    assertThat(guard.permits(address(address))).isTrue();
  }

  /** The JDK's own flags are false for most of these. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "::",
        "::1",
        "::7f00:1",
        "::808:808",
        "::ffff:0:808:808",
        "64:ff9a:ffff::",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::808:808",
        "100::1",
        "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:0:808:808::",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "5f00::1",
        "fc00::1",
        "fd00::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::1",
        "fe80::a9fe:a9fe",
        "fec0::1",
        "ff02::1",
        "0.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "192.0.0.192",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
      })
  void permits_specialPurpose_false(String address) {
    assertThat(guard.permits(address(address))).isFalse();
  }

  @Test
  void permits_mapped_isJudgedAsIpv4() throws UnknownHostException {
    assertThat(guard.permits(mapped("8.8.8.8"))).isTrue();
    assertThat(guard.permits(mapped("10.0.0.1"))).isFalse();
    assertThat(guard("10.0.0.0/8").permits(mapped("10.0.0.1"))).isTrue();
    assertThat(guard("::/0").permits(mapped("10.0.0.1"))).isFalse();
    assertThat(guard("::/0", "0.0.0.0/0").permits(mapped("169.254.169.254"))).isFalse();
  }

  @Test
  void permits_allowedRange_opensThatRangeOnly() {
    AddressGuard intranet = guard("10.1.0.0/16", "fd12::/16", "::1/128");

    assertThat(intranet.permits(address("10.1.255.255"))).isTrue();
    assertThat(intranet.permits(address("10.2.0.0"))).isFalse();
    assertThat(intranet.permits(address("fd12:ffff::"))).isTrue();
    assertThat(intranet.permits(address("fd13::"))).isFalse();
    assertThat(intranet.permits(address("::1"))).isTrue();
    assertThat(intranet.permits(address("127.0.0.1"))).isFalse();
    assertThat(intranet.permits(address("8.8.8.8"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "169.254.169.254",
        "169.254.170.2",
        "169.254.0.23",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::23",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::a9fe:a9fe",
        "::a9fe:a9fe",
        "::ffff:0:a9fe:a9fe",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::6464:64c8",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2001:0:a9fe:a9fe::",
        "2001:0:808:808:0:0:5601:5601",
      })
  void permits_metadataWithEverythingAllowed_false(String address) {
    AddressGuard open = guard("0.0.0.0/0", "::/0", "169.254.169.254", "100.100.100.200/32");

    assertThat(open.permits(address(address))).isFalse();
  }

  @Test
  void permits_tunnelAllowed_stillJudgesWhatItCarries() {
    AddressGuard tunnels = guard("64:ff9b::/96", "2002::/16", "2001::/32");

    assertThat(tunnels.permits(address("64:ff9b::8.8.8.8"))).isTrue();
    assertThat(tunnels.permits(address("64:ff9b::10.0.0.1"))).isFalse();
    assertThat(tunnels.permits(address("2002:808:808::1"))).isTrue();
    assertThat(tunnels.permits(address("2002:a00:1::1"))).isFalse();
    assertThat(tunnels.permits(address("2001:0:808:808:0:0:f7f7:f7f7"))).isTrue();
    assertThat(tunnels.permits(address("2001:0:808:808:0:0:f5ff:fffe"))).isFalse();
    assertThat(tunnels.permits(address("2001:0:a00:1:0:0:f7f7:f7f7"))).isFalse();
  }

  @Test
  void permits_ownAddress_falseUnlessAllowed() {
    InetAddress own = address("8.8.4.4");

    assertThat(new AddressGuard(List.of(), own::equals).permits(own)).isFalse();
    assertThat(new AddressGuard(List.of(Cidr.parse("8.8.4.0/24")), own::equals).permits(own))
        .isTrue();
  }

  private static AddressGuard guard(String... allowed) {
    return new AddressGuard(Stream.of(allowed).map(Cidr::parse).toList(), address -> false);
  }

  private static InetAddress address(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /** The JDK makes an IPv4 address of a mapped one, unless it has a scope. */
  private static InetAddress mapped(String ipv4) throws UnknownHostException {
    byte[] bytes = new byte[16];
    bytes[10] = (byte) 0xff;
    bytes[11] = (byte) 0xff;
    System.arraycopy(address(ipv4).getAddress(), 0, bytes, 12, 4);
    InetAddress mapped = Inet6Address.getByAddress(null, bytes, 1);
    assertThat(mapped.getAddress()).hasSize(16);
    return mapped;
  }
}

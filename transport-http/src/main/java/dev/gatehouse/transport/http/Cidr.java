package dev.gatehouse.transport.http;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A range of IPv4 or IPv6 addresses that share their first bits, such as 10.0.0.0/8. Immutable. */
final class Cidr {
  private static final Pattern IPV4 =
      Pattern.compile(
          "(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?!$)|$)){4}", Pattern.DOTALL);

  /** Only what {@link InetAddress#getByName} takes for an address, never for a name to look up. */
  private static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9a-fA-F:.]{2,45}");

  private static final Pattern RANGE = Pattern.compile("([^/]{1,45})(?:/(0|[1-9][0-9]{0,2}))?");

  private final byte[] network;
  private final int prefix;

  private Cidr(byte[] network, int prefix) {
    this.network = network;
    this.prefix = prefix;
  }

  /**
   * The range of a text such as {@code 10.0.0.0/8} or {@code fd00::/8}; an address without a prefix
   * is a range of one.
   *
   * @throws IllegalArgumentException if the text is no such range, or has bits set after its prefix
   */
  static Cidr parse(String text) {
    Matcher matcher = RANGE.matcher(requireNonNull(text, "cidr"));
    Check.that(matcher.matches(), mistake(text, "must be ADDRESS or ADDRESS/PREFIX"));
    byte[] network = bytes(matcher.group(1), text);
    int bits = network.length * Byte.SIZE;
    String given = matcher.group(2);
    int prefix = given == null ? bits : Integer.parseInt(given);
    Check.that(prefix <= bits, mistake(text, "must have a prefix of at most " + bits));
    Cidr cidr = new Cidr(network, prefix);
    Check.that(
        Arrays.equals(cidr.masked(network), network),
        mistake(text, "must have no bits set after its prefix"));
    return cidr;
  }

  /** Whether a text is an IPv4 address of four decimal numbers without leading zeros. */
  static boolean isIpv4(String text) {
    return IPV4.matcher(text).matches();
  }

  private static byte[] bytes(String address, String text) {
    boolean ipv6 = IPV6.matcher(address).matches();
    Check.that(ipv6 || isIpv4(address), mistake(text, "must hold an IPv4 or IPv6 address"));
    byte[] bytes;
    try {
      bytes = InetAddress.getByName(address).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(mistake(text, "must hold an IPv4 or IPv6 address"), e);
    }
    Check.that(
        ipv6 == (bytes.length == 16), mistake(text, "must give a mapped address in its IPv4 form"));
    return bytes;
  }

  private static String mistake(String text, String rule) {
    return "cidr " + rule + ", was '" + Check.shown(text) + "'";
  }

  /** Whether an address, in network byte order, lies in this range. */
  boolean contains(byte[] address) {
    return address.length == network.length && Arrays.equals(masked(address), network);
  }

  private byte[] masked(byte[] address) {
    byte[] masked = address.clone();
    for (int i = 0; i < masked.length; i++) {
      int kept = Math.min(Byte.SIZE, Math.max(0, prefix - i * Byte.SIZE));
      masked[i] &= (byte) (0xff << (Byte.SIZE - kept));
    }
    return masked;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Cidr that
        && prefix == that.prefix
        && Arrays.equals(network, that.network);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(network) + prefix;
  }

  @Override
  public String toString() {
    try {
      return InetAddress.getByAddress(network).getHostAddress() + "/" + prefix;
    } catch (UnknownHostException e) {
      throw new IllegalStateException("a network has 4 or 16 bytes", e);
    }
  }
}

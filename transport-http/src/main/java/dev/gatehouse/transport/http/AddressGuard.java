package dev.gatehouse.transport.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Judges which addresses may be connected to. Refused are addresses that are not global unicast by
 * the IANA registries of special-purpose addresses (RFC 6890 and its successors), the host's own
 * addresses, and the services that clouds offer to their machines; all but the last may be allowed
 * by range.
 *
 * <p>An IPv6 address that carries an IPv4 address (mapped, compatible, translated, NAT64, 6to4,
 * Teredo) is a second road to it, so what it carries must be permitted too.
 */
final class AddressGuard {
  /** Where clouds hand out credentials and configuration: no allowed range opens these. */
  static final List<Cidr> NEVER =
      ranges(
          "169.254.0.0/16", // link-local: metadata of AWS, Azure, GCP, OCI, Tencent, OpenStack
          "fe80::/10", // link-local
          "100.100.100.200/32", // metadata of Alibaba
          "168.63.129.16/32", // host agent of Azure
          "192.0.0.192/32", // metadata of OCI Classic
          "fd00:ec2::/32", // metadata, credentials, DNS and time of AWS
          "fd20:ce::254/128", // metadata of GCP
          "64:ff9b:1::/48"); // local NAT64: the IPv4 address behind it cannot be told

  /** Not global unicast; refused unless a range allows it. */
  static final List<Cidr> DENIED =
      ranges(
          "0.0.0.0/8", // this network
          "10.0.0.0/8", // private
          "100.64.0.0/10", // shared by carriers
          "127.0.0.0/8", // loopback
          "172.16.0.0/12", // private
          "192.0.0.0/24", // protocol assignments
          "192.0.2.0/24", // documentation
          "192.88.99.0/24", // 6to4 relays
          "192.168.0.0/16", // private
          "198.18.0.0/15", // benchmarks
          "198.51.100.0/24", // documentation
          "203.0.113.0/24", // documentation
          "224.0.0.0/4", // multicast
          "240.0.0.0/4", // reserved, broadcast
          "::/3", // unspecified, loopback, mapped, compatible, translated, NAT64, discard
          "2001::/23", // protocol assignments: Teredo, benchmarks, ORCHID
          "2001:db8::/32", // documentation
          "2002::/16", // 6to4
          "3fff::/20", // documentation
          "4000::/2", // not assigned
          "8000::/1"); // not assigned, unique local, site-local, multicast

  private static final Cidr COMPATIBLE = Cidr.parse("::/96");
  private static final Cidr TRANSLATED = Cidr.parse("::ffff:0:0:0/96");
  private static final Cidr NAT64 = Cidr.parse("64:ff9b::/96");
  private static final Cidr SIX_TO_FOUR = Cidr.parse("2002::/16");
  private static final Cidr TEREDO = Cidr.parse("2001::/32");

  private final List<Cidr> allowed;
  private final Predicate<InetAddress> own;

  /**
   * A guard that permits the allowed ranges beside global unicast.
   *
   * @param own tells the host's own addresses
   */
  AddressGuard(List<Cidr> allowed, Predicate<InetAddress> own) {
    this.allowed = List.copyOf(allowed);
    this.own = own;
  }

  /** Whether the address may be connected to. */
  boolean permits(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (isMapped(bytes)) {
      return permits(last4(bytes));
    }
    return permits(bytes) && carried(bytes).allMatch(this::permits);
  }

  private boolean permits(byte[] address) {
    if (in(NEVER, address)) {
      return false;
    }
    return in(allowed, address) || !(in(DENIED, address) || isOwn(address));
  }

  private boolean isOwn(byte[] address) {
    try {
      return own.test(InetAddress.getByAddress(address));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has 4 or 16 bytes", e);
    }
  }

  /** The JDK unwraps mapped addresses, but not those made with a scope. */
  private static boolean isMapped(byte[] address) {
    if (address.length != 16 || address[10] != (byte) 0xff || address[11] != (byte) 0xff) {
      return false;
    }
    for (int i = 0; i < 10; i++) {
      if (address[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** The IPv4 addresses that an IPv6 address leads to. */
  private static Stream<byte[]> carried(byte[] address) {
    // The first /8 of the compatible range holds :: and ::1, which carry nothing.
    if ((COMPATIBLE.contains(address) && address[12] != 0)
        || TRANSLATED.contains(address)
        || NAT64.contains(address)) {
      return Stream.of(last4(address));
    }
    if (SIX_TO_FOUR.contains(address)) {
      return Stream.of(Arrays.copyOfRange(address, 2, 6));
    }
    if (TEREDO.contains(address)) {
      byte[] client = last4(address);
      for (int i = 0; i < client.length; i++) {
        client[i] = (byte) ~client[i];
      }
      return Stream.of(Arrays.copyOfRange(address, 4, 8), client);
    }
    return Stream.empty();
  }

  private static byte[] last4(byte[] address) {
    return Arrays.copyOfRange(address, 12, 16);
  }

  private static boolean in(List<Cidr> ranges, byte[] address) {
    for (Cidr range : ranges) {
      if (range.contains(address)) {
        return true;
      }
    }
    return false;
  }

  private static List<Cidr> ranges(String... ranges) {
    return Stream.of(ranges).map(Cidr::parse).toList();
  }
}

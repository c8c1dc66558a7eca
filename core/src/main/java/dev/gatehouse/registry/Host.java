package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/**
 * The rule for the host of a server. Numeric forms other than four decimal bytes ({@code 127.1},
 * {@code 0x7f000001}, {@code 010.0.0.1}) are refused, because programs disagree on the address they
 * mean. Nothing is looked up.
 */
final class Host {
  static final int MAX_LENGTH = 253;

  /** Of an IPv6 address that ends in an IPv4 address. */
  private static final int MAX_IPV6 = 45;

  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
  private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

  /** The last label starts with a letter: else it is a number, or no URI has it as a host. */
  private static final Pattern NAME =
      Pattern.compile("(?:" + LABEL + "\\.)*[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

  private Host() {}

  /** The host without the brackets that an IPv6 address may come in. */
  static String valid(String value) {
    requireNonNull(value, "host");
    String host = withoutBrackets(value);
    boolean valid =
        host.indexOf(':') >= 0
            ? isIpv6(host)
            : value.length() <= MAX_LENGTH
                && host.equals(value)
                && (IPV4.matcher(host).matches() || NAME.matcher(host).matches());
    Check.that(
        valid,
        () ->
            "host must be a host name of at most "
                + MAX_LENGTH
                + " letters, digits, hyphens and dots, or an IP address, was '"
                + shown(value)
                + "'");
    return host;
  }

  /** The host as it stands in a URI. */
  static String inUri(String host) {
    return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
  }

  private static boolean isIpv6(String host) {
    if (host.length() > MAX_IPV6 || !IPV6.matcher(host).matches()) {
      return false;
    }
    try {
      return new URI("http://[" + host + "]/").getHost() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static String withoutBrackets(String value) {
    boolean bracketed = value.startsWith("[") && value.endsWith("]") && value.length() > 2;
    return bracketed ? value.substring(1, value.length() - 1) : value;
  }

  /** User info may hold a password. */
  private static String shown(String value) {
    int at = value.lastIndexOf('@');
    return at < 0 ? Check.shown(value) : "...@" + Check.shown(value.substring(at + 1));
  }
}

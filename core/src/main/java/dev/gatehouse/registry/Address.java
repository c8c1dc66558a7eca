package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.Locale;

/** Where a server or an instance of it listens. Immutable. */
record Address(String protocol, String host, int port) {
  /** By {@code http}. */
  static Address of(String host, int port) {
    return new Address("http", Host.valid(host), Check.range(port, 1, 65_535, "port"));
  }

  Address protocol(String value) {
    return new Address(validProtocol(value), host, port);
  }

  static String validProtocol(String value) {
    String lower = requireNonNull(value, "protocol").toLowerCase(Locale.ROOT);
    Check.that(
        lower.equals("http") || lower.equals("https"),
        () -> "protocol must be http or https, was '" + Check.shown(value) + "'");
    return lower;
  }

  /** What a URI starts with. */
  String origin() {
    return protocol + "://" + Host.inUri(host) + ":" + port;
  }

  /** Host and port, alike whatever the host's case. */
  String key() {
    return Host.inUri(host).toLowerCase(Locale.ROOT) + ":" + port;
  }
}

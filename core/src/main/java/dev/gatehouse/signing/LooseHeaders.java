package dev.gatehouse.signing;

import dev.gatehouse.check.Form;
import dev.gatehouse.transport.Headers;
import java.util.Optional;

/**
 * Reads the headers of the schemes whose names hold underscores. Such names are alike whatever
 * their case and with {@code -} in place of {@code _}, since many proxies drop names with
 * underscores.
 */
final class LooseHeaders {
  private LooseHeaders() {}

  /** The value of the field of that name, which must not occur twice, in whichever spelling. */
  static Optional<String> atMostOne(Headers headers, String name) {
    return HeaderReader.atMostOne(headers.allAlike(name), name);
  }

  /** The value of the one field of that name. */
  static String one(Headers headers, String name) {
    return atMostOne(headers, name).orElseThrow(() -> HeaderReader.missing(name));
  }

  /** The value of the one field of that name, which is of the form. */
  static String one(Headers headers, String name, Form form) {
    return HeaderReader.matching(one(headers, name), form, "header " + name);
  }

  /**
   * As {@link SignedBytes#unsigned}, in whichever spelling.
   *
   * @throws IllegalArgumentException naming the header
   */
  static void unsigned(Headers headers, String... names) {
    for (String name : names) {
      SignedBytes.requireNone(headers.allAlike(name), name);
    }
  }

  /** What the one field of that name holds in Base64: so many bytes. */
  static byte[] base64(Headers headers, String name, int min, int max) {
    return HeaderReader.base64(one(headers, name), min, max, "header " + name);
  }
}

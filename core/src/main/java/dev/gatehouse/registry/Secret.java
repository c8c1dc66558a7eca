package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * The shared secret of an application, in the one moment in which it can be read. Its text shows
 * nothing; two secrets are equal only as objects. Immutable.
 */
public final class Secret {
  private final String text;

  private Secret(String text) {
    this.text = text;
  }

  /** A secret of 16..256 characters of printable ASCII. */
  public static Secret of(String text) {
    requireNonNull(text, "secret");
    Check.range(text.length(), 16, 256, "length of secret");
    Check.that(
        text.chars().allMatch(c -> c > ' ' && c < 0x7f),
        "secret must be printable ASCII without blanks");
    return new Secret(text);
  }

  /** The text, for handing it to its owner. */
  public String reveal() {
    return text;
  }

  @Override
  public String toString() {
    return "Secret[...]";
  }
}

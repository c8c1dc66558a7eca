package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

/**
 * A key that a key ring has made, in the one moment in which its owner can be told. Its text shows
 * nothing secret. Immutable.
 *
 * @param key what is known of it
 * @param material the secret, if it is a shared one, which cannot be read again; of a pair the
 *     public half, for the private one never leaves the ring
 */
public record IssuedKey(Key key, KeyMaterial material) {
  /** Checks that nothing is missing. */
  public IssuedKey {
    requireNonNull(key, "key");
    requireNonNull(material, "material");
  }
}

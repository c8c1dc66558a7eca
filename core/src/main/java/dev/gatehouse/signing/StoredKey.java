package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A key as a store keeps it: with its material, which is for the key ring alone to read. Two are
 * equal if key and material are. Immutable.
 */
public final class StoredKey {
  /** Longest material in bytes. */
  public static final int MAX_MATERIAL = 4096;

  private final Key key;
  private final byte[] material;

  /**
   * A key and its material.
   *
   * @param material 1..4096 bytes, or none of a destroyed key
   */
  public StoredKey(Key key, byte[] material) {
    this.key = requireNonNull(key, "key");
    int least = key.state() == Key.State.DESTROYED ? 0 : 1;
    int most = key.state() == Key.State.DESTROYED ? 0 : MAX_MATERIAL;
    Check.range(material.length, least, most, "length of material");
    this.material = material.clone();
  }

  /** The key. */
  public Key key() {
    return key;
  }

  /** A copy of the material; empty if the key is destroyed. */
  public byte[] material() {
    return material.clone();
  }

  /** This material under a changed key. */
  StoredKey with(Key changed) {
    return new StoredKey(changed, material);
  }

  /** This key without its material, and beyond use. */
  StoredKey destroyed() {
    return new StoredKey(key.in(Key.State.DESTROYED), new byte[0]);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StoredKey that
        && key.equals(that.key)
        && Arrays.equals(material, that.material);
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  /** The key only: the material may be secret. */
  @Override
  public String toString() {
    return key.toString();
  }
}

package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A key as a store keeps it: with its material, which is for the key ring alone to read; or what
 * can be told of one that this version does not know. Two are equal if key and material are.
 * Immutable.
 */
public final class StoredKey {
  /** Longest material in bytes. */
  public static final int MAX_MATERIAL = 4096;

  private final @Nullable Key key;
  private final @Nullable UnknownKey unknown;
  private final byte[] material;

  /**
   * A key and its material.
   *
   * @param material 1..4096 bytes, or none of a destroyed key
   */
  public StoredKey(Key key, byte[] material) {
    this.key = requireNonNull(key, "key");
    unknown = null;
    int least = key.state() == Key.State.DESTROYED ? 0 : 1;
    int most = key.state() == Key.State.DESTROYED ? 0 : MAX_MATERIAL;
    Check.range(material.length, least, most, "length of material");
    this.material = material.clone();
  }

  private StoredKey(UnknownKey unknown) {
    key = null;
    this.unknown = requireNonNull(unknown, "unknown key");
    material = new byte[0];
  }

  /**
   * A key that this version does not know, without its material, of which it could make nothing.
   */
  public static StoredKey of(UnknownKey unknown) {
    return new StoredKey(unknown);
  }

  /** The id, known or not. */
  public long id() {
    return key == null ? requireNonNull(unknown).id() : key.id();
  }

  /** Whose key it is, known or not. */
  public long applicationId() {
    return key == null ? requireNonNull(unknown).applicationId() : key.applicationId();
  }

  /**
   * The key.
   *
   * @throws IllegalStateException if this version does not know it
   */
  public Key key() {
    if (key == null) {
      throw new IllegalStateException(this + " is not known");
    }
    return key;
  }

  /** What can be told of it if this version does not know it. */
  public Optional<UnknownKey> unknown() {
    return Optional.ofNullable(unknown);
  }

  /** A copy of the material; empty if the key is destroyed or not known. */
  public byte[] material() {
    return material.clone();
  }

  /** This key without its material, and beyond use. */
  public StoredKey destroyed() {
    return new StoredKey(key().in(Key.State.DESTROYED), new byte[0]);
  }

  /** This material under a changed key. */
  StoredKey with(Key changed) {
    return new StoredKey(changed, material);
  }

  boolean isKnown() {
    return unknown == null;
  }

  /** Whether nobody here can tell what it may do. */
  boolean isOfUnknownState() {
    return unknown != null && unknown.state().isEmpty();
  }

  /** Whether it is destroyed, as far as that can be told. */
  boolean isDestroyed() {
    return stateIs(Key.State.DESTROYED);
  }

  /** Whether it does nothing at any time, as far as that can be told. */
  boolean isOutOfUse() {
    return stateIs(Key.State.DISABLED) || isDestroyed();
  }

  /** Whether its time is not over. */
  boolean isInTime(Instant now) {
    return (key == null ? requireNonNull(unknown).notAfter() : key.notAfter()).isAfter(now);
  }

  private boolean stateIs(Key.State state) {
    return (key == null ? requireNonNull(unknown).state() : Optional.of(key.state()))
        .filter(state::equals)
        .isPresent();
  }

  /** Whether it serves that purpose. */
  boolean serves(Key.Purpose purpose) {
    return (key == null ? requireNonNull(unknown).purpose() : Optional.of(key.purpose()))
        .filter(purpose::equals)
        .isPresent();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StoredKey that
        && Objects.equals(key, that.key)
        && Objects.equals(unknown, that.unknown)
        && Arrays.equals(material, that.material);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(id());
  }

  /** The key only: the material may be secret. */
  @Override
  public String toString() {
    return String.valueOf(key == null ? unknown : key);
  }
}

package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * SPI: a record as it is kept: the canonical bytes that were frozen at append, their hash, and the
 * index that a sequencer gave it. The bytes are the truth; whatever else a store keeps of a record,
 * in columns to search by, is a copy derived from them.
 *
 * <p>Canonical bytes, version 1: the 22 bytes of ASCII {@code gatehouse-audit-record}, the byte 1,
 * then the fields id, time, operationType, resultType, content, sourceNode, namespace, severity,
 * user, requestId, service and ext, in this order, and nothing after them. A field is its length as
 * 32-bit number and that many bytes; an absent one (of the last four) is the length 0xFFFFFFFF and
 * no bytes. The id and the time in microseconds since 1970-01-01T00:00Z are 64-bit, the types
 * 32-bit numbers in two's complement, texts are UTF-8, and all numbers have their highest byte
 * first. Leaf hash: SHA-256 of the byte 0 and the canonical bytes (RFC 6962, section 2.1).
 *
 * <p>Immutable.
 */
public final class AuditEntry {
  private final AuditRecord record;
  private final AuditPosition position;
  private final byte[] canonical;
  private final byte[] leafHash;
  private final @Nullable Long leafIndex;

  private AuditEntry(
      AuditRecord record, byte[] canonical, byte[] leafHash, @Nullable Long leafIndex) {
    this.record = record;
    this.position = new AuditPosition(AuditFrame.micros(record), record.id());
    this.canonical = canonical;
    this.leafHash = leafHash;
    this.leafIndex = leafIndex;
  }

  /** Freezes a record that has an id and a time; it has no leaf index yet. */
  public static AuditEntry of(AuditRecord record) {
    Check.range(record.id(), 1, Long.MAX_VALUE - 1, "id");
    byte[] canonical = AuditFrame.encode(record);
    return new AuditEntry(record, canonical, leafHash(canonical), null);
  }

  /**
   * The entry that a store kept.
   *
   * @param leafIndex null while no sequencer has given one
   * @throws StorageException if the bytes are not a record's: the row was damaged or edited.
   *     Whether they match the hash is for a verifier to judge, not for a reader.
   */
  public static AuditEntry stored(byte[] canonical, byte[] leafHash, @Nullable Long leafIndex) {
    requireNonNull(leafHash, "leafHash");
    AuditRecord record;
    try {
      record = AuditFrame.decode(requireNonNull(canonical, "canonical"));
    } catch (IllegalArgumentException e) {
      throw new StorageException("a stored audit record is damaged: " + e.getMessage(), e);
    }
    return new AuditEntry(record, canonical.clone(), leafHash.clone(), leafIndex);
  }

  /** The record. */
  public AuditRecord record() {
    return record;
  }

  /** Where it stands in the log. */
  public AuditPosition position() {
    return position;
  }

  /** The canonical bytes; a copy. */
  public byte[] canonical() {
    return canonical.clone();
  }

  /** The leaf hash, 32 bytes; a copy. */
  public byte[] leafHash() {
    return leafHash.clone();
  }

  /** The index in the tree; empty while the record is pending. */
  public OptionalLong leafIndex() {
    return leafIndex == null ? OptionalLong.empty() : OptionalLong.of(leafIndex);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AuditEntry that
        && Arrays.equals(canonical, that.canonical)
        && Arrays.equals(leafHash, that.leafHash)
        && leafIndex().equals(that.leafIndex());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(canonical);
  }

  @Override
  public String toString() {
    return "AuditEntry of " + record;
  }

  private static byte[] leafHash(byte[] canonical) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update((byte) 0);
      return digest.digest(canonical);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * SPI: a record as it is kept: the canonical bytes that were frozen at append, their hash, the MAC
 * under the host's {@link RowKey}, if there is one, and what opens the commitments in the canonical
 * bytes. These are the truth; whatever else a store keeps of a record, in columns to search by, is
 * a copy derived from them. Only the openings ever change: they get fewer by {@link
 * AuditLog#erase}.
 *
 * <p>Canonical bytes, version 1: the 22 bytes of ASCII {@code gatehouse-audit-record}, or {@code
 * gatehouse-event-record} in the {@linkplain LogName event log}, the byte 1, the number of the
 * record's {@linkplain AuditRecord.Kind kind} in one byte, then the fields id, time, operationType,
 * resultType, content, sourceNode, namespace, severity, user, requestId, service and ext, in this
 * order; then the number of the application's fields in 4 bytes, and of each, in ascending order of
 * name, the name, its type in one byte (0 keyword, 1 text, 2 number, 3 decimal, 4 time, 5 flag) and
 * its value; and nothing after them. A field, name or value is its length as 32-bit number and that
 * many bytes. An absent one (user, requestId, service, ext) is the length 0xFFFFFFFF and no bytes;
 * one that is committed to is the length 0xFFFFFFFE and the 32 bytes of its commitment. The id and
 * the time in microseconds since 1970-01-01T00:00Z are 64-bit, the types 32-bit numbers in two's
 * complement, texts are UTF-8, and all numbers have their highest byte first. Values of the
 * application's are texts too: numbers in decimal, times in milliseconds since 1970, flags {@code
 * true} or {@code false}. Leaf hash: SHA-256 of the byte 0 and the canonical bytes (RFC 6962,
 * section 2.1).
 *
 * <p>Commitment: SHA-256 of the byte 2, 16 random bytes of salt, and the value's bytes. The
 * openings have for each commitment, in the order of the fields, the byte 1, the salt, the length
 * of the value in 4 bytes and the value; or, once it was erased, the byte 0 and the id, in 8 bytes,
 * of the record of kind {@code ERASURE} that tells of it.
 *
 * <p>Immutable.
 */
public final class AuditEntry {
  /** Makes the MACs of a log's records. */
  @FunctionalInterface
  interface Macs {
    /** For a log without a key. */
    Macs NONE = (id, leafHash) -> new byte[0];

    /** The MAC; empty if there is none. */
    byte[] mac(long id, byte[] leafHash);
  }

  private final AuditRecord record;
  private final AuditPosition position;
  private final byte[] canonical;
  private final byte[] leafHash;
  private final byte[] mac;
  private final byte[] openings;

  private final LogName log;

  private AuditEntry(AuditRecord record, AuditFrame.Frame frame, byte[] leafHash, byte[] mac) {
    this.record = record;
    log = LogName.ofFrame(frame.canonical());
    this.position = new AuditPosition(AuditFrame.micros(record), record.id());
    this.canonical = frame.canonical();
    this.openings = frame.openings();
    this.leafHash = leafHash;
    this.mac = mac;
  }

  /**
   * Freezes a record of a log that has an id and a time; it has no MAC, and nothing can be erased.
   */
  public static AuditEntry of(LogName log, AuditRecord record) {
    return of(log, record, name -> false, Macs.NONE, new MerkleHash());
  }

  /**
   * Freezes a record that has an id and a time, with a MAC if there is a key.
   *
   * @param erasable which fields are committed to by new salts
   */
  static AuditEntry of(
      LogName log, AuditRecord record, Predicate<String> erasable, Macs macs, MerkleHash hash) {
    Check.range(record.id(), 1, Long.MAX_VALUE - 1, "id");
    AuditFrame.Frame frame = AuditFrame.encode(log, record, erasable, hash);
    byte[] leafHash = hash.leaf(frame.canonical());
    byte[] mac = macs.mac(record.id(), leafHash);
    return new AuditEntry(record, frame, leafHash, mac);
  }

  /** As {@link #of(LogName, AuditRecord)}, but the fields of those names can be erased. */
  public static AuditEntry erasable(LogName log, AuditRecord record, Set<String> names) {
    return of(log, record, names::contains, Macs.NONE, new MerkleHash());
  }

  /**
   * Checks what a store of a log is to append.
   *
   * @throws IllegalArgumentException if these are not 1..{@link AuditStore#MAX_BATCH} entries of it
   */
  public static void requireBatch(LogName log, List<AuditEntry> entries) {
    Check.range(entries.size(), 1, AuditStore.MAX_BATCH, "number of entries");
    for (AuditEntry entry : entries) {
      Check.that(
          entry.log == log,
          () -> "entries must be of the " + log + " log, one is of the " + entry.log + " log");
    }
  }

  /**
   * The entry that a store kept.
   *
   * @param log that the store keeps
   * @param openings empty if there is nothing to open
   * @param mac empty if it has none
   * @throws StorageException if the bytes are not a record's of that log: the row was damaged or
   *     edited. Whether they match the hash is for a verifier to judge, not for a reader.
   */
  public static AuditEntry stored(
      LogName log, byte[] canonical, byte[] openings, byte[] leafHash, byte[] mac) {
    requireNonNull(leafHash, "leafHash");
    requireNonNull(mac, "mac");
    requireNonNull(canonical, "canonical");
    requireNonNull(openings, "openings");
    AuditRecord record;
    try {
      LogName says = LogName.ofFrame(canonical);
      Check.that(
          says == log, () -> "it must be of the " + log + " log, is of the " + says + " log");
      record = AuditFrame.decode(canonical, openings);
    } catch (IllegalArgumentException e) {
      throw new StorageException("a stored audit record is damaged: " + e.getMessage(), e);
    }
    return new AuditEntry(
        record,
        new AuditFrame.Frame(canonical.clone(), openings.clone()),
        leafHash.clone(),
        mac.clone());
  }

  /**
   * This entry without the values of those fields, as far as it has them.
   *
   * @param evidence id of the record that tells of the erasure
   * @throws IllegalArgumentException if one of the fields was written in clear
   */
  public AuditEntry erase(Set<String> fields, long evidence) {
    byte[] left = AuditFrame.erase(canonical, openings, fields::contains, evidence);
    AuditRecord without = AuditFrame.decode(canonical, left);
    return new AuditEntry(without, new AuditFrame.Frame(canonical, left), leafHash, mac);
  }

  /** The log that the canonical bytes say it is of. */
  public LogName log() {
    return log;
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

  /** What opens the commitments in the canonical bytes; empty if there are none; a copy. */
  public byte[] openings() {
    return openings.clone();
  }

  /** The leaf hash, 32 bytes; a copy. */
  public byte[] leafHash() {
    return leafHash.clone();
  }

  /** The MAC, 32 bytes, empty if it has none; a copy. */
  public byte[] mac() {
    return mac.clone();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AuditEntry that
        && Arrays.equals(canonical, that.canonical)
        && Arrays.equals(openings, that.openings)
        && Arrays.equals(leafHash, that.leafHash)
        && Arrays.equals(mac, that.mac);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(canonical);
  }

  @Override
  public String toString() {
    return "AuditEntry of " + record;
  }
}

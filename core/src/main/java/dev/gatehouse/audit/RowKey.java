package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * The key by which records are authenticated from their append until a signed head of the tree
 * covers them: whoever can write to the database but does not know it can neither alter a record
 * meanwhile nor smuggle one into the tree. The MAC of a record is HMAC-SHA256 of the 19 bytes of
 * ASCII {@code gatehouse-audit-row}, the length of the log's {@linkplain AuditOptions#origin
 * origin} in 4 bytes and its ASCII, the id in 8 bytes, numbers with their highest byte first, and
 * the leaf hash. Safe for use by multiple threads; its text shows nothing of the key.
 */
public final class RowKey {
  /** Shortest secret, in bytes. */
  public static final int MIN_SECRET = 32;

  /** Longest secret, in bytes. */
  public static final int MAX_SECRET = 64;

  private static final byte[] TAG = "gatehouse-audit-row".getBytes(StandardCharsets.US_ASCII);

  private final PreparedMac own;
  private final @Nullable RowKey older;
  private final boolean lenient;

  private RowKey(PreparedMac own, @Nullable RowKey older, boolean lenient) {
    this.own = own;
    this.older = older;
    this.lenient = lenient;
  }

  /**
   * A key of those bytes.
   *
   * @param secret 32..64 bytes from a cryptographic random source, kept where who administers the
   *     database cannot read them
   */
  public static RowKey of(byte[] secret) {
    Check.range(
        requireNonNull(secret, "secret").length, MIN_SECRET, MAX_SECRET, "length of secret");
    return new RowKey(PreparedMac.of(secret), null, false);
  }

  /**
   * This key, which also lets through what was written under an older one: the second step of a
   * change of keys. The first is to let every node {@linkplain #accepting accept} the new one, for
   * a node that does not know it sets aside what others write under it.
   */
  public RowKey replacing(RowKey value) {
    return new RowKey(own, requireNonNull(value, "older"), lenient);
  }

  /**
   * This key, under which records go on being written, which also lets through what is written
   * under the next one: the first step of a change of keys, on every node before any node writes
   * under the next.
   */
  public RowKey accepting(RowKey next) {
    return new RowKey(own, requireNonNull(next, "next"), lenient);
  }

  /**
   * This key, which also lets through records without a MAC: only for the time in which some nodes
   * do not have it yet, since anyone can write such records.
   */
  public RowKey lenient() {
    return new RowKey(own, older, true);
  }

  /** The MAC of a record. */
  byte[] mac(String origin, long id, byte[] leafHash) {
    byte[] log = origin.getBytes(StandardCharsets.US_ASCII);
    byte[] before =
        ByteBuffer.allocate(TAG.length + Integer.BYTES + log.length + Long.BYTES)
            .put(TAG)
            .putInt(log.length)
            .put(log)
            .putLong(id)
            .array();
    return own.mac(before, leafHash);
  }

  /** Whether a record was written under this key or an older one, or need not be. */
  boolean admits(String origin, long id, byte[] leafHash, byte[] mac) {
    if (mac.length == 0) {
      return lenient;
    }
    return MessageDigest.isEqual(mac, mac(origin, id, leafHash))
        || (older != null && older.admits(origin, id, leafHash, mac));
  }

  @Override
  public String toString() {
    return "RowKey";
  }
}

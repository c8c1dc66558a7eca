package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.AuthenticationException;
import java.util.Base64;

/**
 * A record with all that proves that it is in the log: its canonical bytes with their openings, the
 * way to the root, and a head. Immutable.
 */
public final class RecordProof {
  private final byte[] canonical;
  private final byte[] openings;
  private final InclusionProof inclusion;
  private final SignedHead head;

  /**
   * A proof.
   *
   * @param canonical bytes of the record, see {@link AuditEntry}
   * @param openings of the commitments in them, as far as they were not erased
   */
  public RecordProof(byte[] canonical, byte[] openings, InclusionProof inclusion, SignedHead head) {
    this.canonical = requireNonNull(canonical, "canonical").clone();
    this.openings = requireNonNull(openings, "openings").clone();
    this.inclusion = requireNonNull(inclusion, "inclusion");
    this.head = requireNonNull(head, "head");
  }

  /** The record's canonical bytes; a copy. */
  public byte[] canonical() {
    return canonical.clone();
  }

  /** What opens the commitments in the canonical bytes; a copy. */
  public byte[] openings() {
    return openings.clone();
  }

  /**
   * The record; {@link AuditRecord#erased} tells which fields were erased.
   *
   * @throws IllegalArgumentException if the bytes are not a record's
   */
  public AuditRecord record() {
    return AuditFrame.decode(canonical, openings);
  }

  /**
   * The log that the record is of, by its own bytes.
   *
   * @throws IllegalArgumentException if the bytes are not a record's
   */
  public LogName log() {
    return LogName.ofFrame(canonical);
  }

  /** The way from the record to the root. */
  public InclusionProof inclusion() {
    return inclusion;
  }

  /** The head whose tree it is in. */
  public SignedHead head() {
    return head;
  }

  /**
   * Whether the record is in the tree of the head, whoever signed that, and every field that is not
   * erased is what the record commits to.
   */
  public boolean isSound() {
    MerkleHash hash = new MerkleHash();
    return inclusion.size() == head.size()
        && inclusion.proves(hash.leaf(canonical), head.root())
        && AuditFrame.misopened(canonical, openings, hash).isEmpty();
  }

  /**
   * Throws unless the record is in the tree of the head, and the key has signed that.
   *
   * @throws AuthenticationException with reason SIGNATURE
   */
  public void verify(HeadKey key) {
    if (!isSound() || !head.isSignedBy(requireNonNull(key, "key"))) {
      throw new AuthenticationException(
          AuthenticationException.Reason.SIGNATURE,
          isSound()
              ? "the head is not signed under the key"
              : "the record is not in the tree of the head");
    }
  }

  /**
   * As {@link #verify(HeadKey)}, of the log with that origin alone: one key may sign the heads of
   * several.
   *
   * @throws AuthenticationException with reason SIGNATURE
   */
  public void verify(HeadKey key, String origin) {
    verify(key);
    if (!head.origin().equals(requireNonNull(origin, "origin"))) {
      throw new AuthenticationException(
          AuthenticationException.Reason.SIGNATURE,
          "the proof must be of '" + origin + "', was of '" + head.origin() + "'");
    }
  }

  /**
   * The proof as text (https://c2sp.org/tlog-proof): a line {@code c2sp.org/tlog-proof@v1}, a line
   * with {@code index} and the index, a line with each hash in base64, an empty line, and the head.
   * The record's bytes go apart.
   */
  public String text() {
    StringBuilder text = new StringBuilder("c2sp.org/tlog-proof@v1\n");
    text.append("index ").append(inclusion.index()).append('\n');
    for (byte[] hash : inclusion.hashes()) {
      text.append(Base64.getEncoder().encodeToString(hash)).append('\n');
    }
    return text.append('\n').append(head.note()).toString();
  }

  @Override
  public String toString() {
    return "RecordProof of leaf " + inclusion.index() + " in " + head;
  }
}

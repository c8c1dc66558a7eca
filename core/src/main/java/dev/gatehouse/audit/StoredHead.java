package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * SPI: the head of a tree as it is kept. The array is the caller's to leave alone. Immutable then.
 *
 * @param size leaves of the tree
 * @param root over them, 32 bytes
 * @param note the head as {@link SignedHead#note} has it, 1..{@link SignedHead#MAX_NOTE} characters
 */
@SuppressWarnings("ArrayRecordComponent")
public record StoredHead(long size, byte[] root, String note) {
  /** Checks the lengths. */
  public StoredHead {
    Check.range(size, 1, Long.MAX_VALUE, "size");
    Check.range(
        requireNonNull(root, "root").length, MerkleHash.BYTES, MerkleHash.BYTES, "bytes of root");
    Check.range(
        requireNonNull(note, "note").length(), 1, SignedHead.MAX_NOTE, "length of the note");
  }

  @Override
  public String toString() {
    return "StoredHead of " + size + " leaves";
  }
}

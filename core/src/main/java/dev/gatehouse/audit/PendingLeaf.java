package dev.gatehouse.audit;

/**
 * SPI: a record that is not in the tree yet, without its bytes: the hash stands for them, and a
 * verifier compares both. The arrays are the caller's to leave alone. Immutable then.
 *
 * @param id the record's
 * @param leafHash as it was appended
 * @param mac as it was appended; empty if there was none
 */
@SuppressWarnings("ArrayRecordComponent")
public record PendingLeaf(long id, byte[] leafHash, byte[] mac) {
  @Override
  public String toString() {
    return "PendingLeaf " + id;
  }
}

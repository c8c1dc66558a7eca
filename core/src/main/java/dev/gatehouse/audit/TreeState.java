package dev.gatehouse.audit;

/**
 * SPI: how far a tree has grown. The array is the caller's to leave alone. Immutable then.
 *
 * @param fence of the last lease that was given; grows with each new owner
 * @param size number of leaves
 * @param root over all leaves
 */
@SuppressWarnings("ArrayRecordComponent")
public record TreeState(long fence, long size, byte[] root) {
  @Override
  public String toString() {
    return "TreeState of " + size + " leaves, fence " + fence;
  }
}

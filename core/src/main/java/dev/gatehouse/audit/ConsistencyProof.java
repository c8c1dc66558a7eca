package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/**
 * Proof that a tree has grown out of a smaller one, so that nothing in that was changed or removed
 * (RFC 6962, section 2.1.2): at most 64 hashes of 32 bytes. Immutable.
 */
public final class ConsistencyProof {
  private final long oldSize;
  private final long newSize;
  private final List<byte[]> hashes;

  /**
   * A proof.
   *
   * @param oldSize leaves of the smaller tree, 0 or more
   * @param newSize leaves of the larger one, no less
   * @param hashes at most 64 of 32 bytes; none if one of the trees is empty or they are the same
   */
  public ConsistencyProof(long oldSize, long newSize, List<byte[]> hashes) {
    this.newSize = Check.range(newSize, 0, Long.MAX_VALUE, "new size");
    this.oldSize = Check.range(oldSize, 0, newSize, "old size");
    this.hashes = InclusionProof.checked(hashes);
  }

  /** How many leaves the smaller tree has. */
  public long oldSize() {
    return oldSize;
  }

  /** How many leaves the larger tree has. */
  public long newSize() {
    return newSize;
  }

  /** The hashes; copies. */
  public List<byte[]> hashes() {
    return hashes.stream().map(byte[]::clone).toList();
  }

  /** Whether the tree with the new root begins with the one of the old: RFC 9162, 2.1.4.2. */
  public boolean proves(byte[] oldRoot, byte[] newRoot) {
    if (oldSize == newSize || oldSize == 0) {
      byte[] expected = oldSize == newSize ? newRoot : MerkleHash.empty();
      return hashes.isEmpty() && MessageDigest.isEqual(oldRoot, expected);
    }
    boolean startsAtOldRoot = Long.bitCount(oldSize) == 1;
    if (!startsAtOldRoot && hashes.isEmpty()) {
      return false;
    }
    return startsAtOldRoot
        ? leads(oldRoot, hashes, oldRoot, newRoot)
        : leads(hashes.get(0), hashes.subList(1, hashes.size()), oldRoot, newRoot);
  }

  private boolean leads(byte[] start, List<byte[]> path, byte[] oldRoot, byte[] newRoot) {
    MerkleHash hash = new MerkleHash();
    int skipped = Long.numberOfTrailingZeros(oldSize);
    long old = (oldSize - 1) >> skipped;
    long last = (newSize - 1) >> skipped;
    byte[] oldNode = start;
    byte[] newNode = start;
    for (byte[] beside : path) {
      if (last == 0) {
        return false;
      }
      if ((old & 1) == 1 || old == last) {
        oldNode = hash.node(beside, oldNode);
        newNode = hash.node(beside, newNode);
        while (old != 0 && (old & 1) == 0) {
          old >>= 1;
          last >>= 1;
        }
      } else {
        newNode = hash.node(newNode, beside);
      }
      old >>= 1;
      last >>= 1;
    }
    return last == 0 && Arrays.equals(oldNode, oldRoot) && MessageDigest.isEqual(newNode, newRoot);
  }

  @Override
  public String toString() {
    return "ConsistencyProof from " + oldSize + " to " + newSize + " leaves";
  }
}

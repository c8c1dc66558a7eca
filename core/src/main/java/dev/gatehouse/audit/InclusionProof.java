package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.security.MessageDigest;
import java.util.List;

/**
 * Proof that a tree has a leaf at an index (RFC 6962, section 2.1.1): the hashes beside the way
 * from the leaf to the root, from the bottom up, at most 64 of 32 bytes. Immutable.
 */
public final class InclusionProof {
  private final long index;
  private final long size;
  private final List<byte[]> hashes;

  /**
   * A proof.
   *
   * @param index of the leaf, 0 or more
   * @param size leaves of the tree, above the index
   * @param hashes at most 64 of 32 bytes
   */
  public InclusionProof(long index, long size, List<byte[]> hashes) {
    this.size = Check.range(size, 1, Long.MAX_VALUE, "size");
    this.index = Check.range(index, 0, size - 1, "index");
    this.hashes = checked(hashes);
  }

  /** A copy of the hashes, all of their right length. */
  static List<byte[]> checked(List<byte[]> hashes) {
    Check.range(requireNonNull(hashes, "hashes").size(), 0, 64, "number of hashes");
    hashes.forEach(
        hash -> Check.range(hash.length, MerkleHash.BYTES, MerkleHash.BYTES, "bytes of a hash"));
    return hashes.stream().map(byte[]::clone).toList();
  }

  /** The leaf's index. */
  public long index() {
    return index;
  }

  /** How many leaves the tree has. */
  public long size() {
    return size;
  }

  /** The hashes; copies. */
  public List<byte[]> hashes() {
    return hashes.stream().map(byte[]::clone).toList();
  }

  /**
   * Whether the tree with that root has that leaf at the index: RFC 9162, section 2.1.3.2.
   *
   * @param leafHash of the record's canonical bytes
   * @param root that a trusted head gives for this size
   */
  public boolean proves(byte[] leafHash, byte[] root) {
    Check.range(leafHash.length, MerkleHash.BYTES, MerkleHash.BYTES, "bytes of leafHash");
    Check.range(root.length, MerkleHash.BYTES, MerkleHash.BYTES, "bytes of root");
    MerkleHash hash = new MerkleHash();
    long leaf = index;
    long last = size - 1;
    byte[] node = leafHash.clone();
    for (byte[] beside : hashes) {
      if (last == 0) {
        return false;
      }
      if ((leaf & 1) == 1 || leaf == last) {
        node = hash.node(beside, node);
        while (leaf != 0 && (leaf & 1) == 0) {
          leaf >>= 1;
          last >>= 1;
        }
      } else {
        node = hash.node(node, beside);
      }
      leaf >>= 1;
      last >>= 1;
    }
    return last == 0 && MessageDigest.isEqual(node, root);
  }

  @Override
  public String toString() {
    return "InclusionProof of leaf " + index + " in a tree of " + size;
  }
}

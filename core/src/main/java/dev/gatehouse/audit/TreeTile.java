package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * SPI: a full tile of the tree, 256 hashes of one level and the node over them. It is written once
 * and never changes. Level 0 has the hashes of leaves {@code 256 * index} and following, level n
 * the roots of the tiles {@code 256 * index} and following of level n - 1. The arrays are the
 * caller's to leave alone. Immutable then.
 *
 * @param level 0..7
 * @param index 0 or more
 * @param hashes 8,192 bytes
 * @param root 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent")
public record TreeTile(int level, long index, byte[] hashes, byte[] root) {
  /** Highest level: with tiles above it there would be more than 2^64 leaves. */
  public static final int MAX_LEVEL = 7;

  /** Checks the ranges. */
  public TreeTile {
    Check.range(level, 0, MAX_LEVEL, "level");
    Check.range(index, 0, Long.MAX_VALUE, "index");
    Check.range(
        requireNonNull(hashes, "hashes").length,
        Tile.WIDTH * MerkleHash.BYTES,
        Tile.WIDTH * MerkleHash.BYTES,
        "bytes of hashes");
    Check.range(
        requireNonNull(root, "root").length, MerkleHash.BYTES, MerkleHash.BYTES, "bytes of root");
  }

  @Override
  public String toString() {
    return "TreeTile " + level + "/" + index;
  }
}

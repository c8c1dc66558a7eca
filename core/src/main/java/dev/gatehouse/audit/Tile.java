package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.util.Arrays;

/**
 * Up to 256 neighbouring hashes of one level of the tree, and all nodes that are complete above
 * them, up to their common root. Level 0 has the leaves, level 1 the roots of full tiles of level
 * 0, and so on, as in C2SP's tlog-tiles. Not safe while it grows: confine to one thread.
 */
final class Tile {
  /** Hashes of a full tile. */
  static final int WIDTH = 256;

  /** Levels of the tree from one level of tiles to the next. */
  static final int HEIGHT = 8;

  private static final int HASH = MerkleHash.BYTES;

  /** Rows one after another: 256 hashes, the 128 nodes over them, and so on up to the root. */
  private final byte[] nodes = new byte[(2 * WIDTH - 1) * HASH];

  private int width;

  /** An empty tile. */
  Tile() {}

  /** The tile of those hashes. */
  static Tile of(byte[] hashes, MerkleHash hash) {
    Check.that(
        hashes.length % HASH == 0 && hashes.length <= WIDTH * HASH,
        () -> "a tile must have at most 256 hashes of 32 bytes, had " + hashes.length + " bytes");
    Tile tile = new Tile();
    for (int at = 0; at < hashes.length; at += HASH) {
      tile.add(hashes, at, hash);
    }
    return tile;
  }

  int width() {
    return width;
  }

  boolean isFull() {
    return width == WIDTH;
  }

  /** Adds one hash at the end, and the nodes that it makes complete. */
  void add(byte[] from, int at, MerkleHash hash) {
    System.arraycopy(from, at, nodes, offset(0, width), HASH);
    int index = width++;
    for (int row = 0; (index & 1) == 1; row++) {
      int right = offset(row, index);
      index >>= 1;
      hash.node(nodes, right - HASH, nodes, right, nodes, offset(row + 1, index));
    }
  }

  /** The node over 2^row hashes, which must be complete. */
  byte[] node(int row, int index) {
    Check.range((index + 1L) << row, 1, width, "end of a node in a tile");
    int at = offset(row, index);
    return Arrays.copyOfRange(nodes, at, at + HASH);
  }

  /** The node over all hashes of a full tile. */
  byte[] root() {
    return node(HEIGHT, 0);
  }

  /** The hashes, one after another; a copy. */
  byte[] hashes() {
    return Arrays.copyOf(nodes, width * HASH);
  }

  void clear() {
    width = 0;
  }

  Tile copy() {
    Tile copy = new Tile();
    System.arraycopy(nodes, 0, copy.nodes, 0, nodes.length);
    copy.width = width;
    return copy;
  }

  /** Row r begins after 256 + 128 + ... of the rows below. */
  private static int offset(int row, int index) {
    int start = 2 * WIDTH - ((2 * WIDTH) >> row);
    return (start + index) * HASH;
  }
}

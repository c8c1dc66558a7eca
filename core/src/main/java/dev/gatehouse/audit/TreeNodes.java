package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.util.ArrayList;
import java.util.List;

/**
 * The nodes of a tree of one size, out of its tiles, and the proofs that they make up: RFC 6962,
 * sections 2.1.1 and 2.1.2. Not safe: confine to one thread.
 */
final class TreeNodes {
  private final Tiles tiles;
  private final MerkleHash hash = new MerkleHash();
  private final long size;

  /** Gives tiles. */
  interface Tiles {
    /** The tile, with at least as many of its hashes as a tree of that size has of it. */
    Tile tile(int level, long index);
  }

  TreeNodes(Tiles tiles, long size) {
    this.tiles = tiles;
    this.size = size;
  }

  /** The root over the leaves from begin to end, the end excluded: at least one. */
  byte[] root(long begin, long end) {
    long leaves = end - begin;
    if (Long.bitCount(leaves) == 1 && begin % leaves == 0) {
      return complete(Long.numberOfTrailingZeros(leaves), begin / leaves);
    }
    long split = begin + split(leaves);
    return hash.node(root(begin, split), root(split, end));
  }

  /** The largest power of two below the number, which is 2 or more. */
  static long split(long leaves) {
    return Long.highestOneBit(leaves - 1);
  }

  private byte[] complete(int height, long index) {
    int level = height / Tile.HEIGHT;
    int row = height % Tile.HEIGHT;
    long first = index << row;
    int inTile = (int) ((first % Tile.WIDTH) >> row);
    return tiles.tile(level, first / Tile.WIDTH).node(row, inTile);
  }

  /** The path from a leaf to the root over the first leaves. */
  List<byte[]> inclusion(long index, long oldSize) {
    Check.range(oldSize, 1, size, "size");
    Check.range(index, 0, oldSize - 1, "index");
    List<byte[]> path = new ArrayList<>();
    inclusion(index, 0, oldSize, path);
    return path;
  }

  private void inclusion(long index, long begin, long end, List<byte[]> path) {
    if (end - begin == 1) {
      return;
    }
    long split = begin + split(end - begin);
    if (index < split) {
      inclusion(index, begin, split, path);
      path.add(root(split, end));
    } else {
      inclusion(index, split, end, path);
      path.add(root(begin, split));
    }
  }

  /** Proof that the first leaves of both trees are the same. */
  List<byte[]> consistency(long oldSize, long newSize) {
    Check.range(newSize, 0, size, "new size");
    Check.range(oldSize, 0, newSize, "old size");
    List<byte[]> proof = new ArrayList<>();
    if (oldSize > 0 && oldSize < newSize) {
      consistency(oldSize, 0, newSize, true, proof);
    }
    return proof;
  }

  private void consistency(
      long oldSize, long begin, long end, boolean isOldRoot, List<byte[]> proof) {
    if (oldSize == end) {
      if (!isOldRoot) {
        proof.add(root(begin, end));
      }
      return;
    }
    long split = begin + split(end - begin);
    if (oldSize <= split) {
      consistency(oldSize, begin, split, isOldRoot, proof);
      proof.add(root(split, end));
    } else {
      consistency(oldSize, split, end, false, proof);
      proof.add(root(begin, split));
    }
  }

  /** The roots, from left to right, that with a range of leaves make up the root of the tree. */
  List<byte[]> around(long from, long to) {
    Check.range(to, 1, size, "end of the range");
    Check.range(from, 0, to - 1, "begin of the range");
    List<byte[]> roots = new ArrayList<>();
    around(from, to, 0, size, roots);
    return roots;
  }

  private void around(long from, long to, long begin, long end, List<byte[]> roots) {
    if (end <= from || begin >= to) {
      roots.add(root(begin, end));
    } else if (begin < from || end > to) {
      long split = begin + split(end - begin);
      around(from, to, begin, split, roots);
      around(from, to, split, end, roots);
    }
  }
}

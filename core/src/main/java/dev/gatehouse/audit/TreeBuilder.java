package dev.gatehouse.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Grows a tree leaf by leaf: keeps the one tile of each level that is not full, gives away those
 * that fill up, and knows the root of all. One leaf costs one hash of two nodes on average. Not
 * safe: confine to one thread.
 */
final class TreeBuilder {
  private final MerkleHash hash;
  private final List<Tile> edge = new ArrayList<>();
  private long size;

  /** A tree without leaves. */
  TreeBuilder(MerkleHash hash) {
    this.hash = hash;
  }

  /**
   * A tree that has grown already.
   *
   * @param edge the tile of each level that is not full, from level 0 up to the last that is not
   *     empty
   */
  TreeBuilder(MerkleHash hash, List<Tile> edge, long size) {
    this.hash = hash;
    this.edge.addAll(edge);
    this.size = size;
  }

  long size() {
    return size;
  }

  void add(byte[] leafHash, Consumer<TreeTile> filled) {
    size++;
    add(0, leafHash, filled);
  }

  private void add(int level, byte[] nodeHash, Consumer<TreeTile> filled) {
    if (level == edge.size()) {
      edge.add(new Tile());
    }
    Tile tile = edge.get(level);
    tile.add(nodeHash, 0, hash);
    if (tile.isFull()) {
      byte[] root = tile.root();
      long index = (size >>> (Tile.HEIGHT * (level + 1))) - 1;
      filled.accept(new TreeTile(level, index, tile.hashes(), root));
      tile.clear();
      add(level + 1, root, filled);
    }
  }

  /** The root: the complete subtrees, joined from the smallest, which is the last, to the first. */
  byte[] root() {
    byte[] root = null;
    for (Tile tile : edge) {
      for (int row = 0; row < Tile.HEIGHT; row++) {
        if (((tile.width() >> row) & 1) == 1) {
          byte[] subtree = tile.node(row, (tile.width() >> row) - 1);
          root = root == null ? subtree : hash.node(subtree, root);
        }
      }
    }
    return root == null ? MerkleHash.empty() : root;
  }

  /** A tree that grows by itself from here. */
  TreeBuilder copy() {
    return new TreeBuilder(new MerkleHash(), edge.stream().map(Tile::copy).toList(), size);
  }
}

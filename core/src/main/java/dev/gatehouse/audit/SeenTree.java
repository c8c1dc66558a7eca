package dev.gatehouse.audit;

import java.util.Arrays;
import java.util.List;

/**
 * The largest tree that this process has seen or made. Whatever is read of the store later must
 * have grown out of it: else an old copy was put back under a process that runs, which would sign
 * another tree of the same size. Not safe: confine to one thread at a time.
 */
final class SeenTree {
  private final TreeLoader loader;
  private long size;
  private byte[] root = MerkleHash.empty();

  SeenTree(TreeLoader loader) {
    this.loader = loader;
  }

  void add(long newSize, byte[] newRoot) {
    size = newSize;
    root = newRoot;
  }

  /** Throws unless the tree that was seen is the beginning of the one that is there now. */
  void requireWithin(long nowSize, byte[] nowRoot) {
    TreeLoader.require(
        nowSize >= size,
        "it has " + nowSize + " leaves, and had " + size + ": an old copy was put back");
    TreeLoader.require(
        Arrays.equals(rootThen(nowSize, nowRoot), root),
        "its first " + size + " leaves are not those that it had: another copy was put back");
    add(nowSize, nowRoot);
  }

  private byte[] rootThen(long nowSize, byte[] nowRoot) {
    if (size == 0 || size == nowSize) {
      return size == 0 ? MerkleHash.empty() : nowRoot;
    }
    MerkleHash hash = new MerkleHash();
    List<Tile> edge = loader.edge(nowSize, hash);
    TreeNodes nodes =
        new TreeNodes(
            (level, index) ->
                index < nowSize >> (Tile.HEIGHT * (level + 1))
                    ? loader.full(level, index, hash)
                    : edge.get(level),
            nowSize);
    return nodes.root(0, size);
  }
}

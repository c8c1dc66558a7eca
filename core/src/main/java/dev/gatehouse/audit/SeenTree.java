package dev.gatehouse.audit;

import java.util.Arrays;

/**
 * The largest tree that this process has seen or made. Whatever is read of the store later must
 * have grown out of it: else an old copy was put back under a process that runs, which would sign
 * another tree of the same size. Not safe: confine to one thread at a time.
 */
final class SeenTree {
  private long size;
  private byte[] root = MerkleHash.empty();

  void add(long newSize, byte[] newRoot) {
    size = newSize;
    root = newRoot;
  }

  /** Throws unless the tree that was seen is the beginning of the one that is there now. */
  void requireWithin(TreeLoader loader, long nowSize, byte[] nowRoot) {
    TreeLoader.require(
        nowSize >= size,
        "it has " + nowSize + " leaves, and had " + size + ": an old copy was put back");
    TreeLoader.require(
        Arrays.equals(loader.rootThen(size, nowSize, nowRoot), root),
        "its first " + size + " leaves are not those that it had: another copy was put back");
    add(nowSize, nowRoot);
  }
}

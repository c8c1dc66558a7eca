package dev.gatehouse.audit;

import dev.gatehouse.error.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads trees from a store, and believes none: the tiles at the edge must add up to the root, and
 * the root must be that of a head which is signed as it should be. Safe for use by multiple
 * threads, with a store that is.
 */
final class TreeLoader {
  private final AuditTreeStore store;
  private final AuditOptions options;

  TreeLoader(AuditTreeStore store, AuditOptions options) {
    this.store = store;
    this.options = options;
  }

  /**
   * A tree that can grow on from a state, which must be the store's present one.
   *
   * @throws StorageException if the log was damaged
   */
  TreeBuilder load(TreeState state, MerkleHash hash) {
    TreeBuilder builder = new TreeBuilder(hash, edge(state.size(), hash), state.size());
    require(
        Arrays.equals(builder.root(), state.root()),
        "its edge does not add up to the root of " + state.size() + " leaves");
    Optional<StoredHead> head = store.head(state.size());
    require(
        head.map(StoredHead::size).orElse(0L) == state.size(),
        "its last head is not of " + state.size() + " leaves");
    if (head.isPresent()) {
      require(Arrays.equals(head.get().root(), state.root()), "its last head has another root");
      trusted(head.get());
    }
    return builder;
  }

  /** The head, if it is what it should be. */
  SignedHead trusted(StoredHead stored) {
    SignedHead head = read(stored);
    require(
        options.isTrusted(head),
        "the head of " + head.size() + " leaves is not signed under a key of this log");
    return head;
  }

  /** The head, if it says what its row says; whoever has signed it. */
  SignedHead read(StoredHead stored) {
    SignedHead head;
    try {
      head = SignedHead.parse(stored.note());
    } catch (IllegalArgumentException e) {
      throw damaged("a head cannot be read", e);
    }
    require(
        head.origin().equals(options.origin()),
        "a head is of '" + head.origin() + "', not of '" + options.origin() + "'");
    require(
        head.size() == stored.size() && Arrays.equals(head.root(), stored.root()),
        "a head says other than its row, at size " + stored.size());
    return head;
  }

  /** The root that a tree had when it had that size. */
  byte[] rootThen(long size, long nowSize, byte[] nowRoot) {
    if (size == 0 || size == nowSize) {
      return size == 0 ? MerkleHash.empty() : nowRoot;
    }
    MerkleHash hash = new MerkleHash();
    List<Tile> edge = edge(nowSize, hash);
    TreeNodes nodes =
        new TreeNodes(
            (level, index) ->
                index < nowSize >> (Tile.HEIGHT * (level + 1))
                    ? full(level, index, hash)
                    : edge.get(level),
            nowSize);
    return nodes.root(0, size);
  }

  /** The tile of each level that is not full in a tree of that size. */
  List<Tile> edge(long size, MerkleHash hash) {
    List<Tile> edge = new ArrayList<>();
    for (int level = 0; level <= TreeTile.MAX_LEVEL; level++) {
      long count = size >> (Tile.HEIGHT * level);
      if (count == 0) {
        break;
      }
      int width = (int) (count % Tile.WIDTH);
      byte[] hashes = width == 0 ? new byte[0] : hashes(level, count - width, width);
      require(
          hashes.length == width * MerkleHash.BYTES,
          "leaves or tiles at the edge of level " + level + " are missing");
      edge.add(Tile.of(hashes, hash));
    }
    return edge;
  }

  private byte[] hashes(int level, long from, int width) {
    return level == 0 ? store.leafHashes(from, width) : store.tileRoots(level - 1, from, width);
  }

  /** A full tile, which adds up to its root. */
  Tile full(int level, long index, MerkleHash hash) {
    TreeTile stored =
        store
            .tile(level, index)
            .orElseThrow(() -> damaged("tile " + level + "/" + index + " is missing", null));
    Tile tile = Tile.of(stored.hashes(), hash);
    require(
        Arrays.equals(tile.root(), stored.root()),
        "tile " + level + "/" + index + " does not add up to its root");
    return tile;
  }

  static void require(boolean holds, String what) {
    if (!holds) {
      throw damaged(what, null);
    }
  }

  static StorageException damaged(String what, @Nullable Throwable cause) {
    return new DamagedTreeException(
        "the audit log was damaged, verify() tells more: " + what, cause);
  }

  /** The tree in the storage is not what it should be. */
  static final class DamagedTreeException extends StorageException {
    private static final long serialVersionUID = 1L;

    DamagedTreeException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}

package dev.gatehouse.audit;

import dev.gatehouse.error.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sequences records in the transaction that writes them, under the lock of the tree. Keeps the tree
 * that it made last: if the transaction committed, the next one begins with it; if not, the root
 * tells, and the tree is read anew. Before the first of all the anchors are asked. Safe for use by
 * multiple threads.
 */
final class StrictSequencer {
  private final AuditOptions options;
  private final HeadMaker heads;
  private final LongSupplier nanoTime;
  private volatile @Nullable TreeBuilder last;
  private volatile boolean anchored; // the anchors were asked

  StrictSequencer(AuditOptions options, HeadMaker heads, LongSupplier nanoTime) {
    this.options = options;
    this.heads = heads;
    this.nanoTime = nanoTime;
  }

  /**
   * Appends the entries and sequences them.
   *
   * @param joined the store, inside the transaction
   */
  void append(AuditStore joined, List<AuditEntry> entries) {
    AnchorCheck anchors = anchored ? null : new AnchorCheck(options, nanoTime);
    if (anchors != null) {
      anchors.ask(); // before the lock, so that no head is anchored which the state is older than
    }
    joined.append(entries);
    AuditTreeStore store = joined.tree();
    TreeState state = store.lock();
    TreeBuilder tree = tree(store, state);
    if (anchors != null) {
      anchors.requireWithin(new TreeLoader(store, options), state.size(), state.root());
      anchored = true;
    }
    List<TreeTile> tiles = new ArrayList<>();
    List<PendingLeaf> leaves = new ArrayList<>();
    for (AuditEntry entry : entries) {
      byte[] leafHash = entry.leafHash();
      leaves.add(new PendingLeaf(entry.record().id(), leafHash, entry.mac()));
      tree.add(leafHash, tiles::add);
    }
    if (!store.extend(
        new TreeExtension(state.fence(), state.size(), leaves, tiles, heads.make(tree)))) {
      throw new StorageException("the audit tree grew while it was locked");
    }
    last = tree;
  }

  /** A tree of its own for each transaction: a copy of the last, or read. */
  private TreeBuilder tree(AuditTreeStore store, TreeState state) {
    TreeBuilder known = last;
    return known != null
            && known.size() == state.size()
            && Arrays.equals(known.root(), state.root())
        ? known.copy()
        : new TreeLoader(store, options).load(state, new MerkleHash());
  }
}

package dev.gatehouse.audit;

import dev.gatehouse.error.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sequences records in the transaction that writes them, under the lock of the tree. Keeps the tree
 * that it made last: if the transaction committed, the next one begins with it; if not, the root
 * tells, and the tree is read anew.
 *
 * <p>Before the first of all the anchors are asked, and waited for by whoever writes meanwhile.
 * Those that did not answer, or contradict the tree, are asked again until all agree: that keeps
 * nobody waiting but those who are refused anyway. Safe for use by multiple threads.
 */
final class StrictSequencer {
  private final AuditOptions options;
  private final HeadMaker heads;
  private final AnchorCheck anchors; // under the turn, but for its fault
  private final ReentrantLock turn = new ReentrantLock();
  private boolean asked; // under the turn
  private boolean refused; // under the turn: an anchor contradicts the tree
  private volatile @Nullable TreeBuilder last;
  private volatile boolean anchored; // all anchors that can be read agree

  StrictSequencer(AuditOptions options, HeadMaker heads, LongSupplier nanoTime) {
    this.options = options;
    this.heads = heads;
    anchors = new AnchorCheck(options, nanoTime);
  }

  /**
   * Appends the entries and sequences them.
   *
   * @param joined the store, inside the transaction
   */
  void append(AuditStore joined, List<AuditEntry> entries) {
    askAnchors(); // before the tree's lock, so that nobody waits for anchors under that
    joined.append(entries);
    AuditTreeStore store = joined.tree();
    TreeState state = store.lock();
    TreeBuilder tree = tree(store, state);
    requireAnchored(store, state);
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

  /** Waits for anchors, if it is time to; who did so before a transaction does not wait in it. */
  void askAnchors() {
    if (anchored) {
      return;
    }
    turn.lock();
    try {
      if (!asked || (refused && anchors.isDue())) {
        anchors.ask();
        asked = true;
      } else {
        anchors.askAgain();
      }
    } finally {
      turn.unlock();
    }
  }

  /**
   * What an anchor says while the tree is locked cannot be newer than the tree: heads are anchored
   * after their commit.
   */
  private void requireAnchored(AuditTreeStore store, TreeState state) {
    if (anchored) {
      return;
    }
    turn.lock();
    try {
      refused = anchors.hasNews();
      anchors.requireWithin(new TreeLoader(store, options), state.size(), state.root());
      refused = false;
      anchored = anchors.isSettled();
    } finally {
      turn.unlock();
    }
  }

  /** Which anchor could not be asked. */
  Optional<String> anchorFault() {
    return anchors.fault();
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

package dev.gatehouse.audit;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.transaction.Transactions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives pending records their place in the tree, batch by batch, while it has the lease. Whatever
 * goes wrong, it forgets what it knows of the tree and reads it anew: so a commit of which the
 * outcome is unknown, a lease that was lost, or a writer in strict mode do no harm.
 *
 * <p>It goes through what is pending by id, so as not to step over what it has removed just before,
 * and from the start again when it comes to the end, and every few batches: that finds records
 * whose transaction committed late. Not safe: confine to one thread at a time.
 */
final class Sequencer {
  private static final Logger LOGGER = LoggerFactory.getLogger(Sequencer.class);
  private static final int ROUNDS_FROM_START = 32;
  private static final int MAX_TOLD = 100;

  private final AuditStore log;
  private final AuditTreeStore store;
  private final Transactions transactions;
  private final AuditOptions options;
  private final TreeLoader loader;
  private final HeadMaker heads;
  private final LongSupplier nanoTime;
  private final GatehouseListener listener;
  private final String owner = UUID.randomUUID().toString();
  private final MerkleHash hash = new MerkleHash();
  private final SeenTree seen = new SeenTree();
  private final AnchorCheck anchors;
  private long askedFence = -1; // for which the anchors were asked
  private volatile @Nullable Grown grown;
  private volatile boolean stopped;
  private long cursor;
  private int rounds;

  /** What is known of the tree while the lease lasts. */
  private record Grown(TreeBuilder tree, long fence, long renewNanos) {}

  Sequencer(AuditTree.Parts parts, TreeLoader loader, HeadMaker heads) {
    log = parts.store();
    store = log.tree();
    transactions = parts.transactions();
    options = parts.options();
    nanoTime = parts.nanoTime();
    listener = parts.listener();
    anchors = new AnchorCheck(options, nanoTime);
    this.loader = loader;
    this.heads = heads;
  }

  boolean hasLease() {
    return grown != null;
  }

  /** Sequences until nothing is pending; 0 too if another has the lease. */
  long sequence() {
    long sequenced = 0;
    cursor = 0;
    boolean more = true;
    while (more && !stopped) {
      Grown tree = grown();
      if (tree == null) {
        return sequenced;
      }
      long start = cursor;
      List<PendingLeaf> waiting = store.pending(cursor, AuditTreeStore.MAX_BATCH);
      List<PendingLeaf> admitted = admitted(tree.fence, waiting);
      if (!admitted.isEmpty() && !extend(tree, admitted)) {
        continue;
      }
      sequenced += admitted.size();
      more = advance(waiting) || start > 0;
    }
    return sequenced;
  }

  /** Whether there is more behind what was read. */
  private boolean advance(List<PendingLeaf> waiting) {
    boolean isFull = waiting.size() == AuditTreeStore.MAX_BATCH;
    rounds++;
    cursor = isFull && rounds % ROUNDS_FROM_START != 0 ? waiting.get(waiting.size() - 1).id() : 0;
    return isFull;
  }

  /** The tree, while this node may let it grow. */
  private @Nullable Grown grown() {
    Grown known = grown;
    long now = nanoTime.getAsLong();
    if (known != null && now - known.renewNanos < 0) {
      return known;
    }
    Optional<TreeState> leased = store.lease(owner, options.lease());
    if (leased.isEmpty()) {
      grown = null;
      return null;
    }
    TreeState state = leased.get();
    askAnchors(state.fence());
    boolean isKnown =
        known != null
            && !anchors.hasNews()
            && known.fence == state.fence()
            && known.tree.size() == state.size()
            && Arrays.equals(known.tree.root(), state.root());
    grown = null;
    TreeBuilder tree = known != null && isKnown ? known.tree : load(state);
    if (tree == null) {
      return null;
    }
    grown = new Grown(tree, state.fence(), now + options.lease().toNanos() / 3);
    if (!isKnown) {
      readmit(state.fence());
    }
    return grown;
  }

  /** At a take-over their answers are waited for. */
  private void askAnchors(long fence) {
    if (askedFence == fence) {
      anchors.askAgain();
    } else {
      anchors.ask();
      askedFence = fence;
    }
  }

  /** Which anchor could not be asked. */
  Optional<String> anchorFault() {
    return anchors.fault();
  }

  /**
   * The tree of a state; null if it grew meanwhile, by a writer in strict mode or by a node that
   * took the lease over, and is sound: then what was read did not fit together.
   */
  private @Nullable TreeBuilder load(TreeState state) {
    try {
      return sound(loader, state);
    } catch (TreeLoader.DamagedTreeException e) {
      TreeState now = store.state();
      if (now.size() == state.size() && now.fence() == state.fence()) {
        throw e;
      }
      LOGGER.debug("the audit tree grew while it was read", e);
      requireSoundAtRest();
      return null;
    }
  }

  private TreeBuilder sound(TreeLoader from, TreeState state) {
    TreeBuilder tree = from.load(state, hash);
    seen.requireWithin(from, tree.size(), tree.root());
    anchors.requireWithin(from, tree.size(), tree.root());
    return tree;
  }

  /** Under the lock of the tree, where it cannot grow: what does not fit there is damage. */
  private void requireSoundAtRest() {
    transactions.run(
        own -> {
          AuditTreeStore locked = log.joining(own).tree();
          sound(new TreeLoader(locked, options), locked.lock());
        });
  }

  /**
   * Throws if the tree is damaged, whoever has the lease. Asks anchors again, if it is time, but
   * does not wait for them.
   */
  void requireSound() {
    anchors.askAgain();
    requireSoundAtRest();
  }

  /** Records that another node has set aside, as it did not know the key, may be admitted here. */
  private void readmit(long fence) {
    RowKey key = options.rowKey().orElse(null);
    long after = Long.MIN_VALUE;
    List<Long> page;
    do {
      page = key == null ? List.of() : store.refused(after, AuditTreeStore.MAX_BATCH);
      List<Long> admitted = new ArrayList<>();
      for (long id : page) {
        after = id;
        if (isAuthentic(id, key)) {
          admitted.add(id);
        }
      }
      if (!admitted.isEmpty()) {
        store.readmit(fence, admitted);
        LOGGER.info("{} audit records that were set aside are admitted", admitted.size());
      }
    } while (page.size() == AuditTreeStore.MAX_BATCH);
  }

  private boolean isAuthentic(long id, @Nullable RowKey key) {
    try {
      return key != null
          && store.indexOf(id).isEmpty()
          && log.find(id)
              .filter(entry -> key.admits(options.origin(), id, entry.leafHash(), entry.mac()))
              .isPresent();
    } catch (StorageException e) {
      return false; // not a record's bytes: stays aside
    }
  }

  /** Those whose MAC is right; the others are set aside. */
  private List<PendingLeaf> admitted(long fence, List<PendingLeaf> waiting) {
    RowKey key = options.rowKey().orElse(null);
    if (key == null) {
      return waiting;
    }
    List<PendingLeaf> admitted = new ArrayList<>(waiting.size());
    List<Long> refused = new ArrayList<>();
    for (PendingLeaf leaf : waiting) {
      if (key.admits(options.origin(), leaf.id(), leaf.leafHash(), leaf.mac())) {
        admitted.add(leaf);
      } else {
        refused.add(leaf.id());
      }
    }
    if (!refused.isEmpty() && store.refuse(fence, refused) > 0) {
      tellRefused(refused);
    }
    return admitted;
  }

  private void tellRefused(List<Long> refused) {
    LOGGER.error(
        "{} pending audit records do not carry a MAC under the key, the first is {}:"
            + " they are set aside",
        refused.size(),
        refused.get(0));
    try {
      listener.auditRecordsRefused(log.log().toString(), refused.size());
    } catch (RuntimeException e) {
      LOGGER.warn("the listener failed", e);
    }
  }

  private boolean extend(Grown from, List<PendingLeaf> leaves) {
    grown = null;
    long fromSize = from.tree.size();
    List<TreeTile> tiles = new ArrayList<>();
    leaves.forEach(leaf -> from.tree.add(leaf.leafHash(), tiles::add));
    TreeExtension extension =
        new TreeExtension(from.fence, fromSize, leaves, tiles, heads.make(from.tree));
    if (!extended(extension)) {
      LOGGER.info("another node lets the audit tree grow: nothing was changed");
      return false;
    }
    seen.add(from.tree.size(), from.tree.root());
    grown = from;
    return true;
  }

  /** If a row is in the way that the library has not written, says so instead of "failed". */
  private boolean extended(TreeExtension extension) {
    try {
      return store.extend(extension);
    } catch (StorageException e) {
      List<Long> doubles = doubles(extension);
      if (!doubles.isEmpty()) {
        store.refuse(extension.fence(), doubles);
        throw TreeLoader.damaged(
            "records are in the tree and wait for it again, set aside: " + doubles, e);
      }
      List<TreeStray> strays = store.beyond(extension.fromSize(), 1);
      if (!strays.isEmpty() && store.state().size() == extension.fromSize()) {
        throw TreeLoader.damaged(strays.get(0) + " is beyond the tree", e);
      }
      throw e;
    }
  }

  /** Of these leaves, those that are pending and have an index; at most as many as can be told. */
  private List<Long> doubles(TreeExtension extension) {
    List<Long> ids = extension.leaves().stream().map(PendingLeaf::id).toList();
    return store.doubles(Long.MIN_VALUE, AuditTreeStore.MAX_BATCH).stream()
        .filter(ids::contains)
        .limit(MAX_TOLD)
        .toList();
  }

  /** Ends a round that is under way after its batch. */
  void stop() {
    stopped = true;
  }

  /** Gives the lease back, for another to have it at once. */
  void release() {
    grown = null;
    store.release(owner);
  }

  /** Whether this node has the lease, or gets it now. */
  boolean takeLease() {
    return grown() != null;
  }
}

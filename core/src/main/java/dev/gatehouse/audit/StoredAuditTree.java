package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditOptions.Sequencing;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tree over a store. */
final class StoredAuditTree implements AuditTree {
  private static final Logger LOGGER = LoggerFactory.getLogger(StoredAuditTree.class);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration ANCHOR_PATIENCE = Duration.ofSeconds(30);
  private static final Duration REMOVAL_INTERVAL = Duration.ofMinutes(1);
  private static final long REMOVED_AT_ONCE = 10_000;

  private final Parts parts;
  private final AuditOptions options;
  private final AuditTreeStore store;
  private final TreeLoader loader;
  private final Sequencer sequencer;
  private final StrictSequencer strict;
  private final LagWatch lag;
  private final Anchoring anchoring;
  private final SequencerThread thread;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ReentrantLock turn = new ReentrantLock();
  private final TileCache tiles = new TileCache();
  private volatile @Nullable Removal removal;
  private volatile long nextRemovalNanos;
  private volatile @Nullable View view;
  private volatile Optional<String> fault = Optional.empty();
  private volatile @Nullable StorageException damage;

  /** What was read of the tree under a head: never changes. */
  private record View(SignedHead head, String note, List<Tile> edge) {}

  StoredAuditTree(Parts parts) {
    this.parts = requireNonNull(parts, "parts");
    options = parts.options();
    store = parts.store().tree();
    loader = new TreeLoader(store, options);
    HeadMaker heads = new HeadMaker(options, parts.clock());
    sequencer = new Sequencer(parts, loader, heads);
    strict = new StrictSequencer(options, heads, parts.nanoTime());
    lag = new LagWatch(parts.store().log(), parts.nanoTime(), parts.listener(), options.maxLag());
    anchoring = new Anchoring(options, parts.nanoTime());
    thread = new SequencerThread(this::isBusy, options.interval());
    nextRemovalNanos = parts.nanoTime().getAsLong();
  }

  /** The MACs of new records. */
  AuditEntry.Macs macs() {
    return options
        .rowKey()
        .<AuditEntry.Macs>map(key -> (id, leafHash) -> key.mac(options.origin(), id, leafHash))
        .orElse(AuditEntry.Macs.NONE);
  }

  AuditRules rules() {
    return options.rules();
  }

  Transactions transactions() {
    return parts.transactions();
  }

  /**
   * Appends entries as the options have it.
   *
   * @param log the store, inside the transaction if there is one
   */
  void append(AuditStore log, @Nullable Transaction transaction, List<AuditEntry> entries) {
    if (options.sequencing() == Sequencing.IN_TRANSACTION) {
      requireUndamaged();
      if (transaction != null) {
        strict.append(log, entries);
      } else {
        strict.askAnchors(); // before the transaction, so that nobody holds a connection meanwhile
        parts.transactions().run(own -> strict.append(log.joining(own), entries));
      }
      return;
    }
    log.append(entries);
    if (transaction == null) {
      thread.wake();
    } else {
      transaction.afterCommit(thread::wake);
    }
  }

  /** Writers that sequence by themselves do not while the sequencer has found damage. */
  private void requireUndamaged() {
    StorageException found = damage;
    if (found != null) {
      throw new StorageException(String.valueOf(found.getMessage()), found);
    }
  }

  @Override
  public long sequence() {
    long sequenced = sequence(true);
    removeOld();
    return sequenced;
  }

  /**
   * Sequences what is pending.
   *
   * @param whateverIsPending whether to look after lease and tree even if nothing is
   */
  private long sequence(boolean whateverIsPending) {
    turn.lock();
    try {
      List<PendingLeaf> oldest = store.pending(0, 1);
      see(oldest);
      long sequenced = 0;
      if (!oldest.isEmpty() || whateverIsPending) {
        sequenced = sequencer.sequence();
        if (damage != null && !sequencer.hasLease()) {
          sequencer.requireSound(); // another node has the lease, and has not looked for this one
        }
        fault = Optional.empty();
        damage = null;
      }
      anchoring.anchor(this::head, sequencer::takeLease);
      return sequenced;
    } catch (TreeLoader.DamagedTreeException e) {
      tellDamaged(e);
      throw e;
    } catch (RuntimeException e) {
      fault = Optional.of(String.valueOf(e.getMessage()));
      throw e;
    } finally {
      turn.unlock();
    }
  }

  private void see(List<PendingLeaf> oldest) {
    lag.see(
        oldest.isEmpty() ? OptionalLong.empty() : OptionalLong.of(oldest.get(0).id()),
        oldest.isEmpty() ? OptionalLong.empty() : store.newestPending());
  }

  /** Once for each kind of damage in a row. */
  private void tellDamaged(StorageException e) {
    damage = e;
    Optional<String> now = Optional.of(String.valueOf(e.getMessage()));
    if (!fault.equals(now)) {
      fault = now;
      LOGGER.error("{}: nothing is sequenced until that is mended", e.getMessage());
      try {
        parts
            .listener()
            .auditDamaged(parts.store().log().toString(), String.valueOf(e.getMessage()));
      } catch (RuntimeException thrown) {
        LOGGER.warn("the listener failed", thrown);
      }
    }
  }

  /** In one statement where nothing is pending, unless a fault is to be looked after. */
  private boolean isBusy() {
    boolean busy = sequence(fault.isPresent()) > 0;
    return removeOld() || busy;
  }

  /** Removes records whose time is over, as the options have it. */
  interface Removal {
    long before(Instant before, long most);
  }

  void removeWith(Removal value) {
    removal = value;
  }

  /** Some every minute, on the node that has the lease, and at once again while there are more. */
  private boolean removeOld() {
    Duration keep = options.retention().orElse(null);
    Removal old = removal;
    if (keep == null || old == null || parts.nanoTime().getAsLong() - nextRemovalNanos < 0) {
      return false;
    }
    turn.lock();
    try {
      if (!sequencer.takeLease()) {
        nextRemovalNanos = parts.nanoTime().getAsLong() + REMOVAL_INTERVAL.toNanos();
        return false;
      }
    } finally {
      turn.unlock();
    }
    boolean more = old.before(parts.clock().instant().minus(keep), REMOVED_AT_ONCE) > 0;
    nextRemovalNanos = parts.nanoTime().getAsLong() + (more ? 0 : REMOVAL_INTERVAL.toNanos());
    return more;
  }

  @Override
  public void start() {
    if (closed.get() || started.getAndSet(true)) {
      throw new IllegalStateException("the audit tree was started or closed before");
    }
    anchoring.start();
    thread.start();
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    sequencer.stop();
    if (started.get()) {
      thread.stop();
    }
    if (!isTurn()) {
      LOGGER.warn("the audit log's sequencer is busy still: its lease ends by itself");
      return;
    }
    try {
      lastWords();
    } finally {
      turn.unlock();
    }
  }

  private boolean isTurn() {
    try {
      return turn.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The lease is given back even if the last head cannot be anchored. */
  private void lastWords() {
    try {
      anchoring.close(this::head, sequencer::takeLease);
    } catch (StorageException e) {
      LOGGER.warn("the last head of the audit tree could not be anchored", e);
    }
    if (!sequencer.hasLease()) {
      return;
    }
    try {
      sequencer.release();
    } catch (StorageException e) {
      LOGGER.warn("the lease of the audit tree could not be given back", e);
    }
  }

  @Override
  public Optional<SignedHead> head() {
    return store.head().map(loader::trusted);
  }

  @Override
  public Optional<RecordProof> prove(long recordId) {
    OptionalLong index = store.indexOf(recordId);
    if (index.isEmpty()) {
      return Optional.empty();
    }
    View now = view();
    if (index.getAsLong() < 0 || index.getAsLong() >= now.head.size()) {
      throw new StorageException(
          "audit record " + recordId + " is in no tree: the log was damaged, see verify()");
    }
    List<TreeLeaf> leaf = store.leaves(index.getAsLong(), 1);
    byte[] canonical = leaf.isEmpty() ? null : leaf.get(0).canonical();
    byte[] openings = leaf.isEmpty() ? null : leaf.get(0).openings();
    if (canonical == null || openings == null || leaf.get(0).id() != recordId) {
      throw new StorageException("audit record " + recordId + " was deleted: its leaf is there");
    }
    long size = now.head.size();
    List<byte[]> path = nodes(now).inclusion(index.getAsLong(), size);
    RecordProof proof =
        new RecordProof(
            canonical, openings, new InclusionProof(index.getAsLong(), size, path), now.head);
    if (!proof.isSound() || proof.log() != parts.store().log()) {
      view = null;
      tiles.clear();
      throw new StorageException(
          "audit record " + recordId + " cannot be proven, the log was damaged: see verify()");
    }
    return Optional.of(proof);
  }

  @Override
  public InclusionProof proveLeaf(long index) {
    View now = view();
    long size = now.head.size();
    Check.range(index, 0, size - 1, "index");
    return new InclusionProof(index, size, nodes(now).inclusion(index, size));
  }

  @Override
  public ConsistencyProof proveConsistency(long oldSize, long newSize) {
    View now = newSize == 0 ? new View(none(), "", List.of()) : view();
    Check.range(newSize, 0, now.head.size(), "newSize");
    Check.range(oldSize, 0, newSize, "oldSize");
    return new ConsistencyProof(oldSize, newSize, nodes(now).consistency(oldSize, newSize));
  }

  private SignedHead none() {
    return SignedHead.unsigned(options.origin(), 0, MerkleHash.empty(), parts.clock().instant());
  }

  /** The tree under the newest head. */
  private View view() {
    StoredHead stored =
        store.head().orElseThrow(() -> new StorageException("the head of the audit tree is gone"));
    View known = view;
    if (known != null && known.note.equals(stored.note())) {
      return known;
    }
    SignedHead head = loader.trusted(stored);
    View read = new View(head, stored.note(), loader.edge(head.size(), new MerkleHash()));
    view = read;
    return read;
  }

  private TreeNodes nodes(View of) {
    return new TreeNodes((level, index) -> tile(of, level, index), of.head.size());
  }

  private Tile tile(View of, int level, long index) {
    long full = of.head.size() >> (Tile.HEIGHT * (level + 1));
    if (index >= full) {
      return of.edge.get(level);
    }
    Tile known = tiles.find(level, index);
    if (known != null) {
      return known;
    }
    Tile read = loader.full(level, index, new MerkleHash());
    tiles.keep(level, index, read);
    return read;
  }

  @Override
  public AuditReport verify(AuditProgress progress) {
    return verify(progress, List.of());
  }

  @Override
  public AuditReport verify(AuditProgress progress, List<SignedHead> anchored) {
    requireNonNull(progress, "progress");
    for (SignedHead head : anchored) {
      Check.that(
          head.origin().equals(options.origin()),
          "a head must be of '" + options.origin() + "', was of '" + head.origin() + "'");
    }
    AnchoredHeads all = new AnchoredHeads(options, anchored);
    all.read(store.heads(0, 1), parts.clock().instant(), ANCHOR_PATIENCE);
    return new LogVerification(parts.store(), options, progress).verify(all);
  }

  @Override
  public long export(long from, long to, OutputStream out) throws IOException {
    View now = view();
    Check.range(to, 1, now.head.size(), "to");
    Check.range(from, 0, to - 1, "from");
    TreeNodes nodes = nodes(now);
    return new ExportWriter(parts.store(), now.head, out)
        .write(from, to, nodes.around(from, to), index -> nodes.root(index, index + 1));
  }

  @Override
  public AuditTreeStatus status() {
    int pending = store.pending(0, AuditTreeStore.MAX_BATCH).size();
    int refused = store.refused(0, AuditTreeStore.MAX_BATCH).size();
    Duration waiting = pending == 0 ? Duration.ZERO : lag.lag();
    Optional<String> why =
        fault.or(sequencer::anchorFault).or(strict::anchorFault).or(anchoring::fault);
    return new AuditTreeStatus(
        store.state().size(), sequencer.hasLease(), pending, waiting, refused, why);
  }
}

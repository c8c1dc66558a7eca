package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.transaction.Transactions;
import java.io.IOException;
import java.io.OutputStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The Merkle tree over an audit log (RFC 6962, section 2.1), by which anyone can check that a
 * record is in the log, and that the log has only grown. Records are written without it; a
 * sequencer, one of all nodes at a time, gives each its place afterwards, and signs a head. Safe
 * for use by multiple threads.
 */
public sealed interface AuditTree extends AutoCloseable permits StoredAuditTree {
  /** A tree. Does no I/O and starts no thread. */
  static AuditTree create(Parts parts) {
    return new StoredAuditTree(parts);
  }

  /**
   * Sequences all that is pending, on the caller's thread, unless another node has the lease, and
   * does what else is due: gives a new head to the anchors, removes records whose time is over. For
   * tests, and for hosts that do not {@link #start}.
   *
   * @return how many records got their place
   * @throws dev.gatehouse.error.StorageException if the storage fails, or the tree in it was
   *     damaged
   */
  long sequence();

  /**
   * Begins to sequence on a thread of its own, in turn with other nodes.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  void start();

  /** The newest head; empty while the tree has no leaf. */
  Optional<SignedHead> head();

  /**
   * Proof that a record is in the log.
   *
   * @return empty if there is no such record or it is still pending
   * @throws dev.gatehouse.error.StorageException if the log was damaged so that none can be given
   */
  Optional<RecordProof> prove(long recordId);

  /**
   * Proof that the tree under the newest head has the leaf that it has at that index: for whoever
   * kept the bytes of a record that was removed meanwhile.
   *
   * @param index below the size of the newest head
   */
  InclusionProof proveLeaf(long index);

  /**
   * Proof that the tree of one size has grown out of that of another: for whoever has kept a head.
   *
   * @param oldSize 0..newSize
   * @param newSize at most the size of the newest head
   */
  ConsistencyProof proveConsistency(long oldSize, long newSize);

  /** As {@link #verify(AuditProgress, List)}, with the heads that the anchors keep alone. */
  AuditReport verify(AuditProgress progress);

  /**
   * Reads the whole log, and finds every record, index column, leaf, tile and head that is not what
   * it was: see {@link Damage.Kind}. Runs beside writers and the sequencer; what comes meanwhile is
   * left for the next time. Needs memory for a few thousand records. Anchors are read side by side
   * first, each on a thread of its own, and one that has not answered within 30 s counts as {@link
   * Damage.Kind#ANCHOR_UNREADABLE}.
   *
   * @param progress is told after every thousand records or so, on the caller's thread
   * @param anchored heads of this log that the caller has kept elsewhere, beside those of the
   *     anchors
   */
  AuditReport verify(AuditProgress progress, List<SignedHead> anchored);

  /**
   * Writes a range of the log into one file that proves itself: see {@link AuditExport}. Needs
   * memory for a few thousand records, however many there are. The stream is left open.
   *
   * @param from index of the first leaf
   * @param to index after the last, at most the size of the newest head, above from
   * @return how many records were written, leaves whose record is gone not counted
   */
  long export(long from, long to, OutputStream out) throws IOException;

  /** How it is doing; asks the storage. */
  AuditTreeStatus status();

  /**
   * Ends the thread, gives the newest head to the anchors, and gives the lease back. Idempotent.
   */
  @Override
  void close();

  /**
   * What a tree is made of. Immutable.
   *
   * @param store of the log
   * @param transactions of the same storage
   * @param clock gives the time of heads
   * @param nanoTime measures elapsed time in nanoseconds
   */
  record Parts(
      AuditStore store,
      Transactions transactions,
      InstantSource clock,
      LongSupplier nanoTime,
      GatehouseListener listener,
      AuditOptions options) {
    /** Checks that nothing is missing. */
    public Parts {
      requireNonNull(store, "store");
      requireNonNull(transactions, "transactions");
      requireNonNull(clock, "clock");
      requireNonNull(nanoTime, "nanoTime");
      requireNonNull(listener, "listener");
      requireNonNull(options, "options");
    }

    /** The parts of another log's tree on the same storage. */
    public Parts of(AuditStore log, AuditOptions itsOptions) {
      return new Parts(log, transactions, clock, nanoTime, listener, itsOptions);
    }
  }
}

package dev.gatehouse.audit;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * SPI: keeps the Merkle tree over the records of an {@link AuditStore}: which are pending, the
 * index of every other, full tiles and heads. Leaves, tiles and heads are only ever added; the one
 * row that changes says how large the tree is and who may let it grow. Safe for use by multiple
 * threads, but for what belongs to a store that joined a transaction.
 */
public interface AuditTreeStore {
  /** Most leaves of one extension, and most rows of one answer. */
  int MAX_BATCH = 1_024;

  /** Longest lease. */
  Duration MAX_LEASE = Duration.ofMinutes(10);

  /**
   * What was appended, is committed and has no index, ids above the given one, lowest first, no
   * more than the limit, 1..{@link #MAX_BATCH}: however late its transaction committed, and
   * whatever ids have an index by then ({@code AUDIT-6}). There are fewer only if there are no
   * more: what is pending without a record is passed over. Asking waits for no writer.
   */
  List<PendingLeaf> pending(long afterId, int limit);

  /** The highest id that is pending, with a record or without ({@code AUDIT-6}). */
  OptionalLong newestPending();

  /**
   * Gives the right to let the tree grow to one owner at a time, for as long as that, by the
   * store's clock: to whoever asks first once it is free, given back or run out, under a higher
   * fence than any before; to its owner again under the same fence ({@code AUDIT-9}).
   *
   * @param owner 1..36 characters
   * @param duration 1 ms..{@link #MAX_LEASE}
   * @return empty while another has it
   */
  Optional<TreeState> lease(String owner, Duration duration);

  /** Gives the right back; nothing happens if the owner does not have it. */
  void release(String owner);

  /** How large the tree is. */
  TreeState state();

  /**
   * As {@link #state}, inside a transaction, where everyone else who lets the tree grow waits until
   * the transaction ends ({@code AUDIT-13}).
   */
  TreeState lock();

  /**
   * Lets the tree grow by leaves that are pending: they have an index then, without a gap, and are
   * pending no more; tiles and head are kept with them, all or nothing ({@code AUDIT-10}). If the
   * fence or the size is not the tree's any more, nothing changes ({@code AUDIT-11}).
   *
   * @return whether it was done
   * @throws dev.gatehouse.error.StorageException if a leaf is not pending; nothing changed then
   */
  boolean extend(TreeExtension extension);

  /**
   * Sets pending records aside, which are never to be in the tree: they are {@link #refused} from
   * then on, not pending ({@code AUDIT-12}). Nothing changes if the fence is not the tree's.
   *
   * @return how many were set aside
   */
  int refuse(long fence, List<Long> ids);

  /**
   * Lets records that were set aside be pending again ({@code AUDIT-12}). Nothing changes if the
   * fence is not the tree's.
   */
  void readmit(long fence, List<Long> ids);

  /** Ids of records that were set aside, above the given one, lowest first. */
  List<Long> refused(long afterId, int limit);

  /** The index of the record with that id; empty if it is not in the tree ({@code AUDIT-14}). */
  OptionalLong indexOf(long id);

  /** The indexes of those of these records, at most {@link #MAX_BATCH}, that have one. */
  Map<Long, Long> indexesOf(List<Long> ids);

  /**
   * Which leaves were removed with their records, ranges that end above that index, lowest first,
   * no more than the limit ({@code AUDIT-18}).
   */
  List<AuditRemoval.Range> removals(long above, int limit);

  /**
   * The leaves from that index on, as they are kept, in order of their index, no more than the
   * limit, 1..{@link #MAX_BATCH}, with the rows of their records ({@code AUDIT-14}). What is not
   * there is left out, for a verifier to notice.
   */
  List<TreeLeaf> leaves(long from, int limit);

  /** The hashes of the leaves from that index on, as {@link #leaves}, one after another. */
  byte[] leafHashes(long from, int limit);

  /** A full tile, exactly as it was given ({@code AUDIT-15}). */
  Optional<TreeTile> tile(int level, long index);

  /** The roots of full tiles of a level from that index on, in order, one after another. */
  byte[] tileRoots(int level, long from, int limit);

  /** The heads of trees larger than that, smallest first, as they were given ({@code AUDIT-15}). */
  List<StoredHead> heads(long aboveSize, int limit);

  /**
   * The head of the largest tree of at most that size, exactly as it was given; empty if there is
   * none.
   */
  Optional<StoredHead> head(long atMost);

  /** The head of the largest tree. */
  default Optional<StoredHead> head() {
    return head(Long.MAX_VALUE);
  }

  /**
   * Ids of records that are neither in the tree nor pending nor set aside, or below 1, above the
   * given one, lowest first: somebody has written or removed rows past this store ({@code
   * AUDIT-17}). In the tree is what has an index within it.
   *
   * @param atLeast how large the tree is for sure, whatever {@link #state} says
   */
  List<Long> strays(long afterId, long atLeast, int limit);

  /**
   * Ids above the given one that are pending or set aside without a record, lowest first ({@code
   * AUDIT-17}).
   */
  List<Long> orphans(long afterId, int limit);

  /**
   * Ids above the given one that are pending or set aside though they have an index, lowest first
   * ({@code AUDIT-17}).
   */
  List<Long> doubles(long afterId, int limit);

  /**
   * Leaves, tiles and heads that no tree of this size has: beyond its end, or before its beginning
   * ({@code AUDIT-17}).
   *
   * @param atLeast as in {@link #strays}
   */
  List<TreeStray> beyond(long atLeast, int limit);
}

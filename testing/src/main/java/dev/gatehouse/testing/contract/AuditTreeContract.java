package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.audit.PendingLeaf;
import dev.gatehouse.audit.StoredHead;
import dev.gatehouse.audit.TreeExtension;
import dev.gatehouse.audit.TreeLeaf;
import dev.gatehouse.audit.TreeState;
import dev.gatehouse.audit.TreeTile;
import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The rules of {@link AuditTreeStore}. */
public abstract class AuditTreeContract extends StoreContract {
  private static final Duration LEASE = Duration.ofSeconds(10);

  /** A contract of an audit tree. */
  protected AuditTreeContract() {}

  /** Which of the storage's logs is held to the rules. Default the audit log. */
  protected LogName log() {
    return LogName.AUDIT;
  }

  private AuditStore store() {
    return log() == LogName.AUDIT ? storage().audit() : storage().eventLog();
  }

  private AuditTreeStore tree() {
    return store().tree();
  }

  private AuditEntry entry(long id) {
    return AuditEntry.of(
        log(),
        AuditRecord.of(1, 0, "record " + id).id(id).time(Instant.EPOCH).user("u" + id).build());
  }

  private void append(long... ids) {
    store().append(LongStream.of(ids).mapToObj(this::entry).toList());
  }

  private static byte[] hash(long fill) {
    byte[] hash = new byte[32];
    Arrays.fill(hash, (byte) fill);
    return hash;
  }

  private PendingLeaf leaf(long id) {
    return new PendingLeaf(id, entry(id).leafHash(), new byte[0]);
  }

  private static StoredHead head(long size) {
    return new StoredHead(size, hash(size), "head of " + size + " \u2014\n");
  }

  private TreeExtension extension(long fence, long from, long... ids) {
    return extension(fence, from, List.of(), ids);
  }

  private TreeExtension extension(long fence, long from, List<TreeTile> tiles, long... ids) {
    return new TreeExtension(
        fence,
        from,
        LongStream.of(ids).mapToObj(this::leaf).toList(),
        tiles,
        head(from + ids.length));
  }

  private long fence() {
    return tree().lease("one", LEASE).orElseThrow().fence();
  }

  private List<Long> pending() {
    return ids(tree().pending(0, AuditTreeStore.MAX_BATCH));
  }

  private static List<Long> ids(List<PendingLeaf> leaves) {
    return leaves.stream().map(PendingLeaf::id).toList();
  }

  private List<Long> sequenced() {
    return tree().leaves(0, AuditTreeStore.MAX_BATCH).stream().map(TreeLeaf::id).toList();
  }

  @Test
  void AUDIT6_pending_appended_lowestIdsFirst() {
    append(5, 2, 9, 4);
    assertThat(ids(tree().pending(0, 3))).containsExactly(2L, 4L, 5L);
    assertThat(ids(tree().pending(4, 3))).containsExactly(5L, 9L);
    assertThat(pending()).containsExactly(2L, 4L, 5L, 9L);
    assertThat(tree().pending(0, 1).get(0).leafHash()).isEqualTo(entry(2).leafHash());
    assertThat(tree().pending(0, 1).get(0).mac()).isEmpty();
    assertThatThrownBy(() -> tree().pending(0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tree().pending(0, AuditTreeStore.MAX_BATCH + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void AUDIT6_newestPending_isTheHighestId() {
    assertThat(tree().newestPending()).isEmpty();
    append(5, 9, 4);
    assertThat(tree().newestPending()).hasValue(9);
    assertThat(tree().extend(extension(fence(), 0, 9))).isTrue();
    assertThat(tree().newestPending()).hasValue(5);
  }

  @Test
  void AUDIT17_untouched_nothingIsAstray() {
    append(1, 2, 3);
    long fence = fence();
    assertThat(tree().extend(extension(fence, 0, 1, 2))).isTrue();
    tree().refuse(fence, List.of(3L));
    long first = Long.MIN_VALUE;
    assertThat(tree().strays(first, 0, 9)).isEmpty();
    assertThat(tree().strays(first, 2, 9)).isEmpty();
    assertThat(tree().orphans(first, 9)).isEmpty();
    assertThat(tree().doubles(first, 9)).isEmpty();
    assertThat(tree().beyond(0, 9)).isEmpty();
  }

  @Test
  void AUDIT6_pending_lowerIdCommitsLate_isFound() {
    append(7, 8);
    assertThat(tree().extend(extension(fence(), 0, 7, 8))).isTrue();
    append(3);
    assertThat(pending()).containsExactly(3L);
  }

  @Test
  void AUDIT6_pending_rolledBack_isNotThere() {
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          store().joining(transaction).append(List.of(entry(1)));
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(pending()).isEmpty();
  }

  @Test
  void AUDIT9_lease_freeTree_startsEmptyAndIsOnes() {
    assertThat(tree().state().size()).isZero();
    assertThat(tree().state().root())
        .isEqualTo(
            java.util.HexFormat.of()
                .parseHex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    TreeState given = tree().lease("one", LEASE).orElseThrow();
    assertThat(given.fence()).isPositive();
    assertThat(tree().lease("two", LEASE)).isEmpty();
    assertThat(tree().lease("one", LEASE).orElseThrow().fence()).isEqualTo(given.fence());
  }

  @Test
  void AUDIT9_lease_ranOutOrGivenBack_anotherGetsHigherFence() {
    long first = fence();
    clock.advance(LEASE.minusMillis(1));
    assertThat(tree().lease("two", LEASE)).isEmpty();
    clock.advance(Duration.ofMillis(1));
    long second = tree().lease("two", LEASE).orElseThrow().fence();
    assertThat(second).isGreaterThan(first);
    tree().release("one");
    assertThat(tree().lease("one", LEASE)).isEmpty();
    tree().release("two");
    assertThat(tree().lease("one", LEASE).orElseThrow().fence()).isGreaterThan(second);
  }

  @Test
  void AUDIT9_lease_renewed_lastsLonger() {
    fence();
    clock.advance(LEASE.minusMillis(1));
    fence();
    clock.advance(LEASE.minusMillis(1));
    assertThat(tree().lease("two", LEASE)).isEmpty();
  }

  @Test
  void AUDIT9_lease_manyThreads_oneGetsIt() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<Boolean>> given = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        String owner = "owner-" + i;
        given.add(pool.submit(() -> tree().lease(owner, LEASE).isPresent()));
      }
      int owners = 0;
      for (Future<Boolean> one : given) {
        owners += one.get() ? 1 : 0;
      }
      assertThat(owners).isEqualTo(1);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void AUDIT10_extend_pendingLeaves_haveIndexesWithoutGap() {
    append(1, 2, 3, 4, 5);
    long fence = fence();
    assertThat(tree().extend(extension(fence, 0, 2, 1))).isTrue();
    assertThat(tree().extend(extension(fence, 2, 3, 5))).isTrue();
    assertThat(sequenced()).containsExactly(2L, 1L, 3L, 5L);
    assertThat(tree().leaves(0, 9)).extracting(TreeLeaf::index).containsExactly(0L, 1L, 2L, 3L);
    assertThat(pending()).containsExactly(4L);
    assertThat(tree().state().size()).isEqualTo(4);
    assertThat(tree().state().root()).isEqualTo(hash(4));
    assertThat(tree().head().orElseThrow().size()).isEqualTo(4);
  }

  @Test
  void AUDIT10_extend_mostLeaves_works() {
    long[] ids = LongStream.rangeClosed(1, 1_000).toArray();
    append(ids);
    append(LongStream.rangeClosed(1_001, 1_024).toArray());
    long[] all = LongStream.rangeClosed(1, AuditTreeStore.MAX_BATCH).toArray();
    assertThat(tree().extend(extension(fence(), 0, all))).isTrue();
    assertThat(sequenced()).hasSize(AuditTreeStore.MAX_BATCH);
    assertThat(pending()).isEmpty();
  }

  @Test
  void AUDIT10_extend_leafNotPending_changesNothing() {
    append(1, 2);
    long fence = fence();
    assertThatThrownBy(() -> tree().extend(extension(fence, 0, 1, 7)))
        .isInstanceOf(StorageException.class);
    assertThat(tree().state().size()).isZero();
    assertThat(sequenced()).isEmpty();
    assertThat(tree().head()).isEmpty();
    assertThat(pending()).containsExactly(1L, 2L);
    assertThat(tree().extend(extension(fence, 0, 1))).isTrue();
    assertThatThrownBy(() -> tree().extend(extension(fence, 1, 1)))
        .isInstanceOf(StorageException.class);
    assertThat(sequenced()).containsExactly(1L);
  }

  @Test
  void AUDIT10_extend_inTransactionRolledBack_changesNothing() {
    append(1);
    long fence = fence();
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          AuditTreeStore joined = store().joining(transaction).tree();
                          List<TreeTile> tiles =
                              List.of(new TreeTile(0, 0, new byte[8_192], hash(1)));
                          assertThat(joined.extend(extension(fence, 0, tiles, 1))).isTrue();
                          assertThat(joined.state().size()).isEqualTo(1);
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(tree().state().size()).isZero();
    assertThat(sequenced()).isEmpty();
    assertThat(tree().head()).isEmpty();
    assertThat(tree().tile(0, 0)).isEmpty();
    assertThat(tree().indexOf(1)).isEmpty();
    assertThat(pending()).containsExactly(1L);
  }

  @Test
  void AUDIT11_extend_staleFence_changesNothing() {
    append(1);
    long stale = fence();
    clock.advance(LEASE);
    tree().lease("two", LEASE);
    assertThat(tree().extend(extension(stale, 0, 1))).isFalse();
    assertThat(tree().state().size()).isZero();
    assertThat(sequenced()).isEmpty();
    assertThat(tree().head()).isEmpty();
    assertThat(pending()).containsExactly(1L);
  }

  @Test
  void AUDIT11_extend_otherSize_changesNothing() {
    append(1, 2);
    long fence = fence();
    assertThat(tree().extend(extension(fence, 1, 1))).isFalse();
    assertThat(tree().extend(extension(fence, 0, 1))).isTrue();
    assertThat(tree().extend(extension(fence, 0, 2))).isFalse();
    assertThat(sequenced()).containsExactly(1L);
    assertThat(pending()).containsExactly(2L);
  }

  @Test
  void AUDIT11_extend_twoAtOnce_oneWins() throws Exception {
    append(1, 2);
    long fence = fence();
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      Future<Boolean> first = pool.submit(() -> tree().extend(extension(fence, 0, 1)));
      Future<Boolean> second = pool.submit(() -> tree().extend(extension(fence, 0, 2)));
      assertThat(first.get() ^ second.get()).isTrue();
      assertThat(tree().state().size()).isEqualTo(1);
      assertThat(sequenced()).hasSize(1);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void AUDIT12_refuse_pending_isSetAside() {
    append(1, 2, 3);
    long fence = fence();
    assertThat(tree().refuse(fence, List.of(1L, 3L, 99L))).isEqualTo(2);
    assertThat(pending()).containsExactly(2L);
    assertThat(tree().refused(0, 9)).containsExactly(1L, 3L);
    assertThat(tree().refused(1, 9)).containsExactly(3L);
    assertThat(tree().strays(0, 0, 9)).isEmpty();
    assertThatThrownBy(() -> tree().extend(extension(fence, 0, 1)))
        .isInstanceOf(StorageException.class);
  }

  @Test
  void AUDIT12_refuse_staleFence_changesNothing() {
    append(1);
    assertThat(tree().refuse(fence() - 1, List.of(1L))).isZero();
    assertThat(pending()).containsExactly(1L);
    assertThat(tree().refused(0, 9)).isEmpty();
  }

  @Test
  void AUDIT12_readmit_setAside_isPendingAgain() {
    append(1, 2, 3);
    long fence = fence();
    tree().refuse(fence, List.of(1L, 3L));
    tree().readmit(fence - 1, List.of(1L, 3L));
    assertThat(pending()).containsExactly(2L);
    tree().readmit(fence, List.of(3L, 2L, 99L));
    assertThat(pending()).containsExactly(2L, 3L);
    assertThat(tree().refused(Long.MIN_VALUE, 9)).containsExactly(1L);
    assertThat(tree().extend(extension(fence, 0, 3))).isTrue();
  }

  @Test
  void AUDIT13_lock_twoTransactions_takeTurns() throws Exception {
    append(LongStream.rangeClosed(1, 40).toArray());
    fence();
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        long start = 1 + thread * 10L;
        done.add(
            pool.submit(
                () -> {
                  for (long id = start; id < start + 10; id++) {
                    extendLocked(id);
                  }
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(sequenced()).hasSize(40).doesNotHaveDuplicates();
  }

  private void extendLocked(long id) {
    storage()
        .run(
            transaction -> {
              AuditTreeStore joined = store().joining(transaction).tree();
              TreeState locked = joined.lock();
              assertThat(joined.extend(extension(locked.fence(), locked.size(), id))).isTrue();
            });
  }

  @Test
  void AUDIT14_leaves_sequenced_haveWhatIsKept() {
    append(4, 6);
    assertThat(tree().extend(extension(fence(), 0, 6, 4))).isTrue();
    TreeLeaf leaf = tree().leaves(1, 1).get(0);
    assertThat(leaf.id()).isEqualTo(4);
    assertThat(leaf.leafHash()).isEqualTo(entry(4).leafHash());
    assertThat(leaf.canonical()).isEqualTo(entry(4).canonical());
    if (leaf.columns() != null) {
      assertThat(leaf.columns().user()).isEqualTo("u4");
      assertThat(leaf.columns().timeMicros()).isZero();
    }
    assertThat(tree().leaves(2, 9)).isEmpty();
    assertThat(tree().indexOf(6)).hasValue(0);
    assertThat(tree().indexOf(4)).hasValue(1);
    assertThat(tree().indexOf(5)).isEmpty();
    byte[] both = Arrays.copyOf(entry(6).leafHash(), 64);
    System.arraycopy(entry(4).leafHash(), 0, both, 32, 32);
    assertThat(tree().leafHashes(0, 9)).isEqualTo(both);
    assertThat(tree().leafHashes(1, 1)).isEqualTo(entry(4).leafHash());
    assertThat(tree().strays(0, 0, 9)).isEmpty();
    assertThat(tree().orphans(0, 9)).isEmpty();
  }

  @Test
  void AUDIT15_tilesAndHeads_keptAsGiven() {
    append(1, 2);
    byte[] hashes = new byte[8_192];
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = (byte) (i * 31);
    }
    List<TreeTile> tiles =
        List.of(
            new TreeTile(0, 3, hashes, hash(3)),
            new TreeTile(0, 4, hashes, hash(4)),
            new TreeTile(1, 0, hashes, hash(5)));
    long fence = fence();
    assertThat(tree().extend(extension(fence, 0, tiles, 1))).isTrue();
    assertThat(tree().extend(extension(fence, 1, 2))).isTrue();
    TreeTile found = tree().tile(0, 3).orElseThrow();
    assertThat(found.hashes()).isEqualTo(hashes);
    assertThat(found.root()).isEqualTo(hash(3));
    assertThat(tree().tile(1, 3)).isEmpty();
    byte[] roots = Arrays.copyOf(hash(3), 64);
    System.arraycopy(hash(4), 0, roots, 32, 32);
    assertThat(tree().tileRoots(0, 0, 9)).isEqualTo(roots);
    assertThat(tree().tileRoots(0, 4, 9)).isEqualTo(hash(4));
    assertThat(tree().heads(0, 9)).extracting(StoredHead::size).containsExactly(1L, 2L);
    assertThat(tree().heads(1, 9)).extracting(StoredHead::size).containsExactly(2L);
    assertThat(tree().head().orElseThrow().note()).isEqualTo(head(2).note());
    assertThat(tree().head().orElseThrow().root()).isEqualTo(hash(2));
    assertThat(tree().head(1).orElseThrow().root()).isEqualTo(hash(1));
    assertThat(tree().head(0)).isEmpty();
  }
}

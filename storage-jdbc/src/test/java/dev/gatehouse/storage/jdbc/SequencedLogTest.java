package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditOptions.Sequencing;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.PendingLeaf;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.audit.StoredHead;
import dev.gatehouse.audit.TreeExtension;
import dev.gatehouse.audit.TreeState;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.Storage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writers and sequencers that work on one database at a time. */
@Timeout(120)
class SequencedLogTest {
  /** A log in a database. */
  abstract static class Sequenced {
    private final AtomicLong ids = new AtomicLong();
    private DataSource dataSource;
    private Storage storage;

    abstract DataSource dataSource();

    @BeforeEach
    void open() {
      dataSource = dataSource();
      storage = JdbcStorage.of(dataSource);
    }

    private AuditTree tree(Storage of, AuditOptions.Builder options) {
      return AuditTree.create(
          new AuditTree.Parts(
              of.audit(),
              of,
              InstantSource.system(),
              System::nanoTime,
              GatehouseListener.NONE,
              options.build()));
    }

    private AuditTree tree() {
      return tree(storage, AuditOptions.builder());
    }

    private AuditLog log(AuditTree tree) {
      return AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);
    }

    private static AuditRecord record(int number) {
      return AuditRecord.of(1, 0, "record " + number).build();
    }

    private static AuditReport sound(long records) {
      return new AuditReport(records, records, 0, 0, 0, 0, List.of(), 0);
    }

    /** Its id is lower than those that have their place already. */
    @Test
    void sequence_transactionCommitsLate_itsRecordsAreFound() throws SQLException {
      AuditTree tree = tree();
      AuditLog log = log(tree);
      log.write(record(1));
      long late;
      try (Connection connection = dataSource.getConnection()) {
        connection.setAutoCommit(false);
        late = log.joining(JdbcTransaction.of(connection)).write(record(2)).id();
        long later = log.write(record(3)).id();
        assertThat(later).isGreaterThan(late);
        assertThat(tree.sequence()).isEqualTo(2);
        assertThat(tree.prove(later)).isPresent();
        assertThat(tree.verify(AuditProgress.NONE)).isEqualTo(sound(2));
        connection.commit();
      }
      assertThat(tree.prove(late)).isEmpty();
      assertThat(tree.sequence()).isEqualTo(1);
      assertThat(tree.prove(late).orElseThrow().isSound()).isTrue();
      assertThat(tree.verify(AuditProgress.NONE)).isEqualTo(sound(3));
    }

    /** Whether a host that reads the same all the while can be told that it must begin anew. */
    boolean isSnapshotRefused() {
      return false;
    }

    /** What the host's transaction sees is older than the tree: that is no damage. */
    @Test
    void writeInTransaction_hostReadsRepeatably_isProvenOrToldToTryAgain() throws SQLException {
      AuditTree tree = tree(storage, AuditOptions.builder().sequencing(Sequencing.IN_TRANSACTION));
      AuditLog log = log(tree);
      log.write(record(1));
      AuditTree other = tree(storage, AuditOptions.builder().sequencing(Sequencing.IN_TRANSACTION));
      try (Connection connection = dataSource.getConnection()) {
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setAutoCommit(false);
        AuditLog joined = log.joining(JdbcTransaction.of(connection));
        joined.find(1);
        log(other).writeAll(List.of(record(2), record(3)));
        if (isSnapshotRefused()) {
          assertThatThrownBy(() -> joined.write(record(4)))
              .isInstanceOf(StorageException.class)
              .hasMessageNotContaining("damaged");
          connection.rollback();
        } else {
          joined.write(record(4));
          connection.commit();
        }
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        connection.setAutoCommit(true);
      }
      assertThat(tree.verify(AuditProgress.NONE).damages()).isEmpty();
    }

    /** A sequencer that holds everything it ever locks. */
    @Test
    void write_whileSequencerIsInItsTransaction_doesNotWait() throws Exception {
      AuditTree tree = tree();
      AuditLog log = log(tree);
      log.write(record(1));
      AuditTreeStore store = storage.audit().tree();
      TreeState state = store.lease("someone", Duration.ofSeconds(30)).orElseThrow();
      List<PendingLeaf> leaves = store.pending(0, 9);
      ExecutorService writer = Executors.newSingleThreadExecutor();
      try (Connection connection = dataSource.getConnection()) {
        connection.setAutoCommit(false);
        TreeExtension extension =
            new TreeExtension(
                state.fence(), 0, leaves, List.of(), new StoredHead(1, new byte[32], "x"));
        assertThat(storage.audit().joining(JdbcTransaction.of(connection)).tree().extend(extension))
            .isTrue();
        Future<Long> written = writer.submit(() -> log.write(record(2)).id());
        assertThat(written.get(30, TimeUnit.SECONDS)).isEqualTo(2);
        Future<List<Long>> batch =
            writer.submit(
                () ->
                    log.writeAll(List.of(record(3), record(4))).stream()
                        .map(AuditRecord::id)
                        .toList());
        assertThat(batch.get(30, TimeUnit.SECONDS)).containsExactly(3L, 4L);
        connection.rollback();
      } finally {
        writer.shutdownNow();
      }
      store.release("someone");
      assertThat(tree.sequence()).isEqualTo(4);
      assertThat(tree.verify(AuditProgress.NONE)).isEqualTo(sound(4));
    }

    @Test
    void sequence_eightWritersAndTwoNodes_everyRecordOnce() throws Exception {
      AuditOptions.Builder options =
          AuditOptions.builder().interval(Duration.ofMillis(10)).lease(Duration.ofSeconds(1));
      AuditTree first = tree(JdbcStorage.of(dataSource), options);
      AuditTree second = tree(JdbcStorage.of(dataSource), options);
      first.start();
      second.start();
      List<AuditLog> logs = List.of(log(first), log(second));
      ConcurrentLinkedQueue<Long> written = new ConcurrentLinkedQueue<>();
      ExecutorService writers = Executors.newFixedThreadPool(8);
      try {
        List<Future<?>> done = new ArrayList<>();
        for (int thread = 0; thread < 8; thread++) {
          done.add(
              writers.submit(
                  () ->
                      IntStream.range(0, 60)
                          .forEach(i -> written.add(logs.get(i % 2).write(record(i)).id()))));
        }
        await().until(() -> written.size() > 100);
        first.close();
        for (Future<?> one : done) {
          one.get();
        }
      } finally {
        writers.shutdownNow();
      }
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> storage.audit().tree().pending(0, 1).isEmpty());
      second.close();
      AuditTree reader = tree();
      assertThat(reader.verify(AuditProgress.NONE)).isEqualTo(sound(480));
      for (long id : written) {
        assertThat(reader.prove(id).orElseThrow().isSound()).isTrue();
      }
    }

    @Test
    void write_strictlyByManyThreads_takeTurnsWithoutAGap() throws Exception {
      AuditTree tree = tree(storage, AuditOptions.builder().sequencing(Sequencing.IN_TRANSACTION));
      AuditLog log = log(tree);
      ExecutorService writers = Executors.newFixedThreadPool(4);
      try {
        List<Future<?>> done = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
          done.add(
              writers.submit(
                  () ->
                      IntStream.range(0, 20)
                          .forEach(
                              i -> {
                                long id = log.write(record(i)).id();
                                assertThat(tree.prove(id)).isPresent();
                              })));
        }
        for (Future<?> one : done) {
          one.get();
        }
      } finally {
        writers.shutdownNow();
      }
      assertThat(tree.verify(AuditProgress.NONE)).isEqualTo(sound(80));
    }

    @Test
    void anchor_inAnotherDatabase_keepsHeads() {
      DataSource elsewhere = dataSource();
      Anchor anchor = JdbcStorage.anchor(elsewhere);
      assertThat(anchor.heads()).isEmpty();
      AuditTree tree = tree(storage, AuditOptions.builder().anchor(anchor));
      log(tree).writeAll(List.of(record(1), record(2)));
      tree.sequence();
      SignedHead head = tree.head().orElseThrow();
      anchor.publish(head);
      anchor.publish(head);
      assertThat(JdbcStorage.anchor(elsewhere).heads()).containsExactly(head);
      assertThat(tree.verify(AuditProgress.NONE))
          .isEqualTo(new AuditReport(2, 2, 0, 0, 1, 2, List.of(), 0));
      assertThatThrownBy(() -> JdbcStorage.anchor(H2.missingDataSource()).publish(head))
          .isInstanceOf(StorageException.class);
    }
  }

  @Nested
  class OnH2 extends Sequenced {
    @Override
    DataSource dataSource() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Sequenced {
    @Override
    DataSource dataSource() {
      return MariaDb.dataSource();
    }
  }

  @Nested
  class OnPostgres extends Sequenced {
    @Override
    boolean isSnapshotRefused() {
      return true;
    }

    private final DataSource dataSource = Postgres.dataSource();

    @Override
    DataSource dataSource() {
      return Postgres.dataSource();
    }

    /** So its indexes do not grow either: what is sequenced is not written twice. */
    @Test
    void sequence_records_areNotTouched() {
      Storage storage = JdbcStorage.of(dataSource);
      AtomicLong ids = new AtomicLong();
      AuditTree tree =
          AuditTree.create(
              new AuditTree.Parts(
                  storage.audit(),
                  storage,
                  InstantSource.system(),
                  System::nanoTime,
                  GatehouseListener.NONE,
                  AuditOptions.DEFAULT));
      AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree)
          .writeAll(IntStream.range(0, 300).mapToObj(Sequenced::record).toList());
      List<String> before = places();
      assertThat(before).hasSize(300);
      assertThat(tree.sequence()).isEqualTo(300);
      assertThat(places()).isEqualTo(before);
    }

    private List<String> places() {
      return Jdbi.create(dataSource)
          .withHandle(
              handle ->
                  handle
                      .createQuery("SELECT ctid::text || ' ' || xmin || ' ' || xmax FROM gh_audit")
                      .mapTo(String.class)
                      .list());
    }
  }
}

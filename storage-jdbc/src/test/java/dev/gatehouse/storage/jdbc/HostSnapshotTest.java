package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Consistency;
import dev.gatehouse.permission.Decision;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.signing.Key;
import dev.gatehouse.transaction.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Hosts whose transactions began before others changed what they change now, at the level that the
 * database has by itself; on MariaDB their queries read as of then.
 */
class HostSnapshotTest {
  private static final Subject MALLORY = Subject.of("user", "mallory");
  private static final Resource DOCUMENT = Resource.of("doc", "x");
  private static final OptionalLong ANYONE = OptionalLong.empty();

  private static TaskRow row(long id, String taskNo) {
    return new TaskRow(id, 7, "callback", taskNo, "", "{}", 1000, "linear:5:5", 0, 0);
  }

  private static AuditEntry entry(long id) {
    return AuditEntry.of(
        LogName.AUDIT, AuditRecord.of(1, 0, "d").id(id).time(Instant.EPOCH).build());
  }

  abstract static class OnDatabase {
    private final ExecutorService others = Executors.newCachedThreadPool();
    private final DataSource dataSource = newDatabase();
    private final JdbcStorage storage = JdbcStorage.of(dataSource);
    private final TaskStore tasks = storage.tasks();
    private Connection host;
    private int node;

    abstract DataSource newDatabase();

    @BeforeEach
    void begin() throws SQLException {
      storage.check();
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE host(id INT PRIMARY KEY, n INT)");
        statement.execute("INSERT INTO host VALUES (1, 0), (2, 0)");
      }
      host = dataSource.getConnection();
      host.setAutoCommit(false);
    }

    @AfterEach
    void end() throws SQLException {
      others.shutdownNow();
      host.rollback();
      host.close();
      storage.close();
    }

    private JdbcTransaction hosts() {
      return JdbcTransaction.of(host);
    }

    private void look() throws SQLException {
      onHost("SELECT COUNT(*) FROM host");
    }

    private void onHost(String sql) throws SQLException {
      try (Statement statement = host.createStatement()) {
        statement.execute(sql);
      }
    }

    private <T> T elsewhere(Callable<T> work) throws Exception {
      return others.submit(work).get(20, TimeUnit.SECONDS);
    }

    private void finish(long... ids) {
      tasks.insert(LongStream.of(ids).mapToObj(id -> row(id, "n" + id)).toList());
      settle(claimed());
    }

    private List<ClaimedTask> claimed() {
      node = tasks.join("boot", Duration.ofSeconds(60)).node();
      return tasks.claim(node, Long.MAX_VALUE, 1_000);
    }

    private int settle(List<ClaimedTask> claimed) {
      Instant now = Instant.ofEpochMilli(5);
      List<Settlement> finished =
          claimed.stream()
              .map(
                  task ->
                      (Settlement)
                          new Settlement.Finish(
                              task.row(),
                              new Attempt(
                                  task.attempt(),
                                  task.fence(),
                                  now,
                                  now,
                                  Attempt.Outcome.SUCCESS,
                                  200,
                                  ""),
                              null))
              .toList();
      return tasks.settle(node, finished, 5).size();
    }

    @Test
    void revoke_permissionsChangedSince_reachesAllNodes() throws Exception {
      try (Gatehouse one = Gatehouse.builder().storage(JdbcStorage.of(dataSource)).build();
          Gatehouse two = Gatehouse.builder().storage(JdbcStorage.of(dataSource)).build()) {
        Grant grant = one.permissions().grant(Grant.allow(MALLORY, "read", DOCUMENT));
        look();
        elsewhere(
            () ->
                one.permissions().grant(Grant.allow(Subject.of("user", "eve"), "read", DOCUMENT)));
        assertThat(isAllowed(two)).isTrue();

        one.permissions().joining(hosts()).revoke(grant.id());
        host.commit();

        assertThat(isAllowed(two)).isFalse();
      }
    }

    private static boolean isAllowed(Gatehouse gatehouse) {
      return gatehouse.permissions().with(Consistency.STRICT).check(MALLORY, "read", DOCUMENT)
          instanceof Decision.Allowed;
    }

    @Test
    void insertRole_addedByAnotherSince_isThereAlready() throws Exception {
      look();
      elsewhere(() -> storage.call(tx -> insertRole(tx, 1)));

      assertThat(insertRole(hosts(), 2)).isFalse();
    }

    private boolean insertRole(Transaction transaction, long id) {
      PermissionStore permissions = storage.permissions().joining(transaction);
      permissions.lock();
      return permissions.insertRole(new PermissionStore.Role(id, "editor"));
    }

    @Test
    void removeApplication_keyIssuedSince_isDestroyedToo() throws Exception {
      try (Gatehouse gatehouse = Gatehouse.builder().storage(storage).build()) {
        Application application = gatehouse.registry().register(Application.named("billing"));
        look();
        elsewhere(
            () ->
                gatehouse
                    .keys()
                    .generate(application.id(), Key.Purpose.REQUEST, Key.Algorithm.HMAC_SHA256));

        gatehouse.joining(hosts()).registry().removeApplication("billing");
        host.commit();

        assertThat(storage.keys().live(application.id(), 100)).isEmpty();
      }
    }

    @Test
    void requeue_pageChangedSince_noTaskTwice() throws Exception {
      finish(LongStream.rangeClosed(1, 20).toArray());
      look();
      assertThat(elsewhere(() -> tasks.requeue(ANYONE, 3, 9, true))).isEqualTo(Requeue.REQUEUED);

      assertThat(tasks.joining(hosts()).requeue(ANYONE, 5, 9, true)).isEqualTo(Requeue.REQUEUED);
      host.commit();

      tasks.purge(TaskStatus.FINISHED, Long.MAX_VALUE / 2, 1_000);
      assertThat(tasks.findId(7, "n3")).hasValue(3);
      assertThat(tasks.findId(7, "n5")).hasValue(5);
      assertThat(tasks.findId(7, "n4")).isEmpty();
    }

    @Test
    void resume_taskScheduledAndPausedSince_isReady() throws Exception {
      look();
      elsewhere(
          () -> {
            tasks.insert(List.of(row(1, "a")));
            return tasks.pause(ANYONE, 1);
          });

      assertThat(tasks.joining(hosts()).resume(ANYONE, 1)).isEqualTo(TaskChange.DONE);
      host.commit();

      assertThat(claimed()).hasSize(1);
    }

    @Test
    void requeue_taskFinishedSince_isReady() throws Exception {
      tasks.insert(LongStream.rangeClosed(1, 20).mapToObj(id -> row(id, "n" + id)).toList());
      look();
      elsewhere(() -> settle(claimed()));

      assertThat(tasks.joining(hosts()).requeue(ANYONE, 5, 9, true)).isEqualTo(Requeue.REQUEUED);
      host.commit();

      assertThat(claimed()).hasSize(1);
    }

    @Test
    void cancel_taskThatHasEnded_othersSettleAndSchedule() throws Exception {
      finish(LongStream.rangeClosed(1, 40).toArray());
      tasks.insert(List.of(row(101, "m"), row(102, "n")));
      List<ClaimedTask> claimed = claimed();

      assertThat(tasks.joining(hosts()).cancel(ANYONE, 5, 9)).isEqualTo(Cancellation.TOO_LATE);

      assertThat(elsewhere(() -> settle(claimed))).isEqualTo(2);
      elsewhere(() -> tasks.insert(List.of(row(201, "o"))));
    }

    @Test
    void cancelAndSchedule_twoHosts_neitherWaits() throws Exception {
      finish(LongStream.rangeClosed(1, 40).toArray());
      try (Connection other = dataSource.getConnection()) {
        other.setAutoCommit(false);
        TaskStore first = tasks.joining(hosts());
        TaskStore second = tasks.joining(JdbcTransaction.of(other));
        first.cancel(ANYONE, 5, 9);
        second.cancel(ANYONE, 6, 9);

        elsewhere(() -> second.insert(List.of(row(302, "o"))));
        first.insert(List.of(row(301, "p")));
        other.commit();
        host.commit();
      }
      assertThat(claimed()).hasSize(2);
    }

    @Test
    void append_deadlockBehindDuplicate_isNoRefusalThatTheHostMayLiveWith() throws Exception {
      AuditStore audit = storage.audit();
      audit.append(List.of(entry(1)));
      try (Connection other = dataSource.getConnection()) {
        other.setAutoCommit(false);
        onHost("UPDATE host SET n = 1 WHERE id = 1");
        audit
            .joining(JdbcTransaction.of(other))
            .append(LongStream.range(50, 90).mapToObj(HostSnapshotTest::entry).toList());
        Future<?> waiting =
            others.submit(
                () -> {
                  try (Statement statement = other.createStatement()) {
                    return statement.executeUpdate("UPDATE host SET n = n + 10 WHERE id = 1");
                  }
                });
        assertThatThrownBy(() -> audit.joining(hosts()).append(List.of(entry(1), entry(50))))
            .satisfies(
                failure -> {
                  if (!(failure instanceof StorageException)) {
                    onHost("UPDATE host SET n = 2 WHERE id = 2");
                    host.commit();
                    assertThat(valueOf(1)).as("what the host wrote before").isNotZero();
                  }
                });
        host.rollback();
        waitFor(waiting);
        other.rollback();
      }
    }

    /** One of the two is the victim of the deadlock. */
    private static void waitFor(Future<?> update) throws Exception {
      try {
        update.get(20, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(SQLException.class);
      }
    }

    private int valueOf(int id) {
      return Jdbi.create(dataSource)
          .withHandle(
              handle ->
                  handle
                      .createQuery("SELECT n FROM host WHERE id = ?")
                      .bind(0, id)
                      .mapTo(Integer.class)
                      .one());
    }

    @Test
    void removePending_hostsRecordIsPending_othersAreSequenced() throws Exception {
      List<Long> ids = LongStream.rangeClosed(1, 60).boxed().toList();
      storage.audit().append(ids.stream().map(HostSnapshotTest::entry).toList());
      storage.audit().joining(hosts()).append(List.of(entry(1_000)));

      try (Gatehouse gatehouse = Gatehouse.builder().storage(storage).build()) {
        assertThat(elsewhere(() -> gatehouse.auditTree().sequence())).isEqualTo(60);
      }
    }

    @Test
    void purgeGates_anotherIsLockedByHost_doesNotWait() throws Exception {
      GateStore gates = tasks.gates();
      List<String> names = IntStream.range(0, 100).mapToObj(i -> "g" + i).toList();
      storage.run(tx -> gates.joining(tx).lock(names));
      storage.run(tx -> gates.joining(tx).lock(List.of("zz")));
      gates.joining(hosts()).lock(List.of("zz"));

      assertThat(elsewhere(() -> gates.purge(Long.MAX_VALUE / 2, 100))).isEqualTo(100);
    }

    @Test
    void recover_aNodeIsCutOffInItsRenewal_othersAreRecovered() throws Exception {
      int frozen = tasks.join("frozen", Duration.ofMillis(50)).node();
      tasks.insert(List.of(row(1, "a")));
      int dead = tasks.join("dead", Duration.ofMillis(50)).node();
      tasks.claim(dead, Long.MAX_VALUE, 10);
      onHost("UPDATE gh_node SET swept_ms = 1 WHERE node = " + frozen);
      TimeUnit.MILLISECONDS.sleep(60);

      assertThat(elsewhere(() -> tasks.recover(3, 5, 100))).hasSize(1);
    }

    @Test
    void anchor_signedHead_isReadAsItWas() {
      Anchor anchor = JdbcStorage.anchor(dataSource);
      SignedHead head =
          SignedHead.parse(
              "example\n2\n"
                  + Base64.getEncoder().encodeToString(new byte[32])
                  + "\ntime 2026-01-01T00:00:00Z\n\n\u2014 key "
                  + Base64.getEncoder().encodeToString(new byte[70])
                  + "\n");

      anchor.publish(head);

      assertThat(anchor.heads()).containsExactly(head);
    }
  }

  @Nested
  class OnH2 extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.dataSource();
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MySql.dataSource();
    }
  }
}

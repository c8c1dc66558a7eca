package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Hints;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** What nodes with storages of their own hear of each other. */
@Timeout(60)
class JdbcHintsTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final PGSimpleDataSource direct = Postgres.unpooledDataSource();
  private final Jdbi jdbi = Jdbi.create(direct);
  private final JdbcStorage near = storage();
  private final JdbcStorage far = storage();
  private final List<Long> heard = new CopyOnWriteArrayList<>();
  private final List<Hints.Listening> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(Hints.Listening::close);
    near.close();
    far.close();
    assertThat(threads()).isZero();
  }

  private JdbcStorage storage() {
    JdbcStorage storage = JdbcStorage.of(direct);
    storage.check();
    return storage;
  }

  private Hints.Listening listen(JdbcStorage storage) {
    int before = listening();
    Hints.Listening listening = storage.tasks().hints().listen(heard::add);
    open.add(listening);
    await().atMost(SOON).until(() -> listening() > before);
    return listening;
  }

  private String channel() {
    return jdbi.withHandle(
        handle -> handle.createQuery("SELECT " + JdbcHints.CHANNEL).mapTo(String.class).one());
  }

  /** How many sessions listen to nodes of this test. */
  private int listening() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery("SELECT COUNT(*) FROM pg_stat_activity WHERE query = ?")
                .bind(0, "LISTEN " + channel())
                .mapTo(Integer.class)
                .one());
  }

  private void awaitHeard(Long... dueMillis) {
    await().atMost(SOON).untilAsserted(() -> assertThat(heard).containsExactly(dueMillis));
  }

  @Test
  void announce_otherStorageOfTheSameTables_hears() {
    listen(far);
    near.tasks().hints().announce(41);
    awaitHeard(41L);
  }

  /** As routing ones do that find no target; the node would hear nothing more of others. */
  @Test
  void listen_dataSourceThrowsWhatIsNotJdbcs_hearsOnceItWorks() {
    AtomicInteger failures = new AtomicInteger();
    DataSource odd =
        JdbcProxy.of(
            DataSource.class,
            (method, arguments) -> {
              if (Thread.currentThread().getName().equals("gatehouse-hints")
                  && failures.incrementAndGet() <= 2) {
                throw new IllegalStateException("cannot determine target DataSource");
              }
              return JdbcProxy.invoke(direct, method, arguments);
            });
    try (JdbcStorage storage = JdbcStorage.of(odd)) {
      storage.check();
      listen(storage);
      near.tasks().hints().announce(41);
      awaitHeard(41L);
      assertThat(failures.get()).isGreaterThan(2);
      open.forEach(Hints.Listening::close);
    }
  }

  @Test
  void announce_bothListen_eachHearsItsOwnOnceToo() {
    List<Long> heardNear = new CopyOnWriteArrayList<>();
    listen(far);
    open.add(near.tasks().hints().listen(heardNear::add));
    await().atMost(SOON).until(() -> listening() == 2);
    near.tasks().hints().announce(41);
    awaitHeard(41L);
    // What the database passes on comes in the order of commits.
    far.tasks().hints().announce(42);
    await().atMost(SOON).until(() -> heardNear.contains(42L));
    awaitHeard(41L, 42L);
    assertThat(heardNear).containsExactly(41L, 42L);
  }

  @Test
  void announce_otherSchemaOfTheSameDatabase_doesNotHear() {
    PGSimpleDataSource elsewhere = Postgres.unpooledDataSource();
    assertDoNotHear(JdbcStorage.of(elsewhere), JdbcStorage.of(elsewhere));
  }

  @Test
  void announce_otherPrefixInTheSameSchema_doesNotHear() {
    TableNames names = TableNames.of("other_").inSchema(direct.getCurrentSchema());
    assertDoNotHear(
        JdbcStorage.of(direct).withTables(names), JdbcStorage.of(direct).withTables(names));
  }

  /** Those two hear each other, and nothing of the others. */
  private void assertDoNotHear(JdbcStorage stranger, JdbcStorage neighbour) {
    List<Long> heardElsewhere = new CopyOnWriteArrayList<>();
    try (stranger;
        neighbour) {
      listen(far);
      open.add(neighbour.tasks().hints().listen(heardElsewhere::add));
      stranger.check();
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                stranger.tasks().hints().announce(40);
                assertThat(heardElsewhere).contains(40L);
              });
      near.tasks().hints().announce(41);
      awaitHeard(41L);
    }
  }

  @Test
  void notify_whatIsNoHint_isPassedOver() {
    listen(far);
    for (String payload :
        List.of("", " ", "x", "1", "x y", " 1 y", "9223372036854775808 y", "1e3 y", "-")) {
      jdbi.useHandle(handle -> handle.execute("SELECT pg_notify(?, ?)", channel(), payload));
    }
    jdbi.useHandle(handle -> handle.execute("SELECT pg_notify(?, ?)", channel(), "41 somebody"));
    awaitHeard(41L);
  }

  @Test
  void listen_sessionIsCut_hearsAgain() {
    listen(far);
    jdbi.useHandle(
        handle ->
            handle.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = ?",
                "LISTEN " + channel()));
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              near.tasks().hints().announce(41);
              assertThat(heard).contains(41L);
            });
  }

  @Test
  void listen_severalAtOneStorage_oneConnectionUntilTheLastIsClosed() {
    try (HikariDataSource pool = Postgres.pooled(direct)) {
      JdbcStorage pooled = JdbcStorage.of(pool);
      Hints.Listening first = listen(pooled);
      Hints.Listening second = pooled.tasks().hints().listen(heard::add);
      assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isEqualTo(1);
      first.close();
      first.close();
      near.tasks().hints().announce(41);
      awaitHeard(41L);
      second.close();
      assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
      assertThat(threads()).isZero();
      heard.clear();
      Hints.Listening third = listen(pooled);
      near.tasks().hints().announce(42);
      awaitHeard(42L);
      third.close();
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("gatehouse-hints"))
        .count();
  }

  @Test
  void withoutHints_neitherTellsNorHears_butWithinIt() {
    JdbcStorage deaf = JdbcStorage.of(direct).withoutHints();
    deaf.check();
    List<Long> heardByDeaf = new CopyOnWriteArrayList<>();
    listen(far);
    open.add(deaf.tasks().hints().listen(heardByDeaf::add));
    assertThat(listening()).isEqualTo(1);
    deaf.tasks().hints().announce(40);
    near.tasks().hints().announce(41);
    awaitHeard(41L);
    assertThat(heardByDeaf).containsExactly(40L);
  }

  @Test
  void I7_rolledBackTransactions_areNotAnnounced() throws SQLException {
    try (Gatehouse gatehouse =
            Gatehouse.builder()
                .storage(near)
                .handler("work", context -> TaskResult.done())
                .build();
        Connection connection = direct.getConnection()) {
      listen(far);
      connection.setAutoCommit(false);
      gatehouse.joining(JdbcTransaction.of(connection)).scheduler().schedule(RecordingNode.TASK);
      connection.rollback();
      assertThatThrownBy(
              () ->
                  gatehouse.inTransaction(
                      joined -> {
                        joined.scheduler().schedule(RecordingNode.TASK);
                        throw new IllegalStateException("the host changed its mind");
                      }))
          .isInstanceOf(IllegalStateException.class);
      long later = Long.MAX_VALUE - 1; // of hints that come up together the earliest is sent
      near.tasks().hints().announce(later);
      awaitHeard(later);
    }
  }

  @Test
  void schedule_onANodeThatOnlySchedules_announcedWithTheCommit() {
    try (Gatehouse gatehouse =
        Gatehouse.builder().storage(near).handler("work", context -> TaskResult.done()).build()) {
      listen(far);
      TaskId id = gatehouse.scheduler().schedule(RecordingNode.TASK);
      awaitHeard(gatehouse.scheduler().task(id).dueAt().toEpochMilli());
      assertThat(gatehouse.scheduler().task(id).status()).isEqualTo(TaskStatus.WAITING);
    }
  }

  @Test
  void onH2_nodesOfOneStorage_hearEachOther() {
    JdbcStorage h2 = JdbcStorage.of(H2.memoryDataSource());
    h2.check();
    open.add(h2.tasks().hints().listen(heard::add));
    h2.tasks().hints().announce(41);
    awaitHeard(41L);
    await().atMost(SOON).until(() -> threads() == 0);
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How often the backlog is walked along for what a lost node may hold: each walk reads all that is
 * due, and a node is remembered for an hour.
 */
class RecoverySweepTest {
  private static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration STEP = Duration.ofSeconds(4);

  abstract static class OverDatabase {
    private final DataSource dataSource = newDataSource();
    private final AtomicLong millis = new AtomicLong(1_800_000_000_000L);
    private final AtomicInteger walks = new AtomicInteger();
    private final TaskStore tasks =
        JdbcStorage.of(counting(), () -> Instant.ofEpochMilli(millis.get())).tasks();

    abstract DataSource newDataSource();

    private DataSource counting() {
      return JdbcProxy.of(
          DataSource.class,
          (method, arguments) ->
              counting((Connection) JdbcProxy.invoke(dataSource, method, arguments)));
    }

    private Connection counting(Connection connection) {
      return JdbcProxy.of(
          Connection.class,
          (method, arguments) -> {
            boolean walks =
                method.getName().equals("prepareStatement")
                    && ((String) arguments[0]).contains("NOT EXISTS(SELECT 1 FROM gh_node");
            if (walks) {
              this.walks.incrementAndGet();
            }
            return JdbcProxy.invoke(connection, method, arguments);
          });
    }

    private void advance(Duration duration) {
      millis.addAndGet(duration.toMillis());
    }

    private List<Settled> recover() {
      return tasks.recover(3, millis.get(), 100);
    }

    private static TaskRow row(long id) {
      return new TaskRow(id, 7, "callback", null, "", "{}", 1_000, "linear:5:5", 0, 0);
    }

    @BeforeEach
    void insert() {
      tasks.insert(LongStream.rangeClosed(1, 20).mapToObj(OverDatabase::row).toList());
    }

    @Test
    void recover_anHourAfterANodeLeft_walksADozenTimes() {
      int node = tasks.join("left", LEASE).node();
      tasks.leave(node, "left");
      Instant end = Instant.ofEpochMilli(millis.get()).plus(Duration.ofHours(1));
      while (millis.get() < end.toEpochMilli()) {
        assertThat(recover()).isEmpty();
        advance(STEP);
      }
      assertThat(walks).hasValueBetween(8, 12);

      advance(Duration.ofHours(2));
      recover();
      walks.set(0);
      for (int i = 0; i < 10; i++) {
        advance(Duration.ofHours(2));
        recover();
      }
      assertThat(walks).hasValue(0);
    }

    /** Its last statement may have been on its way while the node was frozen. */
    @Test
    void recover_lateClaimOfALostNode_isFoundInTwiceTheTime() {
      int node = tasks.join("late", LEASE).node();
      advance(LEASE);
      long lost = millis.get();
      for (int i = 0; i < 20; i++) {
        recover();
        advance(STEP);
      }
      Jdbi.create(dataSource)
          .useHandle(
              handle ->
                  handle.execute(
                      "UPDATE gh_task SET state = 1, owner = ?, fence = 1, attempt = 1"
                          + " WHERE id = 5",
                      node));
      Duration since = Duration.ofMillis(millis.get() - lost);
      advance(since.plus(STEP));
      assertThat(recover()).containsExactly(new Settled(5, TaskStatus.WAITING));
      // The same round saw that there is no more, and then there is no hurry again.
      walks.set(0);
      recover();
      assertThat(walks).hasValue(0);
    }

    /** What claims took stands at the head; what is far behind is come to part by part. */
    @Test
    void recover_besideABigBacklog_aPartWithEachLook() {
      for (int from = 1_000; from < 41_000; from += 5_000) {
        tasks.insert(
            LongStream.range(from, from + 5_000)
                .mapToObj(
                    id -> new TaskRow(id, 7, "work", null, "", "1", 1_000, "linear:5:5", 0, 0))
                .toList());
      }
      int node = tasks.join("lost", LEASE).node();
      assertThat(tasks.claim(node, Long.MAX_VALUE, 20)).hasSize(20);
      Jdbi.create(dataSource)
          .useHandle(
              handle ->
                  handle.execute(
                      "UPDATE gh_task SET state = 1, owner = ?, fence = 1, attempt = 1"
                          + " WHERE id = 40999",
                      node));
      advance(LEASE);
      int other = tasks.join("other", LEASE).node();

      assertThat(recover()).hasSize(20);
      assertThat(walks).hasValue(1);
      assertThat(tasks.renew(other, "other", LEASE).orElseThrow().othersExpireMillis()).isZero();
      int looks = 1;
      List<Settled> freed = List.of();
      while (freed.isEmpty() && looks < 10) {
        freed = recover();
        looks++;
        assertThat(walks).hasValue(looks);
      }
      assertThat(freed).containsExactly(new Settled(40_999, TaskStatus.WAITING));
      assertThat(looks).isBetween(2, 6);
      recover();
      assertThat(tasks.renew(other, "other", LEASE).orElseThrow().othersExpireMillis())
          .isEqualTo(Long.MAX_VALUE);
    }

    /** Of a walk that has begun, nothing is left out for the other. */
    @Test
    void recover_anotherIsLostMeanwhile_bothAreFreed() {
      int first = tasks.join("first", LEASE).node();
      int second = tasks.join("second", LEASE).node();
      assertThat(tasks.claim(first, Long.MAX_VALUE, 10)).hasSize(10);
      assertThat(tasks.claim(second, Long.MAX_VALUE, 10)).hasSize(10);
      tasks.leave(first, "first");
      assertThat(tasks.recover(3, millis.get(), 4)).hasSize(4);
      tasks.leave(second, "second");
      assertThat(tasks.recover(3, millis.get(), 4)).hasSize(4);

      assertThat(recover()).hasSize(12);
      assertThat(recover()).isEmpty();
    }

    /**
     * Who has many locked, and is frozen, must not keep what stands behind them from being freed.
     */
    @Test
    void recover_moreAreLockedThanOneLookFrees_theOthersAreFreed() throws SQLException {
      int node = tasks.join("lost", LEASE).node();
      assertThat(tasks.claim(node, Long.MAX_VALUE, 20)).hasSize(20);
      tasks.leave(node, "lost");
      List<Long> freed = new ArrayList<>();
      try (Connection host = dataSource.getConnection()) {
        host.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        host.setAutoCommit(false);
        host.createStatement()
            .executeQuery("SELECT id FROM gh_task WHERE id <= 9 ORDER BY id FOR UPDATE");
        for (int look = 0; look < 6; look++) {
          tasks.recover(3, millis.get(), 4).forEach(one -> freed.add(one.id()));
        }
        assertThat(freed).containsExactlyInAnyOrder(range(10, 20));
        host.rollback();
      }
      assertThat(recover()).extracting(Settled::id).containsExactlyInAnyOrder(range(1, 9));
    }

    private static Long[] range(long first, long last) {
      return LongStream.rangeClosed(first, last).boxed().toArray(Long[]::new);
    }

    @Test
    void recover_severalHeld_walksOnce() {
      int node = tasks.join("lost", LEASE).node();
      assertThat(tasks.claim(node, Long.MAX_VALUE, 20)).hasSize(20);
      advance(LEASE);
      assertThat(recover()).hasSize(20);
      assertThat(recover()).isEmpty();
      assertThat(walks).hasValue(1);
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MariaDb.dataSource();
    }
  }
}

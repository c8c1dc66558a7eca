package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskRow;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Plans that PostgreSQL makes while the tables are empty, and keeps when they are not; and one that
 * it makes when it knows that they are full of what is passed over.
 */
class EmptyTablesPlanTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int TASKS = 20_000;
  private static final int MAX_TASKS = 1_000;

  private final PGSimpleDataSource direct = Postgres.unpooledDataSource();
  private final Jdbi jdbi = Jdbi.create(direct);

  @Test
  @Timeout(90)
  void run_startedOnEmptyTablesNeverAnalysed_readsFewRowsForEachTask() {
    assertReadsFewRows(List.of());
  }

  /** Whatever a node claims, it passes over the kinds that it has met and has no handler for. */
  @Test
  @Timeout(90)
  void run_tasksThatAreLeftToOtherNodes_readsFewRowsForEachTask() {
    assertReadsFewRows(List.of("elsewhere", "somewhere"));
  }

  private void assertReadsFewRows(List<String> foreign) {
    AtomicInteger ran = new AtomicInteger();
    direct.setApplicationName("plans");
    try (HikariDataSource pool = Postgres.pooled(direct);
        Gatehouse gatehouse =
            Gatehouse.builder()
                .storage(JdbcStorage.of(pool))
                .handler(
                    "work",
                    context -> {
                      ran.incrementAndGet();
                      return TaskResult.done();
                    })
                .build()) {
      gatehouse.scheduler().schedule(RecordingNode.TASK);
      foreign.forEach(kind -> gatehouse.scheduler().schedule(Task.unnumbered().handler(kind)));
      jdbi.useHandle(
          handle -> {
            for (String table :
                List.of("gh_task", "gh_task_done", "gh_task_page", "gh_task_attempt", "gh_node")) {
              handle.execute("ALTER TABLE " + table + " SET (autovacuum_enabled = false)");
            }
          });
      gatehouse.start();
      await()
          .atMost(SOON)
          .until(
              () ->
                  gatehouse.status().scheduler().missingHandlers().equals(Set.copyOf(foreign))
                      && ran.get() == 1);
      // A plan is kept from the fifth run of its statement on one connection, and fixed soon after.
      for (int i = 0; i < 20; i++) {
        int before = ran.get();
        gatehouse.scheduler().schedule(RecordingNode.TASK);
        await().atMost(SOON).until(() -> ran.get() > before);
      }
      for (int i = 0; i < TASKS; i += MAX_TASKS) {
        Task task = RecordingNode.TASK;
        gatehouse.scheduler().scheduleAll(Collections.nCopies(MAX_TASKS, task));
      }
      await().atMost(SOON).until(this::isDone);
    }
    await().atMost(SOON).until(() -> sessions() == 0);

    assertThat(read("analyze_count + autoanalyze_count", "gh_task")).isZero();
    // A row is found some four times in its life. One batch that read the whole table would find
    // more than all of them are allowed here.
    assertThat(read("seq_tup_read", "gh_task")).isLessThan(TASKS / 20);
    assertThat(read("seq_tup_read", "gh_task_done")).isLessThan(TASKS / 20);
    assertThat(read("seq_tup_read", "gh_task_page")).isZero();
    assertThat(read("idx_tup_fetch", "gh_task")).isLessThan(10L * TASKS);
  }

  @Test
  @Timeout(90)
  void earliestDue_nearlyAllIsPassedOver_goesByDueTime() {
    direct.setApplicationName("plans");
    try (JdbcStorage storage = JdbcStorage.of(direct)) {
      for (int i = 0; i < TASKS; i += MAX_TASKS) {
        storage.tasks().insert(rows(i, MAX_TASKS, "elsewhere", 2_000));
      }
      storage.tasks().insert(rows(TASKS, MAX_TASKS / 20, "work", 1_000));
      jdbi.useHandle(handle -> handle.execute("ANALYZE gh_task"));
      await().atMost(SOON).until(() -> sessions() == 0);
      long before = read("idx_tup_fetch + seq_tup_read", "gh_task");
      Exclusion exclusion = new Exclusion(Set.of("elsewhere"), Set.of(99L), Long.MIN_VALUE);
      for (int i = 0; i < 10; i++) {
        assertThat(storage.tasks().earliestDue(exclusion)).hasValue(1_000);
      }
      await().atMost(SOON).until(() -> sessions() == 0);

      // One of each lane that has tasks, or else all that are passed over.
      assertThat(read("idx_tup_fetch + seq_tup_read", "gh_task") - before).isLessThan(TASKS / 20);
    }
  }

  private static List<TaskRow> rows(int from, int count, String kind, long due) {
    return LongStream.rangeClosed(from + 1, from + count)
        .mapToObj(
            id -> new TaskRow(id, id % 16, kind, null, "", "{}", 1_000, "linear:0:0", due, due))
        .toList();
  }

  private boolean isDone() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery("SELECT NOT EXISTS (SELECT 1 FROM gh_task WHERE kind = 'work')")
                .mapTo(Boolean.class)
                .one());
  }

  private long sessions() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT COUNT(*) FROM pg_stat_activity"
                        + " WHERE application_name = 'plans' AND pid <> pg_backend_pid()")
                .mapTo(Long.class)
                .one());
  }

  private long read(String what, String table) {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT COALESCE(SUM("
                        + what
                        + "), 0) FROM pg_stat_user_tables"
                        + " WHERE relid = to_regclass(?)")
                .bind(0, table)
                .mapTo(Long.class)
                .one());
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.TaskStore.LeasedPart;
import dev.gatehouse.scheduler.TaskStore.Reach;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node's leases behind a backlog of overdue tasks that nobody has taken. */
class LeaseWalkTest {
  private static final TaskRow LATER =
      new TaskRow(
          Long.MAX_VALUE, 0, "work", null, "", "{}", 1_000, "linear:0:0", 0, Long.MAX_VALUE);

  @Test
  void leasedPart_behindABacklog_boundedPartsAndAllFound() {
    assertBounded(H2.memoryDataSource(), 80_000, "SELECT x AS id FROM SYSTEM_RANGE(1, 80000)");
  }

  @Test
  void leasedPart_onPostgres_boundedPartsAndAllFound() {
    assertBounded(Postgres.dataSource(), 20_000, "SELECT generate_series(1, 20000) AS id");
  }

  @Test
  @Tag("mariadb")
  void leasedPart_onMariaDb_boundedPartsAndAllFound() {
    assertBounded(MariaDb.dataSource(), 20_000, "SELECT seq AS id FROM seq_1_to_20000");
  }

  /** All in one lane, of which one look reads a part. */
  private static void assertBounded(DataSource dataSource, int backlog, String numbers) {
    try (JdbcStorage storage = JdbcStorage.of(dataSource)) {
      TaskStore tasks = storage.tasks();
      tasks.insert(List.of(LATER));
      int node = tasks.join("boot", Duration.ofHours(1)).node();
      Jdbi.create(dataSource)
          .useHandle(
              handle ->
                  handle.execute(
                      "INSERT INTO gh_task(id, lane, due_ms, state, attempt, crashes, fence, cancel,"
                          + " application_id, kind, name, payload, timeout_ms, retry, created_ms,"
                          + " runtime_ms, priority) SELECT n.id, 0, n.id, 0, 0, 0, 0, 0, 0,"
                          + " CASE WHEN n.id > ? THEN 'late' ELSE 'work' END, '', t.payload,"
                          + " 1000, 'linear:0:0', 0, n.id, 1 FROM gh_task t, ("
                          + numbers
                          + ") n",
                      backlog - 10));
      Exclusion others = new Exclusion(Set.of("work"), Set.of(), Long.MIN_VALUE);
      List<ClaimedTask> claimed = tasks.claim(node, Reach.ALL, others, backlog, 9);
      assertThat(claimed).hasSize(9);

      List<Long> found = new ArrayList<>();
      int parts = 1;
      LeasedPart part = tasks.leasedPart(node, backlog);
      assertThat(part).isEqualTo(new LeasedPart(List.of(), false));
      while (!part.last()) {
        part = tasks.leasedPart(node, backlog);
        part.tasks().stream().map(LeasedTask::id).forEach(found::add);
        parts++;
      }
      assertThat(found)
          .containsExactlyInAnyOrderElementsOf(
              claimed.stream().map(task -> task.row().id()).toList());
      assertThat(parts).isBetween(3, 2 + backlog / 1_000);
    }
  }
}

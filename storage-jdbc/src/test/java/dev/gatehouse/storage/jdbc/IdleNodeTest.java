package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.GatehouseStatus;
import dev.gatehouse.scheduler.TaskCounts;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import java.time.Duration;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** A node on PostgreSQL that only schedules, and one that waits for something to do. */
@Timeout(60)
class IdleNodeTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final PGSimpleDataSource direct = Postgres.unpooledDataSource();
  private final Jdbi jdbi = Jdbi.create(direct);

  private static Gatehouse gatehouse(JdbcStorage storage) {
    return Gatehouse.builder()
        .storage(storage)
        .handler("work", context -> TaskResult.done())
        .build();
  }

  private boolean isHeard() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN ' || "
                        + JdbcHints.CHANNEL
                        + ")")
                .mapTo(Boolean.class)
                .one());
  }

  @Test
  void schedule_onAnotherNode_beginsForTheHint() {
    try (HikariDataSource pool = Postgres.pooled(direct);
        Gatehouse schedules = gatehouse(JdbcStorage.of(direct));
        Gatehouse runs = gatehouse(JdbcStorage.of(pool))) {
      assertThat(schedules.status().scheduler().tasks()).contains(new TaskCounts(0, 0, 0, true));
      runs.start();
      await().atMost(SOON).until(() -> isHeard() && runs.status().scheduler().work().claims() > 0);

      TaskId id = schedules.scheduler().schedule(RecordingNode.TASK);
      await()
          .atMost(SOON)
          .until(() -> schedules.scheduler().task(id).status() == TaskStatus.FINISHED);

      GatehouseStatus status = runs.status();
      assertThat(status.scheduler().work().hints()).isEqualTo(1);
      assertThat(status.scheduler().work().settled()).isEqualTo(1);
      assertThat(status.scheduler().node()).isPresent();
    }
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.storage.jdbc.LedgerTable.Line;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A process with default options is killed at work, and another with default options goes on within
 * 12 seconds, by PostgreSQL's clock.
 *
 * <p>Why that holds: a renewal gives the lease 10 s, so the killed node's ends 10 s after the kill
 * at the latest. Nodes renew every 4 s, and each renewal tells when the first of the others' leases
 * ends: so the survivor has heard of the last renewal of the killed, which was at most 4 s before,
 * well ahead of that end. Its keeper looks twice a second whether it has come, frees the tasks, and
 * has the claimer claim at once. That is 10.5 s, and leaves 1.5 s for the statements.
 */
@Timeout(120)
class DefaultRecoveryTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final long LEASE_MILLIS = 10_000;
  private static final long BOUND_MILLIS = 12_000;
  private static final int TASKS = 3;
  private static final String KILLED = "killed";

  private final PGSimpleDataSource direct = Postgres.unpooledDataSource();
  private final Jdbi jdbi = Jdbi.create(direct);
  private final LedgerTable ledger = new LedgerTable(direct, "survivor");

  /** The process that is killed. */
  static final class Node {
    private Node() {}

    /**
     * Runs for ever.
     *
     * @param arguments the URL
     */
    public static void main(String[] arguments) {
      HikariConfig config = new HikariConfig();
      config.setJdbcUrl(arguments[0]);
      config.setMaximumPoolSize(16);
      DataSource pool = new HikariDataSource(config);
      start(pool, new LedgerTable(pool, KILLED), true);
      while (true) {
        LockSupport.park();
      }
    }
  }

  private static Gatehouse start(DataSource dataSource, LedgerTable ledger, boolean forEver) {
    Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(JdbcStorage.of(dataSource))
            .handler(
                "work",
                context -> {
                  ledger.add(
                      "start",
                      context.id().value(),
                      context.fence(),
                      context.dueAt().toEpochMilli());
                  while (forEver) {
                    LockSupport.park();
                  }
                  return TaskResult.done();
                })
            .build();
    gatehouse.start();
    return gatehouse;
  }

  private long number(String sql) {
    return jdbi.withHandle(handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  @Test
  void kill_defaultOptions_tasksBeginAgainWithinTwelveSeconds(@TempDir Path directory)
      throws IOException, InterruptedException {
    ledger.create();
    JdbcStorage.of(direct).check();
    try (HikariDataSource pool = Postgres.pooled(direct);
        Gatehouse host = Gatehouse.builder().storage(JdbcStorage.of(direct)).build();
        ChildNode killed =
            ChildNode.start(
                directory.resolve("killed.log"),
                Node.class,
                List.of(Postgres.url(direct, KILLED)))) {
      host.scheduler()
          .scheduleAll(
              IntStream.range(0, TASKS)
                  .mapToObj(i -> Task.unnumbered().handler("work").timeout(Duration.ofHours(1)))
                  .toList());
      await().atMost(SOON).until(() -> ledger.lines("start").size() == TASKS);
      try (Gatehouse survivor = start(pool, ledger, false)) {
        await().atMost(SOON).until(() -> number("SELECT COUNT(*) FROM gh_node") == 2);
        long killedAt = number("SELECT " + Dialect.POSTGRESQL.now());
        killed.kill();
        long deadAt = number("SELECT " + Dialect.POSTGRESQL.now());
        long expires = number("SELECT expires_ms FROM gh_node WHERE node = 1");
        await().atMost(SOON).until(() -> ledger.lines("start").size() == 2 * TASKS);

        assertThat(expires).isLessThanOrEqualTo(deadAt + LEASE_MILLIS);
        List<Line> again = ledger.lines("start").subList(TASKS, 2 * TASKS);
        assertThat(again).allMatch(line -> line.writer().equals("survivor") && line.fence() == 2);
        assertThat(again).allMatch(line -> line.atMillis() >= expires);
        assertThat(again.get(0).atMillis() - killedAt).isLessThanOrEqualTo(BOUND_MILLIS);
        assertThat(number("SELECT MAX(ended_ms) FROM gh_task_attempt WHERE outcome = 4") - killedAt)
            .isLessThanOrEqualTo(BOUND_MILLIS);
        await().atMost(SOON).until(() -> survivor.status().scheduler().work().settled() == TASKS);
      }
    }
  }
}

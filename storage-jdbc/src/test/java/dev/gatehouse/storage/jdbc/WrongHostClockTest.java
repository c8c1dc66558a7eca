package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Nodes that only schedule, on hosts whose clocks are wrong, with one connection: whoever asked for
 * the database's time beside a transaction would wait for the connection of his own.
 */
@Timeout(60)
class WrongHostClockTest {
  private static final Duration WRONG = Duration.ofMinutes(10);

  abstract static class OnDatabase {
    private final DataSource database = newDatabase();
    private final HikariDataSource pool = onlyOne(database);
    private final JdbcStorage storage = JdbcStorage.of(pool).withoutHints();

    abstract DataSource newDatabase();

    private static HikariDataSource onlyOne(DataSource dataSource) {
      HikariConfig config = new HikariConfig();
      config.setDataSource(dataSource);
      config.setMaximumPoolSize(1);
      config.setConnectionTimeout(5_000);
      return new HikariDataSource(config);
    }

    /** Which may take two connections. */
    @BeforeEach
    void makeTables() {
      JdbcStorage.of(database).check();
      storage.check();
    }

    @AfterEach
    void close() {
      pool.close();
    }

    private static Gatehouse wrongBy(JdbcStorage storage, Duration ahead) {
      return Gatehouse.builder().storage(storage).clock(() -> Instant.now().plus(ahead)).build();
    }

    private static Task task() {
      return Task.unnumbered().handler("work").in(Duration.ZERO);
    }

    private long databaseMillis() {
      return TimeUnit.MICROSECONDS.toMillis(storage.tasks().nowMicros());
    }

    @Test
    void schedule_ownTransaction_isDueByTheDatabasesClock() {
      for (Duration ahead : new Duration[] {WRONG, WRONG.negated()}) {
        try (Gatehouse gatehouse = wrongBy(storage, ahead)) {
          long before = databaseMillis();
          TaskId id = gatehouse.scheduler().schedule(task());
          assertThat(gatehouse.scheduler().task(id).dueAt().toEpochMilli())
              .isBetween(before, databaseMillis());
        }
      }
    }

    @Test
    void schedule_hostsTransaction_isDueByTheDatabasesClock() throws SQLException {
      try (Gatehouse gatehouse = wrongBy(storage, WRONG)) {
        long before = databaseMillis();
        TaskId id;
        try (Connection connection = pool.getConnection()) {
          connection.setAutoCommit(false);
          JdbcTransaction transaction = JdbcTransaction.of(connection);
          id = gatehouse.joining(transaction).scheduler().schedule(task());
          connection.commit();
        }
        assertThat(gatehouse.scheduler().task(id).dueAt().toEpochMilli())
            .isBetween(before, databaseMillis());
      }
    }

    @Test
    void cancel_isDatedByTheDatabasesClock() {
      try (Gatehouse gatehouse = wrongBy(storage, WRONG)) {
        TaskId id = gatehouse.scheduler().schedule(task());
        try (Gatehouse other = wrongBy(storage, WRONG)) {
          long before = databaseMillis();
          other.scheduler().cancel(id);
          assertThat(other.scheduler().task(id).endedAt().orElseThrow().toEpochMilli())
              .isBetween(before, databaseMillis());
        }
      }
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
      return Postgres.unpooledDataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.unpooledDataSource("");
    }
  }
}

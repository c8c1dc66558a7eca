package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * H2 once closed a database in a file with {@code MVMap.getKeyType() because null}, when threads
 * inserted right after a table was dropped and made again. This guards the choice of its version.
 */
class H2FileStressTest {
  private static final int THREADS = 16;
  private static final int ROWS = 20;
  private static final int ROUNDS = 30;
  private static final Duration BUDGET = Duration.ofSeconds(8);

  @TempDir private Path directory;

  @Test
  void insert_sixteenThreadsRightAfterDropAndCreate_databaseSurvives() throws Exception {
    DataSource dataSource = H2.fileDataSource(directory);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    long start = System.nanoTime();
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      for (int round = 0; round < ROUNDS && System.nanoTime() - start < BUDGET.toNanos(); round++) {
        statement.execute("DROP TABLE IF EXISTS t");
        statement.execute("CREATE TABLE t(id BIGINT PRIMARY KEY, due BIGINT, payload VARBINARY)");
        statement.execute("CREATE INDEX t_due ON t(due, id)");
        List<Future<?>> inserts = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
          int first = thread * ROWS;
          inserts.add(
              threads.submit(
                  () -> {
                    insert(dataSource, first);
                    return true;
                  }));
        }
        for (Future<?> insert : inserts) {
          insert.get(60, TimeUnit.SECONDS);
        }
        try (ResultSet results = statement.executeQuery("SELECT COUNT(*) FROM t")) {
          results.next();
          assertThat(results.getInt(1)).isEqualTo(THREADS * ROWS);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void insert(DataSource dataSource, int first) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?, ?)")) {
      for (int id = first; id < first + ROWS; id++) {
        insert.setLong(1, id);
        insert.setLong(2, id % 7);
        insert.setBytes(3, new byte[100]);
        insert.executeUpdate();
      }
    }
  }
}

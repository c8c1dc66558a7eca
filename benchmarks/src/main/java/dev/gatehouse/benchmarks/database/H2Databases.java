package dev.gatehouse.benchmarks.database;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes H2 databases in memory. Safe for use by multiple threads. */
public final class H2Databases {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private H2Databases() {}

  /** An empty database. */
  public static Database create() throws SQLException {
    return new InMemory("jdbc:h2:mem:bench" + NUMBER.incrementAndGet() + ";DB_CLOSE_DELAY=-1");
  }

  /** One database, which lives until it is shut down. */
  private static final class InMemory implements Database {
    private final String url;

    InMemory(String url) {
      this.url = url;
    }

    @Override
    public String product() {
      return "h2";
    }

    @Override
    public HikariDataSource pool(int connections) {
      return Pools.create(url, "sa", connections);
    }

    @Override
    public void awaitClosed() {}

    /** Nothing to do; H2 analyzes as it goes. */
    @Override
    public void settle() {}

    @Override
    public Optional<Counters> counters() {
      return Optional.empty();
    }

    @Override
    public Optional<Long> size(String table) {
      return Optional.empty();
    }

    @Override
    public void close() throws SQLException {
      execute("SHUTDOWN");
    }

    private void execute(String sql) throws SQLException {
      try (Connection connection = DriverManager.getConnection(url, "sa", "");
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }
  }
}

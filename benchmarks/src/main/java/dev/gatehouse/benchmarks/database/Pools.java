package dev.gatehouse.benchmarks.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;

/** Makes pools that are full from the start, so that no measurement waits for a connection. */
final class Pools {
  private static final String FILL = "com.zaxxer.hikari.blockUntilFilled";

  private Pools() {}

  static HikariDataSource create(String url, String user, int connections) {
    System.setProperty(FILL, "true");
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(connections);
    config.setInitializationFailTimeout(Duration.ofSeconds(20).toMillis());
    return new HikariDataSource(config);
  }
}

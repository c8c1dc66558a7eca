package dev.gatehouse.storage.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.jdbc.StormyDataSource.Kind;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * New, empty schemas of a PostgreSQL server of the test's process, which the first test to need it
 * starts and which ends with the process. A server that does not start fails every test that needs
 * it. Its database sorts by the rules of Turkish, so that a store that relies on the order of bytes
 * without saying so is found out.
 */
final class Postgres {
  private static final String DATABASE = "gatehouse";
  private static final int CONNECTIONS = 24;

  /** A busy machine may take longer than the driver's 10 s to begin another server process. */
  private static final int PATIENCE_SECONDS = 60;

  private static final AtomicInteger SCHEMAS = new AtomicInteger();

  private static final EmptiedDatabases EMPTIED =
      new EmptiedDatabases(
          Postgres::dataSource,
          "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
          List.of("SET LOCAL session_replication_role = replica"),
          List.of());

  private Postgres() {}

  /** A storage in a schema of its own until four more were asked for. */
  static Storage storage(InstantSource clock) {
    return JdbcStorage.of(emptied(), clock);
  }

  /**
   * As {@link #storage}, of transactions that are SERIALIZABLE and fail now and then, on a server
   * that knows no words of PostgreSQL's own.
   */
  static Storage stormyStorage(InstantSource clock, long seed) {
    DataSource refusing = new RefusingDataSource(emptied()).dataSource();
    return JdbcStorage.of(stormy(refusing, seed), clock);
  }

  private static DataSource stormy(DataSource sound, long seed) {
    return new StormyDataSource(sound, Kind.POSTGRES, seed, 10).dataSource();
  }

  /** As {@link #storage}, on a server that knows no words of PostgreSQL's own. */
  static Storage refusingStorage(InstantSource clock) {
    return JdbcStorage.of(new RefusingDataSource(emptied()).dataSource(), clock);
  }

  /** Pooled connections to a schema of its own; all schemas share one pool. */
  static DataSource dataSource() {
    return new SchemaDataSource(Server.POOL, schema());
  }

  /**
   * As {@link #dataSource}, with all tables as they are new; its own until four more were asked
   * for.
   */
  static DataSource emptied() {
    return EMPTIED.next();
  }

  /**
   * Connections to a schema of its own, each a new one: for tests that spoil them, and for child
   * processes, by their {@link #url}.
   */
  static PGSimpleDataSource unpooledDataSource() {
    return server(schema());
  }

  /** For other processes: the URL of such a DataSource, under an application name. */
  static String url(PGSimpleDataSource dataSource, String application) {
    return "jdbc:postgresql://localhost:%d/%s?user=%s&currentSchema=%s&ApplicationName=%s"
        .formatted(
            dataSource.getPortNumbers()[0],
            dataSource.getDatabaseName(),
            dataSource.getUser(),
            dataSource.getCurrentSchema(),
            application);
  }

  /**
   * Pooled connections of that DataSource, which end with the pool. The pool sets the login timeout
   * of what it is given to its own second: a DataSource of the driver has other users, so that the
   * pool has a copy.
   */
  static HikariDataSource pooled(DataSource dataSource) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(
        dataSource instanceof PGSimpleDataSource direct ? copy(direct) : dataSource);
    config.setMaximumPoolSize(16);
    config.setMinimumIdle(0);
    config.setConnectionTimeout(1_000);
    return new HikariDataSource(config);
  }

  private static PGSimpleDataSource copy(PGSimpleDataSource dataSource) {
    PGSimpleDataSource copy = new PGSimpleDataSource();
    copy.setUrl(dataSource.getURL());
    copy.setUser(dataSource.getUser());
    return copy;
  }

  /** A database that is not there. */
  static DataSource missingDataSource() {
    PGSimpleDataSource missing = server("public");
    missing.setDatabaseName("missing");
    return missing;
  }

  /** A new connection to that schema. */
  static Connection connection(String schema) throws SQLException {
    return server(schema).getConnection();
  }

  /** Runs statements on a connection of their own, with the rights to everything. */
  static <T> T use(Function<Handle, T> statements) {
    return Jdbi.create(Server.POOL).withHandle(statements::apply);
  }

  private static String schema() {
    String schema = "s" + SCHEMAS.incrementAndGet();
    use(handle -> handle.execute("CREATE SCHEMA " + schema));
    return schema;
  }

  private static PGSimpleDataSource server(String schema) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(Server.POSTGRES.getJdbcUrl("postgres", DATABASE));
    dataSource.setCurrentSchema(schema);
    dataSource.setConnectTimeout(PATIENCE_SECONDS);
    return dataSource;
  }

  /** Made when first asked for. */
  private static final class Server {
    private static final EmbeddedPostgres POSTGRES = start();
    private static final HikariDataSource POOL = pool();

    private static EmbeddedPostgres start() {
      try {
        EmbeddedPostgres postgres =
            EmbeddedPostgres.builder()
                .setServerConfig("fsync", "off")
                .setServerConfig("full_page_writes", "off")
                .setServerConfig("max_connections", "100")
                .start();
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
            Statement statement = connection.createStatement()) {
          statement.execute(
              "CREATE DATABASE "
                  + DATABASE
                  + " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr'");
        }
        return postgres;
      } catch (IOException e) {
        throw new UncheckedIOException("PostgreSQL did not start", e);
      } catch (SQLException e) {
        throw new IllegalStateException("PostgreSQL did not make the database", e);
      }
    }

    private static HikariDataSource pool() {
      HikariConfig config = new HikariConfig();
      config.setDataSource(server("public"));
      config.setMaximumPoolSize(CONNECTIONS);
      config.setMinimumIdle(1);
      config.setPoolName("postgres");
      return new HikariDataSource(config);
    }
  }
}

package dev.gatehouse.storage.jdbc;

import com.mysql.cj.jdbc.MysqlDataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.storage.Storage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * New, empty databases of a MySQL server of the test's process, which the first test to need it
 * starts and which ends with the process. A server that does not start fails every test that needs
 * it.
 */
final class MySql {
  private static final int CONNECTIONS = 24;
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private static final EmptiedDatabases EMPTIED =
      new EmptiedDatabases(
          MySql::dataSource,
          "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
          List.of("SET foreign_key_checks = 0"),
          List.of("SET foreign_key_checks = 1"));

  private MySql() {}

  /** A storage in a database of its own until four more were asked for. */
  static Storage storage(InstantSource clock) {
    return JdbcStorage.of(emptied(), clock);
  }

  /** Pooled connections to a database of its own; all databases share one pool. */
  static DataSource dataSource() {
    return new SchemaDataSource(Server.POOL, database());
  }

  /**
   * As {@link #dataSource}, with all tables as they are new; its own until four more were asked
   * for.
   */
  static DataSource emptied() {
    return EMPTIED.next();
  }

  /**
   * Connections to a database of its own, each a new one.
   *
   * @param options of the driver, as in a URL: name, {@code =}, value, {@code &} between
   */
  static MysqlDataSource unpooledDataSource(String options) {
    return Server.MYSQL.dataSource(database(), options);
  }

  /**
   * New connections of a user to that DataSource's database, in which it may do everything, and
   * nothing elsewhere.
   */
  static DataSource asUser(String user, MysqlDataSource dataSource) {
    try (Connection connection = dataSource.getConnection()) {
      String database = connection.getCatalog();
      use(
          handle -> {
            handle.execute("CREATE USER IF NOT EXISTS '" + user + "'@'localhost'");
            return handle.execute("GRANT ALL ON " + database + ".* TO '" + user + "'@'localhost'");
          });
      MysqlDataSource own = Server.MYSQL.dataSource(database, "");
      own.setUser(user);
      return own;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The server that all share. */
  static MySqlServer server() {
    return Server.MYSQL;
  }

  /** A database that is not there. */
  static DataSource missingDataSource() {
    return Server.MYSQL.dataSource("missing", "");
  }

  /** Runs statements on a connection of their own, with the rights to everything. */
  static <T> T use(Function<Handle, T> statements) {
    return Jdbi.create(Server.POOL).withHandle(statements::apply);
  }

  private static String database() {
    String name = "d" + DATABASES.incrementAndGet();
    use(handle -> handle.execute("CREATE DATABASE " + name));
    return name;
  }

  /** Made when first asked for. */
  private static final class Server {
    private static final MySqlServer MYSQL = MySqlServer.start();
    private static final HikariDataSource POOL = pool();

    private static HikariDataSource pool() {
      HikariConfig config = new HikariConfig();
      config.setDataSource(
          MYSQL.dataSource("mysql", "databaseTerm=SCHEMA")); // for SchemaDataSource
      config.setMaximumPoolSize(CONNECTIONS);
      config.setMinimumIdle(1);
      config.setPoolName("mysql");
      return new HikariDataSource(config);
    }
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** The server ends a session while the tables are made: that was the end of the first call once. */
class BrokenMigrationTest {
  /** Ends the session that a connection has, and waits until it has none. */
  private interface End {
    void accept(Connection connection) throws Exception;
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 6, 10})
  void check_sessionEndedBeforeThatStatement_tablesAreMadeAllTheSame(int statement) {
    assertMade(Postgres.unpooledDataSource(), statement, BrokenMigrationTest::endOnPostgres);
  }

  /** Two connections are at it: the one that holds the lock, and the one that makes tables. */
  @ParameterizedTest
  @Tag("mariadb")
  @ValueSource(ints = {6, 9})
  void check_mariaDbSessionEndedBeforeThatStatement_tablesAreMadeAllTheSame(int statement) {
    assertMade(MariaDb.unpooledDataSource(""), statement, BrokenMigrationTest::endOnMariaDb);
  }

  @ParameterizedTest
  @Tag("mysql")
  @ValueSource(ints = {6, 9})
  void check_mySqlSessionEndedBeforeThatStatement_tablesAreMadeAllTheSame(int statement) {
    assertMade(MySql.unpooledDataSource(""), statement, BrokenMigrationTest::endOnMySql);
  }

  private static void endOnPostgres(Connection connection) throws Exception {
    int session = connection.unwrap(PGConnection.class).getBackendPID();
    Postgres.use(handle -> handle.execute("SELECT pg_terminate_backend(?, 10000)", session));
  }

  private static void endOnMariaDb(Connection connection) throws Exception {
    long session = connection.unwrap(org.mariadb.jdbc.Connection.class).getThreadId();
    MariaDb.use(handle -> handle.execute("KILL CONNECTION " + session));
  }

  private static void endOnMySql(Connection connection) throws Exception {
    long session = connection.unwrap(com.mysql.cj.jdbc.JdbcConnection.class).getId();
    MySql.use(handle -> handle.execute("KILL CONNECTION " + session));
  }

  private static void assertMade(DataSource sound, int statement, End end) {
    AtomicInteger left = new AtomicInteger(statement);
    DataSource dying =
        JdbcProxy.of(
            DataSource.class,
            (method, arguments) -> {
              Object result = JdbcProxy.invoke(sound, method, arguments);
              return result instanceof Connection connection
                  ? dying(connection, left, end)
                  : result;
            });
    try (JdbcStorage storage = JdbcStorage.of(dying)) {
      storage.check();
      assertThat(left).hasNonPositiveValue();
      assertThat(storage.validate()).isEmpty();
    }
    List<Integer> versions =
        Jdbi.create(sound)
            .withHandle(
                handle ->
                    handle
                        .createQuery("SELECT version FROM gh_schema ORDER BY version")
                        .mapTo(Integer.class)
                        .list());
    assertThat(versions)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(0, Migration.SCRIPTS.size()).boxed().toList());
  }

  private static Connection dying(Connection connection, AtomicInteger left, End end) {
    return JdbcProxy.of(
        Connection.class,
        (method, arguments) -> {
          String name = method.getName();
          boolean isStatement = name.equals("prepareStatement") || name.equals("createStatement");
          if (isStatement && left.decrementAndGet() == 0) {
            end.accept(connection);
          }
          return JdbcProxy.invoke(connection, method, arguments);
        });
  }
}

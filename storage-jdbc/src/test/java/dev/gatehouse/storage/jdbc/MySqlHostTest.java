package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.TaskStoreContract;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mariadb.jdbc.MariaDbDataSource;
import org.mockito.AdditionalAnswers;

/** MySQL as hosts set it up, and as it fails; with its own driver and with MariaDB's. */
@Tag("mysql")
class MySqlHostTest extends MariaDbHostCases {
  @Override
  DataSource host(String options) {
    return MySql.unpooledDataSource(options);
  }

  @Override
  <T> T asRoot(Function<Handle, T> statements) {
    return MySql.use(statements);
  }

  /** By the driver, before the server is asked. */
  @Override
  String refusalOfAWrite() {
    return "SQL state S1009";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "rewriteBatchedStatements=true&useServerPrepStmts=true&cachePrepStmts=true",
        "rewriteBatchedStatements=true&continueBatchOnError=false",
        "useServerPrepStmts=true&useCursorFetch=true&defaultFetchSize=10",
        "useLocalSessionState=true&useLocalTransactionState=true",
        "databaseTerm=SCHEMA&allowMultiQueries=true&useInformationSchema=true",
        "sessionVariables=transaction_isolation='READ-COMMITTED',time_zone='-10:00'",
        "sessionVariables=transaction_isolation='SERIALIZABLE'",
        "sessionVariables=sql_mode='ANSI,TRADITIONAL,NO_BACKSLASH_ESCAPES'"
      })
  void use_driverSetUpSo_allStoresServe(String options) {
    try (HikariDataSource pool = pool(host(options))) {
      writeEverywhere(JdbcStorage.of(pool));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "jdbcCompliantTruncation=false; sql_mode must have one of",
        "useAffectedRows=true; useAffectedRows must be false",
        "sessionVariables=binlog_format='STATEMENT'; binlog_format must be ROW or MIXED"
      })
  void check_settingThatChangesWhatIsKept_refused(String options, String says) {
    DataSource host = host(options);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> JdbcStorage.of(host).check())
        .withMessageContaining(says);
  }

  private DataSource ofVersion(String version) throws SQLException {
    DataSource real = host("");
    return opening(
        () -> {
          Connection opened = real.getConnection();
          DatabaseMetaData metaData = mock(DatabaseMetaData.class);
          when(metaData.getDatabaseProductName()).thenReturn("MySQL");
          when(metaData.getDatabaseProductVersion()).thenReturn(version);
          Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(opened));
          doReturn(metaData).when(connection).getMetaData();
          return connection;
        });
  }

  /** What speaks MySQL's language names its version first. */
  @ParameterizedTest
  @ValueSource(strings = {"8.0.19", "5.7.44-log", "8.0.11-TiDB-v8.5.0", "7.9.99", "eight"})
  void check_olderVersion_refused(String version) throws SQLException {
    DataSource other = ofVersion(version);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> JdbcStorage.of(other).check())
        .withMessage("MySQL must be of version 8.0.20 or later, was of " + version);
  }

  @ParameterizedTest
  @ValueSource(strings = {"8.0.20", "8.0.36-28", "8.4.0", "9.5.0", "10.0.1-commercial"})
  void check_sameVersionOrLater_accepted(String version) throws SQLException {
    try (Handle handle = Jdbi.create(ofVersion(version)).open()) {
      assertThat(Profile.of(handle).dialect()).isEqualTo(Dialect.MYSQL);
    }
  }

  @Test
  void inTransaction_refusedWithinOneAndChangesNothing() throws SQLException {
    try (Connection connection = host("").getConnection()) {
      connection.createStatement().execute("CREATE TABLE host(id INT PRIMARY KEY)");
      connection.setAutoCommit(false);
      connection.createStatement().execute("INSERT INTO host VALUES (1)");
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> connection.createStatement().execute(Dialect.MYSQL.inTransaction()))
          .satisfies(e -> assertThat(e.getErrorCode()).isEqualTo(Dialect.IN_TRANSACTION));
      connection.commit();
      connection.createStatement().execute(Dialect.MYSQL.inTransaction());
      try (ResultSet rows =
          connection.createStatement().executeQuery("SELECT COUNT(*) FROM host")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isOne();
      }
      connection.rollback();
    }
  }

  /** The session's own patience is back when the statement is over, however it ended. */
  @Test
  void waitingASecond_rowIsLocked_failsSoonAndTheTransactionGoesOn() {
    Jdbi jdbi = Jdbi.create(host("sessionVariables=innodb_lock_wait_timeout=77"));
    try (Handle lock = jdbi.open();
        Handle handle = jdbi.open()) {
      handle.execute("CREATE TABLE host(id INT PRIMARY KEY)");
      lock.begin();
      lock.execute("INSERT INTO host VALUES (1)");
      handle.begin();
      handle.execute("INSERT INTO host VALUES (2)");
      assertThatExceptionOfType(JdbiException.class)
          .isThrownBy(
              () ->
                  Dialect.MYSQL.waitingASecond(
                      handle, "INSERT INTO host VALUES (1)", insert -> insert.execute()))
          .satisfies(e -> assertThat(Dialect.MYSQL.livesOn(handle, e)).isTrue());
      assertThat(
              handle
                  .createQuery("SELECT @@SESSION.innodb_lock_wait_timeout")
                  .mapTo(Integer.class)
                  .one())
          .isEqualTo(77);
      handle.commit();
      lock.rollback();
      assertThat(handle.createQuery("SELECT id FROM host").mapTo(Integer.class).list())
          .containsExactly(2);
    }
  }

  @Test
  void scripts_areMariaDbsButForTheNameOfTheOrderOfBytes() {
    for (String script : Migration.SCRIPTS) {
      assertThat(Dialect.MYSQL.script(script))
          .contains("utf8mb4_0900_bin")
          .doesNotContain("nopad")
          .isEqualTo(
              Dialect.MARIADB.script(script).replace("utf8mb4_nopad_bin", "utf8mb4_0900_bin"));
    }
  }

  /** The database by MariaDB's driver, which speaks to MySQL too. */
  private static DataSource byMariaDbsDriver(DataSource host) {
    String database =
        Jdbi.create(host)
            .withHandle(
                handle -> handle.createQuery("SELECT DATABASE()").mapTo(String.class).one());
    try {
      return new MariaDbDataSource(
          "jdbc:mariadb://127.0.0.1:%d/%s?user=root".formatted(MySql.server().port(), database));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void use_mariaDbsDriver_allStoresServe() {
    try (HikariDataSource pool = pool(byMariaDbsDriver(host("")))) {
      writeEverywhere(JdbcStorage.of(pool));
    }
  }

  @Nested
  class ByMariaDbsDriver extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return JdbcStorage.of(byMariaDbsDriver(MySql.emptied()), leaseClock);
    }
  }
}

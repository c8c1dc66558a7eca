package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.error.StorageException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.AdditionalAnswers;

/** MariaDB as hosts set it up, and as it fails. */
@Tag("mariadb")
class MariaDbHostTest extends MariaDbHostCases {
  @Override
  DataSource host(String options) {
    return MariaDb.unpooledDataSource(options);
  }

  @Override
  <T> T asRoot(Function<Handle, T> statements) {
    return MariaDb.use(statements);
  }

  @Override
  String refusalOfAWrite() {
    return "code 1792";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "useServerPrepStmts=true",
        "useBulkStmts=true",
        "useBulkStmtsForInserts=false",
        "transactionIsolation=READ_COMMITTED",
        "sessionVariables=time_zone='-10:00'",
        "sessionVariables=default_storage_engine=MyISAM",
        "sessionVariables=sql_mode='ANSI,TRADITIONAL,NO_BACKSLASH_ESCAPES'"
      })
  void use_driverSetUpSo_allStoresServe(String options) {
    try (HikariDataSource pool = pool(MariaDb.unpooledDataSource(options))) {
      writeEverywhere(JdbcStorage.of(pool));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "jdbcCompliantTruncation=false; sql_mode must have one of",
        "sessionVariables=sql_mode='STRICT_ALL_TABLES,EMPTY_STRING_IS_NULL'; sql_mode must have",
        "sessionVariables=sql_mode=oracle; sql_mode must have",
        "useAffectedRows=true; useAffectedRows must be false",
        "sessionVariables=binlog_format='STATEMENT'; binlog_format must be ROW or MIXED"
      })
  void check_settingThatChangesWhatIsKept_refused(String options, String says) {
    DataSource host = MariaDb.unpooledDataSource(options);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> JdbcStorage.of(host).check())
        .withMessageContaining(says);
  }

  @ParameterizedTest
  @CsvSource({
    "Oracle, 23, 4, 'database must be one of H2, PostgreSQL, MariaDB, MySQL, was Oracle'",
    "MariaDB, 10, 5, 'MariaDB must be of version 10.6 or later, was of 10.5'"
  })
  void check_otherServer_refused(String product, int major, int minor, String says)
      throws SQLException {
    DataSource real = MariaDb.unpooledDataSource("");
    DataSource other =
        opening(
            () -> {
              Connection opened = real.getConnection();
              DatabaseMetaData metaData = mock(DatabaseMetaData.class);
              when(metaData.getDatabaseProductName()).thenReturn(product);
              when(metaData.getDatabaseMajorVersion()).thenReturn(major);
              when(metaData.getDatabaseMinorVersion()).thenReturn(minor);
              Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(opened));
              doReturn(metaData).when(connection).getMetaData();
              return connection;
            });
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> JdbcStorage.of(other).check())
        .withMessage(says);
  }
}

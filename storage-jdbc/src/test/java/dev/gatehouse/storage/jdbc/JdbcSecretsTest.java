package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.StoredKey;
import dev.gatehouse.storage.Storage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Databases quote the values of a row in the messages of failures, down to the bytes of a key. */
class JdbcSecretsTest {
  abstract static class OverDatabase {
    private static final String MARKER = "nE3wS8hYdL5uJ1fG";

    private final DataSource database = newDataSource();
    private final Storage storage = JdbcStorage.of(database);

    abstract DataSource newDataSource();

    /** A change of the table after which the column takes four bytes or letters at most. */
    abstract String shorten(String table, String column, String type);

    private static StoredKey key(long id) {
      return new StoredKey(
          new Key(
              id,
              7,
              Key.Algorithm.HMAC_SHA256,
              Key.Purpose.REQUEST,
              Key.State.ENABLED,
              Instant.EPOCH,
              Key.FOREVER),
          MARKER.getBytes(StandardCharsets.US_ASCII));
    }

    private void execute(String sql) throws SQLException {
      try (Connection connection = database.getConnection()) {
        connection.createStatement().execute(sql);
      }
    }

    private static void assertShowsNothing(Throwable failure) {
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      String hex = HexFormat.of().formatHex(MARKER.getBytes(StandardCharsets.US_ASCII));
      assertThat(trace.toString()).doesNotContain(MARKER);
      assertThat(trace.toString().toLowerCase(Locale.ROOT)).doesNotContain(hex);
    }

    @Test
    void insertKey_idTaken_traceHoldsNoMaterial() {
      storage.keys().insert(key(1));
      Throwable failure = catchThrowable(() -> storage.keys().insert(key(1)));
      assertThat(failure).isInstanceOf(ConflictException.class);
      assertShowsNothing(failure);
    }

    @Test
    void insertKey_columnTooShort_traceHoldsNoMaterial() throws SQLException {
      storage.keys().version();
      execute(shorten("gh_key", "material", "VARBINARY"));
      Throwable failure = catchThrowable(() -> storage.keys().insert(key(1)));
      assertThat(failure).isInstanceOf(StorageException.class).hasMessageContaining("SQL state 2");
      assertThat(Thrown.isTransient(failure)).isFalse();
      assertShowsNothing(failure);
    }

    @Test
    void putService_columnTooShort_traceHoldsNoCredential() throws SQLException {
      storage.registry().put(Server.named("s").at("h", 1).registered(Instant.EPOCH, Instant.EPOCH));
      execute(shorten("gh_service", "data", "VARCHAR"));
      Service service =
          Service.named("n")
              .on("s")
              .uri("/")
              .data("{\"password\":\"" + MARKER + "\"}")
              .registered("http://h:1", Instant.EPOCH, Instant.EPOCH);
      Throwable failure = catchThrowable(() -> storage.registry().put(service));
      assertThat(failure).isInstanceOf(StorageException.class);
      assertShowsNothing(failure);
    }

    /** A driver may quote a batch's arguments whatever failed. */
    @Test
    void appendAudit_tableGone_traceHoldsNoValue() throws SQLException {
      storage.audit().tree().pending(0, 1);
      execute("ALTER TABLE gh_audit RENAME TO gone");
      List<AuditEntry> entries =
          LongStream.of(1, 2)
              .mapToObj(
                  id ->
                      AuditEntry.of(
                          LogName.AUDIT,
                          AuditRecord.of(1, 0, MARKER)
                              .id(id)
                              .time(Instant.EPOCH)
                              .user(MARKER)
                              .build()))
              .toList();
      Throwable failure = catchThrowable(() -> storage.audit().append(entries));
      assertThat(failure).isInstanceOf(StorageException.class).hasMessageContaining("SQL state 42");
      assertShowsNothing(failure);
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.memoryDataSource();
    }

    @Override
    String shorten(String table, String column, String type) {
      return "ALTER TABLE " + table + " ALTER COLUMN " + column + " " + type + "(4)";
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.dataSource();
    }

    @Override
    String shorten(String table, String column, String type) {
      return "ALTER TABLE " + table + " ADD CHECK (octet_length(" + column + ") <= 4)";
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MariaDb.dataSource();
    }

    @Override
    String shorten(String table, String column, String type) {
      return "ALTER TABLE " + table + " ADD CHECK (octet_length(" + column + ") <= 4)";
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MySql.dataSource();
    }

    @Override
    String shorten(String table, String column, String type) {
      return "ALTER TABLE " + table + " MODIFY " + column + " " + type + "(4) NOT NULL";
    }
  }
}

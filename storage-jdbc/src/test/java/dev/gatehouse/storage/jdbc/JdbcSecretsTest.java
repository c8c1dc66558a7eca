package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

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
import java.util.Locale;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** H2 quotes the values of a row in the messages of its failures, down to the bytes of a key. */
class JdbcSecretsTest {
  private static final String MARKER = "nE3wS8hYdL5uJ1fG";

  private final DataSource database = H2.memoryDataSource();
  private final Storage storage = JdbcStorage.of(database);

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
    execute("ALTER TABLE gh_key ALTER COLUMN material VARBINARY(4)");
    Throwable failure = catchThrowable(() -> storage.keys().insert(key(1)));
    assertThat(failure).isInstanceOf(StorageException.class).hasMessageContaining("22001");
    assertThat(Database.isTransient(failure)).isFalse();
    assertShowsNothing(failure);
  }

  @Test
  void putService_columnTooShort_traceHoldsNoCredential() throws SQLException {
    storage.registry().put(Server.named("s").at("h", 1).registered(Instant.EPOCH, Instant.EPOCH));
    execute("ALTER TABLE gh_service ALTER COLUMN data VARCHAR(4)");
    Service service =
        Service.named("n")
            .on("s")
            .uri("/")
            .data("{\"password\":\"" + MARKER + "\"}")
            .registered(Instant.EPOCH, Instant.EPOCH);
    Throwable failure = catchThrowable(() -> storage.registry().put(service));
    assertThat(failure).isInstanceOf(StorageException.class);
    assertShowsNothing(failure);
  }
}

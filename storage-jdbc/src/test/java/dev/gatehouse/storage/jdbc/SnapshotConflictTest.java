package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.signing.KeyStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * MariaDB that refuses a change of what was changed since the snapshot, where transactions read
 * snapshots whatever level is asked for, as behind a proxy that keeps to one.
 */
@Tag("mariadb")
@Timeout(60)
class SnapshotConflictTest {
  private final DataSource host =
      MariaDb.unpooledDataSource("sessionVariables=innodb_snapshot_isolation=ON");
  private final JdbcStorage sound = JdbcStorage.of(host);
  private final DataSource snapshots = snapshots(host);
  private final JdbcStorage storage = JdbcStorage.of(snapshots);

  @BeforeEach
  void makeTables() {
    sound.check();
    storage.check();
  }

  private static DataSource snapshots(DataSource host) {
    return JdbcProxy.of(
        DataSource.class,
        (method, arguments) -> {
          Object result = JdbcProxy.invoke(host, method, arguments);
          return result instanceof Connection connection ? snapshots(connection) : result;
        });
  }

  private static Connection snapshots(Connection connection) {
    return JdbcProxy.of(
        Connection.class,
        (method, arguments) -> {
          if (arguments != null && arguments[0] instanceof String sql) {
            arguments[0] = sql.replace("LEVEL READ COMMITTED", "LEVEL REPEATABLE READ");
          }
          return JdbcProxy.invoke(connection, method, arguments);
        });
  }

  @Test
  void run_rowChangedSinceTheSnapshot_isTriedAgain() {
    long before = sound.keys().version();
    AtomicInteger tries = new AtomicInteger();

    storage.run(
        transaction -> {
          KeyStore joined = storage.keys().joining(transaction);
          joined.version();
          if (tries.incrementAndGet() == 1) {
            sound.run(other -> sound.keys().joining(other).advance());
          }
          joined.advance();
        });

    assertThat(tries).hasValue(2);
    assertThat(sound.keys().version()).isEqualTo(before + 2);
  }

  /** Nobody but the host can do its work again. */
  @Test
  void joining_rowChangedSinceTheHostsSnapshot_isRefusedAndCanBeDoneAgain() throws SQLException {
    long before = sound.keys().version();
    try (Connection connection = host.getConnection()) {
      connection.setAutoCommit(false);
      KeyStore joined = sound.keys().joining(JdbcTransaction.of(connection));
      try (Handle handle = Jdbi.create(host).open()) {
        connection.createStatement().executeQuery("SELECT * FROM gh_schema");
        assertThat(handle.execute("UPDATE gh_key_version SET version = version + 1")).isOne();
      }
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(joined::advance)
          .withMessageContaining("code 1020");
      connection.rollback();
      sound.keys().joining(JdbcTransaction.of(connection)).advance();
      connection.commit();
    }
    assertThat(sound.keys().version()).isEqualTo(before + 2);
  }

  @Test
  void run_tableChangedSinceTheSnapshot_isTriedAgain() {
    Jdbi jdbi = Jdbi.create(host);
    jdbi.useHandle(handle -> handle.execute("CREATE TABLE host(id INT PRIMARY KEY)"));
    Database database = new Database(snapshots, new Migration(), null);
    AtomicInteger tries = new AtomicInteger();

    int rows =
        database.use(
            handle -> {
              handle.createQuery("SELECT COUNT(*) FROM gh_key").mapTo(Integer.class).one();
              if (tries.incrementAndGet() == 1) {
                jdbi.useHandle(
                    other -> other.execute("ALTER TABLE host ADD COLUMN n INT, ALGORITHM = COPY"));
              }
              return handle.createQuery("SELECT COUNT(*) FROM host").mapTo(Integer.class).one();
            });

    assertThat(rows).isZero();
    assertThat(tries).hasValue(2);
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.error.StorageException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Pools that behave as pools do when something is wrong. */
class PoolTroubleTest {
  @Test
  void call_rollbackThrowsWhatIsNotJdbcs_connectionIsGivenBackAllTheSame() {
    AtomicInteger open = new AtomicInteger();
    DataSource sound = H2.memoryDataSource();
    DataSource odd =
        JdbcProxy.of(
            DataSource.class,
            (method, arguments) -> {
              Connection connection = (Connection) JdbcProxy.invoke(sound, method, arguments);
              open.incrementAndGet();
              return failingToRollBack(connection, open);
            });
    try (JdbcStorage storage = JdbcStorage.of(odd)) {
      storage.check();
      assertThat(open).hasValue(0);
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  storage.run(
                      transaction -> {
                        throw new IllegalStateException("the host's");
                      }))
          .withMessage("the host's");
      assertThat(open).hasValue(0);
    }
  }

  private static Connection failingToRollBack(Connection connection, AtomicInteger open) {
    return JdbcProxy.of(
        Connection.class,
        (method, arguments) -> {
          switch (method.getName()) {
            case "rollback" -> throw new IllegalStateException("the pool's");
            case "close" -> open.decrementAndGet();
            default -> {}
          }
          return JdbcProxy.invoke(connection, method, arguments);
        });
  }

  /** As routing ones do that find no target; nothing of the engine's expects that. */
  @Test
  void call_dataSourceThrowsWhatIsNotJdbcs_isAStorageException() {
    DataSource sound = H2.memoryDataSource();
    AtomicBoolean fails = new AtomicBoolean();
    DataSource odd =
        JdbcProxy.of(
            DataSource.class,
            (method, arguments) -> {
              if (fails.get()) {
                throw new IllegalStateException("cannot determine target DataSource");
              }
              return JdbcProxy.invoke(sound, method, arguments);
            });
    try (JdbcStorage storage = JdbcStorage.of(odd)) {
      storage.check();
      fails.set(true);
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> storage.run(transaction -> {}))
          .withRootCauseInstanceOf(IllegalStateException.class);
      fails.set(false);
      storage.check();
    }
  }

  @Test
  void call_threadInterruptedWhileItWaitsForAConnection_isToldSo() throws SQLException {
    HikariConfig config = new HikariConfig();
    config.setDataSource(H2.memoryDataSource());
    config.setMaximumPoolSize(2);
    try (HikariDataSource pool = new HikariDataSource(config);
        JdbcStorage storage = JdbcStorage.of(pool)) {
      storage.check();
      try (Connection first = pool.getConnection();
          Connection second = pool.getConnection()) {
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(StorageException.class)
            .isThrownBy(storage::check)
            .withMessage(
                "no connection is to be had: the thread was interrupted while it waited for one");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(first).isNotSameAs(second);
      }
      storage.check();
    }
  }
}

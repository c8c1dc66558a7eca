package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.startsWith;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.signing.NonceStore.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.mockito.AdditionalAnswers;

/** Statements that are their own transactions: claims of nonces, and queries. */
class StatementsAloneTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long EXPIRY = NOW + 600_000;

  /** What befalls the insertion of a nonce. */
  private enum Fault {
    /** A deadlock, as another's: the statement is rolled back. */
    CONFLICT,
    /** The connection breaks before the database has it. */
    LOST_BEFORE,
    /** It is committed, and the answer is lost. */
    LOST_AFTER
  }

  /** One database for all tests of a class, as its tables take longer to make than those run. */
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class OverDatabase {
    private final DataSource sound = newDataSource();
    private final Deque<Fault> faults = new ArrayDeque<>();
    private final AtomicInteger insertions = new AtomicInteger();

    abstract DataSource newDataSource();

    @BeforeAll
    void makeTables() throws SQLException {
      JdbcStorage.of(sound).check();
      execute("CREATE TABLE host(id INT PRIMARY KEY)");
    }

    @BeforeEach
    void begin() throws SQLException {
      faults.clear();
      insertions.set(0);
      execute("DELETE FROM gh_nonce");
      execute("DELETE FROM host");
    }

    private void execute(String sql) throws SQLException {
      try (Connection connection = sound.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    private NonceStore nonces() throws SQLException {
      DataSource faulty = mock(DataSource.class);
      when(faulty.getConnection()).thenAnswer(call -> connection(sound.getConnection()));
      return JdbcStorage.of(faulty).nonces();
    }

    private Connection connection(Connection real) throws SQLException {
      Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(real));
      doAnswer(call -> insertion(real.prepareStatement(call.getArgument(0))))
          .when(connection)
          .prepareStatement(startsWith("INSERT INTO gh_nonce"));
      return connection;
    }

    private PreparedStatement insertion(PreparedStatement real) throws SQLException {
      insertions.incrementAndGet();
      PreparedStatement statement =
          mock(PreparedStatement.class, AdditionalAnswers.delegatesTo(real));
      Fault fault = faults.poll();
      if (fault == Fault.CONFLICT) {
        doThrow(new SQLException("deadlock", "40001", 1213)).when(statement).executeUpdate();
      } else if (fault == Fault.LOST_BEFORE) {
        doThrow(new SQLException("broken pipe", "08006")).when(statement).executeUpdate();
      } else if (fault == Fault.LOST_AFTER) {
        doAnswer(
                call -> {
                  real.executeUpdate();
                  throw new SQLException("the answer was lost", "08006");
                })
            .when(statement)
            .executeUpdate();
      }
      return statement;
    }

    private static Outcome claim(NonceStore nonces, String nonce) {
      return nonces.claim(7, nonce, EXPIRY, NOW, 1_000);
    }

    @Test
    void claim_conflicts_isTriedAgain_andReplayedIsSaidOfReplaysOnly() throws SQLException {
      NonceStore nonces = nonces();
      faults.addAll(List.of(Fault.CONFLICT, Fault.CONFLICT));
      assertThat(claim(nonces, "n-1")).isEqualTo(Outcome.CLAIMED);
      assertThat(insertions).hasValue(3);

      faults.add(Fault.CONFLICT);
      assertThat(claim(nonces, "n-1")).isEqualTo(Outcome.REPLAYED);
    }

    @Test
    void claim_connectionLostBefore_isTriedAgain() throws SQLException {
      NonceStore nonces = nonces();
      faults.add(Fault.LOST_BEFORE);
      assertThat(claim(nonces, "n-1")).isEqualTo(Outcome.CLAIMED);
      assertThat(claim(nonces, "n-1")).isEqualTo(Outcome.REPLAYED);
    }

    /** Nobody replayed it: the row that is there is its own. */
    @Test
    void claim_answerLost_failsAndStands() throws SQLException {
      NonceStore nonces = nonces();
      faults.add(Fault.LOST_AFTER);
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> claim(nonces, "n-1"))
          .withMessageContaining("may be committed or not");
      assertThat(insertions).hasValue(2);
      assertThat(claim(nonces, "n-1")).isEqualTo(Outcome.REPLAYED);
    }

    @Test
    void claim_threadInterruptedBetweenTries_failsAndKeepsTheInterrupt() throws SQLException {
      NonceStore nonces = nonces();
      for (int i = 0; i < 5_000; i++) {
        faults.add(Fault.CONFLICT);
      }
      Thread.currentThread().interrupt();
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> claim(nonces, "n-1"))
          .withMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void claim_oneNonceByMany_oneWins() throws Exception {
      NonceStore nonces = JdbcStorage.of(sound).nonces();
      ExecutorService threads = Executors.newFixedThreadPool(8);
      try {
        for (int round = 0; round < 20; round++) {
          String nonce = "n-" + round;
          List<Future<Outcome>> outcomes = new ArrayList<>();
          for (int i = 0; i < 8; i++) {
            outcomes.add(threads.submit(() -> claim(nonces, nonce)));
          }
          int claimed = 0;
          for (Future<Outcome> outcome : outcomes) {
            claimed += outcome.get() == Outcome.CLAIMED ? 1 : 0;
          }
          assertThat(claimed).isEqualTo(1);
        }
      } finally {
        threads.shutdown();
      }
    }

    /** A host's level that sees what is not committed must not show in what is found. */
    @Test
    void read_onUncommittedConnections_findsNothingUncommitted() throws SQLException {
      DataSource dirty = mock(DataSource.class);
      when(dirty.getConnection())
          .thenAnswer(
              call -> {
                Connection connection = sound.getConnection();
                connection.setTransactionIsolation(Connection.TRANSACTION_READ_UNCOMMITTED);
                return connection;
              });
      Database database = new Database(dirty, new Migration(), null);
      assertThat(count(database)).isZero();
      try (Connection writer = sound.getConnection()) {
        writer.setAutoCommit(false);
        writer.createStatement().execute("INSERT INTO host(id) VALUES (1)");
        assertThat(count(database)).isZero();
        writer.commit();
      }
      assertThat(count(database)).isEqualTo(1);
    }

    private static @Nullable Integer count(Database database) {
      return database.read(
          "SELECT COUNT(*) FROM host", query -> Sql.rows(query, row -> row.getInt(1)).get(0));
    }

    @Test
    void read_connectionLost_isTriedAgain() throws SQLException {
      AtomicInteger queries = new AtomicInteger();
      DataSource faulty = mock(DataSource.class);
      when(faulty.getConnection())
          .thenAnswer(
              call -> {
                Connection real = sound.getConnection();
                Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(real));
                doAnswer(
                        prepared -> {
                          String sql = prepared.getArgument(0);
                          if (sql.contains("FROM host") && queries.incrementAndGet() == 1) {
                            throw new SQLException("broken pipe", "08006");
                          }
                          return real.prepareStatement(sql);
                        })
                    .when(connection)
                    .prepareStatement(anyString());
                return connection;
              });
      assertThat(count(new Database(faulty, new Migration(), null))).isZero();
      assertThat(queries).hasValue(2);
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MariaDb.dataSource();
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MySql.dataSource();
    }
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import javax.sql.DataSource;
import org.assertj.core.data.Offset;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tasks in a transaction that the host opened, with rows of its own. */
class JdbcTaskHostTransactionTest {
  private final DataSource dataSource = H2.memoryDataSource();
  private final TaskStore tasks = JdbcStorage.of(dataSource).tasks();

  @BeforeEach
  void makeHostTable() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE orders(id INT PRIMARY KEY)");
    }
  }

  @Test
  void insert_hostCommits_orderAndTaskAreThereTogether() throws SQLException {
    try (Connection connection = orderAndTask()) {
      assertThat(tasks.find(OptionalLong.empty(), 1)).isEmpty();
      assertThat(tasks.earliestDue()).isEmpty();
      connection.commit();
    }
    assertThat(orders()).isEqualTo(1);
    assertThat(tasks.find(OptionalLong.empty(), 1)).isPresent();
  }

  @Test
  void insert_hostRollsBack_neitherIsThereAndTheNumberIsFree() throws SQLException {
    try (Connection connection = orderAndTask()) {
      connection.rollback();
    }
    assertThat(orders()).isZero();
    assertThat(tasks.find(OptionalLong.empty(), 1)).isEmpty();
    assertThat(tasks.insert(List.of(row(2)))).containsExactly(2L);
  }

  @Test
  void insert_numberTaken_hostCommitsItsOwnRow() throws SQLException {
    tasks.insert(List.of(row(9)));
    try (Connection connection = orderAndTask()) {
      connection.commit();
    }
    assertThat(orders()).isEqualTo(1);
    assertThat(tasks.find(OptionalLong.empty(), 1)).isEmpty();
    assertThat(tasks.findId(7, "A")).hasValue(9);
  }

  @Test
  void join_sessionsInZonesFarApart_leaseRunsByTheSameClock() {
    String name = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1;TIME ZONE=";
    for (String zone : List.of("Asia/Kathmandu", "Pacific/Honolulu", "UTC")) {
      JdbcDataSource zoned = new JdbcDataSource();
      zoned.setURL(name + zone);
      NodeLease lease = JdbcStorage.of(zoned).tasks().join("boot", Duration.ofSeconds(10));
      assertThat(lease.nowMillis()).isCloseTo(Instant.now().toEpochMilli(), Offset.offset(60_000L));
    }
  }

  private Connection orderAndTask() throws SQLException {
    Connection connection = dataSource.getConnection();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO orders VALUES (1)");
    }
    tasks.joining(JdbcTransaction.of(connection)).insert(List.of(row(1)));
    return connection;
  }

  private int orders() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet results = statement.executeQuery("SELECT COUNT(*) FROM orders")) {
      results.next();
      return results.getInt(1);
    }
  }

  private static TaskRow row(long id) {
    return new TaskRow(id, 7, "callback", "A", "", "{}", 1_000, "linear:5:5", 0, 0);
  }
}

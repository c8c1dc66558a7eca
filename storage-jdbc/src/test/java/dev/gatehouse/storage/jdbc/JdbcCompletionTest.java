package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Effects and the ends of tasks in one transaction of the handler's. */
class JdbcCompletionTest {
  @Nested
  class OnH2 extends Cases {
    @Override
    DataSource open() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends Cases {
    @Override
    DataSource open() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Cases {
    @Override
    DataSource open() {
      return MariaDb.dataSource();
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends Cases {
    @Override
    DataSource open() {
      return MySql.dataSource();
    }
  }

  abstract static class Cases {
    private final DataSource dataSource = open();
    private final JdbcStorage storage = JdbcStorage.of(dataSource);
    private final List<VirtualGatehouse> opened = new ArrayList<>();

    abstract DataSource open();

    @BeforeEach
    void makeHostTable() throws SQLException {
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE effects(task_id BIGINT, attempt INT)");
      }
    }

    @AfterEach
    void close() {
      opened.forEach(VirtualGatehouse::close);
    }

    private VirtualGatehouse node(TaskHandler handler) {
      VirtualGatehouse node =
          VirtualGatehouse.create(builder -> builder.storage(storage).handler("work", handler));
      opened.add(node);
      return node;
    }

    private static TaskId schedule(VirtualGatehouse node) {
      RetryPolicy policy = RetryPolicy.linear(Duration.ofSeconds(1), 3);
      return node.gatehouse()
          .scheduler()
          .schedule(Task.unnumbered().handler("work").retryPolicy(policy));
    }

    /** The handler's effect, and the end of the task with it. */
    private Connection effect(TaskContext context) throws SQLException {
      Connection connection = dataSource.getConnection();
      boolean done = false;
      try {
        connection.setAutoCommit(false);
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO effects VALUES (?, ?)")) {
          insert.setLong(1, context.id().value());
          insert.setInt(2, context.attempt());
          insert.execute();
        }
        context.completeIn(JdbcTransaction.of(connection), "[" + context.attempt() + "]");
        done = true;
        return connection;
      } finally {
        if (!done) {
          end(connection, false);
        }
      }
    }

    private static void end(Connection connection, boolean commit) throws SQLException {
      try (connection) {
        if (commit) {
          connection.commit();
        } else {
          connection.rollback();
        }
        connection.setAutoCommit(true);
      }
    }

    private TaskResult attempt(TaskContext context, boolean commit) {
      try {
        end(effect(context), commit);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      return TaskResult.done();
    }

    private List<Integer> effects() throws SQLException {
      List<Integer> attempts = new ArrayList<>();
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement();
          ResultSet results = statement.executeQuery("SELECT attempt FROM effects")) {
        while (results.next()) {
          attempts.add(results.getInt(1));
        }
      }
      return attempts;
    }

    private void requireDoneOnce(VirtualGatehouse node, TaskId id, Outcome... outcomes)
        throws SQLException {
      TaskDetail task = node.gatehouse().scheduler().task(id);
      assertThat(task.status()).isEqualTo(TaskStatus.FINISHED);
      assertThat(task.attempts()).extracting(Attempt::outcome).containsExactly(outcomes);
      assertThat(effects()).containsExactly(outcomes.length);
      assertThat(task.result()).contains("[" + outcomes.length + "]");
    }

    @Test
    void completeIn_committed_effectAndEndTogether() throws SQLException {
      VirtualGatehouse node = node(context -> attempt(context, true));
      TaskId id = schedule(node);

      node.advance(Duration.ofSeconds(60));

      requireDoneOnce(node, id, Outcome.SUCCESS);
    }

    @Test
    void completeIn_rolledBackAndThrown_effectOfTheRetryOnly() throws SQLException {
      VirtualGatehouse node =
          node(
              context -> {
                attempt(context, context.attempt() == 2);
                if (context.attempt() == 1) {
                  throw new IllegalStateException("rolled back");
                }
                return TaskResult.done();
              });
      TaskId id = schedule(node);

      node.advance(Duration.ofSeconds(60));

      requireDoneOnce(node, id, Outcome.FAILURE, Outcome.SUCCESS);
    }

    @Test
    void completeIn_rolledBackAndSaidToBeDone_effectOfTheRetryOnly() throws SQLException {
      VirtualGatehouse node = node(context -> attempt(context, context.attempt() == 2));
      TaskId id = schedule(node);

      node.advance(Duration.ofSeconds(4));
      assertThat(effects()).isEmpty();
      node.advance(Duration.ofSeconds(60));

      requireDoneOnce(node, id, Outcome.FAILURE, Outcome.SUCCESS);
    }

    @Test
    void completeIn_committedAndThrown_effectOnceAndNoRetry() throws SQLException {
      VirtualGatehouse node =
          node(
              context -> {
                attempt(context, true);
                throw new IllegalStateException("after the commit");
              });
      TaskId id = schedule(node);

      node.advance(Duration.ofSeconds(60));

      requireDoneOnce(node, id, Outcome.SUCCESS);
    }

    @Test
    void completeIn_nodeIsGoneBeforeTheCommit_effectOfAnotherNodeOnly() throws SQLException {
      VirtualGatehouse[] nodes = new VirtualGatehouse[2];
      List<String> refused = new ArrayList<>();
      TaskHandler handler =
          context -> {
            if (context.attempt() == 1) {
              // As if this process stood still until the others take it for dead.
              takeForDead();
              nodes[1].advance(Duration.ofSeconds(60));
            }
            try {
              return attempt(context, true);
            } catch (ConflictException e) {
              refused.add(e.getMessage());
              throw e;
            }
          };
      nodes[0] = node(handler);
      nodes[1] = node(handler);
      TaskId id = schedule(nodes[0]);

      nodes[0].runDue();

      assertThat(refused).hasSize(1);
      requireDoneOnce(nodes[1], id, Outcome.CRASHED, Outcome.SUCCESS);
    }

    private void takeForDead() {
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "UPDATE gh_node SET state = 0 WHERE node IN"
                + " (SELECT owner FROM gh_task WHERE state = 1)");
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Test
    void completeIn_requeuedByForceMeanwhile_refusedAndEffectOnce() throws SQLException {
      VirtualGatehouse[] node = new VirtualGatehouse[1];
      List<Long> fences = new ArrayList<>();
      node[0] =
          node(
              context -> {
                fences.add(context.fence());
                if (context.fence() == 1) {
                  assertThat(node[0].gatehouse().scheduler().forceRequeue(context.id()))
                      .isEqualTo(Requeue.REQUEUED);
                  assertThatThrownBy(() -> attempt(context, true))
                      .isInstanceOf(ConflictException.class);
                  return TaskResult.failed("refused");
                }
                return attempt(context, true);
              });
      TaskId id = schedule(node[0]);

      node[0].advance(Duration.ofSeconds(60));

      assertThat(fences).containsExactly(1L, 2L);
      requireDoneOnce(node[0], id, Outcome.SUCCESS);
    }

    @Test
    void completeIn_storagesOwnTransaction_committedWithIt() throws SQLException {
      VirtualGatehouse node =
          node(
              context -> {
                storage.run(transaction -> context.completeIn(transaction));
                return TaskResult.done();
              });
      TaskId id = schedule(node);

      node.runDue();

      assertThat(node.gatehouse().scheduler().task(id).status()).isEqualTo(TaskStatus.FINISHED);
    }

    @Test
    void completeIn_connectionInAutoCommitMode_refusedAndTheAttemptGoesOn() throws SQLException {
      VirtualGatehouse node =
          node(
              context -> {
                try (Connection connection = dataSource.getConnection()) {
                  assertThatThrownBy(() -> context.completeIn(JdbcTransaction.of(connection)))
                      .isInstanceOf(IllegalStateException.class);
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
                return TaskResult.done();
              });
      TaskId id = schedule(node);

      node.runDue();

      assertThat(node.gatehouse().scheduler().task(id).status()).isEqualTo(TaskStatus.FINISHED);
    }
  }
}

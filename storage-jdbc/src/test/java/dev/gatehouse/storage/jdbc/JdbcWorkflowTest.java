package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.NodeState;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Stepper;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowDetail;
import dev.gatehouse.scheduler.WorkflowId;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.scheduler.WorkflowStatus;
import dev.gatehouse.scheduler.Workflows;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Workflows in databases: several nodes, the host's own transactions, and nodes that die. */
@Timeout(180)
class JdbcWorkflowTest {
  @Nested
  class OnH2 extends Cases {
    @Override
    DataSource open() {
      return H2.emptied();
    }
  }

  @Nested
  class OnPostgres extends Cases {
    @Override
    DataSource open() {
      return Postgres.emptied();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Cases {
    @Override
    DataSource open() {
      return MariaDb.emptied();
    }
  }

  abstract static class Cases {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

    private final DataSource dataSource = open();
    private final List<Gatehouse> opened = new ArrayList<>();
    private final Queue<String> ran = new ConcurrentLinkedQueue<>();

    abstract DataSource open();

    @AfterEach
    void close() {
      opened.forEach(node -> node.close(Duration.ofSeconds(10)));
    }

    private Gatehouse start(TaskHandler handler) {
      Gatehouse node =
          Gatehouse.builder().storage(JdbcStorage.of(dataSource)).handler("work", handler).build();
      opened.add(node);
      node.start();
      return node;
    }

    /** Says whose turn it is and what those before returned. */
    private TaskResult work(TaskContext context) {
      String name = name(context);
      ran.add(context.workflowId().orElseThrow() + " " + name);
      String before = name.equals("d") ? context.resultOf("b").orElseThrow() : "\"\"";
      return TaskResult.done("\"" + before.replace("\"", "") + name + "\"");
    }

    private static String name(TaskContext context) {
      return context.content().replace("\"", "");
    }

    private static WorkflowNode node(String name, String... after) {
      return WorkflowNode.of(
              name,
              Task.unnumbered()
                  .handler("work")
                  .content("\"" + name + "\"")
                  .retryPolicy(RetryPolicy.NONE))
          .after(after);
    }

    private static Workflow diamond() {
      return Workflow.of("diamond", node("a"), node("b", "a"), node("c", "a"), node("d", "b", "c"));
    }

    @Test
    void twoNodes_manyWorkflowsAtOnce_eachNodeOnceAndInOrder() {
      Gatehouse first = start(this::work);
      Gatehouse second = start(this::work);
      List<WorkflowId> ids = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        ids.add((i % 2 == 0 ? first : second).workflows().schedule(diamond()));
      }

      await()
          .atMost(SOON)
          .until(
              () ->
                  ids.stream().allMatch(id -> second.workflows().workflow(id).status().isFinal()));

      for (WorkflowId id : ids) {
        assertThat(first.workflows().workflow(id).status()).isEqualTo(WorkflowStatus.FINISHED);
        assertThat(first.workflows().resultOf(id, "d")).contains("\"bd\"");
        List<String> own = ran.stream().filter(one -> one.startsWith(id + " ")).toList();
        assertThat(own).hasSize(4).startsWith(id + " a").endsWith(id + " d");
      }
      assertThat(ran).doesNotHaveDuplicates();
    }

    @Test
    void cancel_runningOnAnotherNode_endsThere() throws Exception {
      CountDownLatch begun = new CountDownLatch(1);
      Gatehouse runs =
          start(
              context -> {
                begun.countDown();
                return waitForInterruption();
              });
      Gatehouse asks = Gatehouse.builder().storage(JdbcStorage.of(dataSource)).build();
      opened.add(asks);
      WorkflowId id = runs.workflows().schedule(diamond());
      assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();

      assertThat(asks.workflows().cancel(id)).isEqualTo(Cancellation.REQUESTED);

      await()
          .atMost(SOON)
          .until(() -> asks.workflows().workflow(id).status() == WorkflowStatus.CANCELLED);
      assertThat(asks.workflows().workflow(id).nodes())
          .extracting(WorkflowDetail.Node::state)
          .containsOnly(NodeState.CANCELLED);
    }

    private static TaskResult waitForInterruption() {
      try {
        return new CountDownLatch(1).await(120, TimeUnit.SECONDS)
            ? TaskResult.done()
            : TaskResult.failed("not interrupted");
      } catch (InterruptedException e) {
        return TaskResult.failed("interrupted");
      }
    }

    @Test
    void hostTransaction_rolledBackOrCommitted_withIt() throws SQLException {
      Gatehouse gatehouse = start(this::work);
      WorkflowId rolledBack;
      WorkflowId committed;
      try (Connection connection = dataSource.getConnection()) {
        connection.setAutoCommit(false);
        rolledBack =
            gatehouse.joining(JdbcTransaction.of(connection)).workflows().schedule(diamond());
        connection.rollback();
        committed =
            gatehouse.joining(JdbcTransaction.of(connection)).workflows().schedule(diamond());
        connection.commit();
      }

      await()
          .atMost(SOON)
          .until(
              () -> gatehouse.workflows().workflow(committed).status() == WorkflowStatus.FINISHED);
      assertThat(gatehouse.workflows().findWorkflow(rolledBack)).isEmpty();
      assertThat(ran).hasSize(4).allMatch(one -> one.startsWith(committed + " "));
    }

    /** Neither of the same workflow nor of others does anything wait for it. */
    @Test
    void hostTransaction_completesANodeAndStaysOpen_holdsUpNothing() throws Exception {
      CountDownLatch completed = new CountDownLatch(1);
      CountDownLatch othersEnded = new CountDownLatch(1);
      Gatehouse gatehouse =
          start(
              context -> {
                if (name(context).equals("slow")) {
                  completeAndWait(context, completed, othersEnded);
                  return TaskResult.done();
                }
                return work(context);
              });
      WorkflowId id =
          gatehouse
              .workflows()
              .schedule(
                  Workflow.of(
                      "open",
                      node("slow"),
                      node("afterSlow", "slow"),
                      WorkflowNode.of(
                          "x",
                          Task.unnumbered()
                              .handler("work")
                              .content("\"x\"")
                              .in(Duration.ofSeconds(1))),
                      node("y", "x")));
      assertThat(completed.await(60, TimeUnit.SECONDS)).isTrue();
      WorkflowId other = gatehouse.workflows().schedule(diamond());

      await()
          .atMost(SOON)
          .until(
              () ->
                  gatehouse.workflows().workflow(other).status() == WorkflowStatus.FINISHED
                      && gatehouse.workflows().workflow(id).node("y").state()
                          == NodeState.FINISHED);
      assertThat(gatehouse.workflows().workflow(id).node("slow").state())
          .isEqualTo(NodeState.BEGUN);
      othersEnded.countDown();

      await()
          .atMost(SOON)
          .until(() -> gatehouse.workflows().workflow(id).status() == WorkflowStatus.FINISHED);
      assertThat(gatehouse.workflows().resultOf(id, "slow")).contains("\"slow\"");
    }

    private void completeAndWait(
        TaskContext context, CountDownLatch completed, CountDownLatch othersEnded) {
      try (Connection connection = dataSource.getConnection()) {
        connection.setAutoCommit(false);
        context.completeIn(JdbcTransaction.of(connection), "\"slow\"");
        completed.countDown();
        assertThat(othersEnded.await(60, TimeUnit.SECONDS)).isTrue();
        connection.commit();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Test
    void cancel_inATransactionThatStaysOpen_holdsUpNothing() throws SQLException {
      Gatehouse gatehouse = start(this::work);
      WorkflowId id =
          gatehouse
              .workflows()
              .schedule(
                  Workflow.of(
                      "open",
                      WorkflowNode.of(
                          "x",
                          Task.unnumbered()
                              .handler("work")
                              .content("\"x\"")
                              .in(Duration.ofSeconds(1))),
                      node("y", "x"),
                      WorkflowNode.of(
                          "z", Task.unnumbered().handler("work").in(Duration.ofHours(1)))));
      try (Connection connection = dataSource.getConnection()) {
        connection.setAutoCommit(false);
        Workflows joined = gatehouse.joining(JdbcTransaction.of(connection)).workflows();
        assertThat(joined.cancel(id)).isEqualTo(Cancellation.REQUESTED);
        await()
            .atMost(SOON)
            .until(
                () -> gatehouse.workflows().workflow(id).node("y").state() == NodeState.FINISHED);
        connection.commit();
      }

      await()
          .atMost(SOON)
          .until(() -> gatehouse.workflows().workflow(id).status() == WorkflowStatus.CANCELLED);
    }

    @Test
    void killedAtEachTransaction_nothingHalfDoneAndAnotherGoesOn() {
      ManualClock clock = new ManualClock(START);
      JdbcStorage storage = JdbcStorage.of(dataSource, clock);
      Jdbi jdbi = Jdbi.create(dataSource);
      for (int n = 1; n < 16; n++) {
        WorkflowId id = stepped(storage, clock).workflows().schedule(diamond());
        try {
          stepped(dyingAt(storage, n), clock).stepper().run();
        } catch (StorageException e) {
          assertThat(e).hasMessageContaining("killed");
        }
        assertNothingHalfDone(stepped(storage, clock), jdbi, id);
        Gatehouse survivor = stepped(storage, clock);
        Stepper stepper = survivor.stepper();
        for (int i = 0; i < 5; i++) {
          clock.advance(LEASE);
          stepper.run();
        }

        WorkflowDetail detail = survivor.workflows().workflow(id);
        assertThat(detail.status()).as("killed at %s", n).isEqualTo(WorkflowStatus.FINISHED);
        assertThat(survivor.workflows().resultOf(id, "d")).contains("\"bd\"");
        assertThat(count(jdbi, "gh_workflow_report")).isZero();
        assertThat(count(jdbi, "gh_task")).isZero();
      }
    }

    /** Every node that has begun has a task; one whose task ended has taken note, or is told. */
    private static void assertNothingHalfDone(Gatehouse node, Jdbi jdbi, WorkflowId id) {
      for (WorkflowDetail.Node one : node.workflows().workflow(id).nodes()) {
        if (one.state() == NodeState.BEGUN) {
          TaskId task = one.task().orElseThrow();
          boolean ended = node.scheduler().task(task).status().isFinal();
          assertThat(count(jdbi, "gh_workflow_report WHERE task_id = " + task))
              .isEqualTo(ended ? 1 : 0);
        } else if (one.state() == NodeState.WAITING) {
          assertThat(one.task()).isEmpty();
        }
      }
    }

    private static long count(Jdbi jdbi, String from) {
      return jdbi.withHandle(
          handle -> handle.createQuery("SELECT COUNT(*) FROM " + from).mapTo(Long.class).one());
    }

    private Gatehouse stepped(Storage storage, ManualClock clock) {
      return Gatehouse.builder()
          .storage(storage)
          .clock(clock)
          .nanoTime(() -> clock.millis() * 1_000_000)
          .scheduler(SchedulerOptions.builder().lease(LEASE).build())
          .handler("work", this::work)
          .build();
    }

    /** The storage, of which the n-th transaction and all that follow are not committed. */
    private static Storage dyingAt(Storage storage, int n) {
      int[] calls = {0};
      return (Storage)
          Proxy.newProxyInstance(
              Storage.class.getClassLoader(),
              new Class<?>[] {Storage.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("run")) {
                  return InvocationHandler.invokeDefault(proxy, method, arguments);
                }
                if (!method.getName().equals("call") || ++calls[0] < n) {
                  return invoke(storage, method, arguments);
                }
                @SuppressWarnings("unchecked")
                Function<Object, Object> work = (Function<Object, Object>) arguments[0];
                Function<Object, Object> dying =
                    transaction -> {
                      assertThat(work.apply(transaction)).isNotSameAs(transaction);
                      throw new StorageException("the process was killed");
                    };
                return invoke(storage, method, new Object[] {dying});
              });
    }

    private static Object invoke(Object target, Method method, Object[] arguments)
        throws Throwable {
      try {
        return method.invoke(target, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }
}

package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Nodes that die at each of their transactions, once all of it is done but the commit; another goes
 * on when the lease of the dead one is over.
 */
class WorkflowCrashTest {
  private static final Duration LEASE = Duration.ofSeconds(10);

  /** The first looks for what lost nodes held, the second settles the first task. */
  private static final int SECOND = 2;

  private final ManualClock clock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final MemoryStorage storage = MemoryStorage.create(clock);
  private final List<Gatehouse> opened = new ArrayList<>();
  private final List<String> ran = new ArrayList<>();
  private final Set<String> failing = new HashSet<>();
  private int maxCrashes = 5;

  private TaskResult work(TaskContext context) {
    String name = context.content().replace("\"", "");
    ran.add(name);
    if (failing.contains(name)) {
      return TaskResult.failedForGood("no");
    }
    return TaskResult.done("\"of " + name + "\"");
  }

  @AfterEach
  void close() {
    opened.forEach(node -> node.close(Duration.ZERO));
  }

  /** A node of a process that is not killed. */
  private Gatehouse node() {
    Gatehouse node = node(storage);
    opened.add(node);
    return node;
  }

  private Gatehouse node(Storage place) {
    return Gatehouse.builder()
        .storage(place)
        .clock(clock)
        .nanoTime(() -> clock.millis() * 1_000_000)
        .scheduler(SchedulerOptions.builder().lease(LEASE).maxCrashes(maxCrashes).build())
        .handler("work", this::work)
        .build();
  }

  /** The storage, of which the n-th transaction and all that follow are rolled back. */
  private Storage dyingAt(int n) {
    int[] calls = {0};
    return (Storage)
        Proxy.newProxyInstance(
            Storage.class.getClassLoader(),
            new Class<?>[] {Storage.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("run")) {
                return InvocationHandler.invokeDefault(proxy, method, arguments);
              }
              if (!method.getName().equals("call")) {
                return invoke(method, arguments);
              }
              calls[0]++;
              boolean dies = calls[0] >= n;
              @SuppressWarnings("unchecked")
              Function<Object, Object> work = (Function<Object, Object>) arguments[0];
              Function<Object, Object> dying =
                  transaction -> {
                    Object result = work.apply(transaction);
                    if (dies) {
                      throw new StorageException("the process was killed");
                    }
                    return result;
                  };
              return invoke(method, new Object[] {dying});
            });
  }

  private Object invoke(Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(storage, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
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

  /** Runs until the node dies; whether it does. */
  private static boolean dies(Stepper stepper) {
    try {
      stepper.run();
      return false;
    } catch (StorageException e) {
      assertThat(e).hasMessageContaining("killed");
      return true;
    }
  }

  private void survive(Gatehouse survivor) {
    Stepper stepper = survivor.stepper();
    for (int i = 0; i < 5; i++) {
      clock.advance(LEASE);
      stepper.run();
    }
  }

  @Test
  void diamond_killedAtEachTransaction_goesOnAndHandsOnEachResult() {
    int deaths = 0;
    for (int n = 1; n < 40; n++) {
      ran.clear();
      WorkflowId id = node().workflows().schedule(diamond());
      deaths += dies(node(dyingAt(n)).stepper()) ? 1 : 0;
      Gatehouse survivor = node();
      survive(survivor);

      WorkflowDetail detail = survivor.workflows().workflow(id);
      assertThat(detail.status()).as("killed at %s", n).isEqualTo(WorkflowStatus.FINISHED);
      for (WorkflowDetail.Node node : detail.nodes()) {
        TaskDetail task = survivor.scheduler().task(node.task().orElseThrow());
        assertThat(task.status()).isEqualTo(TaskStatus.FINISHED);
        assertThat(survivor.workflows().resultOf(id, node.name())).isEqualTo(task.result());
      }
      assertThat(ran.indexOf("b")).isGreaterThan(ran.indexOf("a"));
      assertThat(ran.indexOf("d")).isGreaterThan(ran.lastIndexOf("b"));
      assertThat(ran.indexOf("d")).isGreaterThan(ran.lastIndexOf("c"));
      assertThat(ran.size()).isBetween(4, 5);
    }
    assertThat(deaths).isGreaterThanOrEqualTo(4);
  }

  @Test
  void stop_killedAtEachTransaction_restIsCancelled() {
    failing.add("b");
    Workflow workflow =
        Workflow.of(
            "stops",
            node("a"),
            node("b", "a"),
            node("c", "b"),
            WorkflowNode.of("later", Task.unnumbered().handler("work").in(Duration.ofDays(1))));
    for (int n = 1; n < 20; n++) {
      WorkflowId id = node().workflows().schedule(workflow);
      Stepper dying = node(dyingAt(n)).stepper();
      try {
        dying.run();
      } catch (StorageException e) {
        assertThat(e).hasMessageContaining("killed");
      }
      Gatehouse survivor = node();
      survive(survivor);

      WorkflowDetail detail = survivor.workflows().workflow(id);
      assertThat(detail.status()).as("killed at %s", n).isEqualTo(WorkflowStatus.FAILED);
      assertThat(detail.nodes())
          .extracting(WorkflowDetail.Node::state)
          .containsExactly(
              NodeState.FINISHED, NodeState.FAILED, NodeState.CANCELLED, NodeState.CANCELLED);
    }
  }

  @Test
  void schedule_killed_leavesNothing() {
    Gatehouse dying = node(dyingAt(1));

    assertThatThrownBy(() -> dying.workflows().schedule(diamond()))
        .isInstanceOf(StorageException.class);
    survive(node());

    assertThat(ran).isEmpty();
    assertThat(storage.tasks().earliestDue()).isEmpty();
  }

  @Test
  void cancel_killedAfterItIsAsked_anotherNodeCancels() {
    WorkflowId id = node().workflows().schedule(diamond());
    Gatehouse dying = node(dyingAt(2));

    assertThatThrownBy(() -> dying.workflows().cancel(id)).isInstanceOf(StorageException.class);
    Gatehouse survivor = node();
    survive(survivor);

    assertThat(survivor.workflows().workflow(id).status()).isEqualTo(WorkflowStatus.CANCELLED);
    assertThat(ran).isEmpty();
  }

  @Test
  void crashesTooOften_nodeFailsAndItsWorkflowWithIt() {
    maxCrashes = 0;
    WorkflowId id = node().workflows().schedule(diamond());
    assertThat(dies(node(dyingAt(SECOND)).stepper())).isTrue();
    Gatehouse survivor = node();
    survive(survivor);

    WorkflowDetail detail = survivor.workflows().workflow(id);
    assertThat(detail.status()).isEqualTo(WorkflowStatus.FAILED);
    assertThat(detail.node("a").state()).isEqualTo(NodeState.FAILED);
    assertThat(detail.node("d").state()).isEqualTo(NodeState.CANCELLED);
    assertThat(ran).containsExactly("a");
  }

  @Test
  void crashedWhileToBeCancelled_nodeIsCancelledAndItsWorkflowFails() {
    WorkflowId id = node().workflows().schedule(diamond());
    assertThat(dies(node(dyingAt(SECOND)).stepper())).isTrue();
    Gatehouse survivor = node();
    TaskId a = survivor.workflows().workflow(id).node("a").task().orElseThrow();
    assertThat(survivor.scheduler().cancel(a)).isEqualTo(Cancellation.REQUESTED);
    survive(survivor);

    WorkflowDetail detail = survivor.workflows().workflow(id);
    assertThat(detail.status()).isEqualTo(WorkflowStatus.FAILED);
    assertThat(detail.node("a").state()).isEqualTo(NodeState.CANCELLED);
    assertThat(ran).containsExactly("a");
  }

  @Test
  void completeIn_ofANode_endsItWithTheTransaction() {
    List<Integer> attempts = new ArrayList<>();
    Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(storage)
            .clock(clock)
            .nanoTime(() -> clock.millis() * 1_000_000)
            .handler(
                "work",
                context -> {
                  attempts.add(context.attempt());
                  return complete(context);
                })
            .build();
    opened.add(gatehouse);
    WorkflowId id = gatehouse.workflows().schedule(Workflow.of("two", node("a"), node("b", "a")));

    gatehouse.stepper().run();

    assertThat(attempts).containsExactly(1, 1);
    assertThat(gatehouse.workflows().resultOf(id, "a")).contains("\"in\"");
    assertThat(gatehouse.workflows().workflow(id).status()).isEqualTo(WorkflowStatus.FINISHED);
  }

  private TaskResult complete(TaskContext context) {
    storage.run(transaction -> context.completeIn(transaction, "\"in\""));
    return TaskResult.done();
  }
}

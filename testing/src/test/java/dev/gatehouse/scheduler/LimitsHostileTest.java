package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Orders and limits against everything that may come in their way, in virtual time. */
class LimitsHostileTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** After which time every node has swept, in whatever step of the virtual time. */
  private static final Duration SWEPT = Duration.ofMinutes(2);

  private final List<String> ran = new ArrayList<>();
  private final Set<String> failing = new HashSet<>();
  private final Storage storage = MemoryStorage.create(new ManualClock(VirtualGatehouse.START));
  private boolean storageFails;
  private boolean leaveFails;
  private boolean rollsBack;
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(
          builder ->
              builder
                  .storage(failing(Storage.class, storage))
                  .handler("work", this::work)
                  .handler("joined", this::completeInTransaction)
                  .handler("paced", this::work)
                  .scheduler(
                      SchedulerOptions.builder()
                          .lease(Duration.ofDays(36_500))
                          .limit("joined", Limit.concurrent(1))
                          .limit("paced", Limit.rate(1, SECOND))
                          .limitApplications(Limit.concurrent(1))
                          .build()));

  private TaskResult work(TaskContext context) {
    String name = context.taskNo().orElseThrow();
    ran.add(name);
    return failing.contains(name) ? TaskResult.failed("not yet") : TaskResult.done();
  }

  private TaskResult completeInTransaction(TaskContext context) {
    ran.add(context.taskNo().orElseThrow());
    storage.run(
        transaction -> {
          context.completeIn(transaction);
          if (rollsBack) {
            rollsBack = false;
            throw new IllegalStateException("the host changed its mind");
          }
        });
    return TaskResult.done();
  }

  /** The same, but the gates cannot be asked while {@link #storageFails}. */
  private <T> T failing(Class<T> type, T sound) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("remove") && leaveFails && isUnleft(arguments)) {
                throw new StorageException("out of reach");
              }
              if (method.getName().equals("hold") && (storageFails || isSpoilt(arguments))) {
                throw new StorageException("out of reach");
              }
              try {
                Object result = method.invoke(sound, arguments);
                if (result instanceof TaskStore tasks) {
                  return failing(TaskStore.class, tasks);
                }
                return result instanceof GateStore gates ? failing(GateStore.class, gates) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private static boolean isSpoilt(Object[] arguments) {
    return arguments[0].toString().contains("spoilt");
  }

  private static boolean isUnleft(Object[] arguments) {
    return arguments[0].toString().contains("unleft");
  }

  /** Steps on although what cannot be asked fails each time. */
  private void advanceThroughFailures() {
    for (int i = 0; i < 100; i++) {
      try {
        virtual.advance(Duration.ofMillis(1));
      } catch (StorageException e) {
        assertThat(e).hasMessage("out of reach");
      }
    }
  }

  @AfterEach
  void close() {
    virtual.close();
  }

  private TaskScheduler scheduler() {
    return virtual.gatehouse().scheduler();
  }

  private static Task task(String taskNo, String handler) {
    return Task.of(taskNo)
        .handler(handler)
        .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(5), 3));
  }

  /** Another Gatehouse of the same storage, that runs no tasks. */
  private Gatehouse client() {
    return Gatehouse.builder().storage(storage).clock(virtual.clock()).build();
  }

  private void advanceAndSweep() {
    virtual.advance(SWEPT);
    virtual.runDue();
  }

  private List<GateStore.Place> places(List<TaskId> ids) {
    return storage.tasks().gates().ofTasks(ids.stream().map(TaskId::value).toList());
  }

  @Test
  void completeIn_committed_placeIsGivenUp() {
    List<TaskId> ids =
        scheduler().scheduleAll(List.of(task("A", "joined"), task("B", "joined").inOrder("k")));
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "B");
    assertThat(places(ids)).isEmpty();
  }

  @Test
  void completeIn_rolledBack_isTriedAgainInOrder() {
    rollsBack = true;
    scheduler()
        .scheduleAll(List.of(task("A", "joined").inOrder("k"), task("B", "work").inOrder("k")));
    virtual.advance(Duration.ofMinutes(1));
    assertThat(ran).containsExactly("A", "A", "B");
  }

  @Test
  void oneKey_thousandsOfTasks_runInOrder() {
    List<TaskId> ids = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int batch = 0; batch < 5; batch++) {
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        String name = "T%d%03d".formatted(batch, i);
        names.add(name);
        tasks.add(task(name, "work").inOrder("k"));
      }
      ids.addAll(scheduler().scheduleAll(tasks));
    }
    virtual.advance(SECOND);
    assertThat(ran).isEqualTo(names);
    assertThat(places(ids)).isEmpty();
  }

  @Test
  void keysThatLookAlike_areDifferentOrders() {
    List<String> keys =
        List.of("key", "KEY", "key ", " key", "'\"%_\\", "kéy", "ke\u0301y", "😀", "😀".repeat(60));
    List<Task> tasks = new ArrayList<>();
    List<String> first = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      first.add("first " + i);
      tasks.add(task(first.get(i), "work").inOrder(keys.get(i)));
      tasks.add(task("second " + i, "work").inOrder(keys.get(i)));
    }
    failing.addAll(first);
    scheduler().scheduleAll(tasks);
    virtual.advance(SECOND);
    assertThat(ran).containsExactlyInAnyOrderElementsOf(first);
  }

  @Test
  void gatesCannotBeAsked_nothingIsLostAndTriedAgain() {
    storageFails = true;
    scheduler()
        .scheduleAll(List.of(task("A", "work").inOrder("k"), task("B", "work").inOrder("k")));
    assertThatThrownBy(() -> virtual.advance(SECOND)).isInstanceOf(StorageException.class);
    assertThat(ran).isEmpty();
    storageFails = false;
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "B");
  }

  @Test
  void oneGateCannotBeAsked_othersAreNotHeldUp() {
    List<Task> tasks = new ArrayList<>();
    tasks.add(task("spoilt", "work").inOrder("spoilt"));
    List<String> others = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      others.add("other " + i);
      tasks.add(task(others.get(i), "work").inOrder("key " + i));
    }
    scheduler().scheduleAll(tasks);
    advanceThroughFailures();
    assertThat(ran).containsExactlyInAnyOrderElementsOf(others);
  }

  @Test
  void oneGateCannotBeLeft_othersAreNotHeldUp() {
    scheduler().schedule(task("spoilt", "work").inOrder("unleft"));
    leaveFails = true;
    advanceThroughFailures();
    List<Task> tasks = new ArrayList<>();
    List<String> all = new ArrayList<>(List.of("spoilt"));
    for (int i = 0; i < 20; i++) {
      all.add("other " + i);
      tasks.add(task("other " + i, "work").inOrder("key " + i));
    }
    scheduler().scheduleAll(tasks);
    advanceThroughFailures();
    assertThat(ran).containsExactlyInAnyOrderElementsOf(all);
    leaveFails = false;
    virtual.advance(SECOND);
    assertThat(virtual.gatehouse().status().scheduler().held()).isZero();
  }

  @Test
  void applicationIsRemovedWhileItsTasksWait_theyFailAndLeaveNothing() {
    Application one = virtual.gatehouse().registry().register(Application.named("one"));
    failing.add("A");
    List<TaskId> ids =
        scheduler()
            .scheduleAll(
                List.of(
                    task("A", "work").application(one).inOrder("k"),
                    task("B", "work").application(one).inOrder("k"),
                    task("C", "work").application(one).inOrder("k")));
    virtual.advance(SECOND);
    virtual.gatehouse().registry().removeApplication("one");
    virtual.advance(Duration.ofMinutes(5));
    assertThat(ran).containsExactly("A");
    assertThat(ids)
        .allMatch(id -> scheduler().findTask(id).orElseThrow().status() == TaskStatus.FAILED);
    assertThat(places(ids)).isEmpty();
  }

  @Test
  void firstIsChangedByWhoRunsNoTasks_othersRunAfterASweep() {
    failing.add("A");
    TaskId first = scheduler().schedule(task("A", "work").inOrder("k"));
    scheduler().schedule(task("B", "work").inOrder("k"));
    scheduler().schedule(task("C", "work").inOrder("k"));
    virtual.advance(SECOND);
    try (Gatehouse client = client()) {
      assertThat(client.scheduler().cancel(first)).isEqualTo(Cancellation.CANCELLED);
      failing.add("B");
      advanceAndSweep();
      virtual.advance(SECOND);
      assertThat(ran).containsExactly("A", "B");
      client
          .scheduler()
          .trySchedule(task("B", "other").ifTaken(IfTaken.SUPERSEDE).in(Duration.ofDays(1)));
    }
    advanceAndSweep();
    virtual.advance(SECOND);
    assertThat(ran).endsWith("C");
  }

  @Test
  void waitingIsPausedByWhoRunsNoTasks_othersGoBeforeIt() {
    scheduler().schedule(task("A", "work").atMost(1, "k"));
    failing.add("A");
    TaskId second = scheduler().schedule(task("B", "work").atMost(1, "k").in(SECOND));
    scheduler().schedule(task("C", "work").atMost(1, "k").in(SECOND.multipliedBy(2)));
    storage.run(
        transaction -> {
          GateStore gates = storage.tasks().gates().joining(transaction);
          gates.add(List.of(new GateStore.Place("key:0:k", second.value(), 0, 1, false)));
        });
    try (Gatehouse client = client()) {
      client.scheduler().pause(second);
    }
    virtual.advance(Duration.ofMinutes(1));
    assertThat(ran).startsWith("A").contains("C").doesNotContain("B");
    scheduler().resume(second);
    virtual.advance(Duration.ofMinutes(1));
    assertThat(ran).contains("B");
  }

  @Test
  void clockIsSetForwardAndBack_ratedTasksAllRun() {
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      tasks.add(task("T" + i, "paced"));
    }
    scheduler().scheduleAll(tasks);
    virtual.advance(SECOND);
    virtual.clock().set(virtual.now().plus(Duration.ofHours(1)));
    virtual.advance(SECOND);
    virtual.clock().set(virtual.now().minus(Duration.ofHours(1)));
    virtual.advance(Duration.ofHours(2));
    assertThat(ran).containsExactlyInAnyOrder("T0", "T1", "T2", "T3", "T4", "T5");
  }
}

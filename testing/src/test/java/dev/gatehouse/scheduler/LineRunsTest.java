package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What may come between tasks that a node holds one behind the other: the order of a key is the
 * same as if each had been let in alone. The first task fails once, so that the others come to
 * stand behind it.
 */
class LineRunsTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final List<String> ran = new ArrayList<>();
  private final Set<String> failing = new HashSet<>();

  /** What a handler does when it first runs the task. */
  private final Map<String, Runnable> during = new HashMap<>();

  private final Map<String, TaskId> ids = new HashMap<>();
  private final Storage storage = MemoryStorage.create(new ManualClock(VirtualGatehouse.START));
  private final Set<String> fails = new HashSet<>();
  private int handedOn;
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(
          builder ->
              builder
                  .storage(watched(Storage.class, storage))
                  .handler("work", this::work)
                  .handler("joined", this::completeInTransaction)
                  .handler("single", this::work)
                  .scheduler(
                      SchedulerOptions.builder()
                          .lease(Duration.ofDays(36_500))
                          .limit("single", Limit.concurrent(1))
                          .build()));

  private TaskResult work(TaskContext context) {
    String name = context.taskNo().orElseThrow();
    ran.add(name);
    Runnable work = during.remove(name);
    if (work != null) {
      work.run();
    }
    return failing.remove(name) ? TaskResult.failed("not yet") : TaskResult.done();
  }

  private TaskResult completeInTransaction(TaskContext context) {
    ran.add(context.taskNo().orElseThrow());
    storage.run(context::completeIn);
    return TaskResult.done();
  }

  /** Counts turns that were handed on; what is asked of {@link #fails} fails once. */
  private <T> T watched(Class<T> type, T sound) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (fails.remove(method.getName())) {
                throw new StorageException("out of reach");
              }
              try {
                Object result = method.invoke(sound, arguments);
                if (method.getName().equals("handOn")) {
                  handedOn += ((List<?>) result).size();
                }
                if (result instanceof TaskStore tasks) {
                  return watched(TaskStore.class, tasks);
                }
                return result instanceof GateStore gates ? watched(GateStore.class, gates) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @AfterEach
  void close() {
    virtual.close();
  }

  private TaskScheduler scheduler() {
    return virtual.gatehouse().scheduler();
  }

  private static Task task(String taskNo) {
    return Task.of(taskNo)
        .handler("work")
        .inOrder("k")
        .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(5), 3));
  }

  private TaskId id(String taskNo) {
    return ids.get(taskNo);
  }

  private void schedule(Task task) {
    ids.put(task.taskNo().orElseThrow(), scheduler().schedule(task));
  }

  /** Schedules A to H, has all but A wait, and lets them run. */
  private void runAll() {
    failing.add("A");
    for (char name = 'A'; name <= 'H'; name++) {
      schedule(task(String.valueOf(name)));
      virtual.advance(Duration.ofMillis(1));
    }
    assertThat(ran).containsExactly("A");
    ran.clear();
    advanceThroughFailures();
  }

  private void advanceThroughFailures() {
    for (int second = 0; second < 60; second++) {
      try {
        virtual.advance(Duration.ofSeconds(1));
      } catch (StorageException e) {
        assertThat(e).hasMessage("out of reach");
      }
    }
  }

  /** That is all there was, and nothing is left at the gate. */
  private void assertRan(String names) {
    assertThat(String.join("", ran)).isEqualTo(names);
    List<Long> all = ids.values().stream().map(TaskId::value).toList();
    assertThat(storage.tasks().gates().ofTasks(all)).isEmpty();
    assertThat(storage.tasks().open(all)).isEmpty();
    assertThat(virtual.gatehouse().status().scheduler().held()).isZero();
  }

  @Test
  void run_nothingComesBetween_turnsAreHandedOn() {
    runAll();
    assertRan("ABCDEFGH");
    // A run of one, of two, of four, and of what is left.
    assertThat(handedOn).isEqualTo(4);
  }

  @Test
  void run_thousandsBehindOne_nearlyAllAreHandedOn() {
    failing.add("0");
    List<Task> tasks = new ArrayList<>();
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < 1_500; i++) {
      tasks.add(task(String.valueOf(i)));
      names.append(i);
    }
    List<TaskId> all = new ArrayList<>(scheduler().scheduleAll(tasks.subList(0, 750)));
    all.addAll(scheduler().scheduleAll(tasks.subList(750, 1_500)));
    for (int i = 0; i < all.size(); i++) {
      ids.put(String.valueOf(i), all.get(i));
    }
    virtual.advance(Duration.ofSeconds(1));
    ran.clear();
    virtual.advance(MINUTE);
    assertRan(names.toString());
    assertThat(handedOn).isGreaterThan(1_480);
  }

  @Test
  void run_oneFailsForAWhile_othersWaitForIt() {
    failing.add("C");
    runAll();
    assertRan("ABCCDEFGH");
  }

  @Test
  void run_oneFailsForGood_othersGoOn() {
    for (String name : List.of("C", "D")) {
      during.put(
          name,
          () -> {
            throw new IllegalStateException("always");
          });
    }
    failing.add("A");
    schedule(task("A"));
    schedule(task("B"));
    schedule(task("C").retryPolicy(RetryPolicy.NONE));
    schedule(task("D").retryPolicy(RetryPolicy.NONE));
    schedule(task("E"));
    virtual.advance(MINUTE);
    assertRan("AABCDE");
    assertThat(scheduler().findTask("D").orElseThrow().status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void run_oneIsCancelled_othersGoOn() {
    during.put(
        "B", () -> assertThat(scheduler().cancel(id("D"))).isEqualTo(Cancellation.CANCELLED));
    runAll();
    assertRan("ABCEFGH");
  }

  @Test
  void run_oneIsPaused_othersWaitUntilItIsResumed() {
    during.put("B", () -> assertThat(scheduler().pause(id("D"))).isEqualTo(TaskChange.DONE));
    runAll();
    assertThat(ran).containsExactly("A", "B", "C");
    scheduler().resume(id("D"));
    virtual.advance(MINUTE);
    assertRan("ABCDEFGH");
  }

  @Test
  void run_oneIsRescheduled_keepsItsPlace() {
    during.put("B", () -> scheduler().reschedule(id("D"), virtual.now().plus(MINUTE)));
    runAll();
    assertThat(ran).containsExactly("A", "B", "C");
    virtual.advance(MINUTE);
    assertRan("ABCDEFGH");
  }

  @Test
  void run_lastIsToRunNow_keepsItsPlace() {
    during.put("B", () -> assertThat(scheduler().runNow(id("H"))).isEqualTo(TaskChange.DONE));
    runAll();
    assertRan("ABCDEFGH");
  }

  @Test
  void run_oneIsScheduledForEarlier_comesNext() {
    Instant first = virtual.now();
    during.put("C", () -> schedule(task("X").at(first)));
    runAll();
    assertRan("ABCXDEFGH");
  }

  @Test
  void run_oneThatFailedIsRequeued_comesNext() {
    during.put(
        "B",
        () -> {
          throw new IllegalStateException("once");
        });
    during.put("D", () -> assertThat(scheduler().requeue(id("B"))).isEqualTo(Requeue.REQUEUED));
    failing.add("A");
    schedule(task("A"));
    schedule(task("B").retryPolicy(RetryPolicy.NONE));
    for (String name : List.of("C", "D", "E", "F")) {
      schedule(task(name));
    }
    virtual.advance(MINUTE);
    assertRan("AABCDBEF");
  }

  @Test
  void run_oneIsSuperseded_standsWhereItsNewTimeIs() {
    during.put("B", () -> schedule(task("D").ifTaken(IfTaken.SUPERSEDE)));
    runAll();
    assertRan("ABCEFGHD");
  }

  @Test
  void run_whoHasItsTurnIsRequeuedByForce_runsAgainBeforeOthers() {
    during.put("C", () -> scheduler().forceRequeue(id("C")));
    runAll();
    assertRan("ABCCDEFGH");
  }

  @Test
  void run_anEndCannotBeWritten_othersWaitForIt() {
    during.put("C", () -> fails.add("settle"));
    runAll();
    assertRan("ABCDEFGH");
  }

  @Test
  void run_turnCannotBeHandedOn_othersGoOnByThemselves() {
    during.put("C", () -> fails.add("handOn"));
    runAll();
    assertRan("ABCDEFGH");
  }

  @Test
  void run_othersCompleteInTransactionsOfTheirOwn_inOrder() {
    failing.add("A");
    schedule(task("A"));
    for (String name : List.of("B", "C", "D", "E")) {
      schedule(task(name).handler("joined"));
    }
    schedule(task("F"));
    virtual.advance(MINUTE);
    assertRan("AABCDEF");
  }

  @Test
  void run_someHaveAnotherLimit_inOrder() {
    failing.add("A");
    schedule(task("A"));
    for (String name : List.of("B", "C", "D", "E", "F", "G")) {
      schedule(task(name).handler(name.compareTo("D") < 0 ? "work" : "single"));
    }
    virtual.advance(MINUTE);
    assertRan("AABCDEFG");
  }

  @Test
  void otherKeys_oneTakesLong_areNotHeldUp() {
    failing.add("A");
    schedule(task("A"));
    schedule(task("B"));
    schedule(task("Y").inOrder("other"));
    schedule(task("Z").inOrder("other"));
    virtual.advance(Duration.ofSeconds(1));
    assertThat(ran).containsExactly("A", "Y", "Z");
  }
}

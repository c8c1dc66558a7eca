package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers of all kinds on the engine's own threads. */
@Timeout(60)
class DrainerThreadsTest {
  private final SchedulerFixture fixture = new SchedulerFixture(InstantSource.system());
  private final CountDownLatch released = new CountDownLatch(1);
  private final List<TaskEngine> engines = new ArrayList<>();

  DrainerThreadsTest() {
    fixture.handlers.put("quick", context -> TaskResult.done());
    fixture.handlers.put(
        "deaf",
        context -> {
          while (!isOpen(released)) {
            // Does not heed its interruption, which is the point.
          }
          return TaskResult.done();
        });
  }

  private TaskEngine start() {
    SchedulerParts parts = fixture.parts();
    TaskEngine engine =
        TaskEngine.create(
            new SchedulerParts(
                parts.store(),
                parts.schedules(),
                parts.workflows(),
                parts.transactions(),
                parts.audit(),
                parts.handlers(),
                parts.callbacks(),
                parts.ids(),
                parts.nodeNumber(),
                InstantSource.system(),
                System::nanoTime,
                parts.listener(),
                parts.options()));
    engines.add(engine);
    engine.start();
    return engine;
  }

  @AfterEach
  void close() {
    released.countDown();
    engines.forEach(engine -> engine.close(Duration.ofSeconds(5)));
  }

  private static List<TaskId> schedule(TaskEngine engine, int count, Task task) {
    return engine
        .scheduler()
        .scheduleAll(Collections.nCopies(count, task.retryPolicy(RetryPolicy.NONE)));
  }

  private void awaitStatus(List<TaskId> ids, TaskStatus status) {
    await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(ids).allMatch(id -> fixture.status(id) == status));
  }

  @Test
  void start_asManyBlockingHandlersAsMayRun_allAreUnderWayAtOnce() throws InterruptedException {
    // Claims, which would bring things forward now and then, come once a minute.
    fixture.options = SchedulerOptions.builder().pollInterval(Duration.ofMinutes(1)).build();
    int max = fixture.options.maxRunning();
    CountDownLatch all = new CountDownLatch(max);
    fixture.handlers.put(
        "block",
        context -> {
          all.countDown();
          return isOpen(all) ? TaskResult.done() : TaskResult.failed("alone");
        });
    TaskEngine engine = start();

    List<TaskId> ids = schedule(engine, max, Task.unnumbered().handler("block"));

    assertThat(all.await(40, TimeUnit.SECONDS)).isTrue();
    awaitStatus(ids, TaskStatus.FINISHED);
  }

  @Test
  void start_handlersThatHeedNoInterruption_holdUpNoOthers() {
    fixture.options = SchedulerOptions.builder().maxRunning(16).build();
    TaskEngine engine = start();
    Task deaf = Task.unnumbered().handler("deaf").timeout(Duration.ofMillis(100));
    List<TaskId> hanging = schedule(engine, 15, deaf);
    awaitStatus(hanging, TaskStatus.FAILED);

    awaitStatus(schedule(engine, 1_000, Task.unnumbered().handler("quick")), TaskStatus.FINISHED);
  }

  @Test
  void start_manyMoreSlowTasksThanMayRun_allAreDoneAndNeverMoreAtOnce() {
    fixture.options = SchedulerOptions.builder().maxRunning(8).build();
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    fixture.handlers.put(
        "slow",
        context -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          LockSupport.parkNanos(2_000_000);
          running.decrementAndGet();
          return TaskResult.done();
        });
    TaskEngine engine = start();

    awaitStatus(schedule(engine, 400, Task.unnumbered().handler("slow")), TaskStatus.FINISHED);

    assertThat(most).hasValueBetween(2, 8);
  }

  @Test
  void status_tasksHeldBehindASlowOne_lagIsTheirs() {
    fixture.options = SchedulerOptions.builder().maxRunning(1).build();
    CountDownLatch slow = new CountDownLatch(1);
    fixture.handlers.put("slow", context -> isOpen(slow) ? TaskResult.done() : TaskResult.done());
    TaskEngine engine = start();
    List<TaskId> ids = schedule(engine, 3, Task.unnumbered().handler("slow"));
    Instant due = Instant.ofEpochMilli(fixture.state(ids.get(0)).dueMillis());
    await()
        .atMost(Duration.ofSeconds(40))
        .until(() -> engine.status().underWay() == 1 && engine.status().held() == 3);

    await()
        .atMost(Duration.ofSeconds(40))
        .until(() -> engine.status().lag().compareTo(Duration.ofMillis(300)) >= 0);

    assertThat(fixture.store.earliestDue()).isEmpty();
    assertThat(engine.status().earliestDue()).contains(due);
    slow.countDown();
    awaitStatus(ids, TaskStatus.FINISHED);
    assertThat(engine.status().lag()).isZero();
  }

  @Test
  void cancel_whileTasksComeUp_eachRunsOnceOrIsCancelledAndNoneRunsEarly() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    System.out.println("DrainerThreadsTest gatehouse.seed=" + seed);
    Random random = new Random(seed);
    Map<TaskId, AtomicInteger> runs = new ConcurrentHashMap<>();
    AtomicInteger early = new AtomicInteger();
    fixture.handlers.put(
        "work",
        context -> {
          early.addAndGet(Instant.now().isBefore(context.dueAt()) ? 1 : 0);
          runs.computeIfAbsent(context.id(), id -> new AtomicInteger()).incrementAndGet();
          return TaskResult.done();
        });
    TaskEngine engine = start();
    List<TaskId> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Duration in = Duration.ofMillis(random.nextInt(400));
      ids.addAll(schedule(engine, 50, Task.unnumbered().handler("work").in(in)));
    }
    Map<TaskId, Cancellation> answers = new ConcurrentHashMap<>();
    List<TaskId> chosen = ids.stream().filter(id -> random.nextInt(3) == 0).toList();
    int half = chosen.size() / 2;
    CompletableFuture<Void> other =
        CompletableFuture.runAsync(() -> cancelAll(engine, chosen.subList(0, half), answers));
    cancelAll(engine, chosen.subList(half, chosen.size()), answers);
    other.join();

    await()
        .atMost(Duration.ofSeconds(40))
        .until(() -> ids.stream().allMatch(id -> fixture.status(id).isFinal()));

    assertThat(early).hasValue(0);
    for (TaskId id : ids) {
      int ran = runs.getOrDefault(id, new AtomicInteger()).get();
      Cancellation answer = answers.get(id);
      if (answer == null || answer == Cancellation.TOO_LATE) {
        assertThat(ran).as("runs of %s, %s", id, answer).isEqualTo(1);
      } else if (answer == Cancellation.CANCELLED) {
        assertThat(ran).as("runs of %s, %s", id, answer).isZero();
        assertThat(fixture.status(id)).isEqualTo(TaskStatus.CANCELLED);
      } else {
        assertThat(ran).as("runs of %s, %s", id, answer).isLessThanOrEqualTo(1);
      }
    }
  }

  /** Waits; false if interrupted. */
  private static boolean isOpen(CountDownLatch latch) {
    try {
      return latch.await(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      return false;
    }
  }

  private static void cancelAll(
      TaskEngine engine, List<TaskId> ids, Map<TaskId, Cancellation> answers) {
    ids.forEach(id -> answers.put(id, engine.scheduler().cancel(id)));
  }
}

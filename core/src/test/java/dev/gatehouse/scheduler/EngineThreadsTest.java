package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine on its own threads and the system's clocks. */
@Timeout(60)
class EngineThreadsTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final AtomicLong jumpedMillis = new AtomicLong();
  private final InstantSource wallClock = () -> Instant.now().plusMillis(jumpedMillis.get());
  private final SchedulerFixture fixture = new SchedulerFixture(wallClock);
  private final AtomicLong pausedNanos = new AtomicLong();
  private final Set<Thread> before = Thread.getAllStackTraces().keySet();
  private final List<TaskEngine> engines = new ArrayList<>();

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
                wallClock,
                () -> System.nanoTime() + pausedNanos.get(),
                parts.listener(),
                parts.options()));
    engines.add(engine);
    engine.start();
    return engine;
  }

  @AfterEach
  void close() {
    fixture.store.endHanging();
    engines.forEach(engine -> engine.close(Duration.ofSeconds(5)));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> !before.contains(thread))
                    .filteredOn(thread -> thread.getName().startsWith("gatehouse-"))
                    .isEmpty());
  }

  private TaskId schedule(TaskEngine engine, Task task) {
    return engine.scheduler().schedule(task.retryPolicy(RetryPolicy.NONE));
  }

  private void awaitStatus(TaskId id, TaskStatus status) {
    awaitStatus(List.of(id), status);
  }

  private void awaitStatus(List<TaskId> ids, TaskStatus status) {
    await()
        .atMost(SOON)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(ids).allMatch(id -> fixture.state(id).status() == status));
  }

  /** Long after the claims of the start, none would come for seconds. */
  @Test
  void schedule_dueSoonOnANodeWithRoom_runsWithoutAClaim() {
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    await().atMost(SOON).until(() -> fixture.store.calls("claim") > 0);
    fixture.store.failing("claim");
    TaskId now = schedule(engine, Task.unnumbered().handler("work"));
    TaskId soon = schedule(engine, Task.unnumbered().handler("work").in(Duration.ofMillis(300)));
    awaitStatus(List.of(now, soon), TaskStatus.FINISHED);
    fixture.store.failing();
    TaskId later = schedule(engine, Task.unnumbered().handler("work").in(Duration.ofSeconds(2)));
    awaitStatus(later, TaskStatus.FINISHED);
  }

  @Test
  void start_twoNodesAndManyTasks_eachRunsOnceAndNoneEarly() {
    Set<TaskId> ran = ConcurrentHashMap.newKeySet();
    AtomicInteger runs = new AtomicInteger();
    AtomicInteger early = new AtomicInteger();
    fixture.handlers.put(
        "work",
        context -> {
          ran.add(context.id());
          runs.incrementAndGet();
          if (Instant.now().isBefore(context.dueAt())) {
            early.incrementAndGet();
          }
          return TaskResult.done();
        });
    TaskEngine one = start();
    start();
    List<TaskId> ids = new ArrayList<>();
    for (int batch = 0; batch < 5; batch++) {
      Task task = Task.unnumbered().handler("work").in(Duration.ofMillis(100L * batch));
      ids.addAll(one.scheduler().scheduleAll(Collections.nCopies(200, task)));
    }

    awaitStatus(ids, TaskStatus.FINISHED);

    assertThat(ran).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(runs).hasValue(1_000);
    assertThat(early).hasValue(0);
    assertThat(fixture.store.calls("settle")).isLessThan(1_000);
  }

  @Test
  void start_storeOutOfReachFromTheFirst_worksOnceItIsBack() {
    fixture.handlers.put("work", context -> TaskResult.done());
    fixture.store.failing("join", "renew", "claim", "settle", "leased", "recover");
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work"));
    await().atMost(SOON).until(() -> fixture.store.calls("join") >= 3);

    fixture.store.failing();

    awaitStatus(id, TaskStatus.FINISHED);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.SUCCESS);
  }

  @Test
  void start_storeThrowsErrorsFromEveryMethod_worksOnceItIsWell() {
    fixture.handlers.put("work", context -> TaskResult.done());
    fixture.store.failingWith(method -> new NoClassDefFoundError(method));
    fixture.store.failing("join", "renew", "claim", "settle", "leased", "recover");
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work"));
    await().atMost(SOON).until(() -> fixture.store.calls("join") >= 2);
    fixture.store.failing("settle", "leased", "recover");
    await().atMost(SOON).until(() -> fixture.store.calls("settle") >= 2);

    fixture.store.failing();

    awaitStatus(id, TaskStatus.FINISHED);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.SUCCESS);
  }

  @Test
  void clock_jumpsAnHourForthAndTwoBack_tasksGoOnRunning() {
    fixture.handlers.put("work", context -> TaskResult.done());
    fixture.options = SchedulerOptions.builder().lease(Duration.ofSeconds(1)).build();
    TaskEngine engine = start();
    awaitStatus(schedule(engine, Task.unnumbered().handler("work")), TaskStatus.FINISHED);

    for (long millis : new long[] {3_600_000, -7_200_000}) {
      jumpedMillis.addAndGet(millis);
      await().atMost(SOON).until(() -> Math.abs(engine.millis() - wallClock.millis()) < 60_000);
      TaskId id = schedule(engine, Task.unnumbered().handler("work").in(Duration.ofMillis(300)));
      awaitStatus(id, TaskStatus.FINISHED);
    }
  }

  @Test
  void start_twoThousandDueAtOnceAndFourMayRun_neverMoreThanFourAndNoneLost() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger runs = new AtomicInteger();
    fixture.options = SchedulerOptions.builder().maxRunning(4).capacity(100).build();
    fixture.handlers.put(
        "work",
        context -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          LockSupport.parkNanos(10_000);
          runs.incrementAndGet();
          running.decrementAndGet();
          return TaskResult.done();
        });
    Task task = Task.unnumbered().handler("work").retryPolicy(RetryPolicy.NONE);
    TaskScheduler scheduler = fixture.engine().scheduler();
    List<TaskId> ids = new ArrayList<>();
    for (int batch = 0; batch < 2; batch++) {
      ids.addAll(scheduler.scheduleAll(Collections.nCopies(1_000, task)));
    }
    start();

    awaitStatus(ids, TaskStatus.FINISHED);

    assertThat(runs).hasValue(2_000);
    assertThat(most).hasValueBetween(1, 4);
  }

  @Test
  void close_handlerSchedulesItselfForEver_endsAndKeepsTheLast() {
    AtomicInteger runs = new AtomicInteger();
    List<TaskId> ids = Collections.synchronizedList(new ArrayList<>());
    List<TaskEngine> self = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          runs.incrementAndGet();
          ids.add(schedule(self.get(0), Task.unnumbered().handler("work")));
          return TaskResult.done();
        });
    TaskEngine engine = fixture.engine();
    self.add(engine);
    engines.add(engine);
    ids.add(schedule(engine, Task.unnumbered().handler("work").at(Instant.EPOCH)));
    engine.start();
    await().atMost(SOON).until(() -> runs.get() >= 100);

    engine.close(Duration.ofSeconds(5));

    assertThat(ids)
        .hasSize(runs.get() + 1)
        .extracting(fixture::status)
        .filteredOn(status -> status != TaskStatus.FINISHED)
        .containsExactly(TaskStatus.WAITING);
  }

  @Test
  void cancel_heldAndNotBegun_cancelledForCertain() {
    fixture.options = SchedulerOptions.builder().claimWindow(Duration.ofMinutes(1)).build();
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work").in(Duration.ofSeconds(50)));
    awaitStatus(id, TaskStatus.RUNNING);
    TaskScheduler another = engine.scheduler().as(fixture.application(7, 5, 0));

    assertThat(another.cancel(id)).isEqualTo(Cancellation.NOT_FOUND);
    await().atMost(SOON).until(() -> engine.scheduler().cancel(id) == Cancellation.CANCELLED);

    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(engine.scheduler().cancel(id)).isEqualTo(Cancellation.TOO_LATE);
  }

  @Test
  void reschedule_heldAndNotBegun_takenBackAndRunThen() {
    fixture.options = SchedulerOptions.builder().claimWindow(Duration.ofMinutes(1)).build();
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work").in(Duration.ofSeconds(50)));
    awaitStatus(id, TaskStatus.RUNNING);

    await().atMost(SOON).until(() -> engine.scheduler().pause(id) == TaskChange.DONE);
    assertThat(fixture.state(id).asked()).isEqualTo(Asked.PAUSE);
    await().atMost(SOON).until(() -> engine.scheduler().runNow(id) == TaskChange.DONE);

    awaitStatus(id, TaskStatus.FINISHED);
    assertThat(fixture.state(id).attempt()).isEqualTo(1);
  }

  @Test
  void cancel_heldAndNotBegunAndStoreFails_readyAgain() {
    fixture.options = SchedulerOptions.builder().claimWindow(Duration.ofMinutes(1)).build();
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work").in(Duration.ofSeconds(2)));
    awaitStatus(id, TaskStatus.RUNNING);
    fixture.store.failing("settle");

    assertThatThrownBy(() -> engine.scheduler().cancel(id)).isInstanceOf(StorageException.class);
    fixture.store.failing();

    awaitStatus(id, TaskStatus.FINISHED);
    assertThat(fixture.state(id).attempt()).isEqualTo(1);
  }

  @Test
  void settle_storeOutOfReachForAWhile_noTaskRunsTwice() {
    AtomicInteger runs = new AtomicInteger();
    fixture.handlers.put(
        "work",
        context -> {
          runs.incrementAndGet();
          return TaskResult.done();
        });
    fixture.store.failing("settle", "claim");
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work"));
    fixture.store.failing("settle");
    await().atMost(SOON).until(() -> fixture.store.calls("settle") >= 3);

    fixture.store.failing();

    awaitStatus(id, TaskStatus.FINISHED);
    assertThat(runs).hasValue(1);
  }

  @Test
  void timeout_handlerHangs_interruptedAndSettledAtOnce() throws InterruptedException {
    CountDownLatch interrupted = new CountDownLatch(1);
    fixture.handlers.put(
        "hang",
        context -> {
          while (!Thread.currentThread().isInterrupted()) {
            LockSupport.park();
          }
          assertThat(context.isCancelled()).isTrue();
          interrupted.countDown();
          return TaskResult.done();
        });
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("hang").timeout(Duration.ofMillis(300)));

    awaitStatus(id, TaskStatus.FAILED);

    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    Attempt attempt = fixture.store.attempts(id.value()).get(0);
    assertThat(attempt.outcome()).isEqualTo(Outcome.TIMEOUT);
    assertThat(Duration.between(attempt.startedAt(), attempt.endedAt()))
        .isBetween(Duration.ofMillis(299), Duration.ofMillis(5_000));
  }

  @Test
  void cancel_handlerUnderWay_interruptedAndLateResultIgnored() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    fixture.handlers.put(
        "hang",
        context -> {
          begun.countDown();
          while (!Thread.currentThread().isInterrupted()) {
            LockSupport.park();
          }
          return TaskResult.done();
        });
    fixture.handlers.put(
        "work",
        context ->
            Thread.currentThread().isInterrupted() ? TaskResult.failed("?") : TaskResult.done());
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("hang"));
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

    assertThat(engine.scheduler().cancel(id)).isEqualTo(Cancellation.REQUESTED);

    awaitStatus(id, TaskStatus.CANCELLED);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.CANCELLED);
    TaskId next = schedule(engine, Task.unnumbered().handler("work"));
    awaitStatus(next, TaskStatus.FINISHED);
  }

  @Test
  void pause_longerThanTheLease_nodeComesBackAsAnotherAndGoesOn() {
    fixture.options = SchedulerOptions.builder().lease(Duration.ofSeconds(1)).build();
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    awaitStatus(schedule(engine, Task.unnumbered().handler("work")), TaskStatus.FINISHED);

    pausedNanos.addAndGet(Duration.ofSeconds(60).toNanos());

    await().atMost(SOON).until(() -> fixture.heard.fenced.get() >= 1);
    awaitStatus(schedule(engine, Task.unnumbered().handler("work")), TaskStatus.FINISHED);
    assertThat(fixture.store.calls("join")).isGreaterThanOrEqualTo(2);
  }

  @Test
  void recover_nodeGone_itsTaskRunsElsewhere() {
    fixture.options = SchedulerOptions.builder().lease(Duration.ofSeconds(1)).build();
    fixture.handlers.put("work", context -> TaskResult.done());
    NodeLease gone = fixture.store.join("gone", Duration.ofSeconds(1));
    TaskId id = schedule(fixture.engine(), Task.unnumbered().handler("work").at(Instant.EPOCH));
    assertThat(fixture.store.claim(gone.node(), 0, 1)).hasSize(1);

    start();

    awaitStatus(id, TaskStatus.FINISHED);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.CRASHED, Outcome.SUCCESS);
    assertThat(fixture.heard.recovered).hasValue(1);
  }

  @Test
  void recover_schedulesCannotBeRead_lostTaskRunsElsewhereAllTheSame() {
    fixture.earliestSchedule =
        () -> {
          throw new StorageException("broken on purpose");
        };
    recover_nodeGone_itsTaskRunsElsewhere();
    await().atMost(SOON).until(() -> fixture.schedulesAsked.get() >= 2);
  }

  @Test
  void close_tasksInTheWindow_givenBackUncounted() {
    fixture.options = SchedulerOptions.builder().claimWindow(Duration.ofMinutes(1)).build();
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work").in(Duration.ofSeconds(50)));
    awaitStatus(id, TaskStatus.RUNNING);

    engine.close(Duration.ofSeconds(5));

    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.WAITING);
    assertThat(fixture.state(id).attempt()).isZero();
    assertThat(fixture.store.calls("leave")).isEqualTo(1);
  }

  @Test
  void close_handlerUnderWay_waitedForAndItsResultWritten() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch closing = new CountDownLatch(1);
    fixture.handlers.put(
        "work",
        context -> {
          begun.countDown();
          await().atMost(SOON).until(() -> closing.getCount() == 0);
          return TaskResult.done();
        });
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work"));
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Void> release =
        CompletableFuture.runAsync(
            closing::countDown, CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS));

    engine.close(SOON);

    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(release).isCompleted();
  }

  @Test
  void close_handlerTakesLonger_interruptedAndLeftToOthersAtOnce() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    fixture.handlers.put(
        "hang",
        context -> {
          begun.countDown();
          while (!Thread.currentThread().isInterrupted()) {
            LockSupport.park();
          }
          interrupted.countDown();
          return TaskResult.done();
        });
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("hang"));
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

    engine.close(Duration.ZERO);

    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.WAITING);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.INTERRUPTED);
    assertThat(fixture.heard.outcomes).containsExactly("hang interrupted");
    assertThat(fixture.store.recover(5, 0, 10)).isEmpty();
  }

  @Test
  void close_storeOutOfReach_endsAllTheSame() {
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    fixture.store.failing("settle", "renew", "leave", "claim", "leased", "recover");
    long start = System.nanoTime();

    engine.close(Duration.ZERO);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void close_storeHangs_endsAllTheSame() {
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    awaitStatus(schedule(engine, Task.unnumbered().handler("work")), TaskStatus.FINISHED);
    fixture.store.hanging("settle", "renew", "leave", "claim", "leased", "recover");
    long start = System.nanoTime();

    engine.close(Duration.ZERO);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
  }

  @Test
  void close_storeIsClosedAlready_noThreadKeepsTheLeaseForEver() {
    fixture.options = SchedulerOptions.builder().claimWindow(Duration.ofMinutes(1)).build();
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = start();
    TaskId id = schedule(engine, Task.unnumbered().handler("work").in(Duration.ofSeconds(50)));
    awaitStatus(id, TaskStatus.RUNNING);
    fixture.store.failingWith(method -> new IllegalStateException("the pool is closed"));
    fixture.store.failing("settle", "renew", "leave", "claim", "leased", "recover");

    engine.close(Duration.ZERO);

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .doesNotContain("gatehouse-lease", "gatehouse-settler"));
  }

  @Test
  void callbacks_hanging_holdNoThreads() {
    List<CompletableFuture<Response>> answers = Collections.synchronizedList(new ArrayList<>());
    fixture.receiver =
        request -> {
          CompletableFuture<Response> answer = new CompletableFuture<>();
          answers.add(answer);
          return answer;
        };
    fixture.options = SchedulerOptions.builder().maxRunning(1_000).build();
    Task task = Task.unnumbered().application(fixture.application(7, 5, 0));
    TaskEngine engine = start();
    List<TaskId> ids = engine.scheduler().scheduleAll(Collections.nCopies(500, task));
    await().atMost(SOON).until(() -> answers.size() == 500);

    List.copyOf(answers).forEach(answer -> answer.complete(Response.of(200, "success")));

    awaitStatus(ids, TaskStatus.FINISHED);
    assertThat(fixture.heard.outcomes).hasSize(500).containsOnly("callback success");
  }
}

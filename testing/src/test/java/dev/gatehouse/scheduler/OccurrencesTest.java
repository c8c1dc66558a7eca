package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Occurrences beside other tasks: one that has their number, one before them that has not ended.
 */
class OccurrencesTest {
  private static final Instant START = VirtualGatehouse.START;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String FIRST = "hourly@2030-01-01T01:00:00Z";

  private final List<TaskContext> ran = new ArrayList<>();
  private Duration busy = Duration.ZERO;
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(
          builder ->
              builder
                  .scheduler(
                      SchedulerOptions.builder()
                          .audited(SchedulerOptions.Audited.ALL)
                          .lease(Duration.ofDays(36_500))
                          .build())
                  .handler("work", this::work));

  private TaskResult work(TaskContext context) {
    ran.add(context);
    return busy.isZero() || context.attempt() > 1
        ? TaskResult.done()
        : TaskResult.retryAfter(busy, "busy");
  }

  @AfterEach
  void close() {
    virtual.close();
  }

  private TaskScheduler scheduler() {
    return virtual.gatehouse().scheduler();
  }

  private static Schedule hourly() {
    return Schedule.cron("hourly", "0 * * * *").handler("work").content("[1]");
  }

  private static Task foreign(String number) {
    return Task.of(number).handler("work").content("[2]");
  }

  private List<String> contents() {
    return ran.stream().map(TaskContext::content).toList();
  }

  private List<Instant> begun() {
    return ran.stream().filter(one -> one.attempt() == 1).map(TaskContext::dueAt).toList();
  }

  private static Instant hour(int hour) {
    return START.plus(HOUR.multipliedBy(hour));
  }

  private List<String> texts() {
    return virtual
        .gatehouse()
        .audit()
        .find(AuditQuery.between(START, virtual.now().plus(HOUR)))
        .records()
        .stream()
        .map(AuditRecord::content)
        .toList();
  }

  @Test
  void number_takenByAWaitingTask_occursAllTheSameAndIsAudited() {
    scheduler().schedule(foreign(FIRST).in(Duration.ofDays(1)));
    scheduler().repeat(hourly());
    virtual.advance(HOUR);

    assertThat(contents()).containsExactly("[1]");
    assertThat(ran.get(0).taskNo()).isEmpty();
    assertThat(ran.get(0).dueAt()).isEqualTo(hour(1));
    assertThat(texts())
        .anySatisfy(
            text ->
                assertThat(text)
                    .contains("(hourly) occurs at 2030-01-01T01:00:00Z as task")
                    .contains("without a number"));
    virtual.advance(HOUR);
    assertThat(ran.get(1).taskNo()).contains("hourly@2030-01-01T02:00:00Z");
    assertThat(scheduler().findSchedule("hourly").orElseThrow().last()).contains(hour(2));
  }

  @Test
  void number_takenByAnEndedTask_occursAllTheSame() {
    scheduler().schedule(foreign(FIRST));
    virtual.runDue();
    scheduler().repeat(hourly());
    virtual.advance(HOUR);

    assertThat(contents()).containsExactly("[2]", "[1]");
  }

  @Test
  void number_someOfManyTaken_eachOccursOnce() {
    scheduler().repeat(hourly().catchUp(CatchUp.all(5)));
    scheduler().schedule(foreign("hourly@2030-01-01T02:00:00Z").in(Duration.ofDays(1)));
    scheduler().schedule(foreign("hourly@2030-01-01T04:00:00Z").in(Duration.ofDays(1)));
    virtual.clock().set(hour(5).plus(Duration.ofMinutes(30)));
    virtual.runDue();

    assertThat(begun()).containsExactly(hour(1), hour(2), hour(3), hour(4), hour(5));
    assertThat(contents()).containsOnly("[1]");
  }

  /** The occurrence was made a task before; a schedule made anew must not double it. */
  @Test
  void number_ofTheScheduleRemovedBefore_occursOnceAndIsAudited() {
    scheduler().repeat(hourly());
    virtual.advance(HOUR);
    scheduler().stopRepeating("hourly");
    virtual.clock().set(hour(1).minusSeconds(60));
    scheduler().repeat(hourly());
    virtual.advance(Duration.ofMinutes(10));

    assertThat(ran).hasSize(1);
    assertThat(texts()).anySatisfy(text -> assertThat(text).endsWith("which was there before"));
  }

  @Test
  void priority_isTheTasks_andChangingItKeepsTheTimes() {
    Schedule every = Schedule.every("poll", HOUR).handler("work");
    scheduler().repeat(every);
    virtual.advance(Duration.ofMinutes(50));
    assertThat(scheduler().repeat(every.priority(Priority.BULK)).next()).contains(hour(1));
    scheduler().schedule(Task.of("normal").handler("work").at(hour(1)).content("[3]"));
    virtual.advance(Duration.ofMinutes(10));

    assertThat(contents()).containsExactly("[3]", "null");
  }

  @Test
  void ifRunning_begin_occursBesideTheOneBefore() {
    busy = Duration.ofMinutes(150);
    scheduler().repeat(hourly());
    virtual.advance(HOUR.multipliedBy(3));

    assertThat(begun()).containsExactly(hour(1), hour(2), hour(3));
  }

  @Test
  void ifRunning_skip_occursAgainOnceTheOneBeforeHasEnded() {
    busy = Duration.ofMinutes(150);
    scheduler().repeat(hourly().ifRunning(IfRunning.SKIP));
    virtual.advance(HOUR.multipliedBy(8));

    assertThat(begun()).containsExactly(hour(1), hour(4), hour(7));
    assertThat(scheduler().findSchedule("hourly").orElseThrow().next()).contains(hour(9));
  }

  @Test
  void ifRunning_skipAndTheOneBeforeIsPaused_waitsForItsEnd() {
    scheduler().repeat(hourly().ifRunning(IfRunning.SKIP));
    busy = Duration.ofMinutes(30);
    virtual.advance(HOUR);
    TaskId first = scheduler().findTask(FIRST).orElseThrow().id();
    assertThat(scheduler().pause(first)).isEqualTo(TaskChange.DONE);
    virtual.advance(HOUR.multipliedBy(3));
    assertThat(begun()).containsExactly(hour(1));

    assertThat(scheduler().cancel(first)).isEqualTo(Cancellation.CANCELLED);
    virtual.advance(HOUR);
    assertThat(begun()).containsExactly(hour(1), hour(5));
  }

  @Test
  void ifRunning_skipAndManyMissed_onlyTheLastOccurs() {
    scheduler().repeat(hourly().catchUp(CatchUp.all(5)).ifRunning(IfRunning.SKIP));
    virtual.clock().set(hour(5).plus(Duration.ofMinutes(30)));
    virtual.runDue();

    assertThat(begun()).containsExactly(hour(5));
  }

  @Test
  void ifRunning_numberOfTheOneBeforeIsAnothersTask_occurs() {
    scheduler().schedule(foreign(FIRST).in(Duration.ofDays(1)));
    scheduler().repeat(hourly().ifRunning(IfRunning.SKIP));
    virtual.advance(HOUR.multipliedBy(2));

    assertThat(begun()).containsExactly(hour(1), hour(2));
  }

  /** On threads, occurrences are made tasks ahead of their time; these must not be. */
  @Test
  @Timeout(60)
  void ifRunning_skipOnThreads_neverTwoAtATimeAndNoneIsForgotten() {
    AtomicInteger atWork = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .handler(
                "work",
                context -> {
                  most.accumulateAndGet(atWork.incrementAndGet(), Math::max);
                  takeLongerThanASecond();
                  atWork.decrementAndGet();
                  done.incrementAndGet();
                  return TaskResult.done();
                })
            .build()) {
      gatehouse
          .scheduler()
          .repeat(
              Schedule.every("poll", Duration.ofSeconds(1))
                  .handler("work")
                  .ifRunning(IfRunning.SKIP));
      gatehouse.start();
      await().atMost(Duration.ofSeconds(40)).until(() -> done.get() >= 4);
    }
    assertThat(most).hasValue(1);
  }

  private static void takeLongerThanASecond() {
    try {
      Thread.sleep(1_200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

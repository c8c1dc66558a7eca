package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Recurring tasks, stepped through virtual time. */
class RecurrenceTest {
  private static final Instant START = VirtualGatehouse.START;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);

  private final List<String> ran = new ArrayList<>();
  private final List<Instant> times = new ArrayList<>();
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(builder -> builder.handler("work", this::work));

  private TaskResult work(TaskContext context) {
    ran.add(context.taskNo().orElseThrow());
    times.add(context.dueAt());
    return TaskResult.done();
  }

  @AfterEach
  void close() {
    virtual.close();
  }

  private TaskScheduler scheduler() {
    return virtual.gatehouse().scheduler();
  }

  private static Schedule hourly() {
    return Schedule.cron("hourly", "0 * * * *").handler("work");
  }

  private static List<Instant> hours(int from, int to) {
    return LongStream.rangeClosed(from, to)
        .mapToObj(h -> START.plus(HOUR.multipliedBy(h)))
        .toList();
  }

  /** Time passes while nothing runs. */
  private void outage(Duration duration) {
    virtual.clock().set(virtual.now().plus(duration));
  }

  private ScheduleDetail detail(String name) {
    return scheduler().findSchedule(name).orElseThrow();
  }

  @Test
  void repeat_cronForAYear_eachDayOnceByTheZonesClock() {
    scheduler()
        .repeat(
            Schedule.cron("nightly", "30 2 * * *")
                .zone(ZoneId.of("Europe/Berlin"))
                .handler("work")
                .content("[1]"));

    virtual.advance(Duration.ofDays(365));

    assertThat(times).hasSize(365).doesNotHaveDuplicates().isSorted();
    assertThat(times)
        .contains(
            Instant.parse("2030-01-01T01:30:00Z"), // 02:30 in winter
            Instant.parse("2030-03-31T01:30:00Z"), // 02:30 is skipped: 03:30 in summer
            Instant.parse("2030-07-01T00:30:00Z"), // 02:30 in summer
            Instant.parse("2030-10-27T00:30:00Z")); // 02:30 comes twice: the first
    assertThat(ran.get(0)).isEqualTo("nightly@2030-01-01T01:30:00Z");
    assertThat(detail("nightly").last()).contains(Instant.parse("2030-12-31T01:30:00Z"));
  }

  @Test
  void repeat_interval_countsFromTheFirstTimeOn() {
    virtual.advance(Duration.ofMillis(123));
    scheduler().repeat(Schedule.every("poll", Duration.ofSeconds(10)).handler("work"));

    virtual.advance(Duration.ofSeconds(35));

    assertThat(ran)
        .containsExactly(
            "poll@2030-01-01T00:00:10.123Z",
            "poll@2030-01-01T00:00:20.123Z",
            "poll@2030-01-01T00:00:30.123Z");
  }

  @Test
  void repeat_intervalFromAndUntil_bothIncluded() {
    scheduler()
        .repeat(
            Schedule.every("poll", HOUR)
                .from(START.plus(DAY))
                .until(START.plus(DAY).plus(HOUR))
                .handler("work"));

    virtual.advance(Duration.ofDays(7));

    assertThat(times).containsExactly(START.plus(DAY), START.plus(DAY).plus(HOUR));
    assertThat(detail("poll").next()).isEmpty();
    scheduler()
        .repeat(
            Schedule.every("poll", HOUR)
                .from(START.plus(DAY))
                .until(START.plus(DAY).plus(HOUR))
                .handler("work"));
    assertThat(detail("poll").next()).isEmpty();
  }

  @Test
  void repeat_handlerRepeats_isHeardAtOnce() {
    try (VirtualGatehouse other =
        VirtualGatehouse.create(
            builder -> {
              builder.handler("work", this::work);
              builder.handler("begin", context -> TaskResult.done());
            })) {
      other.gatehouse().scheduler().repeat(Schedule.every("a", HOUR).handler("begin"));
      other.advance(HOUR);
      other
          .gatehouse()
          .scheduler()
          .repeat(Schedule.every("b", Duration.ofSeconds(1)).handler("work"));
      other.advance(Duration.ofSeconds(2));
    }
    assertThat(ran).hasSize(2);
  }

  @Test
  void repeat_same_nextStays() {
    Schedule schedule = Schedule.every("poll", HOUR).handler("work");
    ScheduleDetail first = scheduler().repeat(schedule);
    virtual.advance(Duration.ofMinutes(50));

    assertThat(scheduler().repeat(schedule)).isEqualTo(first);
    virtual.advance(Duration.ofMinutes(10));

    assertThat(times).containsExactly(START.plus(HOUR));
  }

  @Test
  void repeat_otherTimes_countFromNow() {
    scheduler().repeat(hourly());
    virtual.advance(Duration.ofMinutes(90));

    scheduler().repeat(Schedule.cron("hourly", "45 * * * *").handler("work"));
    virtual.advance(HOUR);

    assertThat(times)
        .containsExactly(START.plus(HOUR), START.plus(HOUR).plus(Duration.ofMinutes(45)));
    assertThat(detail("hourly").last()).contains(times.get(1));
  }

  @Test
  void repeat_otherContentOnly_nextStays() {
    scheduler().repeat(Schedule.every("poll", HOUR).handler("work"));
    virtual.advance(Duration.ofMinutes(50));

    ScheduleDetail changed =
        scheduler().repeat(Schedule.every("poll", HOUR).handler("work").content("[2]"));

    assertThat(changed.next()).contains(START.plus(HOUR));
    virtual.advance(Duration.ofMinutes(10));
    assertThat(scheduler().findTask("poll@2030-01-01T01:00:00Z").orElseThrow().content())
        .isEqualTo("[2]");
  }

  @Test
  void repeat_rolledBack_leavesNothing() {
    IllegalStateException failure = new IllegalStateException("the host's work fails");
    assertThatThrownBy(
            () ->
                virtual
                    .gatehouse()
                    .inTransaction(
                        joined -> {
                          joined.scheduler().repeat(hourly());
                          throw failure;
                        }))
        .isSameAs(failure);
    virtual.advance(DAY);

    assertThat(ran).isEmpty();
    assertThat(scheduler().schedules("", 10)).isEmpty();
  }

  @Test
  void everyChange_joined_standsWithTheTransaction() {
    virtual
        .gatehouse()
        .inTransaction(
            joined -> {
              joined.scheduler().repeat(hourly());
              joined.scheduler().pauseRepeating("hourly");
              joined.scheduler().resumeRepeating("hourly");
              joined.scheduler().repeat(hourly().content("[3]"));
              return joined.scheduler().findSchedule("hourly");
            });
    virtual.advance(HOUR);

    assertThat(times).containsExactly(START.plus(HOUR));
  }

  @Test
  void repeat_neverOccurs_refusedAndNothingStored() {
    for (Schedule never :
        List.of(
            Schedule.cron("never", "0 0 30 2 *").handler("work"),
            Schedule.cron("never", "0 0 1 1 *").until(START).handler("work"),
            Schedule.every("never", HOUR).until(START.plusSeconds(1)).handler("work"))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> scheduler().repeat(never))
          .withMessage("schedule must occur after 2030-01-01T00:00:00Z, never does: " + never);
    }
    assertThat(scheduler().schedules("", 10)).isEmpty();
  }

  @Test
  void repeat_nobodyToDoIt_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> scheduler().repeat(Schedule.cron("nightly", "0 3 * * *")))
        .withMessage("task must have a handler, or an application with a callback");
  }

  @Test
  void pauseAndResume_whatWouldHaveOccurredMeanwhileIsDropped() {
    scheduler().repeat(hourly());
    virtual.advance(Duration.ofMinutes(90));

    assertThat(scheduler().pauseRepeating("hourly")).isTrue();
    assertThat(scheduler().pauseRepeating("hourly")).isTrue();
    assertThat(detail("hourly").paused()).isTrue();
    virtual.advance(Duration.ofHours(5));
    scheduler().repeat(hourly().content("[2]"));
    virtual.advance(Duration.ofHours(5));
    assertThat(times).hasSize(1);
    assertThat(scheduler().resumeRepeating("hourly")).isTrue();
    virtual.advance(HOUR);

    assertThat(times).containsExactly(START.plus(HOUR), START.plus(HOUR.multipliedBy(12)));
  }

  @Test
  void stopRepeating_nothingOccursAnyMore() {
    scheduler().repeat(hourly());
    virtual.advance(HOUR);

    assertThat(scheduler().stopRepeating("hourly")).isTrue();
    virtual.advance(DAY);

    assertThat(times).hasSize(1);
    assertThat(scheduler().stopRepeating("hourly")).isFalse();
    assertThat(scheduler().pauseRepeating("hourly")).isFalse();
    assertThat(scheduler().resumeRepeating("hourly")).isFalse();
    assertThat(scheduler().findSchedule("hourly")).isEmpty();
  }

  @Test
  void stopRepeating_beganAgain_noOccurrenceTwice() {
    scheduler().repeat(hourly());
    virtual.advance(HOUR);
    scheduler().stopRepeating("hourly");
    virtual.clock().set(START.plusSeconds(60));
    scheduler().repeat(hourly());
    virtual.advance(HOUR.multipliedBy(2));

    assertThat(times).containsExactlyElementsOf(hours(1, 2));
  }

  @Test
  void outage_last_theLatestMissedIsMadeUpFor() {
    scheduler().repeat(hourly());
    virtual.advance(HOUR);
    outage(Duration.ofMinutes(210));
    virtual.runDue();

    assertThat(times).containsExactly(hours(1, 1).get(0), hours(4, 4).get(0));
    virtual.advance(Duration.ofMinutes(30));
    assertThat(times).hasSize(3).endsWith(hours(5, 5).get(0));
  }

  @Test
  void outage_lastAndOneDueNow_onlyThatOccurs() {
    scheduler().repeat(hourly());
    outage(HOUR.multipliedBy(4));
    virtual.runDue();

    assertThat(times).containsExactlyElementsOf(hours(4, 4));
  }

  @Test
  void outage_none_missedAreDroppedButNotWhatIsAMinuteLate() {
    scheduler().repeat(hourly().catchUp(CatchUp.NONE));
    outage(HOUR.multipliedBy(4).plus(Duration.ofMinutes(1)));
    virtual.runDue();
    assertThat(times).containsExactlyElementsOf(hours(4, 4));

    outage(HOUR.plusMillis(1));
    virtual.runDue();
    assertThat(times).hasSize(1);
  }

  @Test
  void outage_all_theLastSoManyInOrder() {
    scheduler().repeat(hourly().catchUp(CatchUp.all(3)));
    outage(HOUR.multipliedBy(10).plus(Duration.ofMinutes(30)));
    virtual.runDue();

    assertThat(times).containsExactlyElementsOf(hours(8, 10));
  }

  @Test
  void clock_jumpsBackAndForth_noOccurrenceTwice() {
    scheduler().repeat(hourly().catchUp(CatchUp.all(100)));
    virtual.advance(HOUR.multipliedBy(2));
    virtual.clock().set(START.minus(DAY));
    virtual.runDue();
    virtual.clock().set(START.plus(Duration.ofHours(5)));
    virtual.runDue();
    virtual.clock().set(START);
    virtual.advance(HOUR.multipliedBy(6));

    assertThat(times).containsExactlyElementsOf(hours(1, 6));
  }

  @Test
  void twoNodesOnOneStore_noOccurrenceTwice() {
    ManualClock clock = new ManualClock(START);
    MemoryStorage storage = MemoryStorage.create(clock);
    List<Gatehouse> nodes = new ArrayList<>();
    List<Stepper> steppers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Gatehouse node = node(storage, clock);
      node.scheduler().repeat(Schedule.every("poll", Duration.ofSeconds(7)).handler("work"));
      nodes.add(node);
      steppers.add(node.stepper());
    }
    for (int second = 0; second < 700; second++) {
      clock.set(clock.instant().plusSeconds(1));
      steppers.get(second % 3 == 0 ? 1 : 0).run();
      steppers.get(second % 2).run();
    }
    nodes.forEach(node -> node.close(Duration.ZERO));

    assertThat(times).hasSize(100).doesNotHaveDuplicates();
  }

  @Test
  void application_disabledMeanwhile_occurrencesStopWithARecordAndGoOnWhenItIsEnabled() {
    Application billing =
        virtual
            .gatehouse()
            .registry()
            .register(Application.named("billing").callback("https://billing.example/done"));
    TaskScheduler own = scheduler().as(billing);
    own.repeat(Schedule.cron("hourly", "0 * * * *"));
    virtual.advance(HOUR);
    assertThat(virtual.transport().requests()).hasSize(1);

    setStatus(billing, Application.Status.DISABLED);
    virtual.advance(HOUR.multipliedBy(5));
    assertThat(virtual.transport().requests()).hasSize(1);
    assertThat(own.findSchedule("hourly").orElseThrow().problem())
        .contains("its application is DISABLED");
    assertThat(records("stopped")).hasSize(1);
    assertThatThrownBy(() -> own.repeat(Schedule.cron("hourly", "0 * * * *")))
        .isInstanceOf(ConflictException.class);

    setStatus(billing, Application.Status.ENABLED);
    virtual.advance(HOUR);
    assertThat(virtual.transport().requests()).hasSize(2);
    assertThat(own.findSchedule("hourly").orElseThrow().problem()).isEmpty();
    assertThat(records("goes on")).hasSize(1);
  }

  private void setStatus(Application application, Application.Status status) {
    virtual.gatehouse().registry().register(application.toDraft().status(status));
  }

  private List<String> records(String word) {
    return virtual
        .gatehouse()
        .audit()
        .find(AuditQuery.between(START.minus(DAY), virtual.now().plus(DAY)))
        .records()
        .stream()
        .map(AuditRecord::content)
        .filter(text -> text.startsWith("Schedule ") && text.contains(word))
        .toList();
  }

  @Test
  void application_removedMeanwhile_occurrencesStopForGoodAndTheScheduleStays() {
    Application billing =
        virtual
            .gatehouse()
            .registry()
            .register(Application.named("billing").callback("https://billing.example/done"));
    TaskScheduler own = scheduler().as(billing);
    own.repeat(Schedule.cron("hourly", "0 * * * *"));
    virtual.gatehouse().registry().removeApplication("billing");
    virtual.advance(DAY);

    assertThat(virtual.transport().requests()).isEmpty();
    ScheduleDetail detail = own.findSchedule("hourly").orElseThrow();
    assertThat(detail.problem()).contains("its application was removed");
    assertThat(detail.next()).isEmpty();
    assertThat(records("stopped: its application was removed")).hasSize(1);
    assertThat(own.stopRepeating("hourly")).isTrue();
  }

  @Test
  void schedules_ofOthers_doNotExist() {
    Application billing = virtual.gatehouse().registry().register(Application.named("billing"));
    TaskScheduler own = scheduler().as(billing);
    scheduler().repeat(hourly());
    own.repeat(hourly());
    own.repeat(Schedule.cron("another", "0 * * * *").handler("work"));

    assertThat(own.schedules("", 10))
        .extracting(ScheduleDetail::name)
        .containsExactly("another", "hourly");
    assertThat(own.schedules("another", 10))
        .extracting(ScheduleDetail::name)
        .containsExactly("hourly");
    assertThat(scheduler().schedules("", 10)).hasSize(1);
    assertThat(own.stopRepeating("hourly")).isTrue();
    assertThat(detail("hourly").applicationId()).isEmpty();
    virtual.advance(HOUR);
    assertThat(new HashSet<>(ran))
        .containsExactlyInAnyOrder("hourly@2030-01-01T01:00:00Z", "another@2030-01-01T01:00:00Z");
    assertThat(ran).hasSize(2);
  }

  @Test
  void nextOccurrence_itsTaskCannotBeInserted_isTriedAgainAndNotLost() {
    AtomicInteger failures = new AtomicInteger(2);
    ManualClock clock = new ManualClock(START);
    try (Gatehouse node = node(failingInsert(MemoryStorage.create(clock), failures), clock)) {
      node.scheduler().repeat(hourly());
      Stepper stepper = node.stepper();
      clock.set(START.plus(HOUR));
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(stepper::run).isInstanceOf(StorageException.class);
        assertThat(node.scheduler().findSchedule("hourly").orElseThrow().next())
            .contains(START.plus(HOUR));
      }
      stepper.run();
    }

    assertThat(times).containsExactlyElementsOf(hours(1, 1));
  }

  private Gatehouse node(Storage storage, ManualClock clock) {
    return Gatehouse.builder()
        .storage(storage)
        .clock(clock)
        .nanoTime(() -> clock.millis() * 1_000_000)
        .handler("work", this::work)
        .scheduler(SchedulerOptions.builder().lease(Duration.ofDays(365)).build())
        .build();
  }

  /** The storage, but for its first insertions of tasks. */
  private static Storage failingInsert(Storage sound, AtomicInteger failures) {
    return intercepted(
        Storage.class,
        sound,
        (method, result) -> result instanceof TaskStore store ? failing(store, failures) : result);
  }

  private static TaskStore failing(TaskStore sound, AtomicInteger failures) {
    return intercepted(
        TaskStore.class,
        sound,
        (method, result) -> {
          if (method.equals("insert") && failures.getAndDecrement() > 0) {
            throw new StorageException("broken on purpose");
          }
          return result instanceof TaskStore store ? failing(store, failures) : result;
        });
  }

  private static <T> T intercepted(
      Class<T> type, T target, BiFunction<String, Object, Object> answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return answer.apply(method.getName(), method.invoke(target, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @Test
  void nextOccurrence_zoneThatIsUnknownHere_othersGoOn() {
    ScheduleRow.Definition strange =
        new ScheduleRow.Definition(
            "{\"cron\":\"0 * * * *\",\"zone\":\"Mars/Base\",\"gap\":\"SKIP\","
                + "\"overlap\":\"BOTH\",\"catchUp\":\"last\"}",
            "work",
            "{}",
            1_000,
            "linear:0:0");
    ManualClock clock = new ManualClock(START);
    MemoryStorage storage = MemoryStorage.create(clock);
    long due = START.plus(HOUR).toEpochMilli();
    ScheduleRow row =
        new ScheduleRow(
            1, 0, "strange", strange, new ScheduleRow.Standing(0, due, 0, false, ""), 0, 0);
    storage.schedules().insert(row);
    try (Gatehouse node = node(storage, clock)) {
      node.scheduler().repeat(hourly());
      Stepper stepper = node.stepper();
      for (int i = 0; i < 3; i++) {
        clock.set(stepper.next().orElseThrow());
        stepper.run();
      }
    }

    assertThat(ran)
        .allMatch(number -> number.startsWith("hourly@"))
        .contains("hourly@2030-01-01T01:00:00Z", "hourly@2030-01-01T02:00:00Z");
    assertThat(storage.schedules().find(0, "strange")).contains(row);
  }
}

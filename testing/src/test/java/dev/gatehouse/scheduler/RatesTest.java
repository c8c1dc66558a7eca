package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rates and priorities of limited tasks against owners, slow handlers and clocks, in virtual time.
 */
class RatesTest {
  private static final Instant START = VirtualGatehouse.START;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int BURST = 4;

  /** An attempt that began. */
  private record Begun(String name, String handler, long millis) {}

  private final List<Begun> begun = new ArrayList<>();
  private Duration slow = Duration.ZERO;
  private boolean unlimited;
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(
          builder ->
              builder
                  .handler("plain", this::work)
                  .handler("ten", this::work)
                  .handler("minutely", this::work)
                  .handler("hourly", this::work)
                  .handler("bursts", this::work)
                  .handler("both", this::work)
                  .scheduler(options()));

  private SchedulerOptions options() {
    SchedulerOptions.Builder options =
        SchedulerOptions.builder().lease(Duration.ofDays(36_500)).maxRunning(1);
    if (!unlimited) {
      options
          .limit("ten", Limit.rate(10, SECOND))
          .limit("minutely", Limit.rate(1, MINUTE))
          .limit("hourly", Limit.rate(1, Duration.ofHours(1)))
          .limit("bursts", Limit.rate(20, SECOND).burst(BURST))
          .limit("both", Limit.concurrent(1).andRate(5, SECOND))
          .limitApplications(Limit.rate(2, SECOND));
    }
    return options.build();
  }

  private TaskResult work(TaskContext context) {
    String name = context.taskNo().orElseThrow();
    long millis = Duration.between(START, virtual.now()).toMillis();
    String handler = scheduler().findTask(name).map(task -> task.handler().orElse("")).orElse("");
    begun.add(new Begun(name, handler, millis));
    if (handler.equals("plain")) {
      virtual.clock().set(virtual.now().plus(slow));
    }
    return TaskResult.done();
  }

  @AfterEach
  void close() {
    virtual.close();
  }

  private TaskScheduler scheduler() {
    return virtual.gatehouse().scheduler();
  }

  private static Task task(String taskNo, String handler) {
    return Task.of(taskNo).handler(handler).retryPolicy(RetryPolicy.linear(SECOND, 3));
  }

  private List<TaskId> schedule(String prefix, String handler, Priority priority, int count) {
    List<TaskId> ids = new ArrayList<>();
    for (int from = 0; from < count; from += 1_000) {
      ids.addAll(
          scheduler()
              .scheduleAll(
                  IntStream.range(from, Math.min(count, from + 1_000))
                      .mapToObj(i -> task(prefix + i, handler).priority(priority))
                      .toList()));
    }
    return ids;
  }

  private List<String> names() {
    return begun.stream().map(Begun::name).toList();
  }

  private long count(String prefix) {
    return names().stream().filter(name -> name.startsWith(prefix)).count();
  }

  private List<Long> times(String handler) {
    return begun.stream()
        .filter(one -> one.handler().equals(handler))
        .map(Begun::millis)
        .sorted()
        .toList();
  }

  /** So many intervals later than the first of any row one more than the burst may have begun. */
  private static void assertWithin(List<Long> times, int burst, long intervalMillis) {
    for (int first = 0; first < times.size(); first++) {
      for (int last = first + burst; last < times.size(); last++) {
        assertThat(times.get(last) - times.get(first))
            .as("from %d to %d of %s", first, last, times)
            .isGreaterThanOrEqualTo((last - first + 1L - burst) * intervalMillis);
      }
    }
  }

  /** Else what takes longer to come than a time is good for would never run. */
  @Test
  void rated_behindTasksThatTakeLong_allRunWhileThoseDo() {
    slow = Duration.ofSeconds(3);
    schedule("plain", "plain", Priority.NORMAL, 60);
    schedule("rated", "ten", Priority.NORMAL, 60);
    schedule("more", "plain", Priority.NORMAL, 60);
    virtual.advance(Duration.ofMinutes(10));

    assertThat(count("rated")).isEqualTo(60);
    assertThat(count("plain") + count("more")).isEqualTo(120);
    assertThat(names().subList(0, 170).stream().filter(name -> name.startsWith("rated")))
        .hasSize(60);
    List<Long> times = times("ten");
    for (long first : times) {
      assertThat(times.stream().filter(time -> time >= first && time < first + 1_000))
          .hasSizeLessThanOrEqualTo(10);
    }
  }

  @Test
  void rated_tenThousandAreCancelled_theNextRunsWithinOneInterval() {
    List<TaskId> mistaken = schedule("mistake", "minutely", Priority.NORMAL, 10_000);
    virtual.advance(Duration.ofSeconds(90));
    assertThat(names()).containsExactly("mistake0", "mistake1");
    mistaken.subList(2, mistaken.size()).forEach(scheduler()::cancel);
    scheduler().schedule(task("next", "minutely"));
    virtual.advance(Duration.ofSeconds(30));

    assertThat(names()).containsExactly("mistake0", "mistake1", "next");
    assertThat(times("minutely")).containsExactly(0L, 60_000L, 120_000L);
  }

  @Test
  void rated_othersArePausedOrReplacedOrDueLater_theNextRunsInTheirPlace() {
    List<TaskId> ids = schedule("T", "minutely", Priority.NORMAL, 8);
    virtual.advance(Duration.ofSeconds(30));
    ids.subList(1, 4).forEach(scheduler()::pause);
    scheduler().schedule(task("T4", "plain").ifTaken(IfTaken.SUPERSEDE));
    scheduler().reschedule(ids.get(5), START.plus(Duration.ofDays(1)));
    virtual.advance(MINUTE);
    assertThat(names()).containsExactly("T0", "T4", "T6");
    scheduler().resume(ids.get(2));
    virtual.advance(MINUTE);

    assertThat(names()).containsExactly("T0", "T4", "T6", "T2");
    assertThat(times("minutely")).containsExactly(0L, 60_000L, 120_000L);
  }

  /** The one that was let in has taken its time by then. */
  @ParameterizedTest
  @ValueSource(longs = {250, 199, 150, 1})
  void rated_cancelledJustBeforeItsTime_theNextHasIt(long before) {
    List<TaskId> ids = schedule("T", "hourly", Priority.NORMAL, 3);
    virtual.advance(Duration.ofHours(1).minusMillis(before));
    assertThat(scheduler().cancel(ids.get(1))).isEqualTo(Cancellation.CANCELLED);
    virtual.advance(SECOND);

    assertThat(names()).containsExactly("T0", "T2");
    assertThat(times("hourly").get(1)).isBetween(3_600_000L, 3_600_200L);
  }

  @Test
  void rated_urgentBehindABulkBacklog_beginsAmongTheNext() {
    schedule("bulk", "ten", Priority.BULK, 3_000);
    virtual.advance(SECOND.multipliedBy(10));
    schedule("urgent", "ten", Priority.URGENT, 1);
    virtual.advance(SECOND);

    assertThat(names()).contains("urgent0");
    assertThat(begun.get(begun.size() - 1).millis()).isLessThanOrEqualTo(11_000);
    assertThat(begun.stream().filter(one -> one.name().equals("urgent0")).findFirst())
        .get()
        .satisfies(one -> assertThat(one.millis()).isLessThanOrEqualTo(10_700));
  }

  @Test
  void rated_ofAllPriorities_eachHasItsShare() {
    schedule("bulk", "ten", Priority.BULK, 300);
    schedule("normal", "ten", Priority.NORMAL, 300);
    schedule("urgent", "ten", Priority.URGENT, 300);
    virtual.advance(SECOND.multipliedBy(100));
    Map<Character, Integer> counts = new HashMap<>();
    names().subList(100, 400).forEach(name -> counts.merge(name.charAt(0), 1, Integer::sum));

    assertThat(names()).hasSize(900);
    assertThat(counts.get('u')).isBetween(175, 185);
    assertThat(counts.get('n')).isBetween(85, 95);
    assertThat(counts.get('b')).isBetween(25, 35);
  }

  @Test
  void rated_byHandlerAndApplication_neitherIsExceededAndAllRun() {
    List<Application> applications = new ArrayList<>();
    for (String name : List.of("one", "two", "three", "four", "five", "six", "seven", "eight")) {
      applications.add(virtual.gatehouse().registry().register(Application.named(name)));
    }
    for (int i = 0; i < 240; i++) {
      String handler = i % 3 == 0 ? "plain" : "ten";
      scheduler().schedule(task("T" + i, handler).application(applications.get(i % 8)));
    }
    virtual.advance(Duration.ofSeconds(40));

    assertThat(begun).hasSize(240);
    assertWithin(times("ten"), 1, 100);
    for (int i = 0; i < 8; i++) {
      int number = i;
      assertWithin(
          begun.stream()
              .filter(one -> Integer.parseInt(one.name().substring(1)) % 8 == number)
              .map(Begun::millis)
              .sorted()
              .toList(),
          1,
          500);
    }
  }

  @Test
  void ratedAndCounted_allRunWithinBoth() {
    schedule("T", "both", Priority.NORMAL, 50);
    virtual.advance(Duration.ofSeconds(10));

    assertThat(begun).hasSize(50);
    assertWithin(times("both"), 1, 200);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void rated_ownersChangeTasksAtRandom_neverTooManyAndNothingIsStuck(long seed) {
    Random random = new Random(seed);
    List<TaskId> ids = new ArrayList<>();
    for (int step = 0; step < 200; step++) {
      for (int i = random.nextInt(6); i > 0; i--) {
        Priority priority = Priority.values()[random.nextInt(3)];
        Task task = task("T" + ids.size(), "bursts").priority(priority);
        ids.add(scheduler().schedule(task.in(Duration.ofMillis(random.nextInt(500)))));
      }
      for (int i = random.nextInt(4); i > 0 && !ids.isEmpty(); i--) {
        change(ids.get(random.nextInt(ids.size())), random);
      }
      virtual.advance(Duration.ofMillis(random.nextInt(120)));
    }
    ids.forEach(scheduler()::resume);
    virtual.advance(Duration.ofMinutes(2));

    assertWithin(times("bursts"), BURST, 50);
    assertThat(ids)
        .as("seed %d", seed)
        .allMatch(id -> scheduler().findTask(id).orElseThrow().status().isFinal());
  }

  private void change(TaskId id, Random random) {
    switch (random.nextInt(5)) {
      case 0 -> scheduler().cancel(id);
      case 1 -> scheduler().pause(id);
      case 2 -> scheduler().resume(id);
      case 3 -> scheduler().reschedule(id, virtual.now().plusMillis(random.nextInt(300)));
      default -> scheduler().requeue(id);
    }
  }

  @Test
  void rate_isLifted_thoseThatWaitRun() {
    schedule("T", "hourly", Priority.NORMAL, 100);
    virtual.advance(SECOND);
    assertThat(begun).hasSize(1);
    unlimited = true;
    virtual.restart();
    virtual.advance(Duration.ofMinutes(3));
    virtual.runDue();

    assertThat(names()).hasSize(100).doesNotHaveDuplicates();
  }

  @Test
  void rate_nodeEndsWhileOthersWait_theNextGoesOn() {
    schedule("T", "minutely", Priority.NORMAL, 4);
    virtual.advance(Duration.ofSeconds(70));
    virtual.restart();
    virtual.advance(Duration.ofMinutes(5));

    assertThat(names()).containsExactly("T0", "T1", "T2", "T3");
    assertWithin(times("minutely"), 1, 60_000);
  }

  @Test
  void rate_clockIsSetBackFar_isNotWaitedFor() {
    schedule("T", "ten", Priority.NORMAL, 50);
    virtual.advance(SECOND);
    virtual.clock().set(virtual.now().minus(Duration.ofHours(1)));
    virtual.advance(Duration.ofHours(1).plus(SECOND.multipliedBy(10)));

    assertThat(begun).hasSize(50);
  }

  @Test
  void lines_ofUrgentTasks_keepTheirOrder() {
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      wanted.add("T" + i);
      Priority priority = Priority.values()[2 - i % 3];
      scheduler().schedule(task("T" + i, "ten").inOrder("key").priority(priority));
    }
    virtual.advance(Duration.ofSeconds(10));

    assertThat(names()).isEqualTo(wanted);
    assertThat(sorted(begun)).isEqualTo(begun);
  }

  private static List<Begun> sorted(Collection<Begun> all) {
    return all.stream().sorted(Comparator.comparingLong(Begun::millis)).toList();
  }
}

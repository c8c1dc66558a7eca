package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Work to be done again and again: at the times of a cron expression, or once in an interval. Each
 * occurrence is a task of its own, numbered {@code NAME@TIME} with the time as an ISO instant, such
 * as {@code nightly@2030-01-01T03:00:00Z}. If another task of the application has that number, the
 * occurrence takes place as a task without one, which is logged and audited; unless that task is
 * this very occurrence, left of a schedule of the same name that was removed: then that is it.
 * Immutable: each method returns a new schedule.
 */
public final class Schedule {
  /** Longest name, in chars. */
  public static final int MAX_NAME = 30;

  /** Shortest interval. */
  public static final Duration MIN_INTERVAL = Duration.ofSeconds(1);

  /** What becomes of a local time that the zone skips, when its clock is put forward. */
  public enum Gap {
    /** It does not occur that day. */
    SKIP,
    /** It occurs the length of the gap later: 02:30 at 03:30 when 02:00 becomes 03:00. */
    SHIFT
  }

  /** What becomes of a local time that the zone has twice, when its clock is put back. */
  public enum Overlap {
    /** It occurs the first time only. */
    FIRST,
    /** It occurs both times. */
    BOTH
  }

  private final String name;
  private final @Nullable String cron;
  private final @Nullable Duration interval;
  private final ZoneId zone;
  private final Gap gap;
  private final Overlap overlap;
  private final CatchUp catchUp;
  private final @Nullable Instant from;
  private final @Nullable Instant until;
  private final IfRunning ifRunning;
  private final Task task;

  private Schedule(Values values) {
    name = values.name;
    cron = values.cron;
    interval = values.interval;
    zone = values.zone;
    gap = values.gap;
    overlap = values.overlap;
    catchUp = values.catchUp;
    from = values.from;
    until = values.until;
    ifRunning = values.ifRunning;
    task = values.task;
  }

  /**
   * A schedule at the local times that match the expression.
   *
   * <p>Its fields, with blanks between: seconds 0..59 (may be left out, then 0), minutes 0..59,
   * hours 0..23, day of month 1..31, month 1..12 or {@code JAN}..{@code DEC}, day of week 0..7 or
   * {@code SUN}..{@code SAT}, where 0 and 7 are Sunday. Each is {@code *}, a value, a range {@code
   * 1-5}, steps <code>*&#47;15</code> or {@code 10-40/5}, or a list of these with commas. If both
   * days are restricted, either suffices. Nothing else is known, {@code ?}, {@code L}, {@code W},
   * {@code #} and {@code @daily} among it.
   *
   * @param name 1..30 characters as in {@link dev.gatehouse.registry.Application#named}, unique
   *     within the application
   * @param expression at most 100 characters
   */
  public static Schedule cron(String name, String expression) {
    Values values = new Values(name);
    values.cron = CronExpression.parse(expression).toString();
    return new Schedule(values);
  }

  /**
   * A schedule of elapsed time: changes of a zone's offset do not matter to it. It first occurs at
   * {@link #from}, or else one interval after it was first repeated.
   *
   * @param name as in {@link #cron}
   * @param interval 1 s to 36,500 days, whole milliseconds
   */
  public static Schedule every(String name, Duration interval) {
    Values values = new Values(name);
    Check.range(interval, MIN_INTERVAL, Task.MAX_DELAY, "interval");
    Check.that(
        interval.toNanosPart() % 1_000_000 == 0,
        "interval must be whole milliseconds, was " + interval);
    values.interval = interval;
    return new Schedule(values);
  }

  /**
   * Whose local time a cron expression means. Default UTC.
   *
   * @throws IllegalArgumentException if this is no cron schedule
   */
  public Schedule zone(ZoneId value) {
    requireCron("zone");
    Check.text(requireNonNull(value, "zone").getId(), 1, 64, "zone");
    return with(values -> values.zone = value);
  }

  /**
   * What becomes of local times that the zone skips. Default {@link Gap#SHIFT}.
   *
   * @throws IllegalArgumentException if this is no cron schedule
   */
  public Schedule gap(Gap value) {
    requireCron("gap");
    return with(values -> values.gap = requireNonNull(value, "gap"));
  }

  /**
   * What becomes of local times that the zone has twice. Default {@link Overlap#FIRST}: what occurs
   * every few minutes then pauses for an hour; {@link Overlap#BOTH} or an interval suits it better.
   *
   * @throws IllegalArgumentException if this is no cron schedule
   */
  public Schedule overlap(Overlap value) {
    requireCron("overlap");
    return with(values -> values.overlap = requireNonNull(value, "overlap"));
  }

  private void requireCron(String what) {
    Check.that(cron != null, what + " must be given to a cron schedule, this has an interval");
  }

  /** What becomes of occurrences that were missed. Default {@link CatchUp#LAST}. */
  public Schedule catchUp(CatchUp value) {
    return with(values -> values.catchUp = requireNonNull(value, "catchUp"));
  }

  /**
   * Before when nothing occurs, and an interval's first occurrence; cut to milliseconds. Default
   * none.
   */
  public Schedule from(Instant value) {
    requireTime(value, "from");
    return with(values -> values.from = value);
  }

  /** After when nothing occurs; cut to milliseconds. Default never. */
  public Schedule until(Instant value) {
    requireTime(value, "until");
    return with(values -> values.until = value);
  }

  private static void requireTime(Instant value, String name) {
    requireNonNull(value, name);
    Check.that(
        !value.isBefore(Instant.EPOCH) && !value.isAfter(Instant.ofEpochMilli(Timing.LATEST)),
        name + " must be in 1970..2169, was " + value);
  }

  /** What becomes of an occurrence while an earlier one has not ended. Default {@code BEGIN}. */
  public Schedule ifRunning(IfRunning value) {
    return with(values -> values.ifRunning = requireNonNull(value, "ifRunning"));
  }

  /** As {@link Task#priority(Priority)}. */
  public Schedule priority(Priority value) {
    return with(values -> values.task = task.priority(value));
  }

  /** As {@link Task#application}. */
  public Schedule application(Application value) {
    return with(values -> values.task = task.application(value));
  }

  /** As {@link Task#handler}. */
  public Schedule handler(String value) {
    return with(values -> values.task = task.handler(value));
  }

  /** As {@link Task#content(String)}; every occurrence gets the same. */
  public Schedule content(String json) {
    return with(values -> values.task = task.content(json));
  }

  /** As {@link Task#timeout(Duration)}. */
  public Schedule timeout(Duration value) {
    return with(values -> values.task = task.timeout(value));
  }

  /**
   * As {@link Task#retryPolicy(RetryPolicy)}. The application's, if it is that, is the one that it
   * had when the schedule was last repeated.
   */
  public Schedule retryPolicy(RetryPolicy value) {
    return with(values -> values.task = task.retryPolicy(value));
  }

  /** The name. */
  public String name() {
    return name;
  }

  /** The cron expression, with single blanks and in capitals; empty for an interval. */
  public Optional<String> cron() {
    return Optional.ofNullable(cron);
  }

  /** The interval; empty for a cron expression. */
  public Optional<Duration> interval() {
    return Optional.ofNullable(interval);
  }

  /** Whose local time is meant. */
  public ZoneId zone() {
    return zone;
  }

  /** What becomes of local times that the zone skips. */
  public Gap gap() {
    return gap;
  }

  /** What becomes of local times that the zone has twice. */
  public Overlap overlap() {
    return overlap;
  }

  /** What becomes of occurrences that were missed. */
  public CatchUp catchUp() {
    return catchUp;
  }

  /** Before when nothing occurs. */
  public Optional<Instant> from() {
    return Optional.ofNullable(from);
  }

  /** After when nothing occurs. */
  public Optional<Instant> until() {
    return Optional.ofNullable(until);
  }

  /** What becomes of an occurrence while an earlier one has not ended. */
  public IfRunning ifRunning() {
    return ifRunning;
  }

  /** How occurrences stand to other tasks that are due. */
  public Priority priority() {
    return task.priority();
  }

  /** What each occurrence is to do, without number and time. */
  Task task() {
    return task;
  }

  @Override
  public String toString() {
    return "Schedule " + name + " " + (cron == null ? "every " + interval : cron + " in " + zone);
  }

  private Schedule with(Consumer<Values> change) {
    Values values = new Values(name);
    values.cron = cron;
    values.interval = interval;
    values.zone = zone;
    values.gap = gap;
    values.overlap = overlap;
    values.catchUp = catchUp;
    values.from = from;
    values.until = until;
    values.ifRunning = ifRunning;
    values.task = task;
    change.accept(values);
    return new Schedule(values);
  }

  /** The fields of a schedule while one is made of another. */
  private static final class Values {
    private final String name;
    private @Nullable String cron;
    private @Nullable Duration interval;
    private ZoneId zone = ZoneOffset.UTC;
    private Gap gap = Gap.SHIFT;
    private Overlap overlap = Overlap.FIRST;
    private CatchUp catchUp = CatchUp.LAST;
    private @Nullable Instant from;
    private @Nullable Instant until;
    private IfRunning ifRunning = IfRunning.BEGIN;
    private Task task;

    private Values(String name) {
      this.name = Check.name(name, MAX_NAME, "schedule name");
      task = Task.unnumbered().name(name);
    }
  }
}

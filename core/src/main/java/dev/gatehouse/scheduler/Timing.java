package dev.gatehouse.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.scheduler.Schedule.Gap;
import dev.gatehouse.scheduler.Schedule.Overlap;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * When a schedule's work is due, and how it stands to other work. Times are epoch milliseconds.
 * Immutable.
 *
 * @param fromMillis nothing occurs before
 * @param untilMillis nothing occurs after
 */
record Timing(
    Rhythm rhythm,
    CatchUp catchUp,
    long fromMillis,
    long untilMillis,
    Priority priority,
    IfRunning ifRunning) {
  private static final String PRIORITY = "priority";
  private static final String IF_RUNNING = "ifRunning";

  /** Last time at which anything may be due: the limit of {@link Task#at}. */
  static final long LATEST = Instant.EPOCH.plus(Task.MAX_DELAY.multipliedBy(2)).toEpochMilli() - 1;

  /** An occurrence that nobody attended to for longer is missed. */
  static final long MISSED_MILLIS = Duration.ofMinutes(1).toMillis();

  /** What is to be done about a schedule: occurrences to insert, in order, and the one after. */
  record Plan(List<Long> times, long nextMillis) {}

  /** What stores keep of a schedule's timing: JSON, one text for one meaning. */
  static String text(Schedule schedule) {
    ObjectNode json = Json.object();
    if (schedule.cron().isPresent()) {
      json.put("cron", schedule.cron().get());
      json.put("zone", schedule.zone().getId());
      json.put("gap", schedule.gap().name());
      json.put("overlap", schedule.overlap().name());
    } else {
      json.put("everyMillis", schedule.interval().orElseThrow().toMillis());
    }
    json.put("catchUp", schedule.catchUp().toString());
    schedule.from().ifPresent(from -> json.put("from", from.toEpochMilli()));
    schedule.until().ifPresent(until -> json.put("until", until.toEpochMilli()));
    if (schedule.priority() != Priority.NORMAL) {
      json.put(PRIORITY, schedule.priority().name());
    }
    if (schedule.ifRunning() != IfRunning.BEGIN) {
      json.put(IF_RUNNING, schedule.ifRunning().name());
    }
    return Json.write(json);
  }

  /**
   * The timing of a {@link #text}.
   *
   * @param firstMillis an interval's first occurrence
   * @throws IllegalArgumentException if it cannot be read here: another version may have written
   *     it, or the zone may be unknown to this JDK
   */
  static Timing parse(String text, long firstMillis) {
    JsonNode json = Json.parse(text, "timing");
    Rhythm rhythm =
        json.has("cron")
            ? cron(json)
            : new IntervalRhythm(
                Check.range(json.path("everyMillis").asLong(), 1, LATEST, "everyMillis"),
                firstMillis);
    return new Timing(
        rhythm,
        CatchUp.parse(json.path("catchUp").asText()),
        json.path("from").asLong(0),
        json.path("until").asLong(LATEST),
        Priority.valueOf(json.path(PRIORITY).asText(Priority.NORMAL.name())),
        IfRunning.valueOf(json.path(IF_RUNNING).asText(IfRunning.BEGIN.name())));
  }

  /** Whether two texts mean the same times, whatever else they say. */
  static boolean isOfSameTimes(String one, String other) {
    return times(one).equals(times(other));
  }

  private static JsonNode times(String text) {
    JsonNode json = Json.parse(text, "timing");
    return ((ObjectNode) json).remove(List.of(PRIORITY, IF_RUNNING));
  }

  private static Rhythm cron(JsonNode json) {
    try {
      return new CronRhythm(
          CronExpression.parse(json.path("cron").asText()),
          ZoneId.of(json.path("zone").asText()),
          Gap.valueOf(json.path("gap").asText()),
          Overlap.valueOf(json.path("overlap").asText()));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("zone is unknown here: " + json.path("zone"), e);
    }
  }

  /** The text for people. */
  static String shown(String text) {
    JsonNode json = Json.parse(text, "timing");
    return json.has("cron")
        ? json.path("cron").asText() + " in " + json.path("zone").asText()
        : "every " + Duration.ofMillis(json.path("everyMillis").asLong());
  }

  /** The first occurrence after that time; {@link Rhythm#NEVER} if there is none. */
  long nextAfter(long millis) {
    long next = rhythm.nextAfter(Math.max(millis, fromMillis - 1));
    return next > untilMillis || next > LATEST ? Rhythm.NEVER : next;
  }

  /**
   * What to do now.
   *
   * @param nextMillis the first occurrence that nobody attended to
   * @param horizonMillis now or later: occurrences up to then are inserted ahead
   */
  Plan plan(long nextMillis, long nowMillis, long horizonMillis) {
    List<Long> times = new ArrayList<>();
    long next = nextMillis;
    long missedBefore = nowMillis - MISSED_MILLIS;
    if (next < missedBefore) {
      long later = nextAfter(missedBefore - 1);
      if (!catchUp.equals(CatchUp.LAST) || later > nowMillis) {
        times.addAll(lastOf(next, missedBefore));
      }
      next = later;
    }
    while (next <= horizonMillis) {
      times.add(next);
      next = nextAfter(next);
    }
    return new Plan(List.copyOf(times), next);
  }

  /** The last occurrences from the given one until before the end, as many as are made up for. */
  private List<Long> lastOf(long first, long end) {
    Deque<Long> last = new ArrayDeque<>();
    long before = end;
    while (last.size() < catchUp.max() && first < before) {
      before = last(first, before);
      last.addFirst(before);
    }
    return List.copyOf(last);
  }

  /**
   * The last occurrence before the end; the first is one. Halves the time in question, so that a
   * year of seconds takes no longer than a day of hours.
   */
  private long last(long first, long end) {
    long low = first;
    long high = end;
    long found = first;
    while (high - low > 1) {
      long middle = low + (high - low) / 2;
      long next = nextAfter(middle);
      if (next < end) {
        found = next;
        low = next;
      } else {
        high = middle;
      }
    }
    return found;
  }
}

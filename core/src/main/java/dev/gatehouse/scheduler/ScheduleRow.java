package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.nio.charset.StandardCharsets;

/**
 * A schedule as stores keep it. Times are epoch milliseconds. Immutable.
 *
 * @param id time-ordered, made by the scheduler
 * @param applicationId 0 for the host's own
 * @param name 1..30 characters, unique within the application
 * @param definition what the host asked for
 * @param standing how far it has come
 * @param version 0 when it is inserted, one more with each change
 * @param createdMillis when it was first repeated
 */
public record ScheduleRow(
    long id,
    long applicationId,
    String name,
    Definition definition,
    Standing standing,
    long version,
    long createdMillis) {
  /** Checks that stores can keep it as it is. */
  public ScheduleRow {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    Check.range(applicationId, 0, Long.MAX_VALUE, "applicationId");
    Check.text(name, 1, Schedule.MAX_NAME, "name");
    requireNonNull(definition, "definition");
    requireNonNull(standing, "standing");
    Check.range(version, 0, Long.MAX_VALUE, "version");
    Check.range(createdMillis, 0, Long.MAX_VALUE, "createdMillis");
  }

  /** This row with that definition. */
  ScheduleRow with(Definition value) {
    return new ScheduleRow(id, applicationId, name, value, standing, version, createdMillis);
  }

  /** This row with that standing. */
  ScheduleRow with(Standing value) {
    return new ScheduleRow(id, applicationId, name, definition, value, version, createdMillis);
  }

  /** The id and the name: the content may be secret. */
  @Override
  public String toString() {
    return "ScheduleRow " + id + " " + name;
  }

  /**
   * When what is to be done. Immutable.
   *
   * @param timing 1..500 characters that mean nothing to a store
   * @param kind as {@link TaskRow#kind}
   * @param content as {@link TaskRow#content}
   * @param timeoutMillis as {@link TaskRow#timeoutMillis}
   * @param retry as {@link TaskRow#retry}
   */
  public record Definition(
      String timing, String kind, String content, int timeoutMillis, String retry) {
    /** Checks that stores can keep it as it is. */
    public Definition {
      Check.text(timing, 1, 500, "timing");
      Check.text(kind, 1, 64, "kind");
      int bytes = requireNonNull(content, "content").getBytes(StandardCharsets.UTF_8).length;
      Check.range(bytes, 0, Json.MAX_BYTES, "bytes of content");
      Check.range(timeoutMillis, 1, 3_600_000, "timeoutMillis");
      Check.text(retry, 1, 32, "retry");
    }

    /** The kind: the content may be secret. */
    @Override
    public String toString() {
      return "Definition " + kind;
    }
  }

  /**
   * How far a schedule has come. Immutable.
   *
   * @param firstMillis its first occurrence, from which intervals are counted
   * @param nextMillis the earliest occurrence that nobody attended to; {@link Long#MAX_VALUE} if
   *     there is none
   * @param lastMillis the latest occurrence that was made a task; 0 if there is none
   * @param paused whether it is paused
   * @param problem why occurrences are not made tasks, 0..255 characters; empty if they are
   */
  public record Standing(
      long firstMillis, long nextMillis, long lastMillis, boolean paused, String problem) {
    /** Checks that stores can keep it as it is. */
    public Standing {
      Check.range(firstMillis, 0, Long.MAX_VALUE, "firstMillis");
      Check.range(nextMillis, 0, Long.MAX_VALUE, "nextMillis");
      Check.range(lastMillis, 0, Long.MAX_VALUE, "lastMillis");
      Check.text(problem, 0, 255, "problem");
    }
  }
}

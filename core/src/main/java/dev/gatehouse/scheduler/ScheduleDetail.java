package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A schedule and how far it has come. Immutable.
 *
 * @param name its name
 * @param applicationId whose it is; empty for the host's own
 * @param timing when it occurs, for people: {@code 0 3 * * * in Europe/Berlin}, {@code every PT10S}
 * @param handler the local handler; empty if the application is called back
 * @param content what each occurrence gets
 * @param next the first occurrence that is not a task yet: it becomes one about two seconds ahead
 *     of its time, or in its time if it may be {@linkplain IfRunning#SKIP skipped}; empty if there
 *     is none any more
 * @param last the latest occurrence that was made a task
 * @param paused whether it is paused; then nothing occurs
 * @param problem why occurrences are not made tasks, though it is not paused; empty if they are
 * @param createdAt when it was first repeated
 */
public record ScheduleDetail(
    String name,
    OptionalLong applicationId,
    String timing,
    Optional<String> handler,
    String content,
    Optional<Instant> next,
    Optional<Instant> last,
    boolean paused,
    Optional<String> problem,
    Instant createdAt) {
  /** Checks that nothing is missing. */
  public ScheduleDetail {
    requireNonNull(name, "name");
    requireNonNull(applicationId, "applicationId");
    requireNonNull(timing, "timing");
    requireNonNull(handler, "handler");
    requireNonNull(content, "content");
    requireNonNull(next, "next");
    requireNonNull(last, "last");
    requireNonNull(problem, "problem");
    requireNonNull(createdAt, "createdAt");
  }

  static ScheduleDetail of(ScheduleRow row) {
    ScheduleRow.Definition definition = row.definition();
    ScheduleRow.Standing standing = row.standing();
    String kind = definition.kind();
    return new ScheduleDetail(
        row.name(),
        row.applicationId() == 0 ? OptionalLong.empty() : OptionalLong.of(row.applicationId()),
        Timing.shown(definition.timing()),
        kind.equals(TaskRow.CALLBACK) ? Optional.empty() : Optional.of(kind),
        definition.content(),
        standing.nextMillis() == Rhythm.NEVER
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(standing.nextMillis())),
        standing.lastMillis() == 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(standing.lastMillis())),
        standing.paused(),
        standing.problem().isEmpty() ? Optional.empty() : Optional.of(standing.problem()),
        Instant.ofEpochMilli(row.createdMillis()));
  }

  /** Name and timing: the content may be secret. */
  @Override
  public String toString() {
    return "ScheduleDetail " + name + " " + timing;
  }
}

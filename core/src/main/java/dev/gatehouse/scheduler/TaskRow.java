package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import org.jspecify.annotations.Nullable;

/**
 * What a task is from its scheduling to its end, as stores keep it. Times are epoch milliseconds.
 * Immutable.
 *
 * @param id time-ordered, made by the scheduler
 * @param applicationId 0 for the host's own tasks
 * @param kind the handler's name, or {@link #CALLBACK}
 * @param taskNo the owner's number, unique within the application for as long as the store keeps
 *     the task; null if none
 * @param name for people
 * @param content JSON text
 * @param timeoutMillis 1..3,600,000
 * @param retry a {@link dev.gatehouse.registry.RetryPolicy#spec()}
 * @param createdMillis when it was scheduled
 * @param runtimeMillis when its first attempt is or was due
 */
public record TaskRow(
    long id,
    long applicationId,
    String kind,
    @Nullable String taskNo,
    String name,
    String content,
    int timeoutMillis,
    String retry,
    long createdMillis,
    long runtimeMillis) {
  /** The kind of tasks that are posted to their application's callback. */
  public static final String CALLBACK = "callback";

  /** Checks ids, times and that nothing is missing. */
  public TaskRow {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    Check.range(applicationId, 0, Long.MAX_VALUE, "applicationId");
    Check.text(kind, 1, 64, "kind");
    requireNonNull(name, "name");
    requireNonNull(content, "content");
    Check.range(timeoutMillis, 1, 3_600_000, "timeoutMillis");
    requireNonNull(retry, "retry");
    Check.range(createdMillis, 0, Long.MAX_VALUE, "createdMillis");
    Check.range(runtimeMillis, 0, Long.MAX_VALUE, "runtimeMillis");
  }

  /** The id and the kind: the content may be secret. */
  @Override
  public String toString() {
    return "TaskRow " + id + " " + kind;
  }
}

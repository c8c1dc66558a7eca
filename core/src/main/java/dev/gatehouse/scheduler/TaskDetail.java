package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A task, where it stands, and what happened to it. Immutable.
 *
 * @param id the task
 * @param taskNo its owner's number
 * @param applicationId whose it is
 * @param name for people
 * @param handler its local handler; empty for a callback
 * @param content JSON text
 * @param status where it stands
 * @param dueAt when its next attempt is due, or its last one was
 * @param attempt attempts begun since it was scheduled or requeued
 * @param asked what was asked of it: {@link Asked#PAUSE} while it waits means that it is paused
 * @param endedAt when it became final
 * @param result JSON that its handler returned
 * @param progress what the attempt under way has reported, as of a second or two ago; before that 0
 *     % if a crash came before it
 * @param attempts those that have ended, the earliest first
 */
public record TaskDetail(
    TaskId id,
    Optional<String> taskNo,
    OptionalLong applicationId,
    String name,
    Optional<String> handler,
    String content,
    TaskStatus status,
    Instant dueAt,
    int attempt,
    Asked asked,
    Optional<Instant> endedAt,
    Optional<String> result,
    Optional<TaskProgress> progress,
    List<Attempt> attempts) {
  /** Checks that nothing is missing, and copies the list. */
  public TaskDetail {
    requireNonNull(id, "id");
    requireNonNull(taskNo, "taskNo");
    requireNonNull(applicationId, "applicationId");
    requireNonNull(name, "name");
    requireNonNull(handler, "handler");
    requireNonNull(content, "content");
    requireNonNull(status, "status");
    requireNonNull(dueAt, "dueAt");
    requireNonNull(asked, "asked");
    requireNonNull(endedAt, "endedAt");
    requireNonNull(result, "result");
    requireNonNull(progress, "progress");
    attempts = List.copyOf(attempts);
  }

  /** The id and the status: the content may be secret. */
  @Override
  public String toString() {
    return "Task " + id + " " + status;
  }
}

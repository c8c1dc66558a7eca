package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a task is from its scheduling to its end, as stores keep it. Times are epoch milliseconds.
 * Immutable.
 *
 * @param id time-ordered, made by the scheduler
 * @param applicationId 0 for the host's own tasks
 * @param kind the handler's name, 1..64 characters, or {@link #CALLBACK}
 * @param taskNo the owner's number, 1..64 characters, unique within the application for as long as
 *     the store keeps the task; null if none
 * @param name for people, 0..64 characters
 * @param content JSON text of at most 1 MiB in UTF-8
 * @param timeoutMillis 1..3,600,000
 * @param retry a {@link dev.gatehouse.registry.RetryPolicy#spec()}, 1..32 characters
 * @param createdMillis when it was scheduled
 * @param runtimeMillis when its first attempt is or was due
 * @param priority how it stands to others
 * @param key what it shares an order or a limit with, within the application, 1..120 characters;
 *     null if nothing
 * @param keyLimit most attempts at a time of tasks with the key, up to {@link
 *     Limit#MAX_CONCURRENT}; 0: one after the other in order of (runtimeMillis, id), or no key
 * @param workflowId the workflow that it is a part of; 0 if none
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
    long runtimeMillis,
    Priority priority,
    @Nullable String key,
    int keyLimit,
    long workflowId) {
  /** The kind of tasks that are posted to their application's callback. */
  public static final String CALLBACK = "callback";

  /** Checks that stores can keep it as it is. */
  public TaskRow {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    Check.range(applicationId, 0, Long.MAX_VALUE, "applicationId");
    Check.text(kind, 1, 64, "kind");
    if (taskNo != null) {
      Check.text(taskNo, 1, 64, "taskNo");
    }
    Check.text(name, 0, 64, "name");
    int bytes = utf8Length(requireNonNull(content, "content"));
    Check.range(bytes, 0, Json.MAX_BYTES, "bytes of content");
    Check.range(timeoutMillis, 1, 3_600_000, "timeoutMillis");
    Check.text(retry, 1, 32, "retry");
    Check.range(createdMillis, 0, Long.MAX_VALUE, "createdMillis");
    Check.range(runtimeMillis, 0, Long.MAX_VALUE, "runtimeMillis");
    requireNonNull(priority, "priority");
    if (key == null) {
      Check.range(keyLimit, 0, 0, "keyLimit");
    } else {
      Check.text(key, 1, 120, "key");
      Check.range(keyLimit, 0, Limit.MAX_CONCURRENT, "keyLimit");
    }
    Check.range(workflowId, 0, Long.MAX_VALUE, "workflowId");
  }

  /** A task of normal priority. */
  public TaskRow(
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
    this(
        id,
        applicationId,
        kind,
        taskNo,
        name,
        content,
        timeoutMillis,
        retry,
        createdMillis,
        runtimeMillis,
        Priority.NORMAL);
  }

  /** A task without a key, and of no workflow. */
  public TaskRow(
      long id,
      long applicationId,
      String kind,
      @Nullable String taskNo,
      String name,
      String content,
      int timeoutMillis,
      String retry,
      long createdMillis,
      long runtimeMillis,
      Priority priority) {
    this(
        id,
        applicationId,
        kind,
        taskNo,
        name,
        content,
        timeoutMillis,
        retry,
        createdMillis,
        runtimeMillis,
        priority,
        null,
        0,
        0);
  }

  /** The same under another id. */
  TaskRow withId(long other) {
    return with(other, taskNo, key, keyLimit, workflowId);
  }

  /** The same without a number of its owner's. */
  TaskRow withoutNumber() {
    return with(id, null, key, keyLimit, workflowId);
  }

  /** The same with a key. */
  public TaskRow withKey(String value, int limit) {
    return with(id, taskNo, value, limit, workflowId);
  }

  /** The same as a part of a workflow. */
  public TaskRow withWorkflow(long value) {
    return with(id, taskNo, key, keyLimit, value);
  }

  private TaskRow with(
      long nextId,
      @Nullable String nextNumber,
      @Nullable String nextKey,
      int nextLimit,
      long nextWorkflow) {
    return new TaskRow(
        nextId,
        applicationId,
        kind,
        nextNumber,
        name,
        content,
        timeoutMillis,
        retry,
        createdMillis,
        runtimeMillis,
        priority,
        nextKey,
        nextLimit,
        nextWorkflow);
  }

  /** Exact only for texts that may be too long. */
  private static int utf8Length(String text) {
    boolean fits = text.length() <= Json.MAX_BYTES / 3;
    return fits ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** The id and the kind: the content may be secret. */
  @Override
  public String toString() {
    return "TaskRow " + id + " " + kind;
  }
}

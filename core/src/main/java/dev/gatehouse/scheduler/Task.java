package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Work to be done later. It needs an application, whose callback is posted the content, or the name
 * of a local handler, or both: then the handler works on the application's behalf. Immutable: each
 * method returns a new task.
 */
public final class Task {
  /** Longest time that one attempt may take. */
  public static final Duration MAX_TIMEOUT = Duration.ofHours(1);

  /** Furthest delay and due time from now. */
  public static final Duration MAX_DELAY = Duration.ofDays(36_500);

  private static final Instant END = Instant.EPOCH.plus(MAX_DELAY.multipliedBy(2));

  private static final Form HANDLER = Form.of("[A-Za-z]", "[A-Za-z0-9._-]", 0, 63);

  private static final Task UNNUMBERED = new Task(new Values());

  /** What it is; not changed once a task has it. */
  private final Values values;

  private Task(Values values) {
    this.values = values;
  }

  /**
   * A task with the number that its owner gives it, 1..64 characters, unique within the
   * application.
   */
  public static Task of(String taskNo) {
    Check.text(taskNo, 1, 64, "taskNo");
    return UNNUMBERED.with(values -> values.taskNo = taskNo);
  }

  /** A task without a number of its owner's. */
  public static Task unnumbered() {
    return UNNUMBERED;
  }

  /** Whose task it is. Default none: the host's own. */
  public Task application(Application value) {
    return with(values -> values.application = requireNonNull(value, "application"));
  }

  /**
   * The local handler that does the work: a letter, then up to 63 letters, digits, dots,
   * underscores or hyphens. Default none: the content is posted to the application's callback.
   */
  public Task handler(String value) {
    Check.matches(value, HANDLER, "handler");
    Check.that(
        !value.equals(TaskRow.CALLBACK), "handler must not be named '" + TaskRow.CALLBACK + "'");
    return with(values -> values.handler = value);
  }

  /** A name for people, 0..64 characters. Default empty. */
  public Task name(String value) {
    return with(values -> values.name = Check.text(value, 0, 64, "name"));
  }

  /**
   * What the handler or the receiver gets: a JSON document of at most 1 MiB, kept as it is. Default
   * {@code null}.
   */
  public Task content(String json) {
    return with(values -> values.content = Json.valid(json, "content"));
  }

  /** When it is due, cut to milliseconds; what is past is due at once. Replaces {@link #in}. */
  public Task at(Instant value) {
    requireDue(value);
    return with(values -> values.at = value);
  }

  /** The time if stores can keep it as a due time. */
  static Instant requireDue(Instant value) {
    requireNonNull(value, "at");
    if (value.isBefore(Instant.EPOCH) || !value.isBefore(END)) {
      throw new IllegalArgumentException("at must be in 1970..2169, was " + value);
    }
    return value;
  }

  /** How long after scheduling it is due, zero or more. Default zero. Replaces {@link #at}. */
  public Task in(Duration value) {
    Check.range(value, Duration.ZERO, MAX_DELAY, "in");
    return with(
        values -> {
          values.at = null;
          values.delay = value;
        });
  }

  /**
   * How long one attempt may take, 1 ms to 1 h, cut to milliseconds. Default 60 s. What takes
   * longer is ended and counts as failed.
   */
  public Task timeout(Duration value) {
    Check.range(value, Duration.ofMillis(1), MAX_TIMEOUT, "timeout");
    return with(values -> values.timeout = value);
  }

  /**
   * How it is retried. Default: as its application says, or {@link RetryPolicy#DEFAULT} without
   * one.
   */
  public Task retryPolicy(RetryPolicy value) {
    return with(values -> values.retryPolicy = requireNonNull(value, "retryPolicy"));
  }

  /** How it stands to other tasks that are due. Default {@link Priority#NORMAL}. */
  public Task priority(Priority value) {
    return with(values -> values.priority = requireNonNull(value, "priority"));
  }

  /** What becomes of it if its number is taken. Default {@link IfTaken#REJECT}. */
  public Task ifTaken(IfTaken value) {
    return with(values -> values.ifTaken = requireNonNull(value, "ifTaken"));
  }

  /**
   * Has it wait for its turn: tasks of one application (or all the host's own) with the same key
   * run one after the other, on whatever node, in order of the due time that they were scheduled
   * for, and with the same due time in order of their scheduling. Those behind wait until it is
   * final: through its retries, while it is paused, and if it is rescheduled, for it keeps its
   * place. Those in front of it are the ones that were scheduled for earlier. 1..120 characters.
   * Replaces {@link #atMost}. Default none.
   */
  public Task inOrder(String value) {
    return key(value, 0);
  }

  /**
   * Has it share a limit: of tasks of one application (or all the host's own) with the same key, at
   * most so many attempts are under way at a time, on all nodes together. Tasks that share a key
   * should give the same limit; where they don't, each goes by its own. Replaces {@link #inOrder}.
   *
   * @param attempts 1..{@link Limit#MAX_CONCURRENT}
   * @param value the key, 1..120 characters
   */
  public Task atMost(int attempts, String value) {
    return key(value, Check.range(attempts, 1, Limit.MAX_CONCURRENT, "attempts"));
  }

  private Task key(String value, int limit) {
    Check.text(value, 1, 120, "key");
    return with(
        values -> {
          values.key = value;
          values.keyLimit = limit;
        });
  }

  /** The owner's number. */
  public Optional<String> taskNo() {
    return Optional.ofNullable(values.taskNo);
  }

  /** Whose task it is. */
  public Optional<Application> application() {
    return Optional.ofNullable(values.application);
  }

  /** The local handler. */
  public Optional<String> handler() {
    return Optional.ofNullable(values.handler);
  }

  /** The name for people. */
  public String name() {
    return values.name;
  }

  /** The JSON text. */
  public String content() {
    return values.content;
  }

  /** When it is due if it is scheduled now. */
  public Instant dueAt(Instant now) {
    return values.at == null ? now.plus(values.delay) : values.at;
  }

  /** How long after it is scheduled it is due; empty if at a fixed time. */
  Optional<Duration> delay() {
    return values.at == null ? Optional.of(values.delay) : Optional.empty();
  }

  /** What becomes of it if its number is taken. */
  public IfTaken ifTaken() {
    return values.ifTaken;
  }

  /** How long one attempt may take. */
  public Duration timeout() {
    return values.timeout;
  }

  /** How it stands to other tasks that are due. */
  public Priority priority() {
    return values.priority;
  }

  /** What it shares an order or a limit with. */
  public Optional<String> key() {
    return Optional.ofNullable(values.key);
  }

  /** Most attempts at a time of tasks with its key; 0 if they run in order, or it has none. */
  public int keyLimit() {
    return values.keyLimit;
  }

  /** How it is retried. */
  public RetryPolicy retryPolicy() {
    if (values.retryPolicy != null) {
      return values.retryPolicy;
    }
    return values.application == null ? RetryPolicy.DEFAULT : values.application.retryPolicy();
  }

  @Override
  public String toString() {
    return "Task " + (values.taskNo == null ? "unnumbered" : values.taskNo);
  }

  private Task with(Consumer<Values> change) {
    Values changed = new Values(values);
    change.accept(changed);
    return new Task(changed);
  }

  /** The fields of a task. */
  private static final class Values {
    private @Nullable String taskNo;
    private @Nullable Application application;
    private @Nullable String handler;
    private String name;
    private String content;
    private @Nullable Instant at;
    private Duration delay;
    private Duration timeout;
    private Priority priority;
    private @Nullable RetryPolicy retryPolicy;
    private IfTaken ifTaken;
    private @Nullable String key;
    private int keyLimit;

    /** The defaults. */
    Values() {
      name = "";
      content = "null";
      delay = Duration.ZERO;
      timeout = Duration.ofSeconds(60);
      priority = Priority.NORMAL;
      ifTaken = IfTaken.REJECT;
    }

    Values(Values other) {
      taskNo = other.taskNo;
      application = other.application;
      handler = other.handler;
      name = other.name;
      content = other.content;
      at = other.at;
      delay = other.delay;
      timeout = other.timeout;
      priority = other.priority;
      retryPolicy = other.retryPolicy;
      ifTaken = other.ifTaken;
      key = other.key;
      keyLimit = other.keyLimit;
    }
  }
}

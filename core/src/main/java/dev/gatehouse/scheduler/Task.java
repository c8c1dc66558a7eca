package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
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

  private static final Pattern HANDLER = Pattern.compile("[A-Za-z][A-Za-z0-9._-]{0,63}");

  private final @Nullable String taskNo;
  private final @Nullable Application application;
  private final @Nullable String handler;
  private final String name;
  private final String content;
  private final @Nullable Instant at;
  private final Duration delay;
  private final Duration timeout;
  private final Priority priority;
  private final @Nullable RetryPolicy retryPolicy;
  private final IfTaken ifTaken;
  private final @Nullable String key;
  private final int keyLimit;

  private Task(Values values) {
    taskNo = values.taskNo;
    application = values.application;
    handler = values.handler;
    name = values.name;
    content = values.content;
    at = values.at;
    delay = values.delay;
    timeout = values.timeout;
    priority = values.priority;
    retryPolicy = values.retryPolicy;
    ifTaken = values.ifTaken;
    key = values.key;
    keyLimit = values.keyLimit;
  }

  /**
   * A task with the number that its owner gives it, 1..64 characters, unique within the
   * application.
   */
  public static Task of(String taskNo) {
    Values values = new Values();
    values.taskNo = Check.text(taskNo, 1, 64, "taskNo");
    return new Task(values);
  }

  /** A task without a number of its owner's. */
  public static Task unnumbered() {
    return new Task(new Values());
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
    return Optional.ofNullable(taskNo);
  }

  /** Whose task it is. */
  public Optional<Application> application() {
    return Optional.ofNullable(application);
  }

  /** The local handler. */
  public Optional<String> handler() {
    return Optional.ofNullable(handler);
  }

  /** The name for people. */
  public String name() {
    return name;
  }

  /** The JSON text. */
  public String content() {
    return content;
  }

  /** When it is due if it is scheduled now. */
  public Instant dueAt(Instant now) {
    return at == null ? now.plus(delay) : at;
  }

  /** How long after it is scheduled it is due; empty if at a fixed time. */
  Optional<Duration> delay() {
    return at == null ? Optional.of(delay) : Optional.empty();
  }

  /** What becomes of it if its number is taken. */
  public IfTaken ifTaken() {
    return ifTaken;
  }

  /** How long one attempt may take. */
  public Duration timeout() {
    return timeout;
  }

  /** How it stands to other tasks that are due. */
  public Priority priority() {
    return priority;
  }

  /** What it shares an order or a limit with. */
  public Optional<String> key() {
    return Optional.ofNullable(key);
  }

  /** Most attempts at a time of tasks with its key; 0 if they run in order, or it has none. */
  public int keyLimit() {
    return keyLimit;
  }

  /** How it is retried. */
  public RetryPolicy retryPolicy() {
    if (retryPolicy != null) {
      return retryPolicy;
    }
    return application == null ? RetryPolicy.DEFAULT : application.retryPolicy();
  }

  @Override
  public String toString() {
    return "Task " + (taskNo == null ? "unnumbered" : taskNo);
  }

  private Task with(java.util.function.Consumer<Values> change) {
    Values values = new Values();
    values.taskNo = taskNo;
    values.application = application;
    values.handler = handler;
    values.name = name;
    values.content = content;
    values.at = at;
    values.delay = delay;
    values.timeout = timeout;
    values.priority = priority;
    values.retryPolicy = retryPolicy;
    values.ifTaken = ifTaken;
    values.key = key;
    values.keyLimit = keyLimit;
    change.accept(values);
    return new Task(values);
  }

  /** The fields of a task while one is made of another. */
  private static final class Values {
    private @Nullable String taskNo;
    private @Nullable Application application;
    private @Nullable String handler;
    private String name = "";
    private String content = "null";
    private @Nullable Instant at;
    private Duration delay = Duration.ZERO;
    private Duration timeout = Duration.ofSeconds(60);
    private Priority priority = Priority.NORMAL;
    private @Nullable RetryPolicy retryPolicy;
    private IfTaken ifTaken = IfTaken.REJECT;
    private @Nullable String key;
    private int keyLimit;
  }
}

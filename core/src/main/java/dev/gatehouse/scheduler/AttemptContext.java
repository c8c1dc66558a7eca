package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.transaction.Transaction;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** What the handler sees of an attempt under way. Safe for use by multiple threads. */
final class AttemptContext implements TaskContext {
  private final HeldTask held;
  private final Completer completer;
  private final ProgressBoard board;

  AttemptContext(HeldTask held, Completer completer, ProgressBoard board) {
    this.held = held;
    this.completer = completer;
    this.board = board;
  }

  @Override
  public TaskId id() {
    return held.id();
  }

  @Override
  public Optional<String> taskNo() {
    return Optional.ofNullable(held.row().taskNo());
  }

  @Override
  public OptionalLong applicationId() {
    long id = held.row().applicationId();
    return id == 0 ? OptionalLong.empty() : OptionalLong.of(id);
  }

  @Override
  public String content() {
    return held.content();
  }

  @Override
  public Instant dueAt() {
    return Instant.ofEpochMilli(held.dueMillis());
  }

  @Override
  public int attempt() {
    return held.attempt();
  }

  @Override
  public long fence() {
    return held.fence();
  }

  @Override
  public boolean isCancelled() {
    return held.isCancelled();
  }

  @Override
  public void progress(int percent, String note) {
    board.report(held, new TaskProgress(percent, note));
  }

  @Override
  public void completeIn(Transaction transaction) {
    completer.complete(held, requireNonNull(transaction, "transaction"), new TaskResult.Done(null));
  }

  @Override
  public void completeIn(Transaction transaction, String result) {
    requireNonNull(result, "result");
    completer.complete(
        held, requireNonNull(transaction, "transaction"), new TaskResult.Done(result));
  }

  @Override
  public Optional<WorkflowId> workflowId() {
    long id = held.row().workflowId();
    return id == 0 ? Optional.empty() : Optional.of(new WorkflowId(id));
  }

  @Override
  public Optional<String> resultOf(String node) {
    return completer.results().resultOf(held.row(), node);
  }

  @Override
  public String toString() {
    return held.toString();
  }
}

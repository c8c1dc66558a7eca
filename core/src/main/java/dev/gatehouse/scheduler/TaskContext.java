package dev.gatehouse.scheduler;

import dev.gatehouse.transaction.Transaction;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** What a handler knows of the attempt it makes. Safe for use by multiple threads. */
public interface TaskContext {
  /** The task; the same in every attempt, so it serves as idempotency key. */
  TaskId id();

  /** The number its owner gave it. */
  Optional<String> taskNo();

  /** The id of the application it belongs to. */
  OptionalLong applicationId();

  /** The JSON text it was scheduled with. */
  String content();

  /** When this attempt was due. */
  Instant dueAt();

  /** 1 for the first attempt. */
  int attempt();

  /**
   * Grows with every attempt of the task, on whatever node: a system that remembers the highest it
   * saw can refuse an owner that was presumed dead and came back.
   */
  long fence();

  /** Whether the attempt is to end early: cancelled, out of time, or no longer this node's. */
  boolean isCancelled();

  /**
   * Tells how far the attempt has got, for {@link TaskDetail#progress} to show within about two
   * seconds. Costs little however often it is called: of an attempt only the last word is written,
   * at most once a second and together with others'. No effect once the attempt has ended; the next
   * one begins without.
   *
   * @param percent 0..100
   * @param note for people, 0..255 characters
   */
  void progress(int percent, String note);

  /**
   * Finishes the task as a part of the handler's own transaction: what the handler writes there and
   * the end of the task are committed together, or neither is. So the effect takes place exactly
   * once, if it is in the database of the scheduler's storage. The transaction must be committed or
   * rolled back, and the connection given back, before the handler returns.
   *
   * <p>If it is committed, the handler should return {@link TaskResult#done()}; whatever it
   * returns, the task is finished. If it is rolled back, the handler may try again in another
   * transaction, or fail as ever. If it returns done and the transaction was not committed, the
   * attempt has failed; that is noticed some seconds later. After this call the end of the
   * attempt's time interrupts the handler but does not end the attempt before it returns.
   *
   * @throws dev.gatehouse.error.ConflictException if the attempt has ended, was cancelled or is
   *     another node's; then the transaction must be rolled back, for the effect is another's
   * @throws IllegalArgumentException if the transaction is another storage's
   * @throws dev.gatehouse.error.StorageException if the storage fails; then too
   */
  void completeIn(Transaction transaction);

  /**
   * As {@link #completeIn(Transaction)}, with a result to keep.
   *
   * @param result a JSON document of at most 64 KiB
   */
  void completeIn(Transaction transaction, String result);

  /** The workflow that the task is a part of. */
  Optional<WorkflowId> workflowId();

  /**
   * What the task of a node of the workflow returned that this task's node is after, directly: a
   * JSON document. Empty if it returned none, or came to nothing and says {@link
   * IfFailed#CONTINUE}. Asks the storage.
   *
   * @throws IllegalArgumentException if this task's node is not after a node of that name, or the
   *     task is of no workflow
   * @throws dev.gatehouse.error.StorageException if the storage fails
   */
  Optional<String> resultOf(String node);
}

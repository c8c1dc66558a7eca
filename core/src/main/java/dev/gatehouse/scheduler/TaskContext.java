package dev.gatehouse.scheduler;

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
}

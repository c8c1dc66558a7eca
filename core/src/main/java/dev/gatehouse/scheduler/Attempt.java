package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a task that has ended. Immutable.
 *
 * @param number 1 for the first attempt since the task was scheduled or requeued; what was {@link
 *     Outcome#INTERRUPTED} does not count, so the next has its number again
 * @param fence the fence it ran under, unique within the task
 * @param startedAt to the millisecond; for a crash, when it was noticed
 * @param endedAt to the millisecond
 * @param outcome how it ended
 * @param httpStatus the receiver's status; null if it was no callback or none came
 * @param error for people, at most 255 characters and no control characters; empty on success
 */
public record Attempt(
    int number,
    long fence,
    Instant startedAt,
    Instant endedAt,
    Outcome outcome,
    @Nullable Integer httpStatus,
    String error) {
  /** Longest error in chars. */
  public static final int MAX_ERROR = 255;

  /** How an attempt can end. */
  public enum Outcome {
    /** The work was done. */
    SUCCESS,
    /** The handler or the receiver said no, or failed. */
    FAILURE,
    /** It took longer than the task's timeout. */
    TIMEOUT,
    /** The task was cancelled meanwhile. */
    CANCELLED,
    /** The node that ran it was lost. */
    CRASHED,
    /** The node that ran it closed without waiting for its end. */
    INTERRUPTED
  }

  /** Checks the values. */
  public Attempt {
    Check.range(number, 1, Integer.MAX_VALUE, "number");
    Check.range(fence, 1, Long.MAX_VALUE, "fence");
    requireNonNull(startedAt, "startedAt");
    requireNonNull(endedAt, "endedAt");
    requireNonNull(outcome, "outcome");
    Check.text(error, 0, MAX_ERROR, "error");
  }

  /** The receiver's status. */
  public OptionalInt status() {
    return httpStatus == null ? OptionalInt.empty() : OptionalInt.of(httpStatus);
  }
}

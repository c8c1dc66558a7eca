package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.Attempt.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt ends. Immutable.
 *
 * @param outcome what the attempt's record says
 * @param httpStatus the receiver's status, or null
 * @param error clean and short enough for the record
 * @param result JSON to keep, or null
 * @param forGood whether retries are of no use
 * @param retryAfter the least wait before a retry, or null if the policy's will do
 */
record Ending(
    Outcome outcome,
    @Nullable Integer httpStatus,
    String error,
    @Nullable String result,
    boolean forGood,
    @Nullable Duration retryAfter) {

  static Ending success(@Nullable Integer httpStatus, @Nullable String result) {
    return new Ending(Outcome.SUCCESS, httpStatus, "", result, false, null);
  }

  static Ending failure(@Nullable Integer httpStatus, String error) {
    return new Ending(Outcome.FAILURE, httpStatus, ErrorText.of(error), null, false, null);
  }

  /** A failure after which no retry may come sooner; null: whenever the policy says. */
  static Ending failure(@Nullable Integer httpStatus, String error, @Nullable Duration retryAfter) {
    return new Ending(Outcome.FAILURE, httpStatus, ErrorText.of(error), null, false, retryAfter);
  }

  static Ending failureForGood(String error) {
    return new Ending(Outcome.FAILURE, null, ErrorText.of(error), null, true, null);
  }

  static Ending thrown(Throwable thrown) {
    return new Ending(Outcome.FAILURE, null, ErrorText.of(thrown), null, false, null);
  }

  static Ending timeout(int timeoutMillis) {
    return new Ending(
        Outcome.TIMEOUT, null, "not done after " + timeoutMillis + " ms", null, false, null);
  }

  static Ending interrupted() {
    return new Ending(Outcome.INTERRUPTED, null, "the node that ran it closed", null, false, null);
  }

  static Ending cancelled() {
    return new Ending(Outcome.CANCELLED, null, "", null, false, null);
  }

  /** As the handler says; null is a fault of the handler's. */
  static Ending of(@Nullable TaskResult result) {
    if (result instanceof TaskResult.Done done) {
      return success(null, done.result());
    }
    if (result instanceof TaskResult.Failed failed) {
      return failed.forGood() ? failureForGood(failed.error()) : failure(null, failed.error());
    }
    if (result instanceof TaskResult.RetryAfter later) {
      return failure(null, later.error(), later.delay());
    }
    return failure(null, "handler returned null");
  }
}

package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.Attempt.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt ends. Immutable.
 *
 * @param outcome what the attempt's record says
 * @param httpStatus the receiver's status, or null
 * @param error clean and short enough for the record
 * @param result JSON to keep, or null
 * @param forGood whether retries are of no use
 */
record Ending(
    Outcome outcome,
    @Nullable Integer httpStatus,
    String error,
    @Nullable String result,
    boolean forGood) {

  static Ending success(@Nullable Integer httpStatus, @Nullable String result) {
    return new Ending(Outcome.SUCCESS, httpStatus, "", result, false);
  }

  static Ending failure(@Nullable Integer httpStatus, String error) {
    return new Ending(Outcome.FAILURE, httpStatus, ErrorText.of(error), null, false);
  }

  static Ending failureForGood(String error) {
    return new Ending(Outcome.FAILURE, null, ErrorText.of(error), null, true);
  }

  static Ending thrown(Throwable thrown) {
    return new Ending(Outcome.FAILURE, null, ErrorText.of(thrown), null, false);
  }

  static Ending timeout(int timeoutMillis) {
    return new Ending(
        Outcome.TIMEOUT, null, "not done after " + timeoutMillis + " ms", null, false);
  }

  static Ending cancelled() {
    return new Ending(Outcome.CANCELLED, null, "", null, false);
  }

  /** As the handler says; null is a fault of the handler's. */
  static Ending of(@Nullable TaskResult result) {
    if (result instanceof TaskResult.Done done) {
      return success(null, done.result());
    }
    if (result instanceof TaskResult.Failed failed) {
      return failed.forGood() ? failureForGood(failed.error()) : failure(null, failed.error());
    }
    return failure(null, "handler returned null");
  }
}

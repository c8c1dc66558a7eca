package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How an attempt ended, as its handler sees it. Immutable. */
public sealed interface TaskResult {
  /** The work is done. */
  static TaskResult done() {
    return new Done(null);
  }

  /** The work is done, with a result to keep: a JSON document of at most 64 KiB. */
  static TaskResult done(String json) {
    return new Done(requireNonNull(json, "result"));
  }

  /** It did not work this time; the retry policy decides what follows. */
  static TaskResult failed(String error) {
    return new Failed(error, false);
  }

  /**
   * It did not work this time, and is not worth a try before the delay is over. The retry policy
   * decides whether a retry follows; it comes after the longer of the policy's wait and this one.
   *
   * @param delay zero to 24 h, counted from the end of the attempt, cut to milliseconds
   */
  static TaskResult retryAfter(Duration delay, String error) {
    return new RetryAfter(delay, error);
  }

  /** It will never work: no retry. */
  static TaskResult failedForGood(String error) {
    return new Failed(error, true);
  }

  /**
   * The work is done.
   *
   * @param result JSON to keep, or null
   */
  record Done(@Nullable String result) implements TaskResult {
    /** Longest result in chars. */
    public static final int MAX_RESULT = 64 << 10;

    /** Checks that it is JSON, and its size. */
    public Done {
      if (result != null) {
        Check.range(result.length(), 0, MAX_RESULT, "length of result");
        Json.valid(result, "result");
      }
    }

    /** The JSON to keep. */
    public Optional<String> kept() {
      return Optional.ofNullable(result);
    }

    @Override
    public String toString() {
      return "Done";
    }
  }

  /**
   * It did not work.
   *
   * @param error for people; stores keep its first 255 characters
   * @param forGood whether retries are of no use
   */
  record Failed(String error, boolean forGood) implements TaskResult {
    /** Checks that there is an error text. */
    public Failed {
      requireNonNull(error, "error");
    }
  }

  /**
   * It did not work, and is to be left alone for a while.
   *
   * @param delay the least wait before a retry, zero to 24 h
   * @param error for people; stores keep its first 255 characters
   */
  record RetryAfter(Duration delay, String error) implements TaskResult {
    /** Longest delay. */
    public static final Duration MAX_DELAY = Duration.ofHours(24);

    /** Checks the delay, and that there is an error text. */
    public RetryAfter {
      Check.range(delay, Duration.ZERO, MAX_DELAY, "delay");
      requireNonNull(error, "error");
    }
  }
}

package dev.gatehouse.scheduler;

import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
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
    return new Done(Json.valid(json, "result"));
  }

  /** It did not work this time; the retry policy decides what follows. */
  static TaskResult failed(String error) {
    return new Failed(error, false);
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

    /** Checks the size. */
    public Done {
      Check.that(
          result == null || result.length() <= MAX_RESULT,
          "result must have at most "
              + MAX_RESULT
              + " characters, had "
              + (result == null ? 0 : result.length()));
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
      java.util.Objects.requireNonNull(error, "error");
    }
  }
}

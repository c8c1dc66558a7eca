package dev.gatehouse.storage.jdbc;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Trying again what failed for a conflict with others, or for a connection that broke. */
final class Retries {
  /** After so long none is begun again: a try may have waited for a lock for a minute. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);

  private static final RetryPolicy<@Nullable Object> RETRIES =
      RetryPolicy.builder()
          .handleIf(Retries::mayTryAgain)
          .withMaxRetries(-1)
          .withBackoff(Duration.ofMillis(2), LONGEST_PAUSE)
          .withJitter(0.5)
          .build();

  private Retries() {}

  static boolean mayTryAgain(Throwable e) {
    return e instanceof StorageException
        && !(e instanceof LastingException)
        && (Thrown.isTransient(e) || Thrown.isLost(e));
  }

  /** The first try, which nearly always is the last, goes without the machinery for more. */
  static <T extends @Nullable Object> T tried(Supplier<T> work) {
    long begin = System.nanoTime();
    try {
      return work.get();
    } catch (StorageException e) {
      Duration left = PATIENCE.minusNanos(System.nanoTime() - begin);
      if (!mayTryAgain(e) || left.compareTo(LONGEST_PAUSE) <= 0) {
        throw e;
      }
      return triedAgain(work, left);
    }
  }

  private static <T extends @Nullable Object> T triedAgain(Supplier<T> work, Duration left) {
    RetryPolicy<@Nullable Object> retries =
        RetryPolicy.builder(RETRIES.getConfig()).withMaxDuration(left).build();
    try {
      return Failsafe.with(retries).get(work::get);
    } catch (FailsafeException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("interrupted between two tries of a transaction", e);
    }
  }

  /** A failure after which trying again is no use, or would do harm. */
  static final class LastingException extends StorageException {
    private static final long serialVersionUID = 1L;

    LastingException(String what, GatehouseException cause) {
      super(what + ": " + cause.getMessage(), cause);
    }
  }
}

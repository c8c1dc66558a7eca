package dev.gatehouse.scheduler;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whether something was in use within the last minute, by the monotonic clock. Safe for use by
 * multiple threads.
 */
final class RecentUse {
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private volatile @Nullable Long until;

  void note(long nanoTime) {
    until = nanoTime + MINUTE_NANOS;
  }

  boolean isRecent(long nanoTime) {
    Long end = until;
    return end != null && nanoTime - end < 0;
  }
}

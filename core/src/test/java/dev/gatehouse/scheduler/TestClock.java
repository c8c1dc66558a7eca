package dev.gatehouse.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/** A clock that moves only when told; its elapsed time is what it was moved. */
final class TestClock implements InstantSource {
  static final Instant START = Instant.ofEpochSecond(1_700_000_100);

  private final AtomicReference<Instant> now = new AtomicReference<>(START);

  @Override
  public Instant instant() {
    return now.get();
  }

  void advance(Duration duration) {
    now.updateAndGet(instant -> instant.plus(duration));
  }

  void advanceMillis(long millis) {
    advance(Duration.ofMillis(millis));
  }

  void set(Instant instant) {
    now.set(instant);
  }

  /** Monotonic nanoseconds with an origin of their own, close to where they wrap. */
  long nanoTime() {
    return Long.MAX_VALUE - 1_000_000_000L + Duration.between(START, instant()).toNanos();
  }

  /** Seconds since the start. */
  double seconds() {
    return Duration.between(START, instant()).toMillis() / 1000.0;
  }
}

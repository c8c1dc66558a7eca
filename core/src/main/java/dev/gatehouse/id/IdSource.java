package dev.gatehouse.id;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes 64-bit identifiers that are positive, unique and grow with time, without asking a database.
 *
 * <p>From the high bit: one zero, 41 bits of milliseconds since 2025-01-01T00:00Z (until 2094), 12
 * bits of node tag, 10 bits of counter. One source makes at most 1,024 identifiers a millisecond;
 * beyond that, and while the clock stands still or steps back, it borrows from the milliseconds
 * ahead, so that order and uniqueness hold all the same. The tag tells sources apart: random at
 * first, and replaced by the number of the node's lease where there is one, which no other living
 * node holds.
 *
 * <p>Safe for use by multiple threads.
 */
public final class IdSource {
  static final long EPOCH_MILLIS = 1_735_689_600_000L;
  static final int TAG_BITS = 12;
  static final int COUNTER_BITS = 10;
  private static final long COUNTER_MASK = (1L << COUNTER_BITS) - 1;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final InstantSource clock;
  private final AtomicLong lastTick = new AtomicLong();
  private volatile int tag = RANDOM.nextInt(1 << TAG_BITS);

  /** A source that takes its time from the clock. */
  public IdSource(InstantSource clock) {
    this.clock = requireNonNull(clock, "clock");
  }

  /**
   * The next identifier, greater than all before it from this source while its tag stays the same.
   */
  public long next() {
    long now = Math.max(0, clock.millis() - EPOCH_MILLIS) << COUNTER_BITS;
    long tick = lastTick.updateAndGet(last -> Math.max(last + 1, now));
    long millis = tick >>> COUNTER_BITS;
    return (millis << (TAG_BITS + COUNTER_BITS))
        | ((long) tag << COUNTER_BITS)
        | (tick & COUNTER_MASK);
  }

  /** Takes the number of the node's lease as tag; only its low 12 bits count. */
  public void nodeNumber(int node) {
    Check.range(node, 0, Integer.MAX_VALUE, "node");
    tag = node & ((1 << TAG_BITS) - 1);
  }
}

package dev.gatehouse.audit;

import dev.gatehouse.observe.GatehouseListener;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when records are pending for too long. It trusts no clock but the one for elapsed time, and
 * no time in the records. It notes the highest id that is pending, and waits until every record up
 * to that is gone: so a backlog of which a little leaves all the while is told too, and nobody
 * keeps it silent by ever lower ids. Safe for use by multiple threads.
 */
final class LagWatch {
  private static final Logger LOGGER = LoggerFactory.getLogger(LagWatch.class);

  private final LogName log;
  private final LongSupplier nanoTime;
  private final GatehouseListener listener;
  private final Duration max;
  private Seen seen = Seen.NONE; // under the monitor

  private record Seen(long upToId, long sinceNanos, int alarms) {
    static final Seen NONE = new Seen(0, 0, 0);
  }

  LagWatch(LogName log, LongSupplier nanoTime, GatehouseListener listener, Duration max) {
    this.log = log;
    this.nanoTime = nanoTime;
    this.listener = listener;
    this.max = max;
  }

  /**
   * What is pending now.
   *
   * @param lowest id; empty if nothing is
   * @param highest id
   */
  void see(OptionalLong lowest, OptionalLong highest) {
    Duration late = update(lowest.orElse(0), Math.max(lowest.orElse(0), highest.orElse(0)));
    if (!late.isZero()) {
      LOGGER.warn("records of the {} log have been pending for {}, more than {}", log, late, max);
      try {
        listener.auditLagging(log.toString(), late);
      } catch (RuntimeException e) {
        LOGGER.warn("the listener failed", e);
      }
    }
  }

  /** How late it is, if that is to be told; else zero. */
  private synchronized Duration update(long lowest, long highest) {
    long now = nanoTime.getAsLong();
    if (lowest == 0) {
      seen = Seen.NONE;
      return Duration.ZERO;
    }
    if (seen.upToId < lowest) {
      seen = new Seen(highest, now, 0);
    }
    Duration lag = Duration.ofNanos(now - seen.sinceNanos);
    if (lag.compareTo(max.multipliedBy(seen.alarms + 1L)) <= 0) {
      return Duration.ZERO;
    }
    seen = new Seen(seen.upToId, seen.sinceNanos, seen.alarms + 1);
    return lag;
  }

  synchronized Duration lag() {
    return seen.upToId == 0
        ? Duration.ZERO
        : Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - seen.sinceNanos));
  }
}

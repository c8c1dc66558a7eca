package dev.gatehouse.registry;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the calls of one service share. Failsafe's breaker goes by the system's clock only, so that
 * it is told here when its delay is over. Safe for use by multiple threads.
 */
final class ServicePolicies {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final int WINDOW = 100;

  /** Longer than any process runs: when the breaker is half open is this class's to say. */
  private static final Duration NEVER = Duration.ofDays(100_000);

  /** No attempt may be made. */
  static final int REFUSED = -1;

  private final FleetState fleet;
  private final String service;
  private final LongSupplier nanoTime;
  private final long delayNanos;
  private volatile long openedAt;

  /** Counted under this object's monitor, before the breaker is half open. */
  private volatile int trials;

  private volatile boolean forgotten;
  private final CircuitBreaker<Response> breaker;
  private final Bulkhead<Response> bulkhead;

  ServicePolicies(FleetState fleet, String service, CallOptions options, LongSupplier nanoTime) {
    this.fleet = fleet;
    this.service = service;
    this.nanoTime = nanoTime;
    this.delayNanos = options.breakerDelay().toNanos();
    this.breaker =
        CircuitBreaker.<Response>builder()
            .withFailureThreshold(options.breaker(), WINDOW)
            .withSuccessThreshold(1)
            .withDelay(NEVER)
            .onOpen(event -> tell("open"))
            .onClose(event -> tell("closed"))
            .build();
    this.bulkhead = Bulkhead.of(options.concurrent());
  }

  /**
   * No answer, or one of 500 and above; but 501 and 505 say what the receiver will never do, not
   * that it is in trouble.
   */
  static boolean isFailure(@Nullable Response response, @Nullable Throwable failure) {
    if (failure != null || response == null) {
      return true;
    }
    int status = response.status();
    return status >= 500 && status != 501 && status != 505;
  }

  /**
   * Whether an attempt may be made now. Who was let through tells by {@link #ended} or {@link
   * #abandoned} what came of it, and by what this returns when that began: an attempt from before
   * the breaker opened must not be taken for the one by which it closes or opens again.
   *
   * @return {@link #REFUSED}, or how often the breaker had been half open
   */
  int tryBegin() {
    if (breaker.isOpen() && halfOpen(nanoTime.getAsLong())) {
      tell("half-open");
    }
    return breaker.tryAcquirePermit() ? trials : REFUSED;
  }

  /**
   * Counts before anybody can have the permit of the trial, and only where the breaker becomes half
   * open by it: who has that permit and took another count would tell nothing, and there is no
   * second one.
   */
  private synchronized boolean halfOpen(long now) {
    if (!breaker.isOpen() || now - openedAt < delayNanos) {
      return false;
    }
    openedAt = now;
    trials++;
    breaker.halfOpen();
    return true;
  }

  void ended(int begun, boolean failed) {
    if (begun != trials) {
      return;
    }
    if (failed) {
      recordFailure();
    } else {
      breaker.recordSuccess();
    }
  }

  /**
   * An attempt ended by the caller's doing, which tells nothing of the service. The only trial of a
   * breaker that is half open must come to something all the same.
   */
  void abandoned(int begun) {
    if (begun == trials && breaker.isHalfOpen()) {
      recordFailure();
    }
  }

  /** The time comes first: who sees the breaker open sees since when. */
  private void recordFailure() {
    if (!breaker.isOpen()) {
      openedAt = nanoTime.getAsLong();
    }
    breaker.recordFailure();
  }

  Bulkhead<Response> bulkhead() {
    return bulkhead;
  }

  /** The service was removed. */
  void forget() {
    forgotten = true;
  }

  private void tell(String state) {
    if (forgotten || fleet.isForgotten()) {
      return;
    }
    LOG.info("The breaker of service '{}' on server '{}' is {}", service, fleet.server(), state);
    try {
      fleet.listener().breakerChanged(fleet.server(), service, state);
    } catch (RuntimeException e) {
      LOG.error("A listener failed", e);
    }
  }
}

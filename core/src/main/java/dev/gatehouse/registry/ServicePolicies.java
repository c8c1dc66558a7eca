package dev.gatehouse.registry;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.transport.Response;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the calls of one service share. Safe for use by multiple threads. */
final class ServicePolicies {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final int WINDOW = 100;

  private final String server;
  private final String service;
  private final GatehouseListener listener;
  private final CircuitBreaker<Response> breaker;
  private final Bulkhead<Response> bulkhead;

  ServicePolicies(String server, String service, CallOptions options, GatehouseListener listener) {
    this.server = server;
    this.service = service;
    this.listener = listener;
    this.breaker =
        CircuitBreaker.<Response>builder()
            .withFailureThreshold(options.breaker(), WINDOW)
            .withSuccessThreshold(1)
            .withDelay(options.breakerDelay())
            .onOpen(event -> tell("open"))
            .onHalfOpen(event -> tell("half-open"))
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
   * #abandoned} what came of it.
   */
  boolean tryBegin() {
    return breaker.tryAcquirePermit();
  }

  void ended(boolean failed) {
    if (failed) {
      breaker.recordFailure();
    } else {
      breaker.recordSuccess();
    }
  }

  /**
   * An attempt ended by the caller's doing, which tells nothing of the service. The only trial of a
   * breaker that is half open must come to something all the same.
   */
  void abandoned() {
    if (breaker.isHalfOpen()) {
      breaker.recordFailure();
    }
  }

  Bulkhead<Response> bulkhead() {
    return bulkhead;
  }

  private void tell(String state) {
    LOG.info("The breaker of service '{}' on server '{}' is {}", service, server, state);
    try {
      listener.breakerChanged(server, service, state);
    } catch (RuntimeException e) {
      LOG.error("A listener failed", e);
    }
  }
}

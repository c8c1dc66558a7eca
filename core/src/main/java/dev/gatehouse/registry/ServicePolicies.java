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
  private final RetryBudget budget;

  ServicePolicies(String server, String service, CallOptions options, GatehouseListener listener) {
    this.server = server;
    this.service = service;
    this.listener = listener;
    this.breaker =
        CircuitBreaker.<Response>builder()
            .handleIf(ServicePolicies::isFailure)
            .withFailureThreshold(options.breaker(), WINDOW)
            .withDelay(options.breakerDelay())
            .onOpen(event -> tell("open"))
            .onHalfOpen(event -> tell("half-open"))
            .onClose(event -> tell("closed"))
            .build();
    this.bulkhead = Bulkhead.of(options.concurrent());
    this.budget = new RetryBudget(options.retryBudget());
  }

  /** No answer, or one of 500 and above. */
  static boolean isFailure(@Nullable Response response, @Nullable Throwable failure) {
    return failure != null || response == null || response.status() >= 500;
  }

  CircuitBreaker<Response> breaker() {
    return breaker;
  }

  Bulkhead<Response> bulkhead() {
    return bulkhead;
  }

  RetryBudget budget() {
    return budget;
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

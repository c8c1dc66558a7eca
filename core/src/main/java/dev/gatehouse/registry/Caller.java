package dev.gatehouse.registry;

import static dev.gatehouse.registry.ServicePolicies.isFailure;

import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One call of a service: its attempts, each at an instance that was not tried before if there is
 * one, and what the balancer learns of them. Not safe: confine to one thread.
 */
final class Caller {
  /** An attempt ends by its deadline; this is for a transport that breaks its own rule. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final int PICKS = 4;

  private final Site site;
  private final String service;
  private final List<Endpoint> endpoints;
  private final ServiceCall call;
  private final CallOptions options;
  private final Transport transport;
  private final ServicePolicies policies;
  private final BitSet tried = new BitSet();
  private final Deadline deadline;
  private int attempts;

  Caller(Site site, String server, String service, ServiceCall call, CallOptions options) {
    this.site = site;
    this.service = service;
    this.endpoints = site.endpoints(server, service);
    this.call = call;
    this.options = options;
    if (options.transport() == null) {
      throw new IllegalStateException("no transport: services cannot be called here");
    }
    this.transport = options.transport();
    this.policies = site.fleet().state().policies(RegistryStore.nameKey(service), options);
    this.deadline = Deadline.in(options.timeout());
  }

  /** The permit is given back here: Failsafe's executor keeps it when a call fails. */
  Response call() {
    if (!policies.bulkhead().tryAcquirePermit()) {
      throw new LimitException(
          "calls of service '"
              + Check.shown(service)
              + "' under way must be at most "
              + options.concurrent());
    }
    try {
      policies.budget().called();
      return Failsafe.with(retries(), policies.breaker()).get(this::attempt);
    } catch (CircuitBreakerOpenException e) {
      throw new TransportException(
          "the breaker of service '" + Check.shown(service) + "' is open", e);
    } catch (FailsafeException e) {
      Thread.currentThread().interrupt();
      throw new TransportException("interrupted between two attempts", e);
    } finally {
      policies.bulkhead().releasePermit();
    }
  }

  private RetryPolicy<Response> retries() {
    var builder =
        RetryPolicy.<Response>builder()
            .handleIf(
                (response, failure) ->
                    (failure == null || failure instanceof TransportException)
                        && isFailure(response, failure))
            .abortIf((response, failure) -> !mayTryAgain())
            .withMaxAttempts(options.attempts());
    Duration backoff = options.backoff();
    if (!backoff.isZero()) {
      builder.withBackoff(backoff, backoff.multipliedBy(1L << options.attempts())).withJitter(0.5);
    }
    return builder.build();
  }

  /** Asked after each attempt that failed. */
  private boolean mayTryAgain() {
    return attempts < options.attempts()
        && call.isRepeatable(endpoints.get(0).method())
        && !deadline.remaining().isZero()
        && policies.budget().tryTake();
  }

  private Response attempt() {
    attempts++;
    Duration left = deadline.remaining();
    if (left.isZero()) {
      throw new TransportException("the call's time was up before an attempt");
    }
    Duration time = left.compareTo(options.attemptTimeout()) < 0 ? left : options.attemptTimeout();
    CompletableFuture<Response> first = send(time);
    Duration hedge = call.hedge();
    if (hedge == null || hedge.compareTo(time) >= 0) {
      return await(first, time.plus(GRACE));
    }
    try {
      return first.get(hedge.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return await(firstGood(first, send(time.minus(hedge))), time.plus(GRACE));
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (InterruptedException e) {
      throw interrupted(first, e);
    }
  }

  /** What comes of the first that does not fail, or of the last; cancels the other. */
  private static CompletableFuture<Response> firstGood(
      CompletableFuture<Response> one, CompletableFuture<Response> other) {
    CompletableFuture<Response> winner = new CompletableFuture<>();
    for (CompletableFuture<Response> each : List.of(one, other)) {
      CompletableFuture<Response> rival = each == one ? other : one;
      whenDone(
          each,
          (response, failure) -> {
            if (isFailure(response, failure) && !rival.isDone()) {
              return;
            }
            if (failure == null) {
              winner.complete(response);
            } else {
              winner.completeExceptionally(failure);
            }
            rival.cancel(true);
          });
    }
    whenDone(
        winner,
        (response, failure) -> {
          if (winner.isCancelled()) {
            one.cancel(true);
            other.cancel(true);
          }
        });
    return winner;
  }

  private CompletableFuture<Response> send(Duration time) {
    int position = site.isFixed() ? 0 : untried();
    tried.set(position);
    Fleet fleet = site.fleet();
    Member member = site.isFixed() ? null : fleet.member(position);
    long start = fleet.nanoTime();
    if (member != null) {
      member.began();
    }
    CompletableFuture<Response> exchange;
    try {
      exchange =
          transport
              .send(call.request(endpoints.get(position)), Deadline.in(time))
              .toCompletableFuture();
    } catch (RuntimeException e) {
      if (member != null) {
        member.ended();
      }
      throw e;
    }
    if (member != null) {
      whenDone(exchange, (response, failure) -> ended(member, start, response, failure));
    }
    return exchange;
  }

  /** What the action throws is lost: it must not throw. */
  private static void whenDone(
      CompletionStage<Response> exchange,
      BiConsumer<@Nullable Response, @Nullable Throwable> action) {
    exchange.whenComplete(action);
  }

  /** Who was cancelled was too slow, but did not fail. */
  private void ended(
      Member member, long start, @Nullable Response response, @Nullable Throwable failure) {
    member.ended();
    long now = site.fleet().nanoTime();
    boolean success = failure instanceof CancellationException || !isFailure(response, failure);
    site.fleet().state().ended(member, Math.max(0, now - start), success, now);
  }

  private int untried() {
    int position = site.fleet().pick(call.key());
    for (int pick = 1; pick < PICKS && tried.get(position); pick++) {
      position = site.fleet().pick(null);
    }
    if (!tried.get(position)) {
      return position;
    }
    int free = site.fleet().firstUp(tried);
    return free < 0 ? position : free;
  }

  private static Response await(CompletableFuture<Response> exchange, Duration time) {
    try {
      return exchange.get(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      exchange.cancel(true);
      throw new TransportException("no answer came long after the deadline", e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (InterruptedException e) {
      throw interrupted(exchange, e);
    }
  }

  private static TransportException failure(@Nullable Throwable cause) {
    Throwable own =
        cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
    return own instanceof TransportException known
        ? known
        : new TransportException("the transport failed", own);
  }

  private static CancellationException interrupted(
      CompletableFuture<Response> exchange, InterruptedException cause) {
    exchange.cancel(true);
    Thread.currentThread().interrupt();
    CancellationException cancelled = new CancellationException("interrupted during a call");
    cancelled.initCause(cause);
    return cancelled;
  }
}

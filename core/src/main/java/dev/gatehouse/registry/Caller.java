package dev.gatehouse.registry;

import static dev.gatehouse.registry.ServicePolicies.isFailure;
import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One call of a service: its attempts, each at an instance that was not tried before if there is
 * one, and what the balancer and the breaker learn of them. Choosing an instance and making the
 * request are no part of an attempt: what fails there says nothing of the service. Not safe:
 * confine to one thread.
 */
final class Caller {
  /** A hedged attempt ends by its deadline; this is for a transport that breaks its own rule. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final int PICKS = 4;
  private static final int TOO_MANY_REQUESTS = 429;

  /** What is sent next, where, and as what the breaker let it through. */
  private record Planned(int position, Request request, int begun) {}

  /** An answer, or why there is none. */
  private record Ended(@Nullable Response response, @Nullable TransportException failure) {
    boolean failed() {
      return isFailure(response, failure);
    }

    Response answer() {
      if (failure != null) {
        throw failure;
      }
      return requireNonNull(response);
    }
  }

  private final Site site;
  private final Fleet fleet;
  private final String service;
  private final Route route;

  /** Of the instance that alone may be asked; negative if any may. */
  private final int pinned;

  private final ServiceCall call;
  private final CallOptions options;
  private final Transport transport;
  private final ServicePolicies policies;
  private final RetryBudget budget;
  private final BitSet tried = new BitSet();
  private final Duration attemptTimeout;
  private final Deadline deadline;

  Caller(Site site, String server, String service, ServiceCall call, CallOptions options) {
    if (call.isOfHostOnly() && site.server().orElseThrow().owner().isPresent()) {
      throw Missing.server(server);
    }
    this.site = site;
    this.fleet = site.fleet();
    this.service = service;
    this.route = site.route(server, service);
    this.call = call;
    this.options = options;
    this.pinned = site.isFixed() ? -1 : pinned(fleet, server, call.instance());
    Transport known = call.transport() == null ? options.transport() : call.transport();
    if (known == null) {
      throw new IllegalStateException("no transport: services cannot be called here");
    }
    this.transport = known;
    this.policies =
        fleet.state().policies(RegistryStore.nameKey(service), options, fleet::nanoTime);
    this.budget = fleet.state().budget(options);
    Duration timeout = call.timeout() == null ? options.timeout() : call.timeout();
    this.attemptTimeout = call.isOnce() ? timeout : options.attemptTimeout();
    this.deadline = fleet.deadline(timeout);
  }

  Response call() {
    if (!policies.bulkhead().tryAcquirePermit()) {
      throw new LimitException(
          "calls of service '"
              + Check.shown(service)
              + "' under way must be at most "
              + options.concurrent());
    }
    try {
      budget.called();
      return attempts().answer();
    } finally {
      policies.bulkhead().releasePermit();
    }
  }

  /** What the last attempt brought; one that cannot be made any more is none. */
  private Ended attempts() {
    Ended ended = attempt(plan());
    for (int made = 1; ended.failed() && mayTryAgain(made); made++) {
      Planned again;
      try {
        pause(made);
        again = plan();
      } catch (TransportException e) {
        return ended;
      }
      ended = attempt(again);
    }
    return ended;
  }

  private boolean mayTryAgain(int made) {
    return made < options.attempts()
        && call.isRepeatable(route.at(0).method())
        && longestPause(made).compareTo(deadline.remaining()) < 0
        && budget.tryTake();
  }

  private Duration longestPause(int made) {
    return options.backoff().multipliedBy(3L << (made - 1)).dividedBy(2);
  }

  /** The backoff, doubled after each attempt, give or take a half of it. */
  private void pause(int made) {
    long longest = longestPause(made).toNanos();
    if (longest == 0) {
      return;
    }
    try {
      TimeUnit.NANOSECONDS.sleep(
          longest / 3 + Long.remainderUnsigned(fleet.random(), longest * 2 / 3 + 1));
    } catch (InterruptedException e) {
      throw interrupted("between two attempts", e);
    }
  }

  /**
   * The next attempt, which the breaker lets through.
   *
   * @throws TransportException if no attempt can be made now
   */
  private Planned plan() {
    int position = site.isFixed() ? 0 : untried();
    Request request = call.request(route.at(position));
    if (deadline.remaining().isZero()) {
      throw new TransportException("the call's time was up before an attempt");
    }
    int begun = policies.tryBegin();
    if (begun == ServicePolicies.REFUSED) {
      throw new TransportException("the breaker of service '" + Check.shown(service) + "' is open");
    }
    return new Planned(position, request, begun);
  }

  private Ended attempt(Planned planned) {
    boolean told = false;
    try {
      Ended ended = exchange(planned);
      policies.ended(planned.begun(), ended.failed());
      told = true;
      return ended;
    } finally {
      if (!told) {
        policies.abandoned(planned.begun());
      }
    }
  }

  private Ended exchange(Planned planned) {
    Duration left = deadline.remaining();
    Duration time = left.compareTo(attemptTimeout) < 0 ? left : attemptTimeout;
    Duration hedge = call.hedge();
    return hedge == null || hedge.compareTo(time) >= 0
        ? execute(planned, time)
        : hedged(planned, time, hedge);
  }

  /** On this thread, as far as the transport can. */
  private Ended execute(Planned planned, Duration time) {
    tried.set(planned.position());
    Member member = member(planned.position());
    long start = fleet.began(member);
    Ending ending = Ending.ABANDONED;
    try {
      Response answer = transport.execute(planned.request(), fleet.deadline(atLeastSome(time)));
      ending = ending(answer, null);
      return new Ended(answer, null);
    } catch (TransportException e) {
      ending = ending(null, e);
      return new Ended(null, e);
    } catch (InterruptedException e) {
      throw interrupted("during a call", e);
    } finally {
      fleet.ended(member, start, ending);
    }
  }

  private Ended hedged(Planned planned, Duration time, Duration hedge) {
    Exchange first = send(planned.position(), planned.request(), time);
    if (!isDoneWithin(hedge, first)) {
      Exchange second = hedge(time.minus(hedge));
      if (second != null) {
        return await(Exchange.firstGood(first, second), time.plus(GRACE), first, second);
      }
    }
    return await(first.answer(), time.plus(GRACE), first);
  }

  /** The same once more, at another place; null if there is none, or the budget is used up. */
  private @Nullable Exchange hedge(Duration time) {
    try {
      int position = site.isFixed() ? 0 : untried();
      return tried.get(position) || time.isZero() || !budget.tryTake()
          ? null
          : send(position, call.request(route.at(position)), time);
    } catch (RuntimeException e) {
      return null;
    }
  }

  private Exchange send(int position, Request request, Duration time) {
    tried.set(position);
    Exchange exchange = new Exchange(fleet, member(position));
    exchange.begin(() -> transport.send(request, fleet.deadline(atLeastSome(time))));
    return exchange;
  }

  private @Nullable Member member(int position) {
    return site.isFixed() ? null : fleet.member(position);
  }

  private static Duration atLeastSome(Duration time) {
    return time.isZero() ? Duration.ofNanos(1) : time;
  }

  /**
   * How an exchange that ended tells of the instance's health; one for which was no room does not.
   */
  static Ending ending(@Nullable Response response, @Nullable Throwable failure) {
    if (cause(failure) instanceof LimitException) {
      return Ending.ABANDONED;
    }
    if (isFailure(response, failure)) {
      return Ending.FAILED;
    }
    return response != null && response.status() == TOO_MANY_REQUESTS
        ? Ending.SHED
        : Ending.ANSWERED;
  }

  private static int pinned(Fleet fleet, String server, @Nullable String address) {
    if (address == null) {
      return -1;
    }
    int position = fleet.position(address);
    if (position < 0) {
      throw Missing.instance(server, address);
    }
    return position;
  }

  private int untried() {
    if (pinned >= 0) {
      return pinned;
    }
    int position = fleet.pick(call.key());
    for (int pick = 1; pick < PICKS && tried.get(position); pick++) {
      position = fleet.pick(null);
    }
    if (!tried.get(position)) {
      return position;
    }
    int free = fleet.another(tried);
    return free < 0 ? position : free;
  }

  private static boolean isDoneWithin(Duration time, Exchange exchange) {
    try {
      exchange.answer().get(time.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException | CancellationException e) {
      return true;
    } catch (InterruptedException e) {
      exchange.cancel(Ending.ABANDONED);
      throw interrupted("during a call", e);
    }
  }

  private static Ended await(
      CompletableFuture<Response> answer, Duration time, Exchange... exchanges) {
    try {
      return new Ended(answer.get(time.toNanos(), TimeUnit.NANOSECONDS), null);
    } catch (TimeoutException e) {
      for (Exchange each : exchanges) {
        each.cancel(Ending.OVERTAKEN);
      }
      return new Ended(null, new TransportException("no answer came long after the deadline", e));
    } catch (ExecutionException e) {
      return new Ended(null, failure(e.getCause()));
    } catch (CancellationException e) {
      return new Ended(null, failure(e));
    } catch (InterruptedException e) {
      for (Exchange each : exchanges) {
        each.cancel(Ending.ABANDONED);
      }
      throw interrupted("during a call", e);
    }
  }

  /**
   * Why there is no answer.
   *
   * @throws LimitException if the transport had no room
   */
  private static TransportException failure(@Nullable Throwable failure) {
    Throwable own = cause(failure);
    if (own instanceof LimitException noRoom) {
      throw noRoom;
    }
    return own instanceof TransportException known
        ? known
        : new TransportException("the transport failed", own);
  }

  private static @Nullable Throwable cause(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private static CancellationException interrupted(String when, InterruptedException cause) {
    Thread.currentThread().interrupt();
    CancellationException cancelled = new CancellationException("interrupted " + when);
    cancelled.initCause(cause);
    return cancelled;
  }
}

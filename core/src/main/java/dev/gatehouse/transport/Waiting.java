package dev.gatehouse.transport;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.TransportException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Waits for what a transport sends on other threads. */
final class Waiting {
  /** An exchange ends by its deadline; this is for a transport that breaks that rule. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** How often a clock is looked at that another thread steps. */
  private static final long LOOK_NANOS = 5_000_000;

  private Waiting() {}

  /** The answer; who is interrupted, or waited too long, ends the exchange. */
  static Response forAnswer(CompletableFuture<Response> answer, Deadline deadline)
      throws InterruptedException {
    try {
      return deadline.comesByWaiting()
          ? answer.get(deadline.remaining().plus(GRACE).toNanos(), TimeUnit.NANOSECONDS)
          : steppedAnswer(answer, deadline);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new TransportException("no answer came long after the deadline", e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (CancellationException e) {
      throw failure(e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw e;
    }
  }

  /** Up to the deadline by its own clock, and no longer than if that were the system's. */
  private static Response steppedAnswer(CompletableFuture<Response> answer, Deadline deadline)
      throws InterruptedException, ExecutionException, TimeoutException {
    long end = System.nanoTime() + deadline.remaining().plus(GRACE).toNanos();
    while (true) {
      try {
        return answer.get(LOOK_NANOS, TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (deadline.remaining().isZero() || end - System.nanoTime() <= 0) {
          throw e;
        }
      }
    }
  }

  private static RuntimeException failure(@Nullable Throwable cause) {
    Throwable own =
        cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
    if (own instanceof LimitException limit) {
      return limit;
    }
    return own instanceof TransportException known
        ? known
        : new TransportException("the transport failed", own);
  }
}

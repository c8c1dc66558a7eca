package dev.gatehouse.scheduler;

import dev.gatehouse.error.ClosedException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The engine on its caller's thread. Tasks are claimed one by one, when they are due, so that what
 * one handler does is there for the next. Not safe: confine to one thread.
 */
final class VirtualStepper implements Stepper, Drive {
  private static final long SWEEP_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Engine engine;
  private final Purging purging;
  private long sweptNanos;
  private boolean closed;

  VirtualStepper(SchedulerParts parts) {
    engine = new Engine(parts, EngineClock.virtual(parts.clock()), Runnable::run, Waker.NONE);
    purging =
        new Purging(parts.options(), engine.clock()::nanoTime, new Purge(parts, engine.clock()));
    sweptNanos = engine.clock().nanoTime() - SWEEP_NANOS;
  }

  @Override
  public Engine engine() {
    return engine;
  }

  @Override
  public Optional<Instant> next() {
    requireOpen();
    long now = engine.clock().nanoTime();
    if (!engine.settler().isIdle() || !engine.gatekeeper().isIdle()) {
      return Optional.of(instant(now));
    }
    long next = saturatedSum(now, engine.attempts().nanosToExpiry());
    next = Math.min(next, saturatedSum(now, engine.attempts().nanosToDoubt()));
    next = Math.min(next, saturatedSum(now, engine.settler().nanosToLook()));
    next = Math.min(next, saturatedSum(now, engine.gatekeeper().nanosToLook()));
    next = Math.min(next, saturatedSum(now, engine.suspects().nanosToLook()));
    if (!engine.holdings().isEmpty()) {
      next = Math.min(next, saturatedSum(now, engine.membership().nanosToRenewal()));
    }
    long begin = engine.holdings().nextMillis();
    if (begin != Long.MAX_VALUE) {
      next = Math.min(next, TimeUnit.MILLISECONDS.toNanos(begin));
    }
    OptionalLong occurrence = engine.recurrer().earliest();
    if (occurrence.isPresent()) {
      next = Math.min(next, TimeUnit.MILLISECONDS.toNanos(occurrence.getAsLong()));
    }
    if (engine.runner().hasRoom() && engine.holdings().room() > 0) {
      OptionalLong due = engine.claims().earliestDue();
      if (due.isPresent()) {
        next = Math.min(next, TimeUnit.MILLISECONDS.toNanos(due.getAsLong()));
      }
    }
    return next == Long.MAX_VALUE ? Optional.empty() : Optional.of(instant(next));
  }

  private static long saturatedSum(long now, long nanos) {
    return nanos >= Long.MAX_VALUE - now ? Long.MAX_VALUE : now + nanos;
  }

  private static Instant instant(long nanos) {
    return Instant.ofEpochSecond(0, nanos);
  }

  @Override
  public void run() {
    requireOpen();
    engine.recent().note();
    keepLease();
    engine.keeper().checkHeld();
    engine.keeper().auditLeases();
    engine.keeper().recover();
    purge();
    engine.workflowKeeper().sweep();
    engine.recurrer().changed();
    boolean more = true;
    while (more) {
      keepLease();
      engine.recurrer().recur(0);
      boolean claimed = engine.runner().hasRoom() && engine.claimer().claimOne();
      engine.firing().fire();
      boolean settled = engine.settler().flush() > 0;
      boolean passed = engine.gatekeeper().flush() + engine.suspects().flush() > 0;
      engine.firing().fire();
      more = settled || passed || claimed;
      more |= engine.workflowKeeper().sweepIfEnding();
    }
    engine.keeper().checkHeld();
  }

  private void keepLease() {
    while (engine.membership().keep() == 0) {
      // A lease that was lost is followed by the next.
    }
  }

  private void purge() {
    while (purging.purgeIfTime()) {
      // Batch after batch.
    }
    long now = engine.clock().nanoTime();
    if (now - sweptNanos >= SWEEP_NANOS) {
      sweptNanos = now;
      engine.gatekeeper().sweep();
    }
  }

  /** Waits for nothing: the attempts that are under way are interrupted. */
  @Override
  public void close(Duration timeout) {
    closed = true;
    engine.attempts().interruptAll();
    engine.settler().flush();
    engine.gatekeeper().flush();
    engine.membership().leave();
  }

  private void requireOpen() {
    if (closed) {
      throw new ClosedException("the scheduler is closed");
    }
  }
}

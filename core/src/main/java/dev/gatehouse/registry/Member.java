package dev.gatehouse.registry;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What this process knows of an instance: how fast it is, how many calls are under way there, and
 * whether it may take any. It stays while snapshots come and go. Its health is written under the
 * monitor of its {@link FleetState} only. Safe for use by multiple threads.
 */
final class Member {
  private static final double RAMP_FROM = 0.1;

  private volatile Instance instance;
  private final long slowStartNanos;
  private final Latency latency = new Latency();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger failuresInRow = new AtomicInteger();
  private volatile int cpu = -1;

  /** By probes. */
  volatile boolean down;

  volatile boolean ejected;
  volatile long ejectedUntil;
  volatile boolean ramping;
  volatile long rampSince;
  int ejections;
  int probeFailures;

  Member(Instance instance, long slowStartNanos) {
    this.instance = instance;
    this.slowStartNanos = slowStartNanos;
  }

  Instance instance() {
    return instance;
  }

  /** The same instance with another weight or other metadata. */
  void instance(Instance changed) {
    instance = changed;
  }

  Latency latency() {
    return latency;
  }

  int inFlight() {
    return inFlight.get();
  }

  void began() {
    inFlight.incrementAndGet();
  }

  void ended() {
    inFlight.decrementAndGet();
  }

  int cpu() {
    return cpu;
  }

  void cpu(int percent) {
    cpu = percent;
  }

  boolean isUp() {
    return !down && !ejected;
  }

  /** How many calls in a row failed, with this one; 0 if it did not. */
  int countFailure(boolean success) {
    if (success) {
      if (failuresInRow.get() != 0) {
        failuresInRow.set(0);
      }
      return 0;
    }
    return failuresInRow.incrementAndGet();
  }

  void forgetFailures() {
    failuresInRow.set(0);
  }

  /** The part of its weight that it gets now: from a tenth up to all of it. */
  double ramp(long now) {
    if (!ramping) {
      return 1;
    }
    double part = (double) (now - rampSince) / slowStartNanos;
    return Math.min(1, Math.max(RAMP_FROM, part));
  }

  void beginRamp(long now) {
    rampSince = now;
    ramping = slowStartNanos > 0;
  }

  long rampEnd() {
    return rampSince + slowStartNanos;
  }
}

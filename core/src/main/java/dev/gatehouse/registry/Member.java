package dev.gatehouse.registry;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of an instance: how fast it is, how many calls are under way there, and
 * whether it may take any. It stays while snapshots come and go, whose are its weight and its
 * metadata. Its health is written under the monitor of its {@link FleetState} only. Safe for use by
 * multiple threads.
 */
final class Member {
  private static final double RAMP_FROM = 0.1;

  /** An answer that is older says nothing of how busy the CPU is. */
  private static final long CPU_NANOS = 30_000_000_000L;

  /** How busy the CPU was, in per cent. */
  private record Cpu(int percent, long at) {}

  private final String address;
  private final long epoch;
  private final long slowStartNanos;
  private final Latency latency = new Latency();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger failuresInRow = new AtomicInteger();
  private volatile @Nullable Cpu cpu;

  /** By probes. */
  volatile boolean down;

  volatile boolean ejected;
  volatile long ejectedUntil;
  volatile boolean ramping;
  volatile long rampSince;
  int ejections;
  int probeFailures;

  /** Whether its weight lets it take calls, by the snapshot that was published last. */
  boolean hasShare;

  Member(Instance instance, long slowStartNanos) {
    this.address = instance.address();
    this.epoch = instance.epoch();
    this.slowStartNanos = slowStartNanos;
  }

  String address() {
    return address;
  }

  /** Whether that registration is of what this knows; a new lease is of something started anew. */
  boolean isSame(Instance registered) {
    return registered.lease().isEmpty() || epoch == registered.epoch();
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

  /** As it was told last; -1 if that is not known, or long ago. */
  int cpu(long now) {
    Cpu known = cpu;
    return known == null || now - known.at() >= CPU_NANOS ? -1 : known.percent();
  }

  void cpu(int percent, long now) {
    cpu = new Cpu(percent, now);
  }

  boolean isUp() {
    return !down && !ejected;
  }

  /** How many calls in a row failed, with this one. */
  int countFailure() {
    return failuresInRow.incrementAndGet();
  }

  void forgetFailures() {
    if (failuresInRow.get() != 0) {
      failuresInRow.set(0);
    }
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

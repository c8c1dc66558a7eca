package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ClosedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The upkeep whose work are functions that threads, or a test, call time and again. Leases are
 * renewed on a thread of their own, for whatever holds up the rest must not end them; probes are,
 * for they need no storage; and so is the snapshot's age looked at, for lookups rely on that.
 */
final class SteppedUpkeep implements RegistryUpkeep {
  private static final long STEP_NANOS = 500_000_000L;
  private static final long SHORTEST_NANOS = 50_000_000L;
  private static final long JOIN_NANOS = 10_000_000_000L;

  private final Snapshots snapshots;
  private final LeaseKeeper leases;
  private final UpkeepPart watching;
  private final UpkeepPart renewing;
  private final UpkeepPart sweeping;
  private final UpkeepPart probing;
  private final Object lifecycle = new Object();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  SteppedUpkeep(SnapshotRegistry registry) {
    requireNonNull(registry, "registry");
    Sweeper sweeper = new Sweeper(registry);
    Prober prober = new Prober(registry);
    this.snapshots = registry.snapshots();
    this.leases = new LeaseKeeper(registry);
    this.watching = new UpkeepPart("watch how old the snapshot is", snapshots::watch);
    this.renewing = new UpkeepPart("renew leases", leases::renewDue);
    this.sweeping =
        new UpkeepPart(
            "look at the registry and remove instances whose lease is over",
            () -> {
              snapshots.refreshAhead();
              sweeper.sweepIfDue();
            });
    this.probing = new UpkeepPart("send probes", prober::probeWhoIsDue);
  }

  @Override
  public Instance keep(Instance instance) {
    Check.that(instance.lease().isPresent(), "instance must have a lease");
    requireOpen();
    Instance registered = leases.keep(instance);
    if (closed) {
      leases.release(registered);
      requireOpen();
    }
    return registered;
  }

  @Override
  public void release(Instance instance) {
    leases.release(instance);
  }

  @Override
  public void step() {
    requireOpen();
    renewing.run();
    sweeping.run();
    probing.run();
  }

  @Override
  public void start() {
    synchronized (lifecycle) {
      requireOpen();
      if (threads.isEmpty()) {
        start("gatehouse-registry", () -> run(sweeping, snapshots::nanosUntilAhead));
        start("gatehouse-leases", () -> run(renewing, () -> leases.nanosUntilDue(STEP_NANOS)));
        start("gatehouse-probes", () -> run(probing, () -> STEP_NANOS));
        start("gatehouse-staleness", this::watch);
      }
    }
  }

  private void watch() {
    try {
      run(watching, snapshots::nanosUntilOld);
    } finally {
      snapshots.unwatch();
    }
  }

  private void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  private void run(UpkeepPart part, LongSupplier restNanos) {
    while (!closed) {
      part.run();
      synchronized (lifecycle) {
        try {
          if (!closed) {
            long rest = Math.min(STEP_NANOS, restNanos.getAsLong());
            TimeUnit.NANOSECONDS.timedWait(lifecycle, Math.max(SHORTEST_NANOS, rest));
          }
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new ClosedException("the registry's upkeep is closed");
    }
  }

  @Override
  public void close() {
    List<Thread> running;
    synchronized (lifecycle) {
      if (closed) {
        return;
      }
      closed = true;
      lifecycle.notifyAll();
      running = List.copyOf(threads);
    }
    long end = System.nanoTime() + JOIN_NANOS;
    running.forEach(thread -> join(thread, end));
    leases.releaseAll();
  }

  private static void join(Thread running, long end) {
    long left = end - System.nanoTime();
    if (running == Thread.currentThread() || left <= 0) {
      return;
    }
    try {
      TimeUnit.NANOSECONDS.timedJoin(running, left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.gatehouse.registry;

import org.jspecify.annotations.Nullable;

/**
 * Removes instances whose lease is over, and looks now and then what others registered. Not safe:
 * one thread at a time.
 */
final class Sweeper {
  private static final long SWEEP_NANOS = 1_000_000_000L;

  /** Where nothing is leased or probed, what other processes registered is looked for so often. */
  private static final long IDLE_NANOS = 30_000_000_000L;

  private final SnapshotRegistry registry;
  private @Nullable Snapshot known;
  private boolean leases;
  private boolean health;
  private long lookedAt;
  private long sweptAt;
  private boolean swept;

  Sweeper(SnapshotRegistry registry) {
    this.registry = registry;
  }

  void sweepIfDue() {
    lookIfDue();
    long now = now();
    if (leases && registry.isHosts() && (!swept || now - sweptAt >= SWEEP_NANOS)) {
      swept = true;
      sweptAt = now;
      registry.removeLapsed();
    }
  }

  private void lookIfDue() {
    boolean due = known == null || leases || health || now() - lookedAt >= IDLE_NANOS;
    Snapshot snapshot = due ? registry.snapshot() : registry.knownSnapshot();
    if (due) {
      lookedAt = now();
    }
    if (snapshot != known) {
      leases = snapshot.anyInstance(instance -> instance.lease().isPresent());
      health = snapshot.anyServer(server -> server.metadata().containsKey(Server.HEALTH));
      known = snapshot;
    }
  }

  private long now() {
    return registry.options().nanoTime().getAsLong();
  }
}

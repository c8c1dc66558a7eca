package dev.gatehouse.registry;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the leases of the instances that this process keeps. One that ended is taken anew; one
 * that somebody else registered again, or removed before its end, is theirs to decide on, and is
 * kept no more: two processes of one address would take it from each other for ever. Safe for use
 * by multiple threads.
 */
final class LeaseKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

  /** The longest that one waits which could not be renewed; a tenth of a lease that is short. */
  private static final long RETRY_NANOS = 500_000_000L;

  /** An instance that is kept, when it was renewed by either clock, and when it is next. */
  private record Kept(
      Instance instance, long renewedNanos, Instant renewedAt, long dueNanos, boolean isLost) {
    Kept lost() {
      return new Kept(instance, renewedNanos, renewedAt, dueNanos, true);
    }

    Kept later(long due) {
      return new Kept(instance, renewedNanos, renewedAt, due, isLost);
    }
  }

  private final SnapshotRegistry registry;
  private final RegistryOptions options;
  private final Map<String, Kept> kept = new ConcurrentHashMap<>();

  LeaseKeeper(SnapshotRegistry registry) {
    this.registry = registry;
    this.options = registry.options();
  }

  Instance keep(Instance instance) {
    long nanos = now();
    Instant at = options.clock().instant();
    Instance registered = registry.register(instance);
    kept.put(keyOf(instance), renewed(registered, nanos, at));
    return registered;
  }

  void release(Instance instance) {
    Kept known = kept.remove(keyOf(instance));
    if (known != null) {
      registry.release(known.instance());
    }
  }

  private static String keyOf(Instance instance) {
    return RegistryStore.nameKey(instance.server()) + '\n' + instance.address();
  }

  /** Due after a third of the lease, or up to a tenth sooner, lest many be due at once. */
  private Kept renewed(Instance instance, long nanos, Instant at) {
    long third = lease(instance).toNanos() / 3;
    long sooner = Long.remainderUnsigned(options.fleet().random().getAsLong(), third / 10 + 1);
    return new Kept(instance, nanos, at, nanos + third - sooner, false);
  }

  private static Duration lease(Instance instance) {
    return instance.lease().orElseThrow();
  }

  /** How long nothing is due, in nanoseconds; the given time if that is longer. */
  long nanosUntilDue(long longest) {
    long now = now();
    return kept.values().stream()
        .mapToLong(known -> known.dueNanos() - now)
        .reduce(longest, Math::min);
  }

  /** Renews all that is due; what fails with one keeps no other from it, and is thrown then. */
  void renewDue() {
    GatehouseException failure = null;
    for (Map.Entry<String, Kept> each : kept.entrySet()) {
      if (now() - each.getValue().dueNanos() >= 0) {
        try {
          renew(each.getKey(), each.getValue());
        } catch (GatehouseException e) {
          failure = e;
          kept.computeIfPresent(each.getKey(), (key, known) -> known.later(retryAt(known)));
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private long retryAt(Kept known) {
    return now() + Math.min(RETRY_NANOS, lease(known.instance()).toNanos() / 10);
  }

  private void renew(String key, Kept known) {
    Instance instance = known.instance();
    long nanos = now();
    Instant at = options.clock().instant();
    switch (renewal(instance)) {
      case DONE -> kept.replace(key, known, renewed(instance, nanos, at));
      case BUSY -> kept.replace(key, known, known.later(retryAt(known)));
      case OVER -> takeAnew(key, known);
      case GONE -> {
        if (isOver(known, nanos, at)) {
          takeAnew(key, known);
        } else {
          drop(key, known, "it was removed");
        }
      }
      case SUPERSEDED -> drop(key, known, "it was registered again by another");
    }
  }

  private Renewal renewal(Instance instance) {
    try {
      return registry.renewal(instance);
    } catch (NotFoundException e) {
      return Renewal.GONE;
    }
  }

  /**
   * Whether the lease may have ended by itself. Either clock may have stood still while the process
   * did.
   */
  private static boolean isOver(Kept known, long nanos, Instant at) {
    Duration lease = lease(known.instance());
    return nanos - known.renewedNanos() >= lease.toNanos()
        || !at.isBefore(known.renewedAt().plus(lease));
  }

  private void takeAnew(String key, Kept known) {
    Instance instance = known.instance();
    Kept lost = known.lost();
    if (!kept.replace(key, known, lost)) {
      return;
    }
    if (!known.isLost()) {
      tellLost(instance, "it is taken anew");
    }
    long nanos = now();
    Instant at = options.clock().instant();
    Optional<Instance> again = takenAnew(instance);
    if (again.isEmpty()) {
      kept.remove(key, lost);
      LOG.warn("{} is kept no more: its server was removed, or it was registered again", instance);
    } else if (!kept.replace(key, lost, renewed(again.get(), nanos, at))) {
      registry.release(again.get());
    }
  }

  private Optional<Instance> takenAnew(Instance instance) {
    try {
      return registry.takeAnew(instance);
    } catch (NotFoundException e) {
      return Optional.empty();
    }
  }

  private void drop(String key, Kept known, String why) {
    if (kept.remove(key, known) && !known.isLost()) {
      tellLost(known.instance(), why + ", and is kept no more");
    }
  }

  private void tellLost(Instance instance, String why) {
    LOG.warn("The lease of {} was lost: {}", instance, why);
    try {
      options.fleet().listener().leaseLost(instance.server(), instance.address());
    } catch (RuntimeException e) {
      LOG.error("A listener failed", e);
    }
  }

  /** Releases all, until the storage fails: then each try might take its whole timeout. */
  void releaseAll() {
    @Nullable StorageException down = null;
    for (String key : List.copyOf(kept.keySet())) {
      Kept each = down == null ? kept.remove(key) : null;
      if (each != null) {
        try {
          registry.release(each.instance());
        } catch (StorageException e) {
          down = e;
        } catch (GatehouseException e) {
          LOG.warn("{} could not be released: its lease will end by itself", key, e);
        }
      }
    }
    if (down != null) {
      LOG.warn("Instances could not be released: their leases will end by themselves", down);
    }
  }

  private long now() {
    return options.nanoTime().getAsLong();
  }
}

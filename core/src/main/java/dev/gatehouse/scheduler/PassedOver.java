package dev.gatehouse.scheduler;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.registry.Application;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node's claims pass over, since it met such tasks and cannot try them: those whose kind
 * has no handler here, for as long as the engine lives, and those of applications that are not
 * enabled, until the registry says otherwise. They stay ready, due as they were, for whoever can
 * try them. Only so many are remembered. Safe for use by multiple threads.
 */
final class PassedOver {
  private static final Logger LOGGER = LoggerFactory.getLogger(PassedOver.class);
  private static final int MAX_APPLICATIONS = Exclusion.MAX_APPLICATIONS / 2;

  /** How long an application that the registry's memory does not know is believed disabled. */
  private static final long BELIEVED_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final SchedulerParts parts;
  private final EngineClock clock;
  private final Set<String> kinds = ConcurrentHashMap.newKeySet();
  private final Map<Long, Long> applications = new ConcurrentHashMap<>();
  private final ReentrantLock adding = new ReentrantLock();

  PassedOver(SchedulerParts parts, EngineClock clock) {
    this.parts = parts;
    this.clock = clock;
  }

  /** Kinds of tasks that were met and have no handler here. */
  Set<String> kinds() {
    return Set.copyOf(kinds);
  }

  /** Whether this node has no handler for the task, and claims will pass over its kind. */
  boolean passes(TaskRow row) {
    String kind = row.kind();
    if (kind.equals(TaskRow.CALLBACK) || parts.handlers().containsKey(kind)) {
      return false;
    }
    return kinds.contains(kind) || add(kind);
  }

  private boolean add(String kind) {
    adding.lock();
    try {
      if (kinds.size() == Exclusion.MAX_KINDS) {
        return kinds.contains(kind);
      }
      if (kinds.add(kind)) {
        LOGGER.warn("no handler '{}' here, its tasks are left for other nodes", kind);
      }
      return true;
    } finally {
      adding.unlock();
    }
  }

  /** Whether claims will pass over the application, which is not enabled. */
  boolean passesDisabled(long applicationId) {
    adding.lock();
    try {
      boolean passes =
          applications.size() < MAX_APPLICATIONS || applications.containsKey(applicationId);
      if (passes) {
        applications.put(applicationId, clock.nanoTime());
      }
      return passes;
    } finally {
      adding.unlock();
    }
  }

  /** What claims pass over by now. Does not ask the store. */
  Exclusion exclusion() {
    if (!applications.isEmpty()) {
      applications.entrySet().removeIf(one -> !isDisabled(one.getKey(), one.getValue()));
    }
    return kinds.isEmpty() && applications.isEmpty()
        ? Exclusion.NONE
        : new Exclusion(kinds, applications.keySet(), Long.MIN_VALUE);
  }

  private boolean isDisabled(long id, long sinceNanos) {
    boolean believed = clock.nanoTime() - sinceNanos < BELIEVED_NANOS;
    try {
      return parts
          .callbacks()
          .registry()
          .findApplication(id)
          .map(one -> one.status() != Application.Status.ENABLED)
          .orElse(believed);
    } catch (GatehouseException e) {
      LOGGER.debug("the registry could not be asked for application {}", id, e);
      return believed;
    }
  }
}

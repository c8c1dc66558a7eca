package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The nodes that have not left and were not found lost. To be used under the journal's lock. */
final class NodeTable {
  /** By how much a lease may seem to end later than it can, as clocks are not read at once. */
  private static final long SLACK_MILLIS = 1_000;

  private final Journal journal;
  private final InstantSource clock;
  private final Map<Integer, Node> nodes = new HashMap<>();
  private int last;

  NodeTable(Journal journal, InstantSource clock) {
    this.journal = journal;
    this.clock = clock;
  }

  long nowMicros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
  }

  NodeLease join(String boot, Duration duration) {
    Check.text(boot, 1, 36, "boot");
    int node = ++last;
    return lease(node, boot, duration);
  }

  Optional<NodeLease> renew(int node, String boot, Duration duration) {
    return holds(node, boot) && isLive(node)
        ? Optional.of(lease(node, boot, duration))
        : Optional.empty();
  }

  void leave(int node, String boot) {
    if (holds(node, boot)) {
      put(node, null);
    }
  }

  boolean isLive(int node) {
    Node found = nodes.get(node);
    return found != null && found.expiresMillis() > clock.millis();
  }

  /**
   * Drops nodes whose lease ran out, so that they stay lost whatever the clock does. A lease that
   * ends later than it can, as the clock was set back, ends its length from now.
   */
  void forgetLost() {
    long now = clock.millis();
    for (Map.Entry<Integer, Node> one : List.copyOf(nodes.entrySet())) {
      if (!isLive(one.getKey())) {
        put(one.getKey(), null);
      } else if (one.getValue().givenMillis() > now + SLACK_MILLIS) {
        put(one.getKey(), one.getValue().givenAt(now));
      }
    }
  }

  private boolean holds(int node, String boot) {
    Node found = nodes.get(node);
    return found != null && found.boot().equals(boot);
  }

  private NodeLease lease(int node, String boot, Duration duration) {
    Check.range(duration, Duration.ofMillis(1), TaskStore.MAX_LEASE, "duration");
    long now = clock.millis();
    NodeLease lease = new NodeLease(node, now, now + duration.toMillis(), othersExpire(node, now));
    put(node, new Node(boot, lease.expiresMillis(), duration.toMillis()));
    return lease;
  }

  private long othersExpire(int node, long now) {
    return nodes.entrySet().stream()
        .filter(other -> other.getKey() != node)
        .map(Map.Entry::getValue)
        .mapToLong(other -> other.givenMillis() > now + SLACK_MILLIS ? 0 : other.expiresMillis())
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** The latest due time of what the node may claim. */
  long dueUntil(int node) {
    Node found = nodes.get(node);
    return found == null ? Long.MIN_VALUE : found.expiresMillis() + TaskStore.MAX_AHEAD.toMillis();
  }

  private void put(int node, @Nullable Node next) {
    Node before = set(node, next);
    journal.undo(() -> set(node, before));
  }

  private @Nullable Node set(int node, @Nullable Node next) {
    return next == null ? nodes.remove(node) : nodes.put(node, next);
  }

  /** A lease and who may renew it. */
  private record Node(String boot, long expiresMillis, long leaseMillis) {
    /** When it was given, at the latest. */
    long givenMillis() {
      return expiresMillis - leaseMillis;
    }

    Node givenAt(long millis) {
      return new Node(boot, millis + leaseMillis, leaseMillis);
    }
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.TaskStore;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/**
 * Nodes and their leases. A node is live (state 1) until it leaves or is found out of time (state
 * 0), and never again after.
 */
final class JdbcNodes {
  /**
   * How long a lost node is remembered: a claim that was under way when it was lost may commit
   * later.
   */
  private static final Duration MEMORY = Duration.ofHours(1);

  /** How far ahead {@code claimed_until} is written, so that few claims have to write it. */
  private static final long AHEAD_MILLIS = 10_000;

  private final Handle handle;
  private final long now;

  JdbcNodes(Handle handle, long now) {
    this.handle = handle;
    this.now = now;
  }

  NodeLease join(String boot, Duration duration) {
    Check.text(boot, 1, 36, "boot");
    long expires = expires(duration);
    int node =
        handle
            .createUpdate(
                "INSERT INTO gh_node(boot, state, expires_ms, claimed_until) VALUES (?, 1, ?, 0)")
            .bind(0, boot)
            .bind(1, expires)
            .executeAndReturnGeneratedKeys("node")
            .mapTo(Integer.class)
            .one();
    return new NodeLease(node, now, expires);
  }

  Optional<NodeLease> renew(int node, String boot, Duration duration) {
    long expires = expires(duration);
    int renewed =
        handle.execute(
            "UPDATE gh_node SET expires_ms = ?"
                + " WHERE node = ? AND boot = ? AND state = 1 AND expires_ms > ?",
            expires,
            node,
            boot,
            now);
    return renewed == 1 ? Optional.of(new NodeLease(node, now, expires)) : Optional.empty();
  }

  private long expires(Duration duration) {
    Check.range(duration, Duration.ofMillis(1), TaskStore.MAX_LEASE, "duration");
    return now + duration.toMillis();
  }

  void leave(int node, String boot) {
    handle.execute(
        "UPDATE gh_node SET state = 0, expires_ms = ? WHERE node = ? AND boot = ? AND state = 1",
        now,
        node,
        boot);
  }

  void markLost() {
    handle.execute(
        "UPDATE gh_node SET state = 0, expires_ms = ? WHERE state = 1 AND expires_ms <= ?",
        now,
        now);
  }

  /** Keeps the bound of {@link #lostClaimedUntil} true when the node claims a task due then. */
  void claimed(int node, long dueMillis) {
    handle.execute(
        "UPDATE gh_node SET claimed_until = ? WHERE node = ? AND claimed_until < ?",
        dueMillis > Long.MAX_VALUE - AHEAD_MILLIS ? Long.MAX_VALUE : dueMillis + AHEAD_MILLIS,
        node,
        dueMillis);
  }

  /** The due time after which no lost node holds a task; empty without lost nodes. */
  OptionalLong lostClaimedUntil() {
    return handle
        .createQuery("SELECT MAX(claimed_until) FROM gh_node WHERE state = 0")
        .mapTo(Long.class)
        .findOne()
        .map(OptionalLong::of)
        .orElseGet(OptionalLong::empty);
  }

  /** To be called when lost nodes were seen to hold nothing any more. */
  void forgetLost() {
    handle.execute(
        "DELETE FROM gh_node WHERE state = 0 AND expires_ms < ?", now - MEMORY.toMillis());
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.TaskStore;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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

  /** How often what lost nodes held is looked for again. */
  private static final Duration SWEEP = Duration.ofSeconds(30);

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
                "INSERT INTO gh_node(boot, state, expires_ms, swept_ms) VALUES (?, 1, ?, 0)")
            .bind(0, boot)
            .bind(1, expires)
            .executeAndReturnGeneratedKeys("node")
            .mapTo(Integer.class)
            .one();
    return lease(node, expires);
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
    return renewed == 1 ? Optional.of(lease(node, expires)) : Optional.empty();
  }

  private NodeLease lease(int node, long expires) {
    long others =
        handle
            .createQuery("SELECT MIN(expires_ms) FROM gh_node WHERE state = 1 AND node <> ?")
            .bind(0, node)
            .mapTo(Long.class)
            .findOne()
            .orElse(Long.MAX_VALUE);
    return new NodeLease(node, now, expires, others);
  }

  private long expires(Duration duration) {
    Check.range(duration, Duration.ofMillis(1), TaskStore.MAX_LEASE, "duration");
    return now + duration.toMillis();
  }

  void leave(int node, String boot) {
    handle.execute(
        "UPDATE gh_node SET state = 0 WHERE node = ? AND boot = ? AND state = 1", node, boot);
  }

  void markLost() {
    handle.execute("UPDATE gh_node SET state = 0 WHERE state = 1 AND expires_ms <= ?", now);
  }

  /** Lost nodes whose tasks have not been looked for of late. */
  List<Lost> lost() {
    return handle
        .createQuery("SELECT node, expires_ms FROM gh_node WHERE state = 0 AND swept_ms <= ?")
        .bind(0, now - SWEEP.toMillis())
        .map((results, context) -> new Lost(results.getInt(1), results.getLong(2)))
        .list();
  }

  /** To be called when lost nodes were seen to hold nothing any more. */
  void swept(List<Lost> lost) {
    lost.stream()
        .sorted(Comparator.comparingInt(Lost::node))
        .forEach(
            one ->
                handle.execute("UPDATE gh_node SET swept_ms = ? WHERE node = ?", now, one.node()));
    handle.execute(
        "DELETE FROM gh_node WHERE state = 0 AND expires_ms < ?", now - MEMORY.toMillis());
  }

  /** A node that is not live. */
  record Lost(int node, long expiresMillis) {
    /** The due time after which it holds no task. */
    long dueUntil() {
      return expiresMillis + TaskStore.MAX_AHEAD.toMillis();
    }
  }
}

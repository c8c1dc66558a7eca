package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.TaskStore;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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

  /** By how much a lease may seem to end later than it can, as clocks are not read at once. */
  private static final long SLACK_MILLIS = 1_000;

  /**
   * Leases that are over, and those that end later than they can, as the clock was set back. One
   * that is cut off in the midst of its renewal must not keep others from being recovered.
   */
  private static final String EXPIRED =
      "SELECT node, expires_ms, lease_ms FROM gh_node WHERE state = 1"
          + " AND (expires_ms <= ? OR expires_ms - lease_ms > ?) ORDER BY node"
          + " FOR UPDATE SKIP LOCKED";

  /** What a lease's end was before counts for what the node holds; see {@link Lost#dueUntil}. */
  private static final String KEEP_LATEST = "latest_ms = GREATEST(latest_ms, expires_ms)";

  private static final String FORGOTTEN =
      "SELECT node FROM gh_node WHERE state = 0 AND lost_ms < ? ORDER BY node"
          + " FOR UPDATE SKIP LOCKED";

  /** How soon what a lost node held is looked for again. */
  private static final Duration SWEEP = Duration.ofSeconds(4);

  /**
   * The longer a node has been lost, and last was seen to hold nothing, the less likely is a claim
   * of its that comes yet, and to look for one takes a walk along all that is due: so the pauses
   * between looks grow with the time since the loss, and there are a dozen in an hour. A look that
   * the clock has yet to come to was before it was set back.
   */
  private static final String TO_SWEEP =
      "SELECT node, GREATEST(latest_ms, expires_ms) FROM gh_node WHERE state = 0"
          + " AND (swept_ms = 0 OR swept_ms > ? OR swept_ms + GREATEST(?, swept_ms - lost_ms) <= ?)";

  /**
   * The lease of {@code n}, which has just been given, and when others may be lost: when their
   * leases end, or at once if they have left, or if theirs was given later than that.
   */
  private static final String LEASE =
      "n.expires_ms, (SELECT MIN(CASE WHEN o.state = 1 AND o.expires_ms - o.lease_ms <="
          + " n.expires_ms - n.lease_ms + "
          + SLACK_MILLIS
          + " THEN o.expires_ms ELSE 0 END) FROM gh_node o"
          + " WHERE o.node <> n.node AND (o.state = 1 OR o.swept_ms = 0))";

  private final Database database;
  private final Handle handle;

  JdbcNodes(Database database, Handle handle) {
    this.database = database;
    this.handle = handle;
  }

  long nowMicros() {
    Long given = database.leaseMillis();
    return given != null
        ? TimeUnit.MILLISECONDS.toMicros(given)
        : Sql.use(
                handle,
                "SELECT " + database.dialect().nowMicros(),
                query -> Sql.rows(query, row -> row.getLong(1)))
            .get(0);
  }

  NodeLease join(String boot, Duration duration) {
    Check.text(boot, 1, 36, "boot");
    long millis = millis(duration);
    long now = database.now(handle);
    int node =
        handle
            .createUpdate(
                "INSERT INTO gh_node(boot, state, expires_ms, lease_ms, latest_ms, lost_ms,"
                    + " swept_ms) VALUES (?, 1, ?, ?, 0, 0, 0)")
            .bind(0, boot)
            .bind(1, now + millis)
            .bind(2, millis)
            .executeAndReturnGeneratedKeys("node")
            .mapTo(Integer.class)
            .one();
    return lease(node, millis).orElseThrow();
  }

  private Optional<NodeLease> lease(int node, long millis) {
    return first(
        "SELECT " + LEASE + " FROM gh_node n WHERE n.node = ?",
        results -> lease(node, results, millis),
        query -> query.setInt(1, node));
  }

  /** In one statement where that is possible, for it is what an idle node does most. */
  Optional<NodeLease> renew(int node, String boot, Duration duration) {
    long millis = millis(duration);
    Dialect dialect = database.dialect();
    String now = dialect.givenOrNow();
    String renew =
        "UPDATE gh_node n SET "
            + KEEP_LATEST
            + ", expires_ms = "
            + now
            + " + ?, lease_ms = ? WHERE node = ? AND boot = ? AND state = 1 AND expires_ms > "
            + now;
    Binding binding = query -> bind(query, node, boot, millis);
    Sql.Reader<NodeLease> reader = results -> lease(node, results, millis);
    return switch (dialect) {
      case H2 -> first("SELECT " + LEASE + " FROM FINAL TABLE (" + renew + ") n", reader, binding);
      case POSTGRESQL -> first(renew + " RETURNING " + LEASE, reader, binding);
      case MARIADB, MYSQL -> renewInTwo(renew, binding) ? lease(node, millis) : Optional.empty();
    };
  }

  /** MariaDB and MySQL do not tell what an update has made of a row. */
  private boolean renewInTwo(String renew, Binding binding) {
    return Sql.use(
        handle,
        renew,
        update -> {
          binding.bind(update);
          return update.executeUpdate() == 1;
        });
  }

  /** Sets what a statement is asked. */
  private interface Binding {
    void bind(PreparedStatement statement) throws SQLException;
  }

  private <T> Optional<T> first(String sql, Sql.Reader<T> reader, Binding binding) {
    return Sql.use(
        handle,
        sql,
        query -> {
          binding.bind(query);
          return Sql.rows(query, reader).stream().findFirst();
        });
  }

  /** The arguments of a renewal. */
  private void bind(PreparedStatement statement, int node, String boot, long millis)
      throws SQLException {
    Long given = database.leaseMillis();
    statement.setObject(1, given, Types.BIGINT);
    statement.setLong(2, millis);
    statement.setLong(3, millis);
    statement.setInt(4, node);
    statement.setString(5, boot);
    statement.setObject(6, given, Types.BIGINT);
  }

  private static NodeLease lease(int node, ResultSet results, long millis) throws SQLException {
    long expires = results.getLong(1);
    long others = results.getLong(2);
    return new NodeLease(
        node, expires - millis, expires, results.wasNull() ? Long.MAX_VALUE : others);
  }

  private static long millis(Duration duration) {
    Check.range(duration, Duration.ofMillis(1), TaskStore.MAX_LEASE, "duration");
    return duration.toMillis();
  }

  void leave(int node, String boot) {
    handle.execute(
        "UPDATE gh_node SET state = 0, lost_ms = ? WHERE node = ? AND boot = ? AND state = 1",
        database.now(handle),
        node,
        boot);
  }

  /**
   * A lease that ends later than it can ends its length from now: whoever has it may have renewed
   * it just before the clock was set back, and goes by a clock of its own.
   */
  void markLost() {
    long now = database.now(handle);
    handle
        .createQuery(EXPIRED)
        .bind(0, now)
        .bind(1, now + SLACK_MILLIS)
        .map(
            (results, context) ->
                new Expired(results.getInt(1), results.getLong(2), results.getLong(3)))
        .list()
        .forEach(
            expired -> {
              if (expired.expiresMillis() <= now) {
                handle.execute(
                    "UPDATE gh_node SET state = 0, lost_ms = ? WHERE node = ?",
                    now,
                    expired.node());
              } else {
                handle.execute(
                    "UPDATE gh_node SET " + KEEP_LATEST + ", expires_ms = ? WHERE node = ?",
                    now + expired.leaseMillis(),
                    expired.node());
              }
            });
  }

  private record Expired(int node, long expiresMillis, long leaseMillis) {}

  /** Lost nodes whose tasks are to be looked for. */
  List<Lost> lost() {
    long now = database.now(handle);
    return handle
        .createQuery(TO_SWEEP)
        .bind(0, now)
        .bind(1, SWEEP.toMillis())
        .bind(2, now)
        .map((results, context) -> new Lost(results.getInt(1), results.getLong(2)))
        .list();
  }

  /** To be called when lost nodes were seen to hold nothing any more. */
  void swept(Collection<Integer> lost) {
    long now = database.now(handle);
    for (int node : lost.stream().sorted().toList()) {
      if (isUnlocked(node)) {
        handle.execute("UPDATE gh_node SET swept_ms = ? WHERE node = ?", now, node);
      }
    }
    handle
        .createQuery(FORGOTTEN)
        .bind(0, now - MEMORY.toMillis())
        .mapTo(Integer.class)
        .list()
        .forEach(node -> handle.execute("DELETE FROM gh_node WHERE node = ?", node));
  }

  /** Another who has just seen the same is not waited for. */
  private boolean isUnlocked(int node) {
    return handle
        .createQuery("SELECT node FROM gh_node WHERE node = ? FOR UPDATE SKIP LOCKED")
        .bind(0, node)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /** Which of these are live; of those that joined since the transaction began too. */
  Set<Integer> live(Collection<Integer> nodes) {
    Set<Integer> live = new HashSet<>();
    for (AnyOf some : AnyOf.of(database.dialect(), "int", nodes)) {
      live.addAll(
          Sql.use(
              handle,
              "SELECT node FROM gh_node WHERE state = 1 AND " + some.in("node"),
              query -> {
                some.set(query, 1);
                return Sql.rows(query, row -> row.getInt(1));
              }));
    }
    return live;
  }

  /** A node that is not live, and the latest end that its lease ever had. */
  record Lost(int node, long latestMillis) {
    /** The due time after which it holds no task. */
    long dueUntil() {
      return latestMillis + TaskStore.MAX_AHEAD.toMillis();
    }
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.jdbc.TaskSql.Claim;
import java.sql.Types;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/** What a node may claim by its lease, asked in a statement of its own. */
final class ClaimBound {
  private final String sql;

  ClaimBound(Dialect dialect) {
    sql =
        "SELECT expires_ms FROM gh_node WHERE node = ? AND state = 1 AND expires_ms > "
            + dialect.givenOrNow();
  }

  /** The latest due time that may be claimed; empty if the node is not live. */
  OptionalLong find(Handle handle, Claim claim) {
    return Sql.use(
        handle,
        sql,
        query -> {
          query.setInt(1, claim.node());
          query.setObject(2, claim.now(), Types.BIGINT);
          return Sql.rows(query, results -> results.getLong(1)).stream()
              .mapToLong(
                  expires -> Math.min(claim.dueUntil(), expires + TaskStore.MAX_AHEAD.toMillis()))
              .findFirst();
        });
  }
}

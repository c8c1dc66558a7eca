package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.AuditRemoval;
import dev.gatehouse.error.ConflictException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Records that are removed with their leaves, and what is kept of that. */
final class JdbcAuditRemovals {
  private JdbcAuditRemovals() {}

  static void remove(Handle handle, Dialect dialect, LogTables tables, AuditRemoval removal) {
    int leaves = deleteLeaves(handle, dialect, tables, removal.ranges());
    int records = 0;
    for (AnyOf some : AnyOf.of(dialect, "bigint", removal.ids())) {
      records += delete(handle, tables.in(dialect.deleteByKey("gh_{log}")), some);
    }
    if (leaves != removal.ids().size() || records != leaves) {
      throw new ConflictException("one of the audit records to remove is gone already");
    }
    Sql.use(
        handle,
        tables.in("INSERT INTO gh_{log}_removed(from_index, to_index, evidence) VALUES (?, ?, ?)"),
        statement -> {
          for (AuditRemoval.Range range : removal.ranges()) {
            statement.setLong(1, range.from());
            statement.setLong(2, range.to());
            statement.setLong(3, range.evidence());
            statement.addBatch();
          }
          return statement.executeBatch();
        });
  }

  private static int deleteLeaves(
      Handle handle, Dialect dialect, LogTables tables, List<AuditRemoval.Range> ranges) {
    return Sql.use(
        handle,
        tables.in(dialect.deleteByKey("gh_{log}_leaf")) + "leaf_index >= ? AND leaf_index < ?",
        statement -> {
          int deleted = 0;
          for (AuditRemoval.Range range : ranges) {
            statement.setLong(1, range.from());
            statement.setLong(2, range.to());
            deleted += statement.executeUpdate();
          }
          return deleted;
        });
  }

  private static int delete(Handle handle, String sql, AnyOf some) {
    return Sql.use(
        handle,
        sql + some.in("id"),
        statement -> {
          some.set(statement, 1);
          return statement.executeUpdate();
        });
  }

  /** What somebody has made of a row so that it is no range accounts for nothing. */
  static List<AuditRemoval.Range> removals(Handle handle, LogTables tables, long above, int limit) {
    return Sql.use(
        handle,
        tables.in(
            "SELECT from_index, to_index, evidence FROM gh_{log}_removed WHERE to_index > ?"
                + " AND from_index >= 0 AND from_index < to_index"
                + " ORDER BY to_index LIMIT ?"),
        query -> {
          query.setLong(1, above);
          query.setInt(2, limit);
          return Sql.rows(
              query, row -> new AuditRemoval.Range(row.getLong(1), row.getLong(2), row.getLong(3)));
        });
  }

  static Map<Long, Long> indexes(Handle handle, Dialect dialect, LogTables tables, List<Long> ids) {
    Map<Long, Long> found = new HashMap<>();
    for (AnyOf some : AnyOf.of(dialect, "bigint", ids)) {
      Sql.use(
          handle,
          tables.in("SELECT id, leaf_index FROM gh_{log}_leaf WHERE ") + some.in("id"),
          query -> {
            some.set(query, 1);
            return Sql.rows(query, row -> found.put(row.getLong(1), row.getLong(2)) == null);
          });
    }
    return found;
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.StoredHead;
import dev.gatehouse.audit.TreeLeaf;
import dev.gatehouse.audit.TreeTile;
import dev.gatehouse.error.StorageException;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Leaves of an audit tree with the rows of their records, and its tiles and heads. Whoever can drop
 * a constraint can put what is none of these into a row.
 */
final class JdbcTreeLeaves {
  private static final String RECORDS =
      "SELECT id, time_us, operation_type, result_type, source_node, namespace, severity,"
          + " user_name, request_id, service, canonical, openings, leaf_hash";
  private static final String FROM = " FROM gh_{log}";
  private static final String TERMS = ", terms";

  /** In place of an array that is no list of numbers: 0 stands alone where it stands. */
  private static final Set<Long> OF_NO_RECORD = Set.of(0L, 1L);

  private JdbcTreeLeaves() {}

  /** What is kept of a record. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Kept(byte[] canonical, byte[] openings, TreeLeaf.Columns columns) {}

  static List<TreeLeaf> read(
      Handle handle, Dialect dialect, LogTables tables, long from, int limit) {
    List<TreeLeaf> bare =
        Sql.use(
            handle,
            tables.in(JdbcAuditTreeStore.LEAVES),
            query -> {
              query.setLong(1, from);
              query.setInt(2, limit);
              return Sql.rows(query, JdbcTreeLeaves::bare);
            });
    boolean hasTerms = dialect == Dialect.POSTGRESQL;
    Map<Long, Kept> kept = new HashMap<>();
    JdbcAuditTreeStore.byIds(
        handle,
        dialect,
        tables.in(hasTerms ? RECORDS + TERMS + FROM : RECORDS + FROM),
        bare.stream().map(TreeLeaf::id).toList(),
        row -> kept.put(row.getLong(1), kept(row, hasTerms)) == null);
    List<TreeLeaf> leaves = new ArrayList<>(bare.size());
    for (TreeLeaf leaf : bare) {
      Kept one = kept.get(leaf.id());
      leaves.add(
          one == null
              ? leaf
              : new TreeLeaf(
                  leaf.index(),
                  leaf.id(),
                  leaf.leafHash(),
                  one.canonical,
                  one.openings,
                  one.columns));
    }
    return leaves;
  }

  private static TreeLeaf bare(ResultSet row) throws SQLException {
    return new TreeLeaf(row.getLong(1), row.getLong(2), row.getBytes(3), null, null, null);
  }

  private static Kept kept(ResultSet row, boolean hasTerms) throws SQLException {
    return new Kept(
        row.getBytes(11),
        row.getBytes(12),
        new TreeLeaf.Columns(
            row.getLong(1),
            row.getLong(2),
            row.getInt(3),
            row.getInt(4),
            row.getString(5),
            row.getString(6),
            row.getString(7),
            row.getString(8),
            row.getString(9),
            row.getString(10),
            row.getBytes(13),
            hasTerms ? terms(row.getArray(14)) : null));
  }

  private static @Nullable Set<Long> terms(@Nullable Array kept) throws SQLException {
    if (kept == null) {
      return null;
    }
    return kept.getArray() instanceof Long[] numbers
            && Arrays.stream(numbers).noneMatch(Objects::isNull)
        ? Set.copyOf(Arrays.asList(numbers))
        : OF_NO_RECORD;
  }

  /** A tile of a row with its hashes and its root. */
  static TreeTile tile(int level, long index, ResultSet row) throws SQLException {
    byte[] hashes = row.getBytes(1);
    byte[] root = row.getBytes(2);
    try {
      return new TreeTile(level, index, hashes, root);
    } catch (IllegalArgumentException e) {
      throw new StorageException("tile " + level + "/" + index + " was damaged", e);
    }
  }

  /** A head of a row with its size, its root and its note. */
  static StoredHead head(ResultSet row) throws SQLException {
    long size = row.getLong(1);
    byte[] root = row.getBytes(2);
    String note = row.getString(3);
    try {
      return new StoredHead(size, root, note);
    } catch (IllegalArgumentException e) {
      throw new StorageException("the head of " + size + " leaves was damaged", e);
    }
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.TreeStray;
import dev.gatehouse.audit.TreeStray.Part;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Rows of an audit tree that the library has not written. How large the tree is is asked in the
 * same statement, so that a tree that grows meanwhile raises no false alarm.
 */
final class JdbcTreeStrays {
  /** The size of the tree, or what it is at least. */
  private static final String SIZE =
      "(SELECT CASE WHEN tree_size > ? THEN tree_size ELSE ? END FROM gh_{log}_tree WHERE id = 1)";

  private static final String STRAYS =
      "SELECT a.id FROM gh_{log} a WHERE a.id > ?"
          + " AND (a.id < 1 OR (NOT EXISTS (SELECT 1 FROM gh_{log}_leaf l WHERE l.id = a.id"
          + " AND l.leaf_index >= 0 AND l.leaf_index < "
          + SIZE
          + ") AND NOT EXISTS"
          + " (SELECT 1 FROM gh_{log}_pending p WHERE p.refused IN (0, 1) AND p.id = a.id)))"
          + " ORDER BY a.id LIMIT ?";
  private static final String ORPHANS =
      "SELECT p.id FROM gh_{log}_pending p WHERE p.id > ?"
          + " AND NOT EXISTS (SELECT 1 FROM gh_{log} a WHERE a.id = p.id)"
          + " ORDER BY p.id LIMIT ?";
  private static final String DOUBLES =
      "SELECT p.id FROM gh_{log}_pending p WHERE p.id > ?"
          + " AND EXISTS (SELECT 1 FROM gh_{log}_leaf l WHERE l.id = p.id)"
          + " ORDER BY p.id LIMIT ?";
  private static final String LEAVES =
      "SELECT leaf_index FROM gh_{log}_leaf WHERE leaf_index < 0 OR leaf_index >= "
          + SIZE
          + " ORDER BY leaf_index LIMIT ?";
  private static final String HEADS =
      "SELECT tree_size FROM gh_{log}_head WHERE tree_size < 1 OR tree_size > "
          + SIZE
          + " ORDER BY tree_size LIMIT ?";

  /** A tile of level n is full with 256 to the power of n + 1 leaves. */
  private static final String TILES =
      "SELECT tile_level, tile_index FROM gh_{log}_tile WHERE tile_level < 0 OR tile_level > 6"
          + " OR tile_index < 0 OR tile_index >= FLOOR("
          + SIZE
          + " / CASE tile_level WHEN 0 THEN 256 WHEN 1 THEN 65536 WHEN 2 THEN 16777216"
          + " WHEN 3 THEN 4294967296 WHEN 4 THEN 1099511627776 WHEN 5 THEN 281474976710656"
          + " ELSE 72057594037927936 END)"
          + " ORDER BY tile_level, tile_index LIMIT ?";

  private JdbcTreeStrays() {}

  static List<Long> strays(Handle handle, LogTables tables, long afterId, long atLeast, int limit) {
    return Sql.use(
        handle,
        tables.in(STRAYS),
        query -> {
          query.setLong(1, afterId);
          query.setLong(2, atLeast);
          query.setLong(3, atLeast);
          query.setInt(4, limit);
          return Sql.rows(query, row -> row.getLong(1));
        });
  }

  static List<Long> orphans(Handle handle, LogTables tables, long afterId, int limit) {
    return JdbcAuditTreeStore.ids(handle, tables.in(ORPHANS), afterId, limit);
  }

  static List<Long> doubles(Handle handle, LogTables tables, long afterId, int limit) {
    return JdbcAuditTreeStore.ids(handle, tables.in(DOUBLES), afterId, limit);
  }

  static List<TreeStray> beyond(Handle handle, LogTables tables, long atLeast, int limit) {
    List<TreeStray> all = new ArrayList<>();
    all.addAll(
        beyond(
            handle,
            tables.in(LEAVES),
            atLeast,
            limit,
            row -> new TreeStray(Part.LEAF, 0, row.getLong(1))));
    all.addAll(
        beyond(
            handle,
            tables.in(TILES),
            atLeast,
            limit,
            row -> new TreeStray(Part.TILE, row.getInt(1), row.getLong(2))));
    all.addAll(
        beyond(
            handle,
            tables.in(HEADS),
            atLeast,
            limit,
            row -> new TreeStray(Part.HEAD, 0, row.getLong(1))));
    return all.subList(0, Math.min(limit, all.size()));
  }

  private static List<TreeStray> beyond(
      Handle handle, String sql, long atLeast, int limit, Sql.Reader<TreeStray> reader) {
    return Sql.use(
        handle,
        sql,
        query -> {
          query.setLong(1, atLeast);
          query.setLong(2, atLeast);
          query.setInt(3, limit);
          return Sql.rows(query, reader);
        });
  }
}

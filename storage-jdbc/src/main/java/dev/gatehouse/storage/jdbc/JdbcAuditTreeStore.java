package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.AuditRemoval;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.PendingLeaf;
import dev.gatehouse.audit.StoredHead;
import dev.gatehouse.audit.TreeExtension;
import dev.gatehouse.audit.TreeLeaf;
import dev.gatehouse.audit.TreeState;
import dev.gatehouse.audit.TreeStray;
import dev.gatehouse.audit.TreeTile;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/**
 * The AuditTreeStore of a {@link JdbcStorage}. Pending rows, of which many come and go, are read by
 * themselves and their records by key: joined, an out-of-date statistic could have a database walk
 * through all records.
 */
final class JdbcAuditTreeStore implements AuditTreeStore {
  private static final String STATE =
      "SELECT fence, tree_size, root FROM gh_{log}_tree WHERE id = 1";

  /** The fence first: MariaDB goes by what it has set already. */
  private static final String LEASE =
      "UPDATE gh_{log}_tree SET fence = CASE WHEN owner = ? AND expires_ms > ? THEN fence"
          + " ELSE fence + 1 END, expires_ms = ?, owner = ?"
          + " WHERE id = 1 AND (owner = ? OR expires_ms <= ?)";

  private static final String PENDING =
      "SELECT id FROM gh_{log}_pending WHERE refused = 0 AND id > ? ORDER BY id LIMIT ?";
  private static final String REFUSED =
      "SELECT id FROM gh_{log}_pending WHERE refused = 1 AND id > ? ORDER BY id LIMIT ?";
  static final String LEAVES =
      "SELECT leaf_index, id, leaf_hash FROM gh_{log}_leaf WHERE leaf_index >= ?"
          + " ORDER BY leaf_index LIMIT ?";
  private static final String ROOTS =
      "SELECT root FROM gh_{log}_tile WHERE tile_level = ? AND tile_index >= ?"
          + " ORDER BY tile_index LIMIT ?";

  private final Database database;
  private final LogTables tables;

  /**
   * Whether what belongs to the state is to be read as newly as that: a lock gets the newest row, a
   * plain query of a transaction of MariaDB's what was there when that began.
   */
  private volatile boolean locked;

  JdbcAuditTreeStore(Database database, LogTables tables) {
    this.database = database;
    this.tables = tables;
  }

  private String newest(String template) {
    String query = tables.in(template);
    return locked ? query + " LOCK IN SHARE MODE" : query;
  }

  private static int checked(int limit) {
    return Check.range(limit, 1, MAX_BATCH, "limit");
  }

  @Override
  public List<PendingLeaf> pending(long afterId, int limit) {
    checked(limit);
    return database.use(
        handle -> {
          List<PendingLeaf> leaves = new ArrayList<>();
          long after = afterId;
          List<Long> ids;
          do {
            ids = ids(handle, tables.in(PENDING), after, limit);
            addPending(handle, ids, leaves, limit);
            after = ids.isEmpty() ? after : ids.get(ids.size() - 1);
          } while (leaves.size() < limit && ids.size() == limit);
          return leaves;
        });
  }

  /** Those that have a record, in the order of their ids, until there are enough. */
  private void addPending(Handle handle, List<Long> ids, List<PendingLeaf> leaves, int limit) {
    Map<Long, PendingLeaf> found = new HashMap<>();
    byIds(
        handle,
        database.dialect(),
        tables.in("SELECT id, leaf_hash, row_mac FROM gh_{log}"),
        ids,
        row -> {
          PendingLeaf leaf =
              new PendingLeaf(row.getLong(1), row.getBytes(2), JdbcAuditStore.mac(row.getBytes(3)));
          return found.put(leaf.id(), leaf) == null;
        });
    for (Long id : ids) {
      PendingLeaf leaf = found.get(id);
      if (leaf != null && leaves.size() < limit) {
        leaves.add(leaf);
      }
    }
  }

  @Override
  public OptionalLong newestPending() {
    List<Long> found =
        database.use(
            handle ->
                Sql.use(
                    handle,
                    tables.in(
                        "SELECT id FROM gh_{log}_pending WHERE refused = 0"
                            + " ORDER BY id DESC LIMIT 1"),
                    query -> Sql.rows(query, row -> row.getLong(1))));
    return found.isEmpty() ? OptionalLong.empty() : OptionalLong.of(found.get(0));
  }

  static List<Long> ids(Handle handle, String sql, long afterId, int limit) {
    return Sql.use(
        handle,
        sql,
        query -> {
          query.setLong(1, afterId);
          query.setInt(2, limit);
          return Sql.rows(query, row -> row.getLong(1));
        });
  }

  static <T> void byIds(
      Handle handle, Dialect dialect, String select, List<Long> ids, Sql.Reader<T> reader) {
    for (AnyOf some : AnyOf.of(dialect, "bigint", ids)) {
      Sql.use(
          handle,
          select + " WHERE " + some.in("id"),
          query -> {
            some.set(query, 1);
            return Sql.rows(query, reader);
          });
    }
  }

  @Override
  public Optional<TreeState> lease(String owner, Duration duration) {
    Check.text(owner, 1, 36, "owner");
    Check.range(duration, Duration.ofMillis(1), MAX_LEASE, "duration");
    return database.use(
        handle -> {
          long now = database.now(handle);
          int given =
              Sql.use(
                  handle,
                  tables.in(LEASE),
                  update -> {
                    update.setString(1, owner);
                    update.setLong(2, now);
                    update.setLong(3, now + duration.toMillis());
                    update.setString(4, owner);
                    update.setString(5, owner);
                    update.setLong(6, now);
                    return update.executeUpdate();
                  });
          return given == 1 ? Optional.of(state(handle, tables.in(STATE))) : Optional.empty();
        });
  }

  @Override
  public void release(String owner) {
    database.use(
        handle ->
            handle.execute(
                tables.in(
                    "UPDATE gh_{log}_tree SET expires_ms = 0, owner = ''"
                        + " WHERE id = 1 AND owner = ?"),
                Check.text(owner, 1, 36, "owner")));
  }

  @Override
  public TreeState state() {
    return database.use(handle -> state(handle, tables.in(STATE)));
  }

  @Override
  public TreeState lock() {
    locked = database.dialect().isOfMariaDb();
    return database.use(handle -> state(handle, tables.in(STATE) + " FOR UPDATE"));
  }

  private TreeState state(Handle handle, String sql) {
    List<TreeState> rows =
        Sql.use(
            handle,
            sql,
            query ->
                Sql.rows(
                    query, row -> new TreeState(row.getLong(1), row.getLong(2), row.getBytes(3))));
    if (rows.isEmpty()) {
      throw new StorageException(
          database.named(tables.in("the row of gh_{log}_tree is gone: the database was damaged")));
    }
    return rows.get(0);
  }

  @Override
  public boolean extend(TreeExtension extension) {
    return database.useWhole(
        handle -> {
          if (!grow(handle, extension)) {
            return false;
          }
          insertLeaves(handle, extension);
          removePending(handle, extension.leaves().stream().map(PendingLeaf::id).toList());
          for (TreeTile tile : extension.tiles()) {
            handle.execute(
                tables.in(
                    "INSERT INTO gh_{log}_tile(tile_level, tile_index, hashes, root)"
                        + " VALUES (?, ?, ?, ?)"),
                tile.level(),
                tile.index(),
                tile.hashes(),
                tile.root());
          }
          StoredHead head = extension.head();
          handle.execute(
              tables.in("INSERT INTO gh_{log}_head(tree_size, root, note) VALUES (?, ?, ?)"),
              head.size(),
              head.root(),
              head.note());
          return true;
        });
  }

  /** First of all: whoever else extends the tree waits here, and then has the wrong size. */
  private boolean grow(Handle handle, TreeExtension extension) {
    return handle.execute(
            tables.in(
                "UPDATE gh_{log}_tree SET tree_size = ?, root = ?"
                    + " WHERE id = 1 AND fence = ? AND tree_size = ?"),
            extension.head().size(),
            extension.head().root(),
            extension.fence(),
            extension.fromSize())
        == 1;
  }

  private void insertLeaves(Handle handle, TreeExtension extension) {
    List<PendingLeaf> leaves = extension.leaves();
    if (database.dialect() == Dialect.POSTGRESQL) {
      Sql.use(
          handle,
          tables.in(
              "INSERT INTO gh_{log}_leaf(leaf_index, id, leaf_hash) SELECT ? + n - 1, id, hash"
                  + " FROM unnest(?, ?) WITH ORDINALITY AS u(id, hash, n)"),
          statement -> {
            statement.setLong(1, extension.fromSize());
            ArrayArguments.setLongs(statement, 2, leaves, PendingLeaf::id);
            ArrayArguments.setArrayOfBytes(statement, 3, leaves, PendingLeaf::leafHash);
            return statement.executeUpdate();
          });
      return;
    }
    Sql.use(
        handle,
        tables.in("INSERT INTO gh_{log}_leaf(leaf_index, id, leaf_hash) VALUES (?, ?, ?)"),
        statement -> {
          long index = extension.fromSize();
          for (PendingLeaf leaf : leaves) {
            statement.setLong(1, index++);
            statement.setLong(2, leaf.id());
            statement.setBytes(3, leaf.leafHash());
            statement.addBatch();
          }
          return statement.executeBatch();
        });
  }

  private void removePending(Handle handle, List<Long> ids) {
    int removed = 0;
    for (AnyOf some : AnyOf.of(database.dialect(), "bigint", ids)) {
      removed +=
          Sql.use(
              handle,
              tables.in(database.dialect().deleteByKey("gh_{log}_pending"))
                  + "refused = 0 AND "
                  + some.in("id"),
              statement -> {
                some.set(statement, 1);
                return statement.executeUpdate();
              });
    }
    if (removed != ids.size()) {
      throw new StorageException(
          "all leaves must be pending, were " + removed + " of " + ids.size());
    }
  }

  @Override
  public int refuse(long fence, List<Long> ids) {
    return move(fence, ids, 0, 1);
  }

  @Override
  public void readmit(long fence, List<Long> ids) {
    move(fence, ids, 1, 0);
  }

  private int move(long fence, List<Long> ids, int from, int to) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return database.useWhole(
        handle ->
            Sql.use(
                handle,
                tables.in(
                    "UPDATE gh_{log}_pending SET refused = ? WHERE refused = ? AND id = ? AND"
                        + " EXISTS (SELECT 1 FROM gh_{log}_tree t WHERE t.id = 1 AND t.fence = ?)"),
                statement -> {
                  int moved = 0;
                  for (long id : ids) {
                    statement.setInt(1, to);
                    statement.setInt(2, from);
                    statement.setLong(3, id);
                    statement.setLong(4, fence);
                    moved += statement.executeUpdate();
                  }
                  return moved;
                }));
  }

  @Override
  public List<Long> refused(long afterId, int limit) {
    checked(limit);
    return database.use(handle -> ids(handle, tables.in(REFUSED), afterId, limit));
  }

  @Override
  public OptionalLong indexOf(long id) {
    List<Long> found =
        database.use(
            handle ->
                Sql.use(
                    handle,
                    tables.in("SELECT leaf_index FROM gh_{log}_leaf WHERE id = ?"),
                    query -> {
                      query.setLong(1, id);
                      return Sql.rows(query, row -> row.getLong(1));
                    }));
    return found.isEmpty() ? OptionalLong.empty() : OptionalLong.of(found.get(0));
  }

  @Override
  public Map<Long, Long> indexesOf(List<Long> ids) {
    return database.use(
        handle -> JdbcAuditRemovals.indexes(handle, database.dialect(), tables, ids));
  }

  @Override
  public List<AuditRemoval.Range> removals(long above, int limit) {
    checked(limit);
    return database.use(handle -> JdbcAuditRemovals.removals(handle, tables, above, limit));
  }

  @Override
  public List<TreeLeaf> leaves(long from, int limit) {
    checked(limit);
    return database.use(
        handle -> JdbcTreeLeaves.read(handle, database.dialect(), tables, from, limit));
  }

  @Override
  public byte[] leafHashes(long from, int limit) {
    checked(limit);
    return joined(
        database.use(
            handle ->
                Sql.use(
                    handle,
                    newest(LEAVES),
                    query -> {
                      query.setLong(1, from);
                      query.setInt(2, limit);
                      return Sql.rows(query, row -> row.getBytes(3));
                    })));
  }

  @Override
  public Optional<TreeTile> tile(int level, long index) {
    return database.use(
        handle ->
            Sql.use(
                    handle,
                    newest(
                        "SELECT hashes, root FROM gh_{log}_tile"
                            + " WHERE tile_level = ? AND tile_index = ?"),
                    query -> {
                      query.setInt(1, level);
                      query.setLong(2, index);
                      return Sql.rows(query, row -> JdbcTreeLeaves.tile(level, index, row));
                    })
                .stream()
                .findFirst());
  }

  @Override
  public byte[] tileRoots(int level, long from, int limit) {
    checked(limit);
    return joined(
        database.use(
            handle ->
                Sql.use(
                    handle,
                    newest(ROOTS),
                    query -> {
                      query.setInt(1, level);
                      query.setLong(2, from);
                      query.setInt(3, limit);
                      return Sql.rows(query, row -> row.getBytes(1));
                    })));
  }

  private static byte[] joined(List<byte[]> hashes) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(hashes.size() * 32);
    hashes.forEach(all::writeBytes);
    return all.toByteArray();
  }

  @Override
  public List<StoredHead> heads(long aboveSize, int limit) {
    checked(limit);
    return heads(" WHERE tree_size > ? ORDER BY tree_size", aboveSize, limit);
  }

  @Override
  public Optional<StoredHead> head(long atMost) {
    return heads(" WHERE tree_size <= ? ORDER BY tree_size DESC", atMost, 1).stream().findFirst();
  }

  private List<StoredHead> heads(String which, long size, int limit) {
    return database.use(
        handle ->
            Sql.use(
                handle,
                newest("SELECT tree_size, root, note FROM gh_{log}_head" + which + " LIMIT ?"),
                query -> {
                  query.setLong(1, size);
                  query.setInt(2, limit);
                  return Sql.rows(query, JdbcTreeLeaves::head);
                }));
  }

  @Override
  public List<Long> strays(long afterId, long atLeast, int limit) {
    checked(limit);
    return database
        .unhurried()
        .use(handle -> JdbcTreeStrays.strays(handle, tables, afterId, atLeast, limit));
  }

  @Override
  public List<Long> orphans(long afterId, int limit) {
    checked(limit);
    return database
        .unhurried()
        .use(handle -> JdbcTreeStrays.orphans(handle, tables, afterId, limit));
  }

  @Override
  public List<Long> doubles(long afterId, int limit) {
    checked(limit);
    return database
        .unhurried()
        .use(handle -> JdbcTreeStrays.doubles(handle, tables, afterId, limit));
  }

  @Override
  public List<TreeStray> beyond(long atLeast, int limit) {
    checked(limit);
    return database
        .unhurried()
        .use(handle -> JdbcTreeStrays.beyond(handle, tables, atLeast, limit));
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditTerms;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.error.StorageException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * One way through both logs, newest record first, on which records that were written without terms
 * get them: so that a search of {@link JdbcStorage#withAuditTerms} goes by the index in a log that
 * is old already. A host calls {@link #next} until it answers false, with pauses as it likes:
 *
 * <pre>{@code
 * AuditTermsFill fill = storage.auditTermsFill();
 * while (fill.next()) {
 *   Thread.sleep(20);
 * }
 * }</pre>
 *
 * <p>Every batch is a transaction of its own, so the way can be broken off at any point. Another
 * one begins at the newest record again, and passes over those that have terms at {@value #BATCH}
 * in a query. Nothing else of a record is touched: bytes, MACs, leaves and heads stay, and {@link
 * dev.gatehouse.audit.AuditTree#verify} compares terms with the record whoever made them. Writers
 * and the sequencer wait for nothing of it. An erasure or a removal waits for a batch that has its
 * record, tens of milliseconds; a batch waits for nobody, and leaves out what others have locked:
 * so several nodes may be on their way at once. In a host's transaction above READ COMMITTED, an
 * erasure that meets a record which got terms since that began fails as at any change by another.
 *
 * <p>The database writes each row anew, and its entry in every index: a table that was never filled
 * takes up to twice its room until it is vacuumed. Where much is to be filled it is quicker to do
 * that before the index is there, from a storage without {@link JdbcStorage#withAuditTerms}. Needs
 * the right to update the records. On other databases than PostgreSQL there is nothing to do. Not
 * safe: confine to one thread.
 */
public final class AuditTermsFill {
  /** Most records that {@link #next} looks at. */
  public static final int BATCH = 500;

  private static final String LOOK =
      "SELECT id, terms IS NULL FROM gh_{log} WHERE id < ? ORDER BY id DESC LIMIT ?";

  /** The row as it is by then, which nobody changes until its terms are there. */
  private static final String TAKE =
      "SELECT id, canonical, openings, leaf_hash, row_mac FROM gh_{log}"
          + " WHERE id = ANY(?) AND terms IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED";

  private static final String FILL = "UPDATE gh_{log} SET terms = ? WHERE id = ?";

  private final Database database;
  private final Deque<LogTables> logs = new ArrayDeque<>();
  private long below = Long.MAX_VALUE;
  private long filled;
  private long passed;

  /**
   * What one batch came to.
   *
   * @param last id that was looked at, if there is any
   */
  private record Batch(OptionalLong last, int filled, int passed) {}

  AuditTermsFill(Database database) {
    this.database = database;
    for (LogName log : LogName.values()) {
      logs.add(new LogTables(log));
    }
  }

  /**
   * Looks at the next records, {@value #BATCH} at most, and gives terms to those that have none.
   *
   * @return whether there may be more
   * @throws StorageException if the database fails: nothing of the batch was done, and this can be
   *     called again
   */
  public boolean next() {
    LogTables tables = logs.peek();
    if (tables == null || database.dialect() != Dialect.POSTGRESQL) {
      return false;
    }
    Batch batch = database.use(handle -> batch(handle, tables));
    filled += batch.filled;
    passed += batch.passed;
    below = batch.last.orElse(Long.MAX_VALUE);
    if (batch.last.isEmpty()) {
      logs.remove();
    }
    return !logs.isEmpty();
  }

  /** How many records got terms. */
  public long filled() {
    return filled;
  }

  /**
   * How many records were left without terms, which are looked at one by one as before: somebody
   * else was at work on them, or their bytes are no record's, as {@code verify()} then says too.
   */
  public long passedOver() {
    return passed;
  }

  private Batch batch(Handle handle, LogTables tables) {
    database.profile().keepToIndexes(handle);
    List<Long> without = new ArrayList<>();
    OptionalLong last = look(handle, tables, without);
    if (without.isEmpty()) {
      return new Batch(last, 0, 0);
    }
    Map<Long, Set<Long>> terms = take(handle, tables, without);
    if (!terms.isEmpty()) {
      fill(handle, tables, terms);
    }
    return new Batch(last, terms.size(), without.size() - terms.size());
  }

  private OptionalLong look(Handle handle, LogTables tables, List<Long> without) {
    return Sql.use(
        handle,
        tables.in(LOOK),
        query -> {
          query.setLong(1, below);
          query.setInt(2, BATCH);
          OptionalLong last = OptionalLong.empty();
          try (ResultSet row = query.executeQuery()) {
            while (row.next()) {
              long id = row.getLong(1);
              last = OptionalLong.of(id);
              if (row.getBoolean(2)) {
                without.add(id);
              }
            }
          }
          return last;
        });
  }

  private static Map<Long, Set<Long>> take(Handle handle, LogTables tables, List<Long> ids) {
    return Sql.use(
        handle,
        tables.in(TAKE),
        query -> {
          ArrayArguments.setLongs(query, 1, ids, Long::longValue);
          Map<Long, Set<Long>> terms = new LinkedHashMap<>();
          try (ResultSet row = query.executeQuery()) {
            while (row.next()) {
              Set<Long> ofRow = terms(tables.log(), row);
              if (ofRow != null) {
                terms.put(row.getLong(1), ofRow);
              }
            }
          }
          return terms;
        });
  }

  /** Null if the bytes are no record's. */
  private static @Nullable Set<Long> terms(LogName log, ResultSet row) throws SQLException {
    byte[] mac = JdbcAuditStore.mac(row.getBytes(5));
    try {
      AuditEntry entry =
          AuditEntry.stored(log, row.getBytes(2), row.getBytes(3), row.getBytes(4), mac);
      return entry.record().id() == row.getLong(1) ? AuditTerms.kept(entry.record()) : null;
    } catch (StorageException e) {
      return null;
    }
  }

  private static void fill(Handle handle, LogTables tables, Map<Long, Set<Long>> terms) {
    Sql.use(
        handle,
        tables.in(FILL),
        (PreparedStatement update) -> {
          for (Map.Entry<Long, Set<Long>> row : terms.entrySet()) {
            ArrayArguments.setLongs(update, 1, row.getValue(), Long::longValue);
            update.setLong(2, row.getKey());
            update.addBatch();
          }
          return update.executeBatch();
        });
  }
}

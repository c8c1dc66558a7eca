package dev.gatehouse.storage.jdbc;

import dev.gatehouse.permission.PermissionStore.Difference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * A table whose rows belong to versions of the permissions, from {@code added_in} up to, without,
 * {@code removed_in}.
 */
final class VersionedTable<R> {
  /** The {@code removed_in} of rows that are there. */
  static final long NEVER = Long.MAX_VALUE;

  /** What holds for the rows that are there. */
  static final String PRESENT = "removed_in = " + NEVER;

  private final String table;
  private final String select;
  private final int columns;
  private final Sql.Reader<R> reader;

  /** The columns begin with the id. */
  VersionedTable(String table, List<String> columns, Sql.Reader<R> reader) {
    this.table = table;
    this.columns = columns.size();
    this.select =
        "SELECT " + String.join(", ", columns) + ", added_in, removed_in FROM " + table + " WHERE ";
    this.reader = reader;
  }

  /** The row that is there and for which the condition holds. */
  Optional<R> find(Handle handle, String condition, @Nullable Object... values) {
    return Sql.use(
        handle,
        select + condition + " AND " + PRESENT + Sql.latest(handle),
        query -> {
          for (int i = 0; i < values.length; i++) {
            query.setObject(i + 1, values[i]);
          }
          return Sql.rows(query, reader).stream().findFirst();
        });
  }

  /** The rows that are there and whose column has one of the values. */
  List<R> anyOf(Handle handle, Dialect dialect, String column, Collection<String> values) {
    List<R> rows = new ArrayList<>();
    for (AnyOf some : AnyOf.of(dialect, "varchar", values)) {
      rows.addAll(
          Sql.use(
              handle,
              select + some.in(column) + " AND " + PRESENT + Sql.latest(handle),
              query -> {
                some.set(query, 1);
                return Sql.rows(query, reader);
              }));
    }
    return rows;
  }

  /** Rows of the version, in order of id. */
  List<R> page(Handle handle, long version, long afterId, int limit) {
    return page(handle, version, "1 = 1", afterId, limit);
  }

  /** Rows of the version for which the condition, whose values are bound in order, holds. */
  List<R> page(
      Handle handle,
      long version,
      String condition,
      long afterId,
      int limit,
      @Nullable Object... values) {
    return Sql.use(
        handle,
        select
            + condition
            + " AND added_in <= ? AND removed_in > ? AND id > ?"
            + " ORDER BY id LIMIT ?"
            + Sql.latest(handle),
        query -> {
          int place = 0;
          for (@Nullable Object value : values) {
            query.setObject(++place, value);
          }
          query.setLong(++place, version);
          query.setLong(++place, version);
          query.setLong(++place, afterId);
          query.setInt(++place, limit);
          return Sql.rows(query, reader);
        });
  }

  /** In one round trip; each half has an index of its own. */
  Difference<R> difference(Handle handle, long before, long version, int limit) {
    List<R> added = new ArrayList<>();
    List<Long> removed = new ArrayList<>();
    String sql =
        select
            + "added_in > ? AND added_in <= ? AND removed_in > ? UNION ALL "
            + select
            + "removed_in > ? AND removed_in <= ? AND added_in <= ? LIMIT ?";
    Sql.use(
        handle,
        sql,
        query -> {
          query.setLong(1, before);
          query.setLong(2, version);
          query.setLong(3, version);
          query.setLong(4, before);
          query.setLong(5, version);
          query.setLong(6, before);
          query.setInt(7, limit);
          return Sql.rows(
              query,
              row ->
                  row.getLong(columns + 1) > before
                      ? added.add(reader.read(row))
                      : removed.add(row.getLong(1)));
        });
    return new Difference<>(added, removed);
  }

  /** Ends rows with a version; one that began with it was part of none, and is gone. */
  int remove(Handle handle, long version, String condition, Object... values) {
    String those = condition + " AND " + PRESENT;
    int removed =
        handle.execute(
            "UPDATE " + table + " SET removed_in = ? WHERE added_in < ? AND " + those,
            with(values, version, version));
    return removed
        + handle.execute(
            "DELETE FROM " + table + " WHERE added_in = ? AND " + those, with(values, version));
  }

  private static Object[] with(Object[] values, Object... before) {
    return Stream.concat(Stream.of(before), Stream.of(values)).toArray();
  }

  /** Drops so many rows that only versions before that one hold; the ids of what it dropped. */
  List<Long> forget(Handle handle, Dialect dialect, long version, int limit) {
    Query query = handle.createQuery("SELECT id FROM " + table + " WHERE removed_in <= ? LIMIT ?");
    List<Long> ids = query.bind(0, version).bind(1, limit).mapTo(Long.class).list();
    delete(handle, dialect, table, "id", ids);
    return ids;
  }

  static void delete(Handle handle, Dialect dialect, String table, String key, List<Long> keys) {
    for (AnyOf some : AnyOf.of(dialect, "bigint", keys)) {
      Sql.use(
          handle,
          dialect.deleteByKey(table) + some.in(key),
          statement -> {
            some.set(statement, 1);
            return statement.executeUpdate();
          });
    }
  }
}

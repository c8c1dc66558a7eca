package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Batch;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Databases of one kind that tests use in turn: to make one takes many times as long as to make all
 * tables of another what they were.
 */
final class EmptiedDatabases {
  private static final int MOST = 4;

  private final Supplier<DataSource> maker;
  private final String tables;
  private final List<String> before;
  private final List<String> after;

  /** A database and what keeps its parsed statements. */
  private record Used(DataSource dataSource, Jdbi jdbi) {}

  /** The one whose test is over first. */
  private final Queue<Used> used = new ArrayDeque<>();

  /** By table, in a database that is new; those without rows too. */
  private final Map<String, List<List<Object>>> rows = new LinkedHashMap<>();

  /**
   * Makes databases with a maker of empty ones.
   *
   * @param tables the query for the names of all tables
   * @param before what allows rows to be deleted in any order
   * @param after what ends that
   */
  EmptiedDatabases(
      Supplier<DataSource> maker, String tables, List<String> before, List<String> after) {
    this.maker = maker;
    this.tables = tables;
    this.before = before;
    this.after = after;
  }

  /** A database that is as new, until {@value #MOST} more were asked for. */
  synchronized DataSource next() {
    Used next = used.size() < MOST ? migrated() : emptied(used.remove());
    used.add(next);
    return next.dataSource();
  }

  private Used migrated() {
    DataSource dataSource = maker.get();
    try (Storage storage = JdbcStorage.of(dataSource)) {
      storage.check();
    }
    Jdbi jdbi = Jdbi.create(dataSource);
    if (rows.isEmpty()) {
      jdbi.useHandle(this::read);
    }
    return new Used(dataSource, jdbi);
  }

  private void read(Handle handle) {
    for (String table : handle.createQuery(tables).mapTo(String.class).list()) {
      rows.put(
          table,
          handle
              .createQuery("SELECT * FROM " + table)
              .map(
                  (row, context) -> {
                    List<Object> values = new ArrayList<>();
                    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                      values.add(row.getObject(i));
                    }
                    return values;
                  })
              .list());
    }
  }

  private Used emptied(Used one) {
    one.jdbi().useTransaction(this::empty);
    return one;
  }

  private void empty(Handle handle) {
    try (Batch deletions = handle.createBatch()) {
      before.forEach(deletions::add);
      rows.keySet().forEach(table -> deletions.add("DELETE FROM " + table));
      deletions.execute();
    }
    rows.forEach(
        (table, first) -> {
          if (!first.isEmpty()) {
            insert(handle, table, first);
          }
        });
    after.forEach(handle::execute);
  }

  private static void insert(Handle handle, String table, List<List<Object>> rows) {
    String places = String.join(", ", Collections.nCopies(rows.get(0).size(), "?"));
    try (PreparedBatch batch =
        handle.prepareBatch("INSERT INTO " + table + " VALUES (" + places + ")")) {
      for (List<Object> row : rows) {
        batch.add(row.toArray());
      }
      batch.execute();
    }
  }
}

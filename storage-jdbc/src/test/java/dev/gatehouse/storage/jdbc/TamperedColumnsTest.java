package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.jdbi.v3.core.statement.Update;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every column of every table of a log, changed by itself behind the library's back, and a row of
 * every table taken away: a verification tells, but where nothing that a log says depends on it.
 */
class TamperedColumnsTest {
  /**
   * The MAC, which is asked for before a record is in the tree and never again; how far a range of
   * removed leaves claims to go, as every leaf that is gone must be named by a record; who has the
   * lease; the key of continuation points.
   */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "gh_audit.row_mac",
          "gh_audit_removed.to_index",
          "gh_audit_tree.owner",
          "gh_audit_tree.fence",
          "gh_audit_tree.expires_ms",
          "gh_audit_cursor_key.id",
          "gh_audit_cursor_key.content");

  private static final long FAR = 1_000_000;

  /** A database to tamper with. */
  abstract static class Tampering extends TamperedLog {
    private final Map<String, String> rows = new TreeMap<>();

    /** A row in each table. */
    @BeforeEach
    void fillTheRest() {
      log.removeBefore(Instant.now().plus(Duration.ofHours(1)), 10);
      tree.sequence();
      write(1);
      log.find(AuditQuery.between(Instant.EPOCH, Instant.EPOCH));
      rows.put("gh_audit", "id = " + id(300));
      rows.put("gh_audit_pending", "refused = 0");
      rows.put("gh_audit_leaf", "leaf_index = 300");
      rows.put("gh_audit_tile", "tile_index = 1");
      rows.put("gh_audit_head", "tree_size = 601");
      rows.put("gh_audit_removed", "from_index = 0");
      rows.put("gh_audit_tree", "id = 1");
      rows.put("gh_audit_cursor_key", "id = 1");
    }

    private Map<String, Object> row(String table) {
      return jdbi.withHandle(
          handle ->
              handle
                  .createQuery("SELECT * FROM " + table + " WHERE " + rows.get(table))
                  .map(
                      (row, context) -> {
                        Map<String, Object> values = new TreeMap<>();
                        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                          String name = row.getMetaData().getColumnName(i);
                          Object value = row.getObject(i);
                          values.put(
                              name.toLowerCase(Locale.ROOT),
                              value instanceof byte[] ? row.getBytes(i) : value);
                        }
                        return values;
                      })
                  .one());
    }

    private static Object changed(String column, Object value, long by) {
      if (value instanceof byte[] bytes) {
        byte[] other = bytes.length == 0 ? new byte[] {1} : bytes.clone();
        other[other.length / 2] ^= 1;
        return other;
      }
      if (value instanceof Number number) {
        return number.longValue() + (column.equals("refused") ? 1 : by);
      }
      String text = value == null ? "" : value.toString();
      return column.equals("terms")
          ? "{7}"
          : text.substring(0, Math.max(0, text.length() - 1)) + "~";
    }

    private void set(String table, String column, Object value, String where) {
      String place = column.equals("terms") ? "?::bigint[]" : "?";
      execute("UPDATE " + table + " SET " + column + " = " + place + " WHERE " + where, value);
    }

    private boolean isTold() {
      try {
        return !tree.verify(AuditProgress.NONE).isSound();
      } catch (StorageException e) {
        return true;
      }
    }

    @Test
    void everyColumn_changedByItself_isTold() {
      assertThat(damages()).isEmpty();
      Set<String> untold = new TreeSet<>();
      for (Map.Entry<String, String> row : rows.entrySet()) {
        String table = row.getKey();
        for (Map.Entry<String, Object> one : row(table).entrySet()) {
          String column = one.getKey();
          for (long by : new long[] {FAR, -FAR}) {
            Object other = changed(column, one.getValue(), by);
            boolean isKey = row.getValue().startsWith(column + " ");
            set(table, column, other, row.getValue());
            if (!isTold()) {
              untold.add(table + "." + column);
            }
            set(table, column, one.getValue(), isKey ? column + " = " + other : row.getValue());
          }
        }
      }
      assertThat(untold).isEqualTo(WITHOUT_EFFECT);
      assertThat(damages()).isEmpty();
    }

    @Test
    void aRowOfEveryTable_takenAway_isTold() {
      for (Map.Entry<String, String> row : rows.entrySet()) {
        String table = row.getKey();
        Map<String, Object> values = row(table);
        execute("DELETE FROM " + table + " WHERE " + row.getValue());
        assertThat(isTold()).as(table).isEqualTo(!table.equals("gh_audit_cursor_key"));
        insert(table, values);
        assertThat(damages()).as("%s put back", table).isEmpty();
      }
    }

    private void insert(String table, Map<String, Object> values) {
      List<String> columns = new ArrayList<>(values.keySet());
      columns.remove("terms");
      String places = String.join(", ", Collections.nCopies(columns.size(), "?"));
      String sql =
          "INSERT INTO " + table + "(" + String.join(", ", columns) + ") VALUES (" + places + ")";
      jdbi.useHandle(
          handle -> {
            Update insertion = handle.createUpdate(sql);
            for (int i = 0; i < columns.size(); i++) {
              insertion.bind(i, values.get(columns.get(i)));
            }
            insertion.execute();
          });
    }
  }

  @Nested
  class OnH2 extends Tampering {
    @Override
    DataSource dataSource() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends Tampering {
    @Override
    DataSource dataSource() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Tampering {
    @Override
    DataSource dataSource() {
      return MariaDb.dataSource();
    }
  }
}

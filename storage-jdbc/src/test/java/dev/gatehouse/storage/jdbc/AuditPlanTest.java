package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditColumn;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditMatch;
import dev.gatehouse.audit.AuditPosition;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditScan.Order;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.storage.Storage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * That a database finds records of a window by any core field without reading the others: what a
 * few rows of 20,000 have is looked up, for every column, in both orders, also by two values.
 */
class AuditPlanTest {
  private static final int ROWS = 20_000;
  private static final int RARE_EVERY = 5_000;
  private static final AuditPosition FIRST = new AuditPosition(0, 0);
  private static final AuditPosition LAST = new AuditPosition(Long.MAX_VALUE, 0);

  /** A value that four rows have; and one that none has. */
  private static Object rare(AuditColumn column) {
    return column.isNumber() ? Long.valueOf(column == AuditColumn.ID ? 77 : 9) : "rare";
  }

  private static AuditEntry entry(int i) {
    AuditRecord.Builder record = i % RARE_EVERY == 7 ? rare() : common(i);
    return AuditEntry.of(LogName.EVENT, record.id(i + 1).time(Instant.ofEpochSecond(i)).build());
  }

  private static AuditRecord.Builder rare() {
    return AuditRecord.of(9, 9, "rare")
        .sourceNode("rare")
        .namespace("rare")
        .severity("rare")
        .user("rare")
        .requestId("rare")
        .service("rare");
  }

  private static AuditRecord.Builder common(int i) {
    return AuditRecord.of(i % 5, i % 2, "common")
        .sourceNode("node " + i % 4)
        .namespace("namespace " + i % 3)
        .severity("severity " + i % 3)
        .user("user " + i % 100)
        .requestId("request " + i)
        .service("service " + i % 10);
  }

  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class Planned {
    private Storage storage;
    private Jdbi jdbi;
    private JdbcAuditScans scans;

    abstract DataSource dataSource();

    abstract String analyze();

    /** What the plan calls the index. */
    abstract List<String> plan(Handle handle, JdbcAuditScans.Statement statement);

    @BeforeAll
    void fill() {
      DataSource dataSource = dataSource();
      storage = JdbcStorage.of(dataSource);
      jdbi = Jdbi.create(dataSource);
      AuditStore store = storage.eventLog();
      scans = ((JdbcAuditStore) store).scans();
      for (int i = 0; i < ROWS; i += 1_000) {
        List<AuditEntry> batch = new ArrayList<>();
        for (int j = i; j < i + 1_000; j++) {
          batch.add(entry(j));
        }
        store.append(batch);
      }
      jdbi.useHandle(handle -> handle.execute(analyze()));
    }

    @AfterAll
    void close() {
      storage.close();
    }

    static List<String> explained(Handle handle, String explain, JdbcAuditScans.Statement of) {
      return Sql.use(
          handle,
          explain + of.sql(),
          query -> {
            of.bind(query);
            return Sql.rows(query, Planned::line);
          });
    }

    private static String line(ResultSet row) throws SQLException {
      StringBuilder line = new StringBuilder();
      for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
        line.append(row.getString(i)).append(" | ");
      }
      return line.toString();
    }

    private List<String> planned(Order order, AuditMatch match) {
      AuditScan scan = new AuditScan(FIRST, LAST, order, List.of(match), 11);
      return jdbi.withHandle(handle -> plan(handle, scans.statement(scan).orElseThrow()));
    }

    private static String index(AuditColumn column) {
      return switch (column) {
        case ID -> "primary";
        case OPERATION_TYPE -> "gh_event_operation";
        case RESULT_TYPE -> "gh_event_result";
        case SOURCE_NODE -> "gh_event_node";
        case REQUEST_ID -> "gh_event_request";
        default -> "gh_event_" + column.name().toLowerCase(Locale.ROOT);
      };
    }

    @TestFactory
    List<DynamicTest> scan_byAnyColumn_usesItsIndex() {
      List<DynamicTest> tests = new ArrayList<>();
      for (AuditColumn column : AuditColumn.values()) {
        Object other = column.isNumber() ? (Object) 1_000_000L : "none";
        Set<Object> two = new LinkedHashSet<>(List.of(rare(column), other));
        for (Order order : Order.values()) {
          for (Set<Object> values : List.of(Set.of(rare(column)), two)) {
            tests.add(
                DynamicTest.dynamicTest(
                    column + " " + order + " " + values.size(),
                    () ->
                        assertThat(planned(order, new AuditMatch(column, values)))
                            .as(column + " " + order + " " + values)
                            .anyMatch(line -> line.contains(index(column)))));
          }
        }
      }
      return tests;
    }

    /** The last of 20,000 is found as fast as the first: no order is made by sorting all. */
    @Test
    void scan_byNothing_goesAlongTheTime() {
      AuditScan scan = new AuditScan(FIRST, LAST, Order.DESCENDING, List.of(), 11);
      List<String> plan =
          jdbi.withHandle(handle -> plan(handle, scans.statement(scan).orElseThrow()));
      assertThat(plan).anyMatch(line -> line.contains("gh_event_time"));
    }
  }

  @Nested
  class OnPostgres extends Planned {
    @Override
    DataSource dataSource() {
      return Postgres.dataSource();
    }

    @Override
    String analyze() {
      return "ANALYZE gh_event";
    }

    @Override
    List<String> plan(Handle handle, JdbcAuditScans.Statement statement) {
      List<String> plan = explained(handle, "EXPLAIN ", statement);
      assertThat(plan).noneMatch(line -> line.contains("Seq Scan"));
      return plan.stream().map(line -> line.replace("gh_event_pkey", "primary")).toList();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Planned {
    @Override
    DataSource dataSource() {
      return MariaDb.dataSource();
    }

    @Override
    String analyze() {
      return "ANALYZE TABLE gh_event";
    }

    /** Columns: id, kind, table, type, keys, key, and so on. */
    @Override
    List<String> plan(Handle handle, JdbcAuditScans.Statement statement) {
      return explained(handle, "EXPLAIN ", statement).stream()
          .map(line -> line.toLowerCase(Locale.ROOT).split(" \\| ")[5])
          .toList();
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends Planned {
    @Override
    DataSource dataSource() {
      return MySql.dataSource();
    }

    @Override
    String analyze() {
      return "ANALYZE TABLE gh_event";
    }

    /** Columns: id, kind, table, type, keys, key, and so on. */
    @Override
    List<String> plan(Handle handle, JdbcAuditScans.Statement statement) {
      return explained(handle, "EXPLAIN ", statement).stream()
          .map(line -> line.toLowerCase(Locale.ROOT).split(" \\| ")[5])
          .toList();
    }
  }

  @Nested
  class OnH2 extends Planned {
    @Override
    DataSource dataSource() {
      return H2.memoryDataSource();
    }

    @Override
    String analyze() {
      return "ANALYZE";
    }

    @Override
    List<String> plan(Handle handle, JdbcAuditScans.Statement statement) {
      List<String> plan = explained(handle, "EXPLAIN ", statement);
      assertThat(plan).noneMatch(line -> line.contains("tableScan"));
      return plan.stream()
          .map(line -> line.toLowerCase(Locale.ROOT).replace("primary_key", "primary"))
          .toList();
    }
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every entry names the rule and the value that it refused; a rejected call leaves no row. */
class RejectedCallsTest {
  @TestFactory
  Stream<DynamicTest> badCall_inMemory_saysWhy() {
    return new RejectedCalls(MemoryStorage.create())
        .calls().stream().map(call -> dynamicTest(call.what(), () -> assertRefused(call)));
  }

  private static int refused(List<ThrowingCallable> calls) {
    return (int) calls.stream().filter(call -> catchThrowable(call) != null).count();
  }

  private static boolean isAudited(Class<? extends Throwable> refusal) {
    return refusal == AuthenticationException.class || refusal == DeniedException.class;
  }

  private static void assertRefused(RejectedCalls.Call call) {
    Throwable thrown = catchThrowable(call.call());
    assertThat(thrown).isInstanceOf(call.type());
    assertThat(thrown.getMessage())
        .contains(call.says())
        .doesNotContain(RejectedCalls.SECRET)
        .hasSizeLessThan(400);
  }

  private static List<String> texts(Statement statement, String sql) throws SQLException {
    try (ResultSet result = statement.executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      while (result.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.append(i == 1 ? "" : "|").append(result.getString(i));
        }
        rows.add(row.toString());
      }
      rows.sort(null);
      return rows;
    }
  }

  abstract static class OverDatabase {
    private final DataSource database = newDataSource();

    abstract DataSource newDataSource();

    /** The expression for where the tables are. */
    String schema() {
      return "CURRENT_SCHEMA";
    }

    @TestFactory
    Stream<DynamicTest> badCall_inDatabase_saysWhyAndLeavesNoRow() throws SQLException {
      RejectedCalls house = new RejectedCalls(JdbcStorage.of(database, RejectedCalls.CLOCK));
      AtomicReference<Map<String, List<String>>> known = new AtomicReference<>(rows());
      assertThat(known.get().values()).hasSizeGreaterThan(15).noneMatch(List::isEmpty);
      return house.calls().stream()
          .map(
              call ->
                  dynamicTest(
                      call.what(),
                      () -> {
                        assertRefused(call);
                        Map<String, List<String>> after = rows();
                        assertThat(compared(after, call))
                            .isEqualTo(compared(known.getAndSet(after), call));
                      }));
    }

    private static Map<String, List<String>> compared(
        Map<String, List<String>> rows, RejectedCalls.Call call) {
      Map<String, List<String>> compared = new TreeMap<>(rows);
      if (isAudited(call.type())) {
        compared.keySet().removeAll(List.of("gh_audit", "gh_audit_pending"));
      }
      return compared;
    }

    @Test
    void badCall_whateverWasRefused_houseGoesOn() {
      RejectedCalls house = new RejectedCalls(JdbcStorage.of(database, RejectedCalls.CLOCK));
      assertThat(refused(house.calls().stream().map(RejectedCalls.Call::call).toList()))
          .isEqualTo(house.calls().size());
      assertThat(house.gatehouse.scheduler().findTask("order-3")).isPresent();
      house.gatehouse.close();
    }

    @Test
    void badCall_caughtInAHostsTransaction_commitLeavesNoRow() throws SQLException {
      RejectedCalls house = new RejectedCalls(JdbcStorage.of(database, RejectedCalls.CLOCK));
      Map<String, List<String>> before = rows();
      int refused = house.gatehouse.inTransaction(joined -> refused(JoinedCalls.of(joined)));
      assertThat(refused).isEqualTo(JoinedCalls.COUNT);
      assertThat(rows()).isEqualTo(before);
    }

    /** A snapshot in memory that does not show it yet is no reason to refuse. */
    @Test
    void schedule_applicationRegisteredElsewhereAMomentAgo_isTaken() {
      Gatehouse here = new RejectedCalls(JdbcStorage.of(database, RejectedCalls.CLOCK)).gatehouse;
      try (Gatehouse there = Gatehouse.builder().storage(JdbcStorage.of(database)).build()) {
        Application application =
            there.registry().register(Application.named("new").callback("https://new.example/"));
        assertThat(here.registry().findApplication("new")).isEmpty();
        TaskId id = here.scheduler().schedule(Task.unnumbered().application(application));
        assertThat(here.scheduler().task(id).applicationId()).hasValue(application.id());
      }
    }

    /** Everything that the database holds, by table. */
    private Map<String, List<String>> rows() throws SQLException {
      try (Connection connection = database.getConnection();
          Statement statement = connection.createStatement()) {
        Map<String, List<String>> rows = new TreeMap<>();
        for (String table :
            texts(
                statement,
                "SELECT table_name FROM information_schema.tables"
                    + " WHERE table_schema = "
                    + schema()
                    + " AND UPPER(table_name) LIKE 'GH%'")) {
          rows.put(table.toLowerCase(Locale.ROOT), texts(statement, "SELECT * FROM " + table));
        }
        return rows;
      }
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MariaDb.dataSource();
    }

    @Override
    String schema() {
      return "DATABASE()";
    }
  }
}

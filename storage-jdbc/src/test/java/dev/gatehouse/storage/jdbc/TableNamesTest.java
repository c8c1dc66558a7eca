package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.signing.NonceStore.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableNamesTest {
  private static final TableNames OTHERS = TableNames.of("other2_");

  /** The shortest limit of names, PostgreSQL's, in bytes. */
  private static final int LONGEST_NAME = 63;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "_",
        "gh",
        "Gh_",
        "gh_task_",
        "gh__",
        "1_",
        "pg_",
        "a2345678901234567_",
        "é_",
        "gh_;DROP TABLE x_",
        "gh_\"",
        "gh_`",
        "gh'_",
        "gh_\n",
        " gh_",
        "gh.x_",
        "gh$_"
      })
  void of_otherForm_isRefused(String prefix) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TableNames.of(prefix))
        .withMessage(
            "prefix must be a letter, up to 14 lower-case letters and digits, and '_',"
                + " and not pg_, was '%s'",
            prefix.replace('\n', '?'));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1a",
        "a.b",
        "a b",
        "a;",
        "a\"",
        "a`",
        "a'",
        "a-b",
        "ä",
        "a$1",
        "a\n",
        "a234567890123456789012345678901234567890123456789012345678901234"
      })
  void inSchema_otherForm_isRefused(String schema) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TableNames.STANDARD.inSchema(schema))
        .withMessage(
            "schema must be a letter or '_' and up to 62 of letters, digits and '_', was '%s'",
            schema.replace('\n', '?'));
  }

  @ParameterizedTest
  @EnumSource
  void longestPrefix_leavesEveryNameWithinTheLimit(Dialect dialect) {
    NamedTables tables = new NamedTables(TableNames.of("a23456789012345_"));
    Pattern name = Pattern.compile("a23456789012345_\\w+");
    Set<String> names =
        Migration.SCRIPTS.stream()
            .map(script -> tables.in(dialect.script(script)))
            .flatMap(text -> name.matcher(text).results().map(MatchResult::group))
            .collect(Collectors.toSet());
    assertThat(names).hasSizeGreaterThan(50).allMatch(one -> one.length() <= LONGEST_NAME);
  }

  @Test
  void in_statement_changesWholeNamesAndQualifiesTablesAlone() {
    NamedTables tables = new NamedTables(OTHERS.inSchema("Ops"));
    assertThat(
            tables.in(
                "CREATE INDEX gh_task_due ON gh_task(x); SELECT gh_task.id, high_gh_task, $gh_task,"
                    + " 'gh_task_key', gh_schema.version FROM gh_task_done t WHERE t.gh = ?"))
        .isEqualTo(
            "CREATE INDEX other2_task_due ON Ops.other2_task(x); SELECT Ops.other2_task.id,"
                + " high_gh_task, $gh_task, 'Ops.other2_task_key', Ops.other2_schema.version"
                + " FROM Ops.other2_task_done t WHERE t.gh = ?");
    assertThat(NamedTables.STANDARD.in("SELECT gh_task")).isEqualTo("SELECT gh_task");
  }

  @Test
  void in_sameStatementAgain_isNotMadeAgain() {
    NamedTables tables = new NamedTables(OTHERS);
    String first = tables.in("SELECT 0 FROM gh_task");
    assertThat(tables.in("SELECT 0 FROM gh_task")).isSameAs(first);
    for (int i = 0; i < 3_000; i++) {
      assertThat(tables.in("SELECT " + i + " FROM gh_task"))
          .isEqualTo("SELECT " + i + " FROM other2_task");
    }
    assertThat(tables.in("SELECT 0 FROM gh_task")).isSameAs(first);
  }

  abstract static class OverDatabase {
    private final DataSource host = newDataSource();
    private final Jdbi jdbi = Jdbi.create(host);
    private final JdbcStorage standard = JdbcStorage.of(host);
    private final JdbcStorage others = standard.withTables(OTHERS);
    private String elsewhere = "";

    abstract DataSource newDataSource();

    /** The name of a schema that is empty, and other than that of the connections. */
    abstract String newSchema();

    abstract String tablesOf(String schema);

    @BeforeEach
    void makeSchema() {
      elsewhere = newSchema();
    }

    private List<String> tables(String schema) {
      return jdbi.withHandle(
          handle -> handle.createQuery(tablesOf(schema)).mapTo(String.class).list());
    }

    /** Uses stores of each part; fails if another storage's rows are there. */
    private static void useAlone(JdbcStorage storage) {
      long version = storage.keys().version();
      storage.run(
          transaction -> {
            storage.keys().joining(transaction).advance();
            storage.permissions().joining(transaction).insertRole(new Role(1, "role"));
            storage
                .audit()
                .joining(transaction)
                .append(
                    List.of(
                        AuditEntry.of(
                            LogName.AUDIT,
                            AuditRecord.of(1, 0, "done").id(1).time(Instant.EPOCH).build())));
          });
      assertThat(storage.keys().version()).isEqualTo(version + 1);
      assertThat(storage.nonces().claim(1, "n", 9, 1, 9)).isEqualTo(Outcome.CLAIMED);
      assertThat(storage.nonces().claim(1, "n", 9, 1, 9)).isEqualTo(Outcome.REPLAYED);
      assertThat(storage.audit().tree().pending(0, 9)).hasSize(1);
      StoresInUse.runAll(storage);
      Gatehouse gatehouse = Gatehouse.builder().storage(storage).build();
      gatehouse.registry().register(Application.named("shop"));
      gatehouse.scheduler().schedule(Task.of("one").handler("none"));
      assertThat(gatehouse.status().scheduler().tasks().orElseThrow().due()).isOne();
      StoresInUse.claimAll(storage);
    }

    @Test
    void storages_ofOtherNames_doNotSeeEachOther() {
      try (JdbcStorage third = standard.withTables(OTHERS.inSchema(elsewhere))) {
        useAlone(standard);
        useAlone(others);
        assertThat(tables(elsewhere)).isEmpty();
        useAlone(third);
        assertThat(tables(elsewhere))
            .hasSizeGreaterThan(40)
            .allMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("other2_"));
        assertThat(List.of(standard, others, third))
            .allSatisfy(storage -> assertThat(storage.validate()).isEmpty());
      }
    }

    @Test
    void migrate_manyStoragesAtOnceInASchema_appliesEachVersionOnce() throws Exception {
      TableNames names = OTHERS.inSchema(elsewhere);
      ExecutorService nodes = Executors.newFixedThreadPool(10);
      try {
        List<Future<?>> checks = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          checks.add(nodes.submit(() -> standard.withTables(names).check()));
        }
        for (Future<?> check : checks) {
          check.get();
        }
      } finally {
        nodes.shutdownNow();
      }
      assertThat(
              jdbi.<Integer, RuntimeException>withHandle(
                  handle ->
                      handle
                          .createQuery("SELECT COUNT(*) FROM " + elsewhere + ".other2_schema")
                          .mapTo(Integer.class)
                          .one()))
          .isEqualTo(Migration.SCRIPTS.size() + 1);
      assertThat(standard.validate()).contains("table gh_task");
      assertThat(others.validate()).contains("table other2_task");
    }

    @Test
    void newerSchema_ofOneStorage_isRefusedByThatAlone() {
      others.check();
      jdbi.useHandle(
          handle -> handle.execute("INSERT INTO other2_schema(version, script) VALUES (999, 'x')"));
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> standard.withTables(OTHERS).check())
          .withMessageStartingWith("the schema is at version 999");
      assertThat(standard.validate()).contains("table gh_task");
    }

    @Test
    void hostsTransaction_servesStoragesOfOtherNamesInTurn() throws SQLException {
      try (JdbcStorage third = standard.withTables(OTHERS.inSchema(elsewhere))) {
        List<JdbcStorage> all = List.of(others, third);
        all.forEach(JdbcStorage::check);
        long version = third.keys().version();
        try (Connection connection = host.getConnection()) {
          connection.setAutoCommit(false);
          JdbcTransaction transaction = JdbcTransaction.of(connection);
          for (int i = 0; i < all.size(); i++) {
            all.get(i).permissions().joining(transaction).insertRole(new Role(i + 1, "role"));
            others.keys().joining(transaction).advance();
          }
          connection.commit();
        }
        assertThat(List.of(others.keys().version(), third.keys().version()))
            .containsExactly(version + all.size(), version);
        for (int i = 0; i < all.size(); i++) {
          assertThat(all.get(i).permissions().findRole("role")).hasValue(new Role(i + 1, "role"));
        }
      }
    }

    @Test
    void schemaThatIsNotThere_isToldAndMakesNone() {
      JdbcStorage lost = standard.withTables(OTHERS.inSchema("nowhere"));
      assertThat(lost.validate()).contains("table other2_task");
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(lost::check)
          .withMessage("the tables in the schema nowhere could not be brought up to date");
      assertThat(tables("nowhere")).isEmpty();
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.memoryDataSource();
    }

    @Override
    String newSchema() {
      super.jdbi.useHandle(handle -> handle.execute("CREATE SCHEMA elsewhere"));
      return "elsewhere";
    }

    @Override
    String tablesOf(String schema) {
      return "SELECT table_name FROM information_schema.tables WHERE table_schema = UPPER('"
          + schema
          + "')";
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.dataSource();
    }

    @Override
    String newSchema() {
      return Postgres.unpooledDataSource().getCurrentSchema();
    }

    @Override
    String tablesOf(String schema) {
      return "SELECT tablename FROM pg_tables WHERE schemaname = '" + schema + "'";
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
    String newSchema() {
      return Jdbi.create(MariaDb.dataSource())
          .withHandle(handle -> handle.createQuery("SELECT DATABASE()").mapTo(String.class).one());
    }

    @Override
    String tablesOf(String schema) {
      return "SELECT table_name FROM information_schema.tables WHERE table_schema = '"
          + schema
          + "'";
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MySql.dataSource();
    }

    @Override
    String newSchema() {
      return Jdbi.create(MySql.dataSource())
          .withHandle(handle -> handle.createQuery("SELECT DATABASE()").mapTo(String.class).one());
    }

    @Override
    String tablesOf(String schema) {
      return "SELECT table_name FROM information_schema.tables WHERE table_schema = '"
          + schema
          + "'";
    }
  }
}

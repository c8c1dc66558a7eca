package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Hints;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.TaskStoreContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers that speak the language of PostgreSQL or MariaDB and are neither: what they lack is not
 * needed. See also {@link SerializableTest}.
 */
@Timeout(60)
class ForeignServerTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int TASKS = 300;

  /** Locks that reach no other node of a Galera cluster, and what it does not take at all. */
  private static final Pattern NOT_ON_GALERA =
      Pattern.compile(
          "(?i)\\b(GET_LOCK|RELEASE_(?:ALL_)?LOCKS?|IS_FREE_LOCK|LOCK TABLES?|FLUSH TABLES?|XA START"
              + "|MyISAM|Aria|CREATE SEQUENCE|NEXTVAL|NEXT VALUE FOR)\\b");

  private final RefusingDataSource refusing = new RefusingDataSource(Postgres.unpooledDataSource());
  private final Jdbi jdbi = Jdbi.create(refusing.dataSource());

  @Nested
  class TaskStore extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.refusingStorage(leaseClock);
    }
  }

  @Test
  void check_serverRefusesSettings_tablesAreWholeWithoutThem() {
    try (JdbcStorage storage = JdbcStorage.of(refusing.dataSource())) {
      storage.check();
      assertThat(storage.validate()).isEmpty();
    }
    assertThat(refusing.refused())
        .containsExactly("autovacuum_vacuum_scale_factor", "fillfactor", "set storage");
    assertThat(
            count(
                "pg_class WHERE reloptions IS NOT NULL AND relnamespace = current_schema()::regnamespace"))
        .isZero();
  }

  /** In a schema of the host's, where the statements have other names. */
  @Test
  void check_postgres_settingsAreInForce() {
    Jdbi sound = Jdbi.create(Postgres.dataSource());
    String schema =
        sound.withHandle(
            handle -> handle.createQuery("SELECT current_schema()").mapTo(String.class).one());
    TableNames names = TableNames.of("other_").inSchema(schema);
    try (JdbcStorage storage = JdbcStorage.of(Postgres.unpooledDataSource()).withTables(names)) {
      storage.check();
    }
    List<String> set =
        sound.withHandle(
            handle ->
                handle
                    .createQuery(
                        "SELECT relname || ' ' || array_length(reloptions, 1) FROM pg_class"
                            + " WHERE reloptions IS NOT NULL AND relnamespace = to_regnamespace(?)")
                    .bind(0, schema)
                    .mapTo(String.class)
                    .list());
    assertThat(set)
        .containsExactlyInAnyOrder(
            "other_task 5", "other_audit_pending 4", "other_event_pending 4");
  }

  private long count(String from) {
    return jdbi.withHandle(
        handle -> handle.createQuery("SELECT COUNT(*) FROM " + from).mapTo(Long.class).one());
  }

  /** Two storages, as in two processes: what the one schedules, the other only finds. */
  @Test
  void run_noHintsNoVacuumNoPlannerSettings_tasksRunAndArePurged() {
    AtomicInteger ran = new AtomicInteger();
    try (JdbcStorage near = JdbcStorage.of(refusing.dataSource());
        JdbcStorage far = JdbcStorage.of(refusing.dataSource());
        Gatehouse scheduling = Gatehouse.builder().storage(near).build();
        Gatehouse running =
            Gatehouse.builder().storage(far).handler("work", context -> ranOnce(ran)).build()) {
      running.start();
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < TASKS; i++) {
        tasks.add(Task.of("number-" + i).handler("work"));
      }
      scheduling.scheduler().scheduleAll(tasks);
      await().atMost(SOON).until(() -> count("gh_task") == 0);

      assertThat(ran).hasValue(TASKS);
      assertThat(count("gh_task_key")).isEqualTo(TASKS);
      assertThat(far.tasks().tidy(1_000_000)).isTrue();
      while (far.tasks().purge(TaskStatus.FINISHED, System.currentTimeMillis() + 60_000, 1_000)
          > 0) {
        assertThat(ran).hasValue(TASKS);
      }
      assertThat(count("gh_task_done")).isZero();
      assertThat(count("gh_task_page")).isZero();
      assertThat(count("gh_task_key")).isZero();
    }
    assertThat(refusing.refused())
        .containsExactly(
            "autovacuum_vacuum_scale_factor",
            "fillfactor",
            "listen",
            "pg_notify",
            "pg_relation_size",
            "set storage");
  }

  private static TaskResult ranOnce(AtomicInteger ran) {
    ran.incrementAndGet();
    return TaskResult.done();
  }

  @Test
  void announce_serverRefusesToNotify_isAskedOnce() {
    try (JdbcStorage storage = JdbcStorage.of(refusing.dataSource())) {
      storage.check();
      Hints hints = storage.tasks().hints();
      await()
          .atMost(SOON)
          .until(
              () -> {
                hints.announce(1);
                return refusing.times("pg_notify") > 0;
              });
      await().atMost(SOON).until(() -> senders() == 0);
      for (int i = 0; i < 10; i++) {
        hints.announce(i);
      }
      assertThat(senders()).isZero();
      assertThat(refusing.times("pg_notify")).isOne();
    }
  }

  private static long senders() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("gatehouse-hints-out"))
        .count();
  }

  /** A Galera cluster cannot delete from a table that has none. */
  @Test
  @Tag("mariadb")
  void check_mariaDb_eachTableHasAPrimaryKey() {
    DataSource dataSource = MariaDb.dataSource();
    try (JdbcStorage storage = JdbcStorage.of(dataSource)) {
      storage.check();
    }
    List<String> keyed =
        Jdbi.create(dataSource)
            .withHandle(
                handle ->
                    handle
                        .createQuery(
                            "SELECT t.table_name FROM information_schema.tables t"
                                + " JOIN information_schema.table_constraints c"
                                + " ON c.table_schema = t.table_schema"
                                + " AND c.table_name = t.table_name"
                                + " AND c.constraint_type = 'PRIMARY KEY'"
                                + " WHERE t.table_schema = DATABASE() AND t.engine = 'InnoDB'")
                        .mapTo(String.class)
                        .list());
    assertThat(keyed)
        .contains("gh_schema")
        .containsAll(Schema.of(Dialect.MARIADB, NamedTables.STANDARD).tables());
  }

  @Test
  void statements_locksThatReachNoOtherNodeOfGalera_none() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("src", "main"))) {
      files
          .filter(file -> file.toString().matches(".*\\.(java|sql)"))
          .forEach(
              file ->
                  NOT_ON_GALERA
                      .matcher(read(file))
                      .results()
                      .map(MatchResult::group)
                      .forEach(word -> found.add(file.getFileName() + ": " + word)));
    }
    assertThat(found).isEmpty();
    assertThat(NOT_ON_GALERA.matcher("SELECT GET_LOCK('gh', 1)").find()).isTrue();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

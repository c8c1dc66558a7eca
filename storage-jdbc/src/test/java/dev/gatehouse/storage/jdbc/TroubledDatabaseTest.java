package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.storage.jdbc.TroubledDatabase.Trouble;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A pool that the host has emptied, a server that has become read-only, a disk that is full: what
 * runs pauses and goes on, calls say what is wrong, and what they were to write is written not at
 * all.
 */
@Timeout(90)
class TroubledDatabaseTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int TASKS = 20;
  private static final long TROUBLE_MILLIS = 300;
  private static final Subject USER = Subject.user("u");

  private final List<Long> started = new CopyOnWriteArrayList<>();
  private final List<Long> ids = new ArrayList<>();
  private TroubledDatabase database;
  private JdbcStorage storage;
  private Gatehouse gatehouse;

  private void open(TroubledDatabase troubled) {
    database = troubled;
    storage = JdbcStorage.of(database.dataSource()).withoutHints();
    storage.check();
    database.prepare();
    gatehouse =
        Gatehouse.builder()
            .storage(storage)
            .audit(AuditOptions.builder().interval(Duration.ofMillis(20)).build())
            .scheduler(
                SchedulerOptions.builder()
                    .lease(Duration.ofSeconds(30)) // longer than any trouble: nothing runs again
                    .maxRunning(8)
                    .build())
            .handler("work", this::work)
            .build();
    gatehouse.registry().register(Server.named("s").at("h", 80));
    gatehouse.upkeep().keep(Instance.on("s").at("h", 81).lease(Duration.ofSeconds(1)));
    gatehouse.start();
    await().atMost(SOON).until(() -> gatehouse.status().scheduler().node().isPresent());
  }

  @AfterEach
  void close() throws SQLException {
    database.end();
    gatehouse.close();
    database.close();
  }

  private TaskResult work(TaskContext context) {
    started.add(context.id().value());
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    return TaskResult.done();
  }

  private void schedule() {
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      tasks.add(
          Task.unnumbered()
              .handler("work")
              .retryPolicy(RetryPolicy.NONE)
              .in(Duration.ofMillis(20L * i)));
    }
    gatehouse.scheduler().scheduleAll(tasks).forEach(id -> ids.add(id.value()));
  }

  private void awaitAllRan() {
    await().atMost(SOON).until(() -> count("gh_task") == 0);
    assertThat(FinishedTasks.ids(database.sound())).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(started).containsExactlyInAnyOrderElementsOf(ids);
  }

  private long count(String table) {
    return database
        .sound()
        .withHandle(
            (Handle handle) ->
                handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one());
  }

  private static void assertSays(Trouble trouble, ThrowingCallable call) {
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(call)
        .withMessageContaining(trouble.says());
  }

  private NonceStore.Outcome claim(String nonce) {
    long now = System.currentTimeMillis();
    return storage.nonces().claim(1, nonce, now + 60_000, now, 1_000);
  }

  private Resource thing(Trouble trouble) {
    return Resource.of("thing", trouble.name());
  }

  private Grant.Terms terms(Trouble trouble) {
    return Grant.allow(USER, "use", thing(trouble));
  }

  private boolean isAllowed(Trouble trouble) {
    return gatehouse.permissions().check(USER, "use", thing(trouble)).allowed();
  }

  private void assertPausesAndGoesOn(Trouble trouble) throws InterruptedException, SQLException {
    int before = started.size();
    schedule();
    await().atMost(SOON).until(() -> started.size() > before);
    long records = count("gh_audit");
    database.begin(trouble);
    assertSays(
        trouble, () -> gatehouse.scheduler().schedule(Task.of(trouble.name()).handler("work")));
    assertSays(trouble, () -> gatehouse.audit().write(AuditRecord.of(1, 0, "lost").build()));
    assertSays(trouble, () -> gatehouse.permissions().grant(terms(trouble)));
    assertSays(trouble, () -> gatehouse.registry().register(server(trouble)));
    assertSays(trouble, () -> claim(trouble.name()));
    Thread.sleep(TROUBLE_MILLIS);
    assertThat(count("gh_audit")).isEqualTo(records);
    database.end();

    awaitAllRan();
    assertThat(storage.registry().findServer(trouble.name())).isEmpty();
    assertThat(gatehouse.scheduler().findTask(trouble.name())).isEmpty();
    assertThat(isAllowed(trouble)).isFalse();
    gatehouse.permissions().grant(terms(trouble));
    assertThat(isAllowed(trouble)).isTrue();
    assertThat(claim(trouble.name())).isEqualTo(NonceStore.Outcome.CLAIMED);
    assertThat(claim(trouble.name())).isEqualTo(NonceStore.Outcome.REPLAYED);
    gatehouse.audit().write(AuditRecord.of(1, 0, "after " + trouble).build());
    await().atMost(SOON).until(() -> count("gh_audit_pending") == 0);
    AuditReport report = gatehouse.auditTree().verify(AuditProgress.NONE);
    assertThat(report.damages()).isEmpty();
    assertThat(report.records()).isEqualTo(count("gh_audit")).isGreaterThan(records);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(storage.registry().findInstance("s", "h:81")).isPresent());
  }

  private static Server server(Trouble trouble) {
    return Server.named(trouble.name()).at("h", 80);
  }

  private void assertGetsOverAll(TroubledDatabase troubled)
      throws InterruptedException, SQLException {
    open(troubled);
    for (Trouble trouble : Trouble.values()) {
      assertPausesAndGoesOn(trouble);
    }
    String renewed = "gh_instance WHERE expires_at > " + System.currentTimeMillis();
    await().atMost(SOON).until(() -> count(renewed) == 1);
  }

  @Test
  void h2_eachTrouble_pausesAndGoesOn() throws InterruptedException, SQLException {
    assertGetsOverAll(TroubledDatabase.h2());
  }

  @Test
  void postgres_eachTrouble_pausesAndGoesOn() throws InterruptedException, SQLException {
    assertGetsOverAll(TroubledDatabase.postgres());
  }

  @Test
  @Tag("mariadb")
  void mariaDb_eachTrouble_pausesAndGoesOn() throws InterruptedException, SQLException {
    assertGetsOverAll(TroubledDatabase.mariaDb());
  }

  @Test
  @Tag("mysql")
  void mySql_eachTrouble_pausesAndGoesOn() throws InterruptedException, SQLException {
    assertGetsOverAll(TroubledDatabase.mySql());
  }

  /** All threads take turns with the one that is left. */
  @Test
  void leak_oneConnectionLeft_goesOn() {
    open(TroubledDatabase.postgres());
    database.leak();
    schedule();
    awaitAllRan();
    assertThat(claim("nonce")).isEqualTo(NonceStore.Outcome.CLAIMED);
  }
}

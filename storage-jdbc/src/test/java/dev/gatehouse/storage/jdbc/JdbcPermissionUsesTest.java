package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.permission.Decision;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.Permissions;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Grants that count their uses, used by two nodes at once. */
class JdbcPermissionUsesTest {
  private static final int USES = 40;
  private static final Resource READER = Resource.component("reader");
  private static final Subject ANN = Subject.user("ann");

  private final ManualClock clock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final AtomicLong ids = new AtomicLong();

  @Test
  void require_manyThreadsOnH2_asManyReturnAsThereAreUses() throws Exception {
    try (Storage storage = H2.memory(clock)) {
      assertEachUseIsTakenOnce(storage);
    }
  }

  @Test
  void require_manyThreadsOnPostgres_asManyReturnAsThereAreUses() throws Exception {
    try (Storage storage = Postgres.storage(clock)) {
      assertEachUseIsTakenOnce(storage);
    }
  }

  @Test
  @Tag("mariadb")
  void require_manyThreadsOnMariaDb_asManyReturnAsThereAreUses() throws Exception {
    try (Storage storage = MariaDb.storage(clock)) {
      assertEachUseIsTakenOnce(storage);
    }
  }

  private Permissions node(Storage storage) {
    return Permissions.create(
        storage,
        storage.permissions(),
        AuditLog.create(storage.audit(), ids::incrementAndGet, clock),
        ids::incrementAndGet,
        Permissions.Settings.defaults());
  }

  /** One of the threads takes its uses in transactions of the host. */
  private void assertEachUseIsTakenOnce(Storage storage) throws Exception {
    Grant grant = node(storage).grant(Grant.allow(ANN, "use", READER).times(USES));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    long allowed = 0;
    try {
      List<Future<Integer>> done = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        Permissions permissions = node(storage);
        boolean joins = thread == 0;
        done.add(threads.submit(() -> requireOften(storage, permissions, joins)));
      }
      for (Future<Integer> future : done) {
        allowed += future.get(120, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(allowed).isEqualTo(USES);
    Permissions after = node(storage);
    assertThat(after.usesLeft(grant.id())).hasValue(0);
    assertThat(after.check(ANN, "use", READER).reason()).isEqualTo(Decision.Reason.USED_UP);
  }

  private static int requireOften(Storage storage, Permissions permissions, boolean joins) {
    int allowed = 0;
    for (int i = 0; i < USES / 2; i++) {
      try {
        if (joins) {
          storage.run(transaction -> permissions.joining(transaction).require(ANN, "use", READER));
        } else {
          permissions.require(ANN, "use", READER);
        }
        allowed++;
      } catch (DeniedException e) {
        assertThat(e).hasMessageContaining("USED_UP");
      }
    }
    return allowed;
  }
}

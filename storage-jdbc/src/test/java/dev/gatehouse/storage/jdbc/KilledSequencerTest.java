package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.TreeLeaf;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that sequences is killed, again and again, while four writers append; whoever comes
 * next takes over, and at last nothing is lost, and nothing there twice.
 */
@Timeout(120)
class KilledSequencerTest {
  private static final int WRITERS = 4;
  private static final Duration SOON = Duration.ofSeconds(30);

  private FaultyServer server;
  private Jdbi jdbi;
  private final AtomicLong ids = new AtomicLong();
  private final AtomicBoolean enough = new AtomicBoolean();

  @Test
  void postgres_sequencerKilledWhileWritersAppend_nothingIsLostOrTwice(@TempDir Path directory)
      throws Exception {
    assertNothingLostOrTwice(FaultyServer.postgres(), 3, directory);
  }

  @Test
  @Tag("mariadb")
  void mariaDb_sequencerKilledWhileWritersAppend_nothingIsLostOrTwice(@TempDir Path directory)
      throws Exception {
    assertNothingLostOrTwice(FaultyServer.mariaDb(), 1, directory);
  }

  private void assertNothingLostOrTwice(FaultyServer faulty, int kills, Path directory)
      throws Exception {
    server = faulty;
    jdbi = Jdbi.create(server.dataSource());
    ExecutorService pool = Executors.newFixedThreadPool(WRITERS);
    try (HikariDataSource pooled = Postgres.pooled(server.dataSource());
        JdbcStorage storage = JdbcStorage.of(pooled);
        AuditTree survivor = SequencingNode.tree(storage)) {
      storage.check();
      AuditLog log =
          AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), survivor);
      List<Future<List<Long>>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        writers.add(pool.submit(writer(log)));
      }
      List<Long> fences = new ArrayList<>();
      for (int kill = 0; kill < kills; kill++) {
        fences.add(killAtWork(directory.resolve(kill + ".log")));
      }
      survivor.start();
      long size = number("SELECT tree_size FROM gh_audit_tree");
      await().atMost(SOON).until(() -> number("SELECT tree_size FROM gh_audit_tree") > size);
      enough.set(true);
      List<Long> written = new ArrayList<>();
      for (Future<List<Long>> writer : writers) {
        written.addAll(writer.get());
      }
      await().atMost(SOON).until(() -> storage.audit().tree().pending(0, 1).isEmpty());

      fences.add(number("SELECT fence FROM gh_audit_tree"));
      assertThat(fences).doesNotHaveDuplicates().isSorted();
      List<TreeLeaf> leaves = leaves(storage.audit().tree());
      assertThat(leaves)
          .extracting(TreeLeaf::index)
          .containsExactlyElementsOf(LongStream.range(0, written.size()).boxed().toList());
      assertThat(leaves)
          .extracting(TreeLeaf::id)
          .doesNotHaveDuplicates()
          .containsExactlyInAnyOrderElementsOf(written);
      AuditReport report = survivor.verify(AuditProgress.NONE);
      assertThat(report.damages()).isEmpty();
      assertThat(report.records()).isEqualTo(written.size());
    } finally {
      enough.set(true);
      pool.shutdownNow();
    }
  }

  /** Starts a process, and kills it once it let the tree grow several times; its fence. */
  private long killAtWork(Path log) throws IOException, InterruptedException {
    long before = number("SELECT COUNT(*) FROM gh_audit_head");
    long fence = number("SELECT fence FROM gh_audit_tree");
    try (ChildNode node =
        ChildNode.start(log, SequencingNode.class, List.of(server.url("sequencer")))) {
      await().atMost(SOON).until(() -> number("SELECT COUNT(*) FROM gh_audit_head") > before + 5);
      node.kill();
    }
    assertThat(number("SELECT expires_ms FROM gh_audit_tree"))
        .as("a lease left behind")
        .isPositive();
    long own = number("SELECT fence FROM gh_audit_tree");
    assertThat(own).isGreaterThan(fence);
    return own;
  }

  /** Appends one at a time and three at once; the ids. */
  private Callable<List<Long>> writer(AuditLog log) {
    return () -> {
      List<Long> written = new ArrayList<>();
      for (int i = 0; !enough.get(); i++) {
        AuditRecord draft = AuditRecord.of(1, 0, "record " + i).user("u" + i % 7).build();
        List<AuditRecord> batch = i % 5 == 0 ? List.of(draft, draft, draft) : List.of(draft);
        log.writeAll(batch).forEach(record -> written.add(record.id()));
        Thread.sleep(4);
      }
      return written;
    };
  }

  private long number(String sql) {
    return jdbi.withHandle(handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  private static List<TreeLeaf> leaves(AuditTreeStore tree) {
    List<TreeLeaf> all = new ArrayList<>();
    List<TreeLeaf> page;
    do {
      page = tree.leaves(all.size(), AuditTreeStore.MAX_BATCH);
      all.addAll(page);
    } while (page.size() == AuditTreeStore.MAX_BATCH);
    return all;
  }
}

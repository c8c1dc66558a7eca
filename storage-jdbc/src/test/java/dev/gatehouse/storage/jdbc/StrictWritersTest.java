package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditOptions.Sequencing;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many who write first at once, in logs that sequence in their transactions and have an anchor. */
@Timeout(60)
class StrictWritersTest {
  private static final int WRITERS = 12;
  private static final int CONNECTIONS = 4;

  /** How long an anchor is waited for: half of the lease. */
  private static final Duration BOUND = Duration.ofSeconds(2);

  /** An anchor that answers when it is let. */
  private static final class Slow implements Anchor {
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private volatile List<SignedHead> heads = List.of();

    @Override
    public void publish(SignedHead head) {}

    @Override
    public List<SignedHead> heads() {
      asked.incrementAndGet();
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return heads;
    }
  }

  abstract static class OnDatabase {
    private final Slow anchor = new Slow();
    private final AtomicLong ids = new AtomicLong();
    private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    private final HikariDataSource pool = pool(newDatabase());
    private final JdbcStorage storage = JdbcStorage.of(pool).withoutHints();
    private final AuditTree tree = tree(storage, options().anchor(anchor));
    private final AuditLog log =
        AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);

    abstract DataSource newDatabase();

    /** One in which who waits for a connection gives up before the anchor is given up. */
    private static HikariDataSource pool(DataSource database) {
      HikariConfig config = new HikariConfig();
      config.setDataSource(database);
      config.setMaximumPoolSize(CONNECTIONS);
      config.setConnectionTimeout(BOUND.toMillis() / 2);
      return new HikariDataSource(config);
    }

    private static AuditOptions.Builder options() {
      return AuditOptions.builder()
          .signer(TamperedLog::sign, TamperedLog.key())
          .lease(BOUND.multipliedBy(2))
          .sequencing(Sequencing.IN_TRANSACTION);
    }

    private static AuditTree tree(JdbcStorage of, AuditOptions.Builder options) {
      return AuditTree.create(
          new AuditTree.Parts(
              of.audit(),
              of,
              InstantSource.system(),
              System::nanoTime,
              GatehouseListener.NONE,
              options.build()));
    }

    @AfterEach
    void close() {
      anchor.gate.countDown();
      threads.shutdownNow();
      tree.close();
      pool.close();
    }

    private static AuditRecord record() {
      return AuditRecord.of(1, 0, "paid").build();
    }

    /** How long each took, from the common begin on. */
    private List<CompletableFuture<Duration>> writing(int writers, Runnable write) {
      long begin = System.nanoTime();
      List<CompletableFuture<Duration>> all = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        all.add(
            CompletableFuture.supplyAsync(
                () -> {
                  write.run();
                  return Duration.ofNanos(System.nanoTime() - begin);
                },
                threads));
      }
      return all;
    }

    /** One after the other they would take twelve times as long. */
    private static void assertNoneWaitedTwice(List<CompletableFuture<Duration>> all) {
      for (CompletableFuture<Duration> one : all) {
        assertThat(one.join()).isBetween(BOUND, BOUND.multipliedBy(4));
      }
    }

    @Test
    void anchorHangs_allWaitOnceTogether_andHoldNoConnection() throws Exception {
      storage.check();
      List<CompletableFuture<Duration>> all = writing(WRITERS, () -> log.write(record()));
      await().until(() -> anchor.asked.get() == 1);
      TimeUnit.MILLISECONDS.sleep(BOUND.toMillis() / 4);
      assertThat(all).noneMatch(CompletableFuture::isDone);
      assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
      assertThat(storage.audit().find(1)).as("others work meanwhile").isEmpty();

      assertNoneWaitedTwice(all);
      assertThat(anchor.asked).hasValue(1);
      assertThat(tree.status().size()).isEqualTo(WRITERS);
      assertThat(tree.status().fault().orElseThrow()).contains("was not heard");
      assertSound();
      long begin = System.nanoTime();
      log.write(record());
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(BOUND);
      assertThat(anchor.asked).hasValue(1);
    }

    /** Inside of hosts' transactions, each of which has its connection already. */
    @Test
    void anchorHangs_hostsTransactions_allWaitOnceTogether() {
      storage.check();
      List<CompletableFuture<Duration>> all =
          writing(CONNECTIONS, () -> storage.run(own -> log.joining(own).write(record())));
      assertNoneWaitedTwice(all);
      assertThat(anchor.asked).hasValue(1);
      assertThat(tree.status().size()).isEqualTo(CONNECTIONS);
      assertSound();
    }

    /** Without the anchor, which a verification would wait for. */
    private void assertSound() {
      AuditTree own = tree(storage, options());
      assertThat(own.verify(AuditProgress.NONE).isSound()).isTrue();
      own.close();
    }

    private SignedHead headOfALargerLog() {
      try (JdbcStorage other = (JdbcStorage) H2.memory(InstantSource.system())) {
        AuditTree larger = tree(other, options());
        AuditLog.create(other.audit(), ids::incrementAndGet, InstantSource.system(), larger)
            .writeAll(Collections.nCopies(WRITERS + 1, record()));
        SignedHead head = larger.head().orElseThrow();
        larger.close();
        ids.set(0);
        return head;
      }
    }

    /** What it says while they wait counts for all of them. */
    @Test
    void anchorAnswersThatTheLogIsAnOldCopy_noneIsWritten() {
      storage.check();
      anchor.heads = List.of(headOfALargerLog());
      List<CompletableFuture<Duration>> all = writing(WRITERS, () -> log.write(record()));
      await().until(() -> anchor.asked.get() == 1);
      anchor.gate.countDown();
      for (CompletableFuture<Duration> one : all) {
        assertThat(one)
            .failsWithin(BOUND.multipliedBy(10))
            .withThrowableThat()
            .havingCause()
            .isInstanceOf(StorageException.class)
            .withMessageContaining("old copy");
      }
      assertThat(anchor.asked).hasValue(1);
      assertThat(storage.audit().tree().state().size()).isZero();
      for (long id = 1; id <= WRITERS; id++) {
        assertThat(log.find(id)).isEmpty();
      }
    }
  }

  @Nested
  class OnPostgres extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return Postgres.emptied();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.emptied();
    }
  }
}

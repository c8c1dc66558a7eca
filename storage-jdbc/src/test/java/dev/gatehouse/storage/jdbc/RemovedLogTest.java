package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditExport;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.Damage;
import dev.gatehouse.audit.Damage.Kind;
import dev.gatehouse.audit.RecordProof;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Records whose time is over go; what remains is proven, and a thief is told from the clock. */
class RemovedLogTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final Instant LATER = START.plus(Duration.ofDays(1));

  /** 700 records of the first day, with one of the second among them, and 500 of the second. */
  abstract static class Removing {
    private final ManualClock clock = new ManualClock(START);
    private final AtomicLong ids = new AtomicLong();
    private final List<Long> written = new ArrayList<>();
    private Jdbi jdbi;
    private Storage storage;
    private AuditTree tree;
    private AuditLog log;

    abstract DataSource dataSource();

    @BeforeEach
    void fill() {
      DataSource dataSource = dataSource();
      jdbi = Jdbi.create(dataSource);
      storage = JdbcStorage.of(dataSource);
      tree =
          AuditTree.create(
              new AuditTree.Parts(
                  storage.audit(),
                  storage,
                  clock,
                  System::nanoTime,
                  GatehouseListener.NONE,
                  AuditOptions.builder().rowKey(RowKey.of(new byte[32])).build()));
      log = AuditLog.create(storage.audit(), ids::incrementAndGet, clock, tree);
      write(300);
      write(1, LATER);
      write(399);
      clock.advance(Duration.ofDays(1));
      write(500);
      tree.sequence();
    }

    private void write(int count) {
      write(count, clock.instant());
    }

    private void write(int count, Instant time) {
      List<AuditRecord> records = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        records.add(AuditRecord.of(1, 0, "record " + i).user("u").time(time).build());
      }
      log.writeAll(records).forEach(record -> written.add(record.id()));
    }

    private AuditReport verified() {
      return tree.verify(AuditProgress.NONE);
    }

    @Test
    void removeBefore_firstDay_restIsProvenAndTold() throws IOException {
      SignedHead before = tree.head().orElseThrow();
      RecordProof old = tree.prove(written.get(5)).orElseThrow();
      log.erase(Set.of(written.get(7), written.get(1_000)), Set.of("user"), "asked");
      assertThat(log.removeBefore(LATER, 250)).isEqualTo(250);
      assertThat(log.removeBefore(LATER, 1_000_000)).isEqualTo(449);
      assertThat(log.removeBefore(LATER, 1_000_000)).isZero();
      assertThat(verified().damages()).isEmpty();
      tree.sequence();
      AuditReport report = verified();
      assertThat(report.damages()).isEmpty();
      assertThat(report.removedRecords()).isEqualTo(699);
      assertThat(report.records()).isEqualTo(501 + 3);
      assertThat(report.erasedFields()).isEqualTo(1);
      assertThat(tree.prove(written.get(5))).isEmpty();
      assertThat(tree.prove(written.get(300)).orElseThrow().isSound()).isTrue();
      assertThat(tree.prove(written.get(1_100)).orElseThrow().isSound()).isTrue();
      SignedHead now = tree.head().orElseThrow();
      assertThat(tree.proveConsistency(before.size(), now.size()).proves(before.root(), now.root()))
          .isTrue();
      RecordProof kept = new RecordProof(old.canonical(), old.openings(), tree.proveLeaf(5), now);
      assertThat(kept.isSound()).isTrue();
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      assertThat(tree.export(250, 900, file)).isEqualTo(201);
      AuditExport.Verified verified =
          AuditExport.verify(new ByteArrayInputStream(file.toByteArray()), null);
      assertThat(verified.gone()).isEqualTo(449);
      write(600);
      assertThat(tree.sequence()).isEqualTo(600);
      assertThat(verified().damages()).isEmpty();
    }

    /** The newest tile has no place yet for hashes of leaves that are gone. */
    @Test
    void removeBefore_everything_keepsTheEdgeAndTheEvidence() {
      write(3, START);
      assertThat(log.removeBefore(LATER.plusSeconds(1), Long.MAX_VALUE)).isEqualTo(1_024);
      tree.sequence();
      assertThat(log.removeBefore(LATER.plusSeconds(1), Long.MAX_VALUE)).isZero();
      AuditReport report = verified();
      assertThat(report.damages()).isEmpty();
      assertThat(report.removedRecords()).isEqualTo(1_024);
    }

    @Test
    void recordsDeletedBeside_areNamed() {
      log.removeBefore(LATER, 300);
      tree.sequence();
      jdbi.useHandle(
          handle -> {
            handle.execute("DELETE FROM gh_audit WHERE id = ?", written.get(400));
            handle.execute("DELETE FROM gh_audit_leaf WHERE id = ?", written.get(400));
            handle.execute("DELETE FROM gh_audit WHERE id = ?", written.get(410));
            handle.execute("DELETE FROM gh_audit_leaf WHERE id = ?", written.get(410));
            handle.execute(
                "INSERT INTO gh_audit_removed(from_index, to_index, evidence)"
                    + " SELECT 410, 411, MIN(evidence) FROM gh_audit_removed");
          });
      assertThat(verified().damages())
          .extracting(Damage::kind)
          .containsExactly(Kind.LEAF_MISSING, Kind.LEAF_MISSING);
      jdbi.useHandle(handle -> handle.execute("DELETE FROM gh_audit_removed"));
      AuditReport report = verified();
      assertThat(report.removedRecords()).isZero();
      assertThat(report.damages()).allMatch(damage -> damage.kind() == Kind.LEAF_MISSING);
    }

    @Test
    void removeBefore_inATransactionOrNone_isRefused() {
      assertThatThrownBy(
              () -> storage.run(transaction -> log.joining(transaction).removeBefore(LATER, 1)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> log.removeBefore(LATER, 0))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(verified().removedRecords()).isZero();
    }
  }

  @Nested
  class OnH2 extends Removing {
    @Override
    DataSource dataSource() {
      return H2.emptied();
    }
  }

  @Nested
  class OnPostgres extends Removing {
    @Override
    DataSource dataSource() {
      return Postgres.emptied();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Removing {
    @Override
    DataSource dataSource() {
      return MariaDb.emptied();
    }
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditField;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditRules;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.Damage;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.Storage;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What was erased is nowhere in the database any more, and all the rest is as it was. */
class ErasedLogTest {
  private static final AuditField<String> EMAIL = AuditField.keyword("email");

  /** A word for each field, to look for. */
  private static final List<String> SECRETS =
      List.of("secretcontent", "secretnode", "secretuser", "secretservice", "secretext", "secretm");

  /** A log in a database. */
  abstract static class Erasing {
    private final AtomicLong ids = new AtomicLong();
    private Jdbi jdbi;
    private Storage storage;
    private AuditTree tree;
    private AuditLog log;

    abstract DataSource dataSource();

    @BeforeEach
    void open() {
      DataSource dataSource = dataSource();
      jdbi = Jdbi.create(dataSource);
      storage = JdbcStorage.of(dataSource);
      AuditRules rules =
          AuditRules.builder()
              .field(EMAIL)
              .erasable(Set.of("content", "sourceNode", "user", "service", "ext", "email"))
              .build();
      tree =
          AuditTree.create(
              new AuditTree.Parts(
                  storage.audit(),
                  storage,
                  InstantSource.system(),
                  System::nanoTime,
                  GatehouseListener.NONE,
                  AuditOptions.builder().rowKey(RowKey.of(new byte[32])).rules(rules).build()));
      log = AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);
    }

    private static AuditRecord record() {
      return AuditRecord.of(1, 0, "has secretcontent in it")
          .sourceNode("secretnode")
          .user("secretuser")
          .requestId("request")
          .service("secretservice")
          .ext("{\"a\":{\"b\":\"secretext\"}}")
          .set(EMAIL, "secretm@example.com")
          .build();
    }

    /** The words that stand in any column of any table of the log. */
    private Set<String> words() {
      Set<String> words = new TreeSet<>();
      for (String table :
          List.of("gh_audit", "gh_audit_leaf", "gh_audit_pending", "gh_audit_head")) {
        List<Map<String, Object>> rows =
            jdbi.withHandle(
                handle -> handle.createQuery("SELECT * FROM " + table).mapToMap().list());
        rows.forEach(row -> row.values().forEach(value -> collect(value, words)));
      }
      return words;
    }

    private static void collect(Object value, Set<String> words) {
      String text =
          value instanceof byte[] bytes
              ? new String(bytes, StandardCharsets.ISO_8859_1)
              : String.valueOf(value);
      SECRETS.stream().filter(text::contains).forEach(words::add);
    }

    @Test
    void erase_everyField_isGoneFromEveryColumn() {
      long id = log.write(record()).id();
      tree.sequence();
      assertThat(words()).containsExactlyInAnyOrderElementsOf(SECRETS);
      log.erase(
          Set.of(id), Set.of("content", "sourceNode", "user", "service", "ext", "email"), "asked");
      assertThat(words()).isEmpty();
      AuditRecord left = log.find(id).orElseThrow();
      assertThat(left.requestId()).contains("request");
      assertThat(left.erased()).hasSize(6);
      tree.sequence();
      assertThat(tree.verify(AuditProgress.NONE))
          .isEqualTo(new AuditReport(2, 2, 6, 0, 0, 0, List.of(), 0));
      assertThat(tree.prove(id).orElseThrow().isSound()).isTrue();
    }

    @Test
    void erase_most_inOneTransactionOrNone() {
      List<Long> written = new ArrayList<>();
      List<AuditRecord> many = new ArrayList<>();
      for (int i = 0; i < AuditLog.MAX_ERASED; i++) {
        many.add(record());
      }
      log.writeAll(many).forEach(one -> written.add(one.id()));
      tree.sequence();
      assertThatThrownBy(
              () ->
                  storage.run(
                      transaction -> {
                        log.joining(transaction).erase(Set.copyOf(written), Set.of("user"), "x");
                        throw new IllegalStateException("roll back");
                      }))
          .hasMessage("roll back");
      assertThat(words()).containsExactlyInAnyOrderElementsOf(SECRETS);
      log.erase(Set.copyOf(written), Set.of("user"), "x");
      assertThat(words()).doesNotContain("secretuser").hasSize(5);
      tree.sequence();
      AuditReport report = tree.verify(AuditProgress.NONE);
      assertThat(report.damages()).isEmpty();
      assertThat(report.erasedFields()).isEqualTo(AuditLog.MAX_ERASED);
    }

    /** By SQL, behind the library's back. */
    @Test
    void openings_takenOrColumnKept_isNamed() {
      long first = log.write(record()).id();
      long second = log.write(record()).id();
      log.erase(Set.of(second), Set.of("user"), "x");
      tree.sequence();
      jdbi.useHandle(
          handle -> {
            handle.execute("UPDATE gh_audit SET openings = ? WHERE id = ?", new byte[0], first);
            handle.execute("UPDATE gh_audit SET user_name = 'x' WHERE id = ?", second);
          });
      assertThat(tree.verify(AuditProgress.NONE).damages())
          .extracting(Damage::kind)
          .containsExactly(
              Damage.Kind.FIELD_EDITED, Damage.Kind.COLUMN_EDITED, Damage.Kind.COLUMN_EDITED);
    }
  }

  @Nested
  class OnH2 extends Erasing {
    @Override
    DataSource dataSource() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends Erasing {
    @Override
    DataSource dataSource() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Erasing {
    @Override
    DataSource dataSource() {
      return MariaDb.dataSource();
    }
  }
}

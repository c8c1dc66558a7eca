package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditField;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditRules;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTerms;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.Damage;
import dev.gatehouse.audit.Filter;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

/** Terms of records that were written without, made up for afterwards, on PostgreSQL. */
class AuditTermsFillTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final AuditField<String> ORDER = AuditField.keyword("order");
  private static final AuditRules RULES =
      AuditRules.builder().field(ORDER).erasable(Set.of("content", "ext", "order")).build();

  private final DataSource dataSource = Postgres.dataSource();
  private final Jdbi jdbi = Jdbi.create(dataSource);
  private final JdbcStorage plain = JdbcStorage.of(dataSource).withoutHints();
  private final JdbcStorage indexed = plain.withAuditTerms();
  private final AtomicLong ids = new AtomicLong();
  private final AuditTree tree =
      AuditTree.create(
          new AuditTree.Parts(
              plain.audit(),
              plain,
              InstantSource.system(),
              System::nanoTime,
              GatehouseListener.NONE,
              AuditOptions.builder().rowKey(RowKey.of(new byte[32])).rules(RULES).build()));
  private final AuditLog log =
      AuditLog.create(plain.audit(), ids::incrementAndGet, InstantSource.system(), tree);

  private void write(int count) {
    for (int from = 0; from < count; from += AuditStore.MAX_BATCH) {
      log.writeAll(
          IntStream.range(from, Math.min(count, from + AuditStore.MAX_BATCH))
              .mapToObj(AuditTermsFillTest::record)
              .toList());
    }
  }

  private static AuditRecord record(int i) {
    return AuditRecord.of(1, 0, "paid by secretword " + i)
        .time(START.plusMillis(i))
        .ext("{\"number\":" + i + ",\"tags\":[\"a\",{\"b\":\"secretword\"}]}")
        .set(ORDER, "order " + i)
        .build();
  }

  private static AuditTermsFill run(AuditTermsFill fill) {
    boolean more = true;
    while (more) {
      more = fill.next();
    }
    return fill;
  }

  /** The terms of each record; null if it was written without. */
  private static Map<Long, Set<Long>> terms(Jdbi jdbi, String table) {
    return jdbi.withHandle(
        handle -> {
          Map<Long, Set<Long>> terms = new TreeMap<>();
          handle
              .createQuery("SELECT id, terms FROM " + table)
              .map(
                  (row, context) -> {
                    Long[] kept =
                        row.getArray(2) == null ? null : (Long[]) row.getArray(2).getArray();
                    return terms.put(row.getLong(1), kept == null ? null : Set.of(kept));
                  })
              .list();
          return terms;
        });
  }

  private Map<Long, Set<Long>> terms() {
    return terms(jdbi, "gh_audit");
  }

  private long without() {
    return terms().values().stream().filter(one -> one == null).count();
  }

  /** All that is kept of the records but their terms. */
  private String allElse() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT md5(string_agg(md5(ROW(id, time_us, operation_type, result_type,"
                        + " source_node, namespace, severity, user_name, request_id, service,"
                        + " canonical, openings, leaf_hash, row_mac)::text), '' ORDER BY id))"
                        + " FROM gh_audit")
                .mapTo(String.class)
                .one());
  }

  private AuditReport verified() {
    tree.sequence();
    return tree.verify(AuditProgress.NONE);
  }

  /** Words, values, too many of them, characters of a younger Unicode, and nothing at all. */
  private static List<AuditRecord> hostile(Random random) {
    String many =
        IntStream.range(0, 2_000).mapToObj(Integer::toString).collect(Collectors.joining(" "));
    List<AuditRecord.Builder> records = new ArrayList<>();
    records.add(AuditRecord.of(1, 0, ""));
    records.add(AuditRecord.of(1, 0, many));
    records.add(AuditRecord.of(1, 0, "登录失败 user's \"%_\\ \u001b[31m\u202e\r\n"));
    records.add(AuditRecord.of(1, 0, "younger \ud83e\udee9 \ud838\udcd0 than the JDK"));
    records.add(AuditRecord.of(1, 0, "{0}").ext("{\"a\":{\"\":[null,[],{}],\"0\":0}}"));
    records.add(AuditRecord.of(1, 0, "x").set(ORDER, ""));
    for (int i = 0; i < 1_100; i++) {
      AuditRecord.Builder one = AuditRecord.of(1, 0, "word" + random.nextInt(50) + " and " + i);
      if (random.nextBoolean()) {
        one.ext("{\"n\":" + random.nextInt() + ",\"b\":" + random.nextBoolean() + "}");
      }
      records.add(one);
    }
    return records.stream().map(one -> one.time(START).build()).toList();
  }

  @Test
  void fill_oldLogs_areAsIfWrittenWithTerms() {
    long seed = System.nanoTime();
    DataSource other = Postgres.dataSource();
    JdbcStorage withTerms = JdbcStorage.of(other).withoutHints().withAuditTerms();
    List<AuditRecord> records = hostile(new Random(seed));
    for (LogName name : LogName.values()) {
      for (int i = 0; i < records.size(); i++) {
        AuditRecord record = records.get(i).toBuilder().id(i + 1L).build();
        for (JdbcStorage storage : List.of(plain, withTerms)) {
          AuditStore store = name == LogName.AUDIT ? storage.audit() : storage.eventLog();
          store.append(List.of(AuditEntry.erasable(name, record, Set.of("content"))));
        }
      }
    }
    String before = allElse();
    AuditTermsFill fill = run(indexed.auditTermsFill());
    assertThat(fill.filled()).isEqualTo(2L * records.size());
    assertThat(fill.passedOver()).isZero();
    assertThat(allElse()).isEqualTo(before);
    for (String table : List.of("gh_audit", "gh_event")) {
      Map<Long, Set<Long>> filled = terms(jdbi, table);
      assertThat(filled).as("seed %d", seed).isEqualTo(terms(Jdbi.create(other), table));
      assertThat(filled.get(2L)).isEqualTo(AuditTerms.TOO_MANY);
    }
    assertThat(run(indexed.auditTermsFill()).filled()).isZero();
  }

  @Test
  void search_manyRecordsWithoutTerms_goesByTheIndexOnceTheyAreFilled() {
    write(10_600);
    AuditLog searched =
        AuditLog.create(indexed.audit(), ids::incrementAndGet, InstantSource.system());
    AuditQuery last =
        AuditQuery.between(START, START.plus(Duration.ofDays(1)))
            .filter(Filter.where("ext.number").equal(10_500));
    AuditPage before = searched.find(last);
    assertThat(before.records()).isEmpty();
    assertThat(before.hasNext()).isTrue();
    assertThat(run(indexed.auditTermsFill()).filled()).isEqualTo(10_600);
    AuditPage after = searched.find(last);
    assertThat(after.records()).extracting(AuditRecord::id).containsExactly(10_501L);
    assertThat(after.hasNext()).isFalse();
    assertThat(verified().damages()).isEmpty();
  }

  /** In the middle of a batch: nothing of that is done, and all that was done before stays. */
  @Test
  void fill_brokenOff_goesOnWhereItWas_orFromTheStart() {
    write(1_200);
    jdbi.useHandle(
        handle -> {
          handle.execute(
              "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS"
                  + " $$ BEGIN RAISE EXCEPTION 'broken off'; END $$");
          handle.execute(
              "CREATE TRIGGER break_off BEFORE UPDATE ON gh_audit FOR EACH ROW"
                  + " WHEN (OLD.id = 400) EXECUTE FUNCTION break_off()");
        });
    AuditTermsFill fill = plain.auditTermsFill();
    assertThat(fill.next()).isTrue();
    assertThat(terms().entrySet().stream().filter(one -> one.getValue() != null))
        .extracting(Map.Entry::getKey)
        .containsExactlyElementsOf(LongStream.rangeClosed(701, 1_200).boxed().toList());
    assertThatThrownBy(fill::next).isInstanceOf(StorageException.class);
    assertThatThrownBy(fill::next).isInstanceOf(StorageException.class);
    assertThat(fill.filled()).isEqualTo(500);
    assertThat(without()).isEqualTo(700);
    jdbi.useHandle(handle -> handle.execute("DROP TRIGGER break_off ON gh_audit"));
    assertThat(fill.next()).isTrue();
    assertThat(without()).isEqualTo(200);
    log.write(record(1_201));
    assertThat(run(plain.auditTermsFill()).filled()).isEqualTo(201);
    assertThat(run(fill).filled()).isEqualTo(1_000);
    assertThat(without()).isZero();
    assertThat(verified().damages()).isEmpty();
  }

  /** It passes over a record that somebody is erasing from, and finds what is left of it later. */
  @Test
  void fill_erasureUnderWay_waitsForNobody() {
    write(3);
    plain.run(
        transaction -> {
          log.joining(transaction).erase(Set.of(2L), Set.of("content", "ext"), "asked");
          AuditTermsFill fill = run(plain.auditTermsFill());
          assertThat(fill.filled()).isEqualTo(2);
          assertThat(fill.passedOver()).isEqualTo(1);
        });
    assertThat(terms().get(2L)).isNull();
    assertThat(run(plain.auditTermsFill()).filled()).isEqualTo(2);
    assertThat(terms().get(2L)).isEqualTo(AuditTerms.kept(log.find(2).orElseThrow())).hasSize(3);
    assertThat(verified().damages()).isEmpty();
  }

  /** Whoever erases while a batch is under way takes the terms along that the batch has made. */
  @Test
  void erase_batchUnderWay_leavesNoTermOfWhatIsGone() throws Exception {
    write(3);
    jdbi.useHandle(
        handle -> {
          handle.execute(
              "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
                  + " $$ BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END $$");
          handle.execute(
              "CREATE TRIGGER slow AFTER UPDATE ON gh_audit FOR EACH ROW"
                  + " WHEN (OLD.openings = NEW.openings) EXECUTE FUNCTION slow()");
        });
    CompletableFuture<AuditTermsFill> filling =
        CompletableFuture.supplyAsync(() -> run(plain.auditTermsFill()));
    while (sleepers() == 0) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    log.erase(Set.of(1L, 2L, 3L), Set.of("content", "ext", "order"), "asked");
    assertThat(filling.get(30, TimeUnit.SECONDS).filled()).isEqualTo(3);
    for (long id = 1; id <= 3; id++) {
      assertThat(terms().get(id)).isEmpty();
    }
    assertThat(verified().damages()).isEmpty();
  }

  private long sleepers() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery("SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                .mapTo(Long.class)
                .one());
  }

  /** Bytes that are no record's, or another's, stay as they are: for verify() to name. */
  @Test
  void fill_damagedRecords_arePassedOver() {
    write(600);
    tree.sequence();
    jdbi.useHandle(
        handle -> {
          handle.execute("UPDATE gh_audit SET canonical = '\\x00' WHERE id = 7");
          handle.execute("UPDATE gh_audit SET openings = openings || '\\x01' WHERE id = 8");
          handle.execute(
              "UPDATE gh_audit SET (canonical, openings) ="
                  + " (SELECT canonical, openings FROM gh_audit WHERE id = 10) WHERE id = 9");
          handle.execute("UPDATE gh_audit SET terms = '{5}' WHERE id = 11");
        });
    AuditTermsFill fill = run(indexed.auditTermsFill());
    assertThat(fill.filled()).isEqualTo(596);
    assertThat(fill.passedOver()).isEqualTo(3);
    AuditReport report = tree.verify(AuditProgress.NONE);
    assertThat(report.damages()).extracting(Damage::at).containsOnly(6L, 7L, 8L, 10L);
    assertThat(report.damages())
        .filteredOn(one -> one.at() == 10)
        .extracting(Damage::kind)
        .containsExactly(Damage.Kind.COLUMN_EDITED);
  }

  @Test
  void fill_twoNodesBesideWritersErasuresAndRemovals_endsWithEveryTerm() throws Exception {
    write(4_000);
    tree.sequence();
    AuditLog searched = AuditLog.create(indexed.audit(), ids::incrementAndGet, Instant::now, tree);
    List<CompletableFuture<Void>> work = new ArrayList<>();
    for (int node = 0; node < 2; node++) {
      work.add(CompletableFuture.runAsync(() -> run(plain.auditTermsFill())));
    }
    work.add(
        CompletableFuture.runAsync(
            () -> {
              for (long id = 3_990; id > 2_000; id -= 40) {
                log.erase(Set.of(id, id - 1, id + 1), Set.of("content", "ext"), "asked");
              }
            }));
    work.add(CompletableFuture.runAsync(() -> log.removeBefore(START.plusMillis(1_500), 1_500)));
    work.add(
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 200; i++) {
                (i % 2 == 0 ? log : searched).write(record(5_000 + i));
                tree.sequence();
              }
            }));
    for (CompletableFuture<Void> one : work) {
      one.get(60, TimeUnit.SECONDS);
    }
    assertThat(run(indexed.auditTermsFill()).passedOver()).isZero();
    assertThat(without()).isZero();
    AuditReport report = verified();
    assertThat(report.damages()).isEmpty();
    assertThat(report.erasedFields()).isPositive();
    assertThat(report.removedRecords()).isEqualTo(1_500);
    Set<Long> erased = new TreeSet<>();
    for (AuditRecord one :
        searched
            .find(
                AuditQuery.between(START, START.plus(Duration.ofDays(1)))
                    .maxSize(1_000)
                    .filter(Filter.where("content").match("secretword")))
            .records()) {
      if (!one.erased().isEmpty()) {
        erased.add(one.id());
      }
    }
    assertThat(erased).isEmpty();
  }

  @Test
  void fill_anotherDatabase_hasNothingToDo() {
    try (JdbcStorage h2 = JdbcStorage.of(H2.memoryDataSource())) {
      AuditLog.create(h2.audit(), ids::incrementAndGet, InstantSource.system())
          .write(AuditRecord.of(1, 0, "x").build());
      assertThat(h2.auditTermsFill().next()).isFalse();
    }
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.Damage;
import dev.gatehouse.audit.Filter;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.observe.GatehouseListener;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

/** The index of words and values that a host may ask for, on PostgreSQL. */
class AuditTermsIndexTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  private final DataSource dataSource = Postgres.dataSource();
  private final Jdbi jdbi = Jdbi.create(dataSource);
  private final JdbcStorage plain = JdbcStorage.of(dataSource).withoutHints();
  private final JdbcStorage indexed = plain.withAuditTerms();
  private final AtomicLong ids = new AtomicLong();

  private AuditLog log(JdbcStorage storage) {
    return AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system());
  }

  private static AuditRecord.Builder record(String content) {
    return AuditRecord.of(1, 0, content).time(START);
  }

  private static List<String> found(AuditLog log, Filter filter) {
    AuditPage page =
        log.find(AuditQuery.between(START, START.plus(Duration.ofDays(1))).filter(filter));
    assertThat(page.hasNext()).isFalse();
    return page.records().stream().map(AuditRecord::content).toList();
  }

  @Test
  void index_isMadeAndMissed_onlyWhereAskedFor() {
    plain.check();
    assertThat(plain.validate()).isEmpty();
    assertThat(indexed.validate()).containsExactly("index gh_audit_terms", "index gh_event_terms");
    indexed.check();
    assertThat(indexed.validate()).isEmpty();
    TableNames names = TableNames.of("shop_").inSchema("terms_of_the_shop");
    jdbi.useHandle(handle -> handle.execute("CREATE SCHEMA terms_of_the_shop"));
    try {
      JdbcStorage shop = indexed.withTables(names);
      log(shop).write(record("paid by cheque").build());
      assertThat(shop.validate()).isEmpty();
      assertThat(found(log(shop), Filter.where("content").match("CHEQUE"))).hasSize(1);
      jdbi.useHandle(handle -> handle.execute("DROP INDEX terms_of_the_shop.shop_event_terms"));
      assertThat(shop.validate()).containsExactly("index shop_event_terms");
    } finally {
      jdbi.useHandle(handle -> handle.execute("DROP SCHEMA terms_of_the_shop CASCADE"));
    }
  }

  /** Nothing is read but what the index finds. */
  @Test
  void find_wordAndValue_byTheIndex() {
    AuditStore events = indexed.eventLog();
    List<AuditEntry> batch = new ArrayList<>();
    for (int i = 1; i <= 4_000; i++) {
      AuditRecord.Builder record =
          record(i % 1_000 == 7 ? "paid by cheque" : "paid by bank transfer " + i)
              .time(START.plusMillis(i))
              .ext("{\"order\":" + i + "}");
      batch.add(AuditEntry.of(LogName.EVENT, record.id(i).build()));
      if (batch.size() == AuditStore.MAX_BATCH) {
        events.append(batch);
        batch.clear();
      }
    }
    jdbi.useHandle(handle -> handle.execute("VACUUM ANALYZE gh_event"));
    AuditLog log = AuditLog.create(events, ids::incrementAndGet, InstantSource.system());
    Filter phrase = Filter.where("content").matchPhrase("by cheque");
    Filter word = Filter.where("content").match("cheque giro");
    Filter order = Filter.where("ext.order").equal(3_999);
    assertThat(found(log, phrase)).hasSize(4);
    assertThat(found(log, word)).hasSize(4);
    assertThat(found(log, order)).containsExactly("paid by bank transfer 3999");
    for (Filter filter : List.of(phrase, word, order)) {
      assertThat(plan(filter)).contains("gh_event_terms").doesNotContain("Seq Scan");
    }
  }

  /** The plan of what a query of that filter asks. */
  private String plan(Filter filter) {
    List<JdbcAuditScans.Statement> asked = new ArrayList<>();
    JdbcAuditScans scans = ((JdbcAuditStore) indexed.eventLog()).scans();
    AuditStore spy = mock(AuditStore.class);
    when(spy.cursorKey(any())).thenAnswer(call -> call.getArgument(0));
    when(spy.walk()).thenCallRealMethod();
    when(spy.scan(any()))
        .thenAnswer(
            call -> {
              asked.add(scans.statement(call.getArgument(0)).orElseThrow());
              return List.of();
            });
    AuditLog.create(spy, ids::incrementAndGet, InstantSource.system())
        .find(AuditQuery.between(START, START.plus(Duration.ofDays(1))).filter(filter));
    return jdbi.inTransaction(
        handle -> {
          handle.execute("SET LOCAL enable_seqscan = off"); // a few pages are soon read
          return String.join(
              "\n", AuditPlanTest.Planned.explained(handle, "EXPLAIN ", asked.get(0)));
        });
  }

  @Test
  void find_whatWasWrittenWithoutTerms_orHasTooMany() {
    log(plain).write(record("paid by cheque").ext("{\"order\":17}").build());
    String many =
        IntStream.range(0, 2_000).mapToObj(Integer::toString).collect(Collectors.joining(" "));
    log(indexed).write(record(many + " cheque").ext("{\"order\":17}").build());
    log(indexed).write(record("cheque").ext("{\"order\":17}").build());
    log(indexed).write(record("neither").ext("{\"order\":18}").build());
    assertThat(found(log(indexed), Filter.where("content").match("cheque"))).hasSize(3);
    assertThat(found(log(indexed), Filter.where("content").matchPhrase("cheque"))).hasSize(3);
    assertThat(found(log(indexed), Filter.where("ext.order").equal(17))).hasSize(3);
    assertThat(found(log(plain), Filter.where("ext.order").equal(17))).hasSize(3);
  }

  /** The connections of this one, whose statements are noted. */
  private DataSource noting(List<String> statements) {
    return JdbcProxy.of(
        DataSource.class,
        (method, arguments) ->
            JdbcProxy.invoke(dataSource, method, arguments) instanceof Connection connection
                ? JdbcProxy.of(
                    Connection.class,
                    (call, values) -> {
                      if (call.getName().equals("prepareStatement")) {
                        statements.add((String) values[0]);
                      }
                      return JdbcProxy.invoke(connection, call, values);
                    })
                : null);
  }

  /** Many are counted once on the way to a page, and few each time, as the others are passed by. */
  @Test
  void find_wordThatManyHave_isCountedOnceOnTheWay() {
    AuditStore store = indexed.audit();
    for (int i = 0; i < 10_500; i += 500) {
      List<AuditEntry> batch = new ArrayList<>();
      for (int j = i + 1; j <= i + 500; j++) {
        AuditRecord.Builder one = record((j % 100 == 0 ? "rare" : "common") + " paid " + j);
        batch.add(AuditEntry.of(LogName.AUDIT, one.id(j).build()));
      }
      store.append(batch);
    }
    List<String> statements = new CopyOnWriteArrayList<>();
    AuditLog log = log(JdbcStorage.of(noting(statements)).withoutHints().withAuditTerms());
    AuditQuery query = AuditQuery.between(START, START);
    for (String word : List.of("paid", "rare")) {
      Filter filter =
          Filter.all(Filter.where("content").match(word), Filter.where("content").like("%10500"));
      statements.clear();
      AuditPage page = log.find(query.filter(filter));
      List<String> scans =
          statements.stream().filter(sql -> sql.contains("ORDER BY time_us")).toList();
      List<String> counts = scans.stream().filter(sql -> sql.contains("COUNT(*)")).toList();
      assertThat(scans).as(word).hasSizeGreaterThan(2);
      assertThat(counts).as(word).hasSize(word.equals("paid") ? 1 : scans.size());
      assertThat(page.records()).as(word).hasSize(word.equals("paid") ? 0 : 1);
      assertThat(page.hasNext()).as(word).isEqualTo(word.equals("paid"));
    }
  }

  private AuditTree tree() {
    return AuditTree.create(
        new AuditTree.Parts(
            indexed.audit(),
            indexed,
            InstantSource.system(),
            System::nanoTime,
            GatehouseListener.NONE,
            AuditOptions.DEFAULT));
  }

  private long terms(long id) {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery("SELECT cardinality(terms) FROM gh_audit WHERE id = ?")
                .bind(0, id)
                .mapTo(Long.class)
                .one());
  }

  @Test
  void erase_takesTheTermsAlong_andVerifyStillHolds() {
    AuditTree tree = tree();
    AuditLog log =
        AuditLog.create(indexed.audit(), ids::incrementAndGet, InstantSource.system(), tree);
    AuditRecord written = log.write(record("paid by cheque").ext("{\"order\":17}").build());
    assertThat(terms(written.id())).isEqualTo(4);
    log.erase(Set.of(written.id()), Set.of("content"), "Asked to");
    assertThat(terms(written.id())).isEqualTo(1);
    assertThat(found(log, Filter.where("content").match("cheque"))).isEmpty();
    tree.sequence();
    assertThat(tree.verify(AuditProgress.NONE).isSound()).isTrue();
  }

  @Test
  void verify_namesTermsThatWereEdited() {
    AuditTree tree = tree();
    AuditLog log =
        AuditLog.create(indexed.audit(), ids::incrementAndGet, InstantSource.system(), tree);
    log.write(record("paid by cheque").build());
    log.write(record("paid by cheque").build());
    log(plain).write(record("paid by cheque").build());
    tree.sequence();
    for (String edited : List.of("{5}", "{}", "{0}", "{NULL}", "{{1,2},{3,4}}")) {
      jdbi.useHandle(
          handle -> handle.execute("UPDATE gh_audit SET terms = ?::bigint[] WHERE id = 2", edited));
      AuditReport report = tree.verify(AuditProgress.NONE);
      assertThat(report.damages()).as(edited).hasSize(1);
      Damage damage = report.damages().get(0);
      assertThat(damage.kind()).isEqualTo(Damage.Kind.COLUMN_EDITED);
      assertThat(damage.detail()).contains("terms");
    }
  }
}

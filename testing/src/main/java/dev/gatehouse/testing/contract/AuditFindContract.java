package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditCount;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRules;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.Filter;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.testing.contract.AuditModel.Splitting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * That {@link AuditLog#find} over a store answers as the definition of its language says: random
 * queries are compared with {@link AuditModel}, page by page and both ways. A failure names its
 * seed, and the system property {@code gatehouse.seed} takes it back.
 */
public abstract class AuditFindContract extends StoreContract {
  private static final int RECORDS = 250;

  /** A contract of finding. */
  protected AuditFindContract() {}

  /** How many random queries are compared. */
  protected abstract int queries();

  /** Whether the store has an index of words. */
  protected boolean findsWords() {
    return false;
  }

  @Test
  void AUDIT_find_randomQueries_agreeWithModelOnEveryPage() {
    agreesWithModel(Splitting.STANDARD, queries());
  }

  /** A store that rules records out by words must not do so by others than are compared. */
  @Test
  void AUDIT_find_randomQueriesByAHostsWords_agreeWithModelOnEveryPage() {
    agreesWithModel(Splitting.OF_A_HOST, Math.max(20, queries() / 4));
  }

  private AuditLog log(AuditRules rules) {
    AtomicLong ids = new AtomicLong();
    AuditTree tree =
        AuditTree.create(
            new AuditTree.Parts(
                storage().audit(),
                storage(),
                clock,
                System::nanoTime,
                GatehouseListener.NONE,
                AuditOptions.builder().rules(rules).build()));
    return AuditLog.create(storage().audit(), ids::incrementAndGet, clock, tree);
  }

  private void agreesWithModel(Splitting splitting, int queries) {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    AuditModel model = new AuditModel(new Random(seed), now(), splitting);
    AuditLog log = log(splitting.rules());
    List<AuditRecord> drafts = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      drafts.add(model.randomRecord());
    }
    List<AuditRecord> records = log.writeAll(drafts);
    int notEmpty = 0;
    for (int i = 0; i < queries; i++) {
      AuditModel.Question question = model.randomQuestion();
      List<AuditRecord> expected = expected(records, question);
      notEmpty += expected.isEmpty() ? 0 : 1;
      String what = "gatehouse.seed=" + seed + ", query " + question.json();
      walk(log, question, expected, what);
      whole(log, question, expected, what);
    }
    assertThat(notEmpty)
        .as("queries with an answer, gatehouse.seed=%d", seed)
        .isGreaterThan(queries / 20);
  }

  private List<String> found(AuditLog log, Filter filter) {
    AuditQuery query = AuditQuery.between(START, START.plus(Duration.ofDays(1))).filter(filter);
    return log.find(query).records().stream().map(AuditRecord::content).toList();
  }

  @Test
  void AUDIT_find_words_asTheAnalyzerSplitsThem() {
    String english = "User LOGIN failed!";
    String swapped = "failed login";
    String chinese = "\u7528\u6237\u767b\u5f55\u5931\u8d25\u3002";
    AtomicLong ids = new AtomicLong();
    AuditLog log = AuditLog.create(storage().audit(), ids::incrementAndGet, clock);
    for (String content : List.of(english, swapped, chinese, "!!!", "failedlogin")) {
      log.write(AuditRecord.of(1, 0, content).build());
    }
    Filter.Operand content = Filter.where("message");
    assertThat(found(log, content.matchPhrase("login failed"))).containsExactly(english);
    assertThat(found(log, content.match("failed xyz"))).containsExactly(english, swapped);
    assertThat(found(log, content.matchPhrase("\u767b\u5f55"))).containsExactly(chinese);
    assertThat(found(log, content.matchPhrase("\u5f55\u767b"))).isEmpty();
    assertThat(found(log, content.match("\u5f55\u767b"))).containsExactly(chinese);
    assertThat(found(log, content.matchPhrase("\uff2c\uff2f\uff27\uff29\uff2e"))).hasSize(2);
    assertThat(found(log, content.match("!!!"))).isEmpty();
    assertThat(found(log, content.matchPhrase("!!!"))).isEmpty();
  }

  /** What no index finds is looked for in so many records at once, and then on from there. */
  @Test
  void AUDIT_find_wordBeyondTheLimitOfOnePage_comesOnTheNextOrAtOnce() {
    AtomicLong ids = new AtomicLong();
    AuditLog log = AuditLog.create(storage().audit(), ids::incrementAndGet, clock);
    AuditRecord other = AuditRecord.of(1, 0, "nothing of that").build();
    for (int i = 0; i < AuditLog.MAX_SCANNED; i += AuditStore.MAX_BATCH) {
      log.writeAll(Collections.nCopies(AuditStore.MAX_BATCH, other));
    }
    AuditRecord sought = log.write(AuditRecord.of(1, 0, "\u767b\u5f55\u5931\u8d25").build());
    AuditQuery query =
        AuditQuery.between(START, START.plus(Duration.ofDays(1)))
            .filter(Filter.where("content").matchPhrase("\u5931\u8d25"));
    AuditPage common = log.find(query.filter(Filter.where("content").match("nothing")));
    assertThat(common.records()).hasSize(AuditQuery.DEFAULT_SIZE);
    assertThat(common.hasNext()).isTrue();
    AuditPage first = log.find(query);
    assertThat(first.hasNext()).isEqualTo(!findsWords());
    if (findsWords()) {
      assertThat(first.records()).containsExactly(sought);
      return;
    }
    assertThat(first.records()).isEmpty();
    AuditPage second = log.find(query.after(first.continuationPoint()));
    assertThat(second.records()).containsExactly(sought);
    assertThat(second.hasNext()).isFalse();
    AuditQuery narrowed =
        query.filter(
            Filter.all(
                Filter.where("id").equal(sought.id()),
                Filter.where("content").matchPhrase("\u5931\u8d25")));
    assertThat(log.find(narrowed).records()).containsExactly(sought);
  }

  private static List<AuditRecord> expected(
      List<AuditRecord> records, AuditModel.Question question) {
    Comparator<AuditRecord> order =
        Comparator.<AuditRecord, java.time.Instant>comparing(record -> record.time().orElseThrow())
            .thenComparingLong(AuditRecord::id);
    List<AuditRecord> expected =
        new ArrayList<>(records.stream().filter(question::wants).sorted(order).toList());
    if (question.startMillis() > question.endMillis()) {
      Collections.reverse(expected);
    }
    return expected;
  }

  private static void walk(
      AuditLog log, AuditModel.Question question, List<AuditRecord> expected, String what) {
    AuditQuery query = AuditQuery.parse(question.json(), question.splitting().rules());
    Deque<AuditPage> pages = new ArrayDeque<>();
    List<AuditRecord> found = new ArrayList<>();
    AuditPage page = log.find(query);
    while (true) {
      found.addAll(page.records());
      assertThat(page.hasPrevious()).as(what).isEqualTo(!pages.isEmpty());
      assertThat(page.hasNext()).as(what).isEqualTo(found.size() < expected.size());
      pages.push(page);
      if (!page.hasNext()) {
        break;
      }
      assertThat(page.records()).as(what).hasSize(query.maxSize());
      page = log.find(query.after(page.continuationPoint()));
    }
    assertThat(found).as(what).isEqualTo(expected);
    walkBack(log, query, pages, what);
  }

  /** Counted up to what is there and a little less, and written out. */
  private static void whole(
      AuditLog log, AuditModel.Question question, List<AuditRecord> expected, String what) {
    AuditQuery query =
        AuditQuery.parse(question.json(), question.splitting().rules()).fields(List.of("id"));
    int all = expected.size();
    assertThat(log.count(query, all + 1)).as(what).isEqualTo(new AuditCount(all, false));
    if (all > 1) {
      assertThat(log.count(query, all)).as(what).isEqualTo(new AuditCount(all, false));
      assertThat(log.count(query, all - 1)).as(what).isEqualTo(new AuditCount(all - 1, true));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      assertThat(log.export(query, out)).as(what).isEqualTo(all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .as(what)
        .containsExactlyElementsOf(
            expected.stream().map(record -> "{\"id\":\"" + record.id() + "\"}").toList());
  }

  private static void walkBack(
      AuditLog log, AuditQuery query, Deque<AuditPage> pages, String what) {
    AuditPage page = pages.pop();
    while (!pages.isEmpty()) {
      page = log.find(query.before(page.continuationPoint()));
      AuditPage earlier = pages.pop();
      assertThat(page.records()).as(what).isEqualTo(earlier.records());
      assertThat(page.hasPrevious()).as(what).isEqualTo(earlier.hasPrevious());
      assertThat(page.hasNext()).as(what).isTrue();
    }
    AuditPage start = log.find(query.before(page.continuationPoint()));
    assertThat(start.records()).as(what).isEmpty();
    assertThat(start.hasPrevious()).as(what).isFalse();
    assertThat(start.hasNext()).as(what).isEqualTo(!page.records().isEmpty());
    AuditPage again = log.find(query.after(start.continuationPoint()));
    assertThat(again.records()).as(what).isEqualTo(page.records());
  }
}

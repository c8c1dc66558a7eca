package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
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

  @Test
  void AUDIT_find_randomQueries_agreeWithModelOnEveryPage() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    AuditModel model = new AuditModel(new Random(seed), now());
    AtomicLong ids = new AtomicLong();
    AuditLog log = AuditLog.create(storage().audit(), ids::incrementAndGet, clock);
    List<AuditRecord> drafts = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      drafts.add(model.randomRecord());
    }
    List<AuditRecord> records = log.writeAll(drafts);
    int notEmpty = 0;
    for (int i = 0; i < queries(); i++) {
      AuditModel.Question question = model.randomQuestion();
      List<AuditRecord> expected = expected(records, question);
      notEmpty += expected.isEmpty() ? 0 : 1;
      walk(log, question, expected, "gatehouse.seed=" + seed + ", query " + question.json());
    }
    assertThat(notEmpty)
        .as("queries with an answer, gatehouse.seed=%d", seed)
        .isGreaterThan(queries() / 20);
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
    AuditQuery query = AuditQuery.parse(question.json());
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

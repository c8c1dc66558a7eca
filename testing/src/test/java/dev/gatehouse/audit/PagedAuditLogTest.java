package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.InvalidQueryException.Reason;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PagedAuditLogTest {
  private static final Instant FIRST = Instant.parse("2030-01-01T00:00:00Z");
  private static final Instant LAST = FIRST.plusSeconds(60);

  private final ManualClock clock = new ManualClock(FIRST);
  private final AtomicLong ids = new AtomicLong();
  private final MemoryStorage storage = MemoryStorage.create(clock);
  private final AuditLog log = AuditLog.create(storage.audit(), ids::incrementAndGet, clock);

  private static AuditQuery all() {
    return AuditQuery.between(FIRST, LAST);
  }

  private static AuditRecord draft(int number) {
    return AuditRecord.of(number, 0, "record " + number).build();
  }

  private void write(int records) {
    log.writeAll(IntStream.rangeClosed(1, records).mapToObj(PagedAuditLogTest::draft).toList());
  }

  private static List<Integer> numbers(AuditPage page) {
    return page.records().stream().map(AuditRecord::operationType).toList();
  }

  @Test
  void write_withoutTime_takesTheClocksToTheMicrosecond() {
    clock.set(FIRST.plusNanos(1_234_567));
    AuditRecord written = log.write(draft(1));
    assertThat(written.time()).contains(FIRST.plusNanos(1_234_000));
    assertThat(log.find(written.id())).contains(written);
    assertThatThrownBy(() -> log.write(written)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void find_twentyFiveRecords_pagesOfTenBothWays() {
    write(25);
    AuditPage one = log.find(all());
    AuditPage two = log.find(all().after(one.continuationPoint()));
    AuditPage three = log.find(all().after(two.continuationPoint()));
    assertThat(three.records()).hasSize(5);
    assertThat(three.hasNext()).isFalse();
    assertThat(log.find(all().before(three.continuationPoint())).records())
        .isEqualTo(two.records());
    AuditPage end = log.find(all().after(three.continuationPoint()));
    assertThat(end.records()).isEmpty();
    assertThat(end.hasPrevious()).isTrue();
    assertThat(numbers(log.find(all().before(end.continuationPoint()))))
        .containsExactly(16, 17, 18, 19, 20, 21, 22, 23, 24, 25);
    AuditPage start = log.find(all().before(one.continuationPoint()));
    assertThat(start.records()).isEmpty();
    assertThat(start.hasPrevious()).isFalse();
    assertThat(log.find(all().after(start.continuationPoint())).records()).isEqualTo(one.records());
  }

  @Test
  void find_recordsAddedAfterTheEnd_comeNext() {
    write(3);
    AuditPage end = log.find(all());
    AuditPage empty = log.find(all().after(end.continuationPoint()));
    clock.advance(Duration.ofSeconds(1));
    log.write(draft(4));
    assertThat(numbers(log.find(all().after(end.continuationPoint())))).containsExactly(4);
    assertThat(numbers(log.find(all().after(empty.continuationPoint())))).containsExactly(4);
  }

  @Test
  void find_oneMillisecond_holdsAllItsMicroseconds() {
    log.write(draft(1).toBuilder().time(FIRST.plusNanos(999_000)).build());
    log.write(draft(2).toBuilder().time(FIRST.plusNanos(1_000_000)).build());
    assertThat(numbers(log.find(AuditQuery.between(FIRST, FIRST)))).containsExactly(1);
  }

  /** Few records pass: pages may be short, but together they hold each once, both ways. */
  @Test
  void find_smallAllowance_goesOnWithoutSkippingOrRepeating() {
    write(200);
    Filter filter = Filter.where("content").like("%7");
    for (int allowance : new int[] {1, 2, 7, 13, 64}) {
      AuditLog poor = new PagedAuditLog(storage.audit(), ids::incrementAndGet, clock, allowance);
      for (AuditQuery query : List.of(all(), AuditQuery.between(LAST, FIRST))) {
        AuditQuery filtered = query.filter(filter).maxSize(3);
        List<Integer> expected = new ArrayList<>();
        IntStream.iterate(7, i -> i <= 200, i -> i + 10).forEach(expected::add);
        if (query.isDescending()) {
          Collections.reverse(expected);
        }
        List<Integer> found = new ArrayList<>();
        AuditPage page = poor.find(filtered);
        found.addAll(numbers(page));
        while (page.hasNext()) {
          page = poor.find(filtered.after(page.continuationPoint()));
          found.addAll(numbers(page));
        }
        assertThat(found).as("allowance %d", allowance).isEqualTo(expected);
        page = poor.find(filtered.after(page.continuationPoint()));
        List<Integer> back = new ArrayList<>();
        do {
          page = poor.find(filtered.before(page.continuationPoint()));
          back.addAll(0, numbers(page));
        } while (page.hasPrevious());
        assertThat(back).as("allowance %d", allowance).isEqualTo(expected);
      }
    }
  }

  private void assertBadContinuation(AuditLog reader, AuditQuery query) {
    assertThatThrownBy(() -> reader.find(query))
        .isInstanceOfSatisfying(
            InvalidQueryException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.BAD_CONTINUATION));
  }

  @Test
  void find_continuationPointAltered_refused() {
    write(25);
    String point = log.find(all()).continuationPoint();
    byte[] bytes = java.util.Base64.getUrlDecoder().decode(point);
    for (int i = 0; i < bytes.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] flipped = bytes.clone();
        flipped[i] ^= (byte) (1 << bit);
        String altered = java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(flipped);
        assertBadContinuation(log, all().after(altered));
      }
    }
    for (String bad : List.of("x", point + "A", point.substring(1), "\u4e2d".repeat(108))) {
      assertBadContinuation(log, all().after(bad));
      assertBadContinuation(log, all().before(bad));
    }
  }

  @Test
  void find_continuationPointOfAnotherQueryOrStore_refused() {
    write(25);
    String point = log.find(all()).continuationPoint();
    assertBadContinuation(log, AuditQuery.between(LAST, FIRST).after(point));
    assertBadContinuation(log, AuditQuery.between(FIRST, LAST.plusMillis(1)).after(point));
    assertBadContinuation(log, all().filter(Filter.where("optType").equal(1)).after(point));
    AuditLog elsewhere =
        AuditLog.create(MemoryStorage.create(clock).audit(), ids::incrementAndGet, clock);
    assertBadContinuation(elsewhere, all().after(point));
    AuditLog sameStore = AuditLog.create(storage.audit(), ids::incrementAndGet, clock);
    assertThat(sameStore.find(all().maxSize(3).fields(List.of("id")).after(point)).records())
        .hasSize(3);
  }

  @Test
  void find_hostileValues_areOnlyValues() {
    write(2);
    for (String hostile : List.of("' OR 1=1 --", "%", "a\u0000b", "\ud800", "x".repeat(8_192))) {
      for (String field : List.of("user", "namespace", "id", "ext.a'b.c\"d", "content")) {
        assertThat(log.find(all().filter(Filter.where(field).equal(hostile))).records())
            .as("%s = %s", field, hostile)
            .isEmpty();
      }
    }
    assertThat(log.find(all().filter(Filter.where("optType").equal(1.5))).hasNext()).isFalse();
  }

  @Test
  void joining_rollback_leavesNothingAndCommitShows() {
    assertThatThrownBy(
            () ->
                storage.run(
                    transaction -> {
                      AuditLog joined = log.joining(transaction);
                      joined.write(draft(1));
                      assertThat(numbers(joined.find(all()))).containsExactly(1);
                      throw new IllegalStateException("roll back");
                    }))
        .hasMessage("roll back");
    assertThat(log.find(all()).records()).isEmpty();
    storage.run(transaction -> log.joining(transaction).write(draft(2)));
    assertThat(numbers(log.find(all()))).containsExactly(2);
  }

  @Test
  void json_fieldsAsked_inOrderWithAbsentLeftOut() {
    log.write(AuditRecord.of(5, 1, "text").severity("s").ext("{\"a\":{\"b\":[1.50]}}").build());
    AuditPage page =
        log.find(all().fields(List.of("message", "ext.a.b", "user", "message", "time", "id")));
    assertThat(page.json())
        .startsWith(
            "{\"records\":[{\"message\":\"text\",\"ext.a.b\":[1.50],\"time\":"
                + FIRST.toEpochMilli()
                + ",\"id\":\"1\"}],\"size\":1,\"continuationPoint\":\"")
        .endsWith("\",\"hasNext\":false,\"hasPrev\":false}");
    assertThat(log.find(all()).json()).contains("\"optType\":5").doesNotContain("\"ext");
    assertThatThrownBy(() -> all().fields(List.of("id", "nope")))
        .isInstanceOf(InvalidQueryException.class)
        .hasMessageStartingWith("fields[1]");
  }

  @Test
  void parse_requests_followTheRules() {
    String window = "\"startTime\":1,\"endTime\":0";
    assertThat(AuditQuery.parse("{" + window + ",\"maxSize\":1000,\"filter\":null}").maxSize())
        .isEqualTo(1_000);
    assertThat(AuditQuery.parse("{" + window + ",\"continuationPoint\":\"\"}").maxSize())
        .isEqualTo(10);
    for (String bad :
        List.of(
            "{\"startTime\":1}",
            "{\"startTime\":-1,\"endTime\":0}",
            "{\"startTime\":1.5,\"endTime\":0}",
            "{" + window + ",\"maxSize\":0}",
            "{" + window + ",\"maxSize\":1001}",
            "{" + window + ",\"maxSize\":\"10\"}",
            "{" + window + ",\"prevQuery\":true}",
            "{" + window + ",\"prevQuery\":\"True\"}",
            "{" + window + ",\"filter\":{}}",
            "{" + window + ",\"fields\":[null]}",
            "{" + window + ",\"page\":1}")) {
      assertThatThrownBy(() -> AuditQuery.parse(bad))
          .as(bad)
          .isInstanceOf(InvalidQueryException.class);
    }
  }

  @Test
  void count_upToTheCapAndToWhatMayBeLookedAt() {
    write(250);
    Filter sevens = Filter.where("content").like("%7");
    assertThat(log.count(all(), 1)).isEqualTo(new AuditCount(1, true));
    assertThat(log.count(all(), 250)).isEqualTo(new AuditCount(250, false));
    assertThat(log.count(all().filter(sevens), 1_000)).isEqualTo(new AuditCount(25, false));
    assertThat(log.count(AuditQuery.between(LAST, FIRST).maxSize(3), 249))
        .isEqualTo(new AuditCount(249, true));
    assertThat(log.count(AuditQuery.between(LAST, LAST), 5)).isEqualTo(new AuditCount(0, false));
    AuditLog poor = new PagedAuditLog(storage.audit(), ids::incrementAndGet, clock, 3);
    assertThat(poor.count(all().filter(sevens), 1_000)).isEqualTo(new AuditCount(25, false));
    for (int cap : new int[] {0, -1, AuditLog.MAX_COUNTED + 1}) {
      assertThatThrownBy(() -> log.count(all(), cap)).isInstanceOf(IllegalArgumentException.class);
    }
    String point = log.find(all()).continuationPoint();
    assertThatThrownBy(() -> log.count(all().after(point), 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> log.export(all().before(point), OutputStream.nullOutputStream()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** A count of what is rare ends, and says that it may not be all. */
  @Test
  void count_moreThanMayBeLookedAt_saysSo() {
    AuditRecord common = draft(1);
    for (int i = 0; i < AuditLog.MAX_COUNTED + 2_000; i += 1_000) {
      log.writeAll(Collections.nCopies(1_000, common));
    }
    assertThat(log.count(all().filter(Filter.where("content").like("none")), 10))
        .isEqualTo(new AuditCount(0, true));
    assertThat(log.count(all(), AuditLog.MAX_COUNTED))
        .isEqualTo(new AuditCount(AuditLog.MAX_COUNTED, true));
  }

  /** Page by page, and no further than the stream takes it. */
  @Test
  void export_manyRecords_streamsThem() throws IOException {
    for (int i = 0; i < 5; i++) {
      write(900);
    }
    List<Integer> lines = new ArrayList<>();
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int one) {
            throw new AssertionError();
          }

          @Override
          public void write(byte[] bytes, int from, int length) throws IOException {
            if (lines.size() == 3) {
              throw new IOException("the disk is full");
            }
            String text = new String(bytes, from, length, StandardCharsets.UTF_8);
            lines.add((int) text.lines().count());
          }
        };
    assertThatThrownBy(() -> log.export(all(), out)).hasMessage("the disk is full");
    assertThat(lines).containsExactly(1_000, 1_000, 1_000);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    assertThat(log.export(all().fields(List.of("optType", "id")), whole)).isEqualTo(4_500);
    assertThat(whole.toString(StandardCharsets.UTF_8))
        .startsWith("{\"optType\":1,\"id\":\"1\"}\n{\"optType\":2,\"id\":\"2\"}\n")
        .endsWith("{\"optType\":900,\"id\":\"4500\"}\n");
  }

  /** Removal of the records between which a continuation point stands changes nothing for it. */
  @Test
  void find_recordsBesideThePointRemoved_goesOnAllTheSame() {
    AuditTree tree =
        AuditTree.create(
            new AuditTree.Parts(
                storage.audit(),
                storage,
                clock,
                System::nanoTime,
                GatehouseListener.NONE,
                AuditOptions.DEFAULT));
    AuditLog proven = AuditLog.create(storage.audit(), ids::incrementAndGet, clock, tree);
    for (int i = 1; i <= 600; i++) {
      proven.write(draft(i).toBuilder().time(FIRST.plusMillis(i)).build());
    }
    tree.sequence();
    AuditQuery query = AuditQuery.between(FIRST, LAST).maxSize(10);
    AuditPage third = proven.find(query);
    for (int i = 0; i < 2; i++) {
      third = proven.find(query.after(third.continuationPoint()));
    }
    assertThat(numbers(third)).startsWith(21).endsWith(30);
    clock.set(LAST.plusSeconds(1));
    assertThat(proven.removeBefore(FIRST.plusMillis(36), 1_000)).isEqualTo(35);
    assertThat(numbers(proven.find(query.after(third.continuationPoint()))))
        .startsWith(36)
        .endsWith(45);
    AuditPage before = proven.find(query.before(third.continuationPoint()));
    assertThat(before.records()).isEmpty();
    assertThat(before.hasPrevious()).isFalse();
    assertThat(numbers(proven.find(query.after(before.continuationPoint())))).startsWith(36);
  }
}

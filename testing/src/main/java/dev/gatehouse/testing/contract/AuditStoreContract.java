package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditColumn;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditMatch;
import dev.gatehouse.audit.AuditPosition;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditScan.Order;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.PendingLeaf;
import dev.gatehouse.error.ConflictException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The rules of {@link AuditStore}. */
public abstract class AuditStoreContract extends AuditRemovalContract {
  private static final List<String> HOSTILE =
      List.of(
          "",
          " ",
          "a",
          "A",
          "a ",
          "'; DROP TABLE gh_audit; --",
          "\"",
          "%",
          "_",
          "\\",
          "null",
          "\u00e5",
          "a\u030a",
          "\u0130\u0131",
          "\u4e2d\u6587",
          "\ud83d\ude00",
          "\u202etxt",
          "x".repeat(AuditRecord.MAX_TEXT),
          "\u4e2d".repeat(AuditRecord.MAX_TEXT));

  /** A contract of an audit store. */
  protected AuditStoreContract() {}

  @Test
  void AUDIT1_append_returned_isSeen() {
    append(entry(1, TIME), entry(2, TIME));
    append(entry(3, TIME));
    assertThat(allIds()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void AUDIT1_append_mostEntries_keepsAll() {
    store().append(LongStream.rangeClosed(1, 1_000).mapToObj(id -> entry(id, TIME)).toList());
    assertThat(allIds()).hasSize(1_000);
  }

  @Test
  void AUDIT1_append_noneOrTooMany_refused() {
    assertThatThrownBy(() -> store().append(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    List<AuditEntry> many =
        LongStream.rangeClosed(1, 1_001).mapToObj(id -> entry(id, TIME)).toList();
    assertThatThrownBy(() -> store().append(many)).isInstanceOf(IllegalArgumentException.class);
    assertThat(allIds()).isEmpty();
  }

  @Test
  void AUDIT1_append_manyThreads_keepsAll() throws Exception {
    int threads = 8;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Void>> work = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        long start = 1 + thread * 100L;
        work.add(
            () -> {
              for (long id = start; id < start + 50; id += 2) {
                append(entry(id, TIME + id), entry(id + 1, TIME));
              }
              return null;
            });
      }
      for (Future<Void> done : pool.invokeAll(work)) {
        done.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(allIds()).hasSize(threads * 50).doesNotHaveDuplicates();
  }

  @Test
  void AUDIT2_append_keptId_refusedWholeAndUnchanged() {
    AuditEntry kept = entry(2, TIME);
    append(kept);
    AuditEntry other = AuditEntry.of(log(), draft(2, TIME + 5).severity("forged").build());
    assertThatThrownBy(() -> append(entry(1, TIME), other, entry(3, TIME)))
        .isInstanceOf(ConflictException.class);
    assertThat(allIds()).containsExactly(2L);
    assertThat(store().find(2)).contains(kept);
  }

  @Test
  void AUDIT2_append_idTwiceInBatch_refusedWhole() {
    assertThatThrownBy(() -> append(entry(1, TIME), entry(7, TIME), entry(7, TIME + 1)))
        .isInstanceOf(ConflictException.class);
    assertThat(allIds()).isEmpty();
  }

  @Test
  void AUDIT3_scan_anyOrderOfAppend_byTimeThenId() {
    append(entry(5, TIME), entry(1, TIME + 1), entry(9, TIME - 1), entry(3, TIME));
    assertThat(allIds()).containsExactly(9L, 3L, 5L, 1L);
    assertThat(ids(scan(Order.DESCENDING, 10))).containsExactly(1L, 5L, 3L, 9L);
  }

  @Test
  void AUDIT3_scan_limit_takesNearest() {
    append(entry(1, TIME), entry(2, TIME), entry(3, TIME + 1), entry(4, TIME + 1));
    assertThat(ids(scan(Order.ASCENDING, 3))).containsExactly(1L, 2L, 3L);
    assertThat(ids(scan(Order.DESCENDING, 3))).containsExactly(4L, 3L, 2L);
    assertThat(ids(scan(Order.ASCENDING, 1))).containsExactly(1L);
  }

  @Test
  void AUDIT3_scan_everyPairOfBounds_excludesBoth() {
    List<AuditEntry> entries =
        List.of(
            entry(4, TIME), entry(2, TIME), entry(3, TIME + 1), entry(1, TIME + 2), entry(6, TIME));
    store().append(entries);
    List<AuditPosition> sorted = entries.stream().map(AuditEntry::position).sorted().toList();
    for (AuditPosition after : sorted) {
      for (AuditPosition before : sorted) {
        List<Long> expected =
            sorted.stream()
                .filter(at -> at.compareTo(after) > 0 && at.compareTo(before) < 0)
                .map(AuditPosition::id)
                .toList();
        List<Long> reversed = new ArrayList<>(expected);
        Collections.reverse(reversed);
        assertThat(ids(new AuditScan(after, before, Order.ASCENDING, List.of(), 10)))
            .isEqualTo(expected);
        assertThat(ids(new AuditScan(after, before, Order.DESCENDING, List.of(), 10)))
            .isEqualTo(reversed);
      }
    }
  }

  @Test
  void AUDIT3_scan_pageByPage_neitherSkipsNorRepeats() {
    Random random = new Random(7);
    List<AuditEntry> entries = new ArrayList<>();
    for (long id = 1; id <= 200; id++) {
      entries.add(entry(id, TIME + random.nextInt(40)));
    }
    Collections.shuffle(entries, random);
    store().append(entries);
    List<Long> expected =
        entries.stream().map(AuditEntry::position).sorted().map(AuditPosition::id).toList();

    List<Long> paged = new ArrayList<>();
    AuditPosition at = FIRST;
    List<AuditEntry> page;
    do {
      page = store().scan(new AuditScan(at, LAST, Order.ASCENDING, List.of(), 7));
      paged.addAll(ids(page));
      at = page.isEmpty() ? at : page.get(page.size() - 1).position();
    } while (!page.isEmpty() && paged.size() <= entries.size());
    assertThat(paged).isEqualTo(expected);
  }

  @Test
  void AUDIT4_scan_hostileTexts_matchExactly() {
    for (int i = 0; i < HOSTILE.size(); i++) {
      String text = HOSTILE.get(i);
      append(
          AuditEntry.of(
              log(),
              draft(i + 1, TIME)
                  .sourceNode(text)
                  .namespace(text)
                  .severity(text)
                  .user(text)
                  .requestId(text)
                  .service(text)
                  .build()));
    }
    for (AuditColumn column : AuditColumn.values()) {
      for (int i = 0; i < HOSTILE.size() && !column.isNumber(); i++) {
        AuditMatch match = new AuditMatch(column, Set.of(HOSTILE.get(i)));
        assertThat(ids(scan(Order.ASCENDING, 100, match)))
            .as("%s = '%s'", column, HOSTILE.get(i))
            .containsExactly(i + 1L);
      }
    }
  }

  @Test
  void AUDIT4_scan_numbers_matchExactly() {
    int[] types = {Integer.MIN_VALUE, -1, 0, 1, 10, Integer.MAX_VALUE};
    for (int i = 0; i < types.length; i++) {
      AuditRecord record =
          AuditRecord.of(types[i], types[types.length - 1 - i], "x")
              .id(i + 1)
              .time(Instant.EPOCH)
              .build();
      append(AuditEntry.of(log(), record));
    }
    for (int i = 0; i < types.length; i++) {
      Set<Object> type = Set.of((long) types[i]);
      assertThat(ids(scan(Order.ASCENDING, 9, new AuditMatch(AuditColumn.OPERATION_TYPE, type))))
          .containsExactly(i + 1L);
      assertThat(ids(scan(Order.ASCENDING, 9, new AuditMatch(AuditColumn.RESULT_TYPE, type))))
          .containsExactly((long) types.length - i);
    }
    assertThat(ids(scan(Order.DESCENDING, 9, new AuditMatch(AuditColumn.ID, Set.of(2L, 5L, 99L)))))
        .containsExactly(5L, 2L);
  }

  @Test
  void AUDIT4_scan_absentValue_meetsNothing() {
    append(entry(1, TIME), AuditEntry.of(log(), draft(2, TIME).user("").build()));
    assertThat(ids(scan(Order.ASCENDING, 9, new AuditMatch(AuditColumn.USER, Set.of("")))))
        .containsExactly(2L);
  }

  @Test
  void AUDIT4_scan_severalMatches_meetAllWithinLimit() {
    for (long id = 1; id <= 60; id++) {
      append(
          AuditEntry.of(
              log(), draft(id, TIME).severity("s" + id % 2).namespace("n" + id % 3).build()));
    }
    AuditMatch severity = new AuditMatch(AuditColumn.SEVERITY, Set.of("s0"));
    AuditMatch namespace = new AuditMatch(AuditColumn.NAMESPACE, Set.of("n0", "n1"));
    assertThat(ids(scan(Order.ASCENDING, 5, severity, namespace)))
        .containsExactly(4L, 6L, 10L, 12L, 16L);
  }

  @Test
  void AUDIT4_scan_mostValues_works() {
    append(entry(1, TIME));
    Set<Object> values = new HashSet<>();
    LongStream.rangeClosed(1, AuditMatch.MAX_VALUES).forEach(values::add);
    assertThat(ids(scan(Order.ASCENDING, 9, new AuditMatch(AuditColumn.ID, values))))
        .containsExactly(1L);
  }

  @Test
  void AUDIT5_find_largestRecord_bytesAsAppended() {
    AuditRecord record =
        draft(Long.MAX_VALUE - 1, 253_402_300_799_999_999L)
            .sourceNode("\u4e2d".repeat(AuditRecord.MAX_TEXT))
            .namespace("\u4e2d".repeat(AuditRecord.MAX_TEXT))
            .severity("\u4e2d".repeat(AuditRecord.MAX_TEXT))
            .user("\u4e2d".repeat(AuditRecord.MAX_TEXT))
            .requestId("\u4e2d".repeat(AuditRecord.MAX_TEXT))
            .service("\u4e2d".repeat(AuditRecord.MAX_TEXT))
            .ext("{\"a\":\"" + "x".repeat(AuditRecord.MAX_EXT - 8) + "\"}")
            .build();
    AuditEntry entry = AuditEntry.of(log(), record);
    append(entry);
    AuditEntry found = store().find(record.id()).orElseThrow();
    assertThat(found.canonical()).isEqualTo(entry.canonical());
    assertThat(found.leafHash()).isEqualTo(entry.leafHash());
    assertThat(found.record()).isEqualTo(record);
  }

  @Test
  void AUDIT5_find_hostileContent_bytesAsAppended() {
    String content =
        "line\r\nforged \u202e\u2028 \u001b[31m \u0001 'x' %_\\ \ud83d\ude00 " + HOSTILE;
    String ext = "{ \"b\" : 1.00, \"a\":\"\\u0000\" , \"c\":12345678901234567890 }";
    AuditEntry entry =
        AuditEntry.of(
            log(),
            AuditRecord.of(-5, Integer.MAX_VALUE, content)
                .id(1)
                .time(clock.instant().plusNanos(123_456_000))
                .ext(ext)
                .build());
    append(entry);
    assertThat(store().find(1)).contains(entry);
    assertThat(store().scan(scan(Order.ASCENDING, 1))).containsExactly(entry);
    assertThat(store().find(1).orElseThrow().record().ext()).contains(ext);
  }

  @Test
  void AUDIT5_find_unknown_empty() {
    append(entry(2, TIME));
    assertThat(store().find(1)).isEmpty();
    assertThat(store().find(0)).isEmpty();
    assertThat(store().find(Long.MAX_VALUE)).isEmpty();
  }

  private static byte[] key(int fill) {
    byte[] key = new byte[AuditStore.CURSOR_KEY_BYTES];
    Arrays.fill(key, (byte) fill);
    return key;
  }

  @Test
  void AUDIT7_cursorKey_secondCandidate_firstIsKept() {
    assertThat(store().cursorKey(key(1))).isEqualTo(key(1));
    assertThat(store().cursorKey(key(2))).isEqualTo(key(1));
  }

  @Test
  void AUDIT7_cursorKey_callerChangesArray_isKeptUnchanged() {
    byte[] candidate = key(1);
    byte[] given = store().cursorKey(candidate);
    candidate[0] = 9;
    given[1] = 9;
    assertThat(store().cursorKey(key(2))).isEqualTo(key(1));
  }

  @Test
  void AUDIT7_cursorKey_wrongLength_refused() {
    assertThatThrownBy(() -> store().cursorKey(new byte[31]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(store().cursorKey(key(3))).isEqualTo(key(3));
  }

  @Test
  void AUDIT7_cursorKey_manyThreads_allGetOne() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Callable<byte[]>> work =
          IntStream.range(0, 8)
              .<Callable<byte[]>>mapToObj(i -> () -> store().cursorKey(key(i)))
              .toList();
      Set<String> given = new HashSet<>();
      for (Future<byte[]> key : pool.invokeAll(work)) {
        given.add(Arrays.toString(key.get()));
      }
      assertThat(given).hasSize(1);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void AUDIT8_joining_commit_shows() {
    storage()
        .run(
            transaction -> {
              AuditStore joined = store().joining(transaction);
              joined.append(List.of(entry(1, TIME)));
              assertThat(ids(joined.scan(scan(Order.ASCENDING, 9)))).containsExactly(1L);
              assertThat(joined.find(1)).isPresent();
            });
    assertThat(allIds()).containsExactly(1L);
  }

  @Test
  void AUDIT8_joining_rollback_leavesNothing() {
    append(entry(1, TIME));
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          AuditStore joined = store().joining(transaction);
                          joined.append(List.of(entry(2, TIME), entry(3, TIME)));
                          joined.cursorKey(key(1));
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(allIds()).containsExactly(1L);
    assertThat(store().find(2)).isEmpty();
    assertThat(store().tree().pending(0, 9)).extracting(PendingLeaf::id).containsExactly(1L);
    assertThat(store().cursorKey(key(2))).isEqualTo(key(2));
    append(entry(2, TIME));
    assertThat(allIds()).containsExactly(1L, 2L);
  }
}

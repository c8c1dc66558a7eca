package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditColumn;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditErasure;
import dev.gatehouse.audit.AuditMatch;
import dev.gatehouse.audit.AuditPosition;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRemoval;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditScan.Order;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.audit.PendingLeaf;
import dev.gatehouse.audit.StoredHead;
import dev.gatehouse.audit.TreeExtension;
import dev.gatehouse.audit.TreeLeaf;
import dev.gatehouse.error.ConflictException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The rules of {@link AuditStore} for what is erased and removed. */
abstract class AuditRemovalContract extends StoreContract {
  static final AuditPosition FIRST = new AuditPosition(0, 0);
  static final AuditPosition LAST = new AuditPosition(Long.MAX_VALUE, 0);
  static final long TIME = 1_900_000_000_000_000L;

  /** Which of the storage's logs is held to the rules. Default the audit log. */
  protected LogName log() {
    return LogName.AUDIT;
  }

  AuditStore store() {
    return log() == LogName.AUDIT ? storage().audit() : storage().eventLog();
  }

  static AuditRecord.Builder draft(long id, long timeMicros) {
    return AuditRecord.of(1, 0, "record " + id)
        .id(id)
        .time(Instant.ofEpochSecond(timeMicros / 1_000_000, timeMicros % 1_000_000 * 1_000));
  }

  AuditEntry entry(long id, long timeMicros) {
    return AuditEntry.of(log(), draft(id, timeMicros).build());
  }

  void append(AuditEntry... entries) {
    store().append(Arrays.asList(entries));
  }

  static AuditScan scan(Order order, int limit, AuditMatch... matches) {
    return new AuditScan(FIRST, LAST, order, Arrays.asList(matches), limit);
  }

  List<Long> ids(AuditScan scan) {
    return ids(store().scan(scan));
  }

  static List<Long> ids(List<AuditEntry> entries) {
    return entries.stream().map(entry -> entry.record().id()).toList();
  }

  List<Long> allIds() {
    return ids(scan(Order.ASCENDING, AuditScan.MAX_LIMIT));
  }

  private static final Set<String> ERASABLE =
      Set.of("content", "sourceNode", "user", "requestId", "service", "ext");

  private AuditEntry erasable(long id) {
    return AuditEntry.erasable(
        log(),
        draft(id, TIME)
            .sourceNode("node " + id)
            .user("user " + id)
            .requestId("request " + id)
            .service("service " + id)
            .ext("{\"id\":" + id + "}")
            .build(),
        ERASABLE);
  }

  private List<Long> with(AuditColumn column, String value) {
    return ids(scan(Order.ASCENDING, 9, new AuditMatch(column, Set.of(value))));
  }

  @Test
  void AUDIT16_erase_everyField_leavesTheRest() {
    AuditEntry kept = erasable(1);
    append(kept, erasable(2));
    AuditEntry without = kept.erase(Set.of("user", "content", "ext"), 99);
    store().erase(List.of(new AuditErasure(kept, without)));
    AuditEntry found = store().find(1).orElseThrow();
    assertThat(found).isEqualTo(without);
    assertThat(found.canonical()).isEqualTo(kept.canonical());
    assertThat(found.leafHash()).isEqualTo(kept.leafHash());
    assertThat(found.record().erased()).containsExactlyInAnyOrder("user", "content", "ext");
    assertThat(found.record().service()).contains("service 1");
    assertThat(with(AuditColumn.USER, "user 1")).isEmpty();
    assertThat(with(AuditColumn.USER, "user 2")).containsExactly(2L);
    assertThat(with(AuditColumn.SERVICE, "service 1")).containsExactly(1L);
    AuditEntry all = without.erase(ERASABLE, 100);
    store().erase(List.of(new AuditErasure(without, all)));
    assertThat(store().find(1)).contains(all);
    assertThat(store().scan(scan(Order.ASCENDING, 9))).containsExactly(all, erasable(2, store()));
    assertThat(with(AuditColumn.SERVICE, "service 1")).isEmpty();
    assertThat(with(AuditColumn.SOURCE_NODE, "node 1")).isEmpty();
    assertThat(with(AuditColumn.REQUEST_ID, "request 1")).isEmpty();
    assertThat(store().tree().pending(0, 9)).hasSize(2);
  }

  private AuditEntry erasable(long id, AuditStore in) {
    return in.find(id).orElseThrow();
  }

  @Test
  void AUDIT16_erase_oneChangedMeanwhileOrGone_changesNothing() {
    AuditEntry first = erasable(1);
    AuditEntry second = erasable(2);
    append(first, second);
    AuditErasure one = new AuditErasure(first, first.erase(Set.of("user"), 7));
    store().erase(List.of(new AuditErasure(second, second.erase(Set.of("ext"), 8))));
    AuditErasure stale = new AuditErasure(second, second.erase(Set.of("user"), 9));
    assertThatThrownBy(() -> store().erase(List.of(one, stale)))
        .isInstanceOf(ConflictException.class);
    AuditEntry missing = erasable(3);
    AuditErasure none = new AuditErasure(missing, missing.erase(Set.of("user"), 9));
    assertThatThrownBy(() -> store().erase(List.of(one, none)))
        .isInstanceOf(ConflictException.class);
    assertThat(store().find(1)).contains(first);
    assertThat(with(AuditColumn.USER, "user 2")).containsExactly(2L);
    assertThat(store().find(3)).isEmpty();
  }

  @Test
  void AUDIT16_erase_transactionRolledBack_changesNothing() {
    AuditEntry entry = erasable(1);
    append(entry);
    AuditErasure erasure = new AuditErasure(entry, entry.erase(ERASABLE, 7));
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          store().joining(transaction).erase(List.of(erasure));
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(store().find(1)).contains(entry);
    assertThat(with(AuditColumn.USER, "user 1")).containsExactly(1L);
  }

  /** Three records in the tree, at leaves 0, 1 and 2. */
  private void sequenceThree() {
    append(entry(1, TIME), entry(2, TIME + 1), entry(3, TIME + 2));
    AuditTreeStore tree = store().tree();
    long fence = tree.lease("one", Duration.ofSeconds(10)).orElseThrow().fence();
    List<PendingLeaf> leaves = tree.pending(0, 9);
    StoredHead head = new StoredHead(3, new byte[32], "x");
    assertThat(tree.extend(new TreeExtension(fence, 0, leaves, List.of(), head))).isTrue();
  }

  @Test
  void AUDIT18_remove_someOfTheTree_leavesTheRest() {
    sequenceThree();
    AuditTreeStore tree = store().tree();
    assertThat(tree.indexesOf(List.of(1L, 3L, 9L)))
        .containsExactlyInAnyOrderEntriesOf(Map.of(1L, 0L, 3L, 2L));
    store()
        .remove(
            new AuditRemoval(
                List.of(1L, 3L),
                List.of(new AuditRemoval.Range(0, 1, 9), new AuditRemoval.Range(2, 3, 9)),
                9));
    assertThat(allIds()).containsExactly(2L);
    assertThat(store().find(1)).isEmpty();
    assertThat(tree.leaves(0, 9)).extracting(TreeLeaf::index).containsExactly(1L);
    assertThat(tree.indexOf(1)).isEmpty();
    assertThat(tree.indexOf(2)).hasValue(1);
    assertThat(tree.removals(0, 9))
        .containsExactly(new AuditRemoval.Range(0, 1, 9), new AuditRemoval.Range(2, 3, 9));
    assertThat(tree.removals(1, 9)).containsExactly(new AuditRemoval.Range(2, 3, 9));
    assertThat(tree.removals(0, 1)).hasSize(1);
    assertThat(tree.removals(3, 9)).isEmpty();
    assertThat(tree.state().size()).isEqualTo(3);
    assertThat(tree.strays(Long.MIN_VALUE, 0, 9)).isEmpty();
    assertThat(tree.beyond(0, 9)).isEmpty();
  }

  @Test
  void AUDIT18_remove_oneGoneOrPendingOrRolledBack_changesNothing() {
    sequenceThree();
    append(entry(4, TIME));
    store().remove(new AuditRemoval(List.of(2L), List.of(new AuditRemoval.Range(1, 2, 9)), 9));
    for (long other : new long[] {2, 4, 77}) {
      AuditRemoval removal =
          new AuditRemoval(List.of(1L, other), List.of(new AuditRemoval.Range(0, 2, 9)), 9);
      assertThatThrownBy(() -> store().remove(removal)).isInstanceOf(ConflictException.class);
    }
    AuditRemoval sound = new AuditRemoval(List.of(1L), List.of(new AuditRemoval.Range(0, 1, 9)), 9);
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          store().joining(transaction).remove(sound);
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(allIds()).containsExactly(1L, 4L, 3L);
    assertThat(store().tree().indexOf(1)).hasValue(0);
    assertThat(store().tree().removals(0, 9)).containsExactly(new AuditRemoval.Range(1, 2, 9));
  }
}

package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditOptions.Sequencing;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A tree that others let grow while it is read is not damaged for that, and no less if it is. */
class GrownWhileReadTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final Duration INTERVAL = Duration.ofMinutes(1);

  private final ManualClock clock = new ManualClock(START);
  private final AtomicLong ids = new AtomicLong(10_000);
  private final List<SignedHead> anchored = new CopyOnWriteArrayList<>();
  private volatile Runnable whenAsked = () -> {};

  private final Anchor anchor =
      new Anchor() {
        @Override
        public void publish(SignedHead head) {
          anchored.add(head);
        }

        @Override
        public List<SignedHead> heads() {
          whenAsked.run();
          return List.copyOf(anchored);
        }
      };

  private AuditTree tree(MemoryStorage storage, AuditStore store, AuditOptions.Builder options) {
    return AuditTree.create(
        new AuditTree.Parts(
            store,
            storage,
            clock,
            () -> clock.millis() * 1_000_000,
            new GatehouseListener() {},
            options.lease(Duration.ofSeconds(1)).build()));
  }

  private AuditOptions.Builder options() {
    return AuditOptions.builder()
        .anchor(anchor)
        .anchorInterval(INTERVAL)
        .sequencing(Sequencing.IN_TRANSACTION);
  }

  private AuditLog writer(MemoryStorage storage, AuditTree tree) {
    return AuditLog.create(storage.audit(), ids::incrementAndGet, clock, tree);
  }

  private static void write(AuditLog log) {
    log.write(AuditRecord.of(1, 0, "x").build());
  }

  /** Of another process, which knows no anchor. */
  private AuditLog stranger(MemoryStorage storage) {
    AuditOptions.Builder options = AuditOptions.builder().sequencing(Sequencing.IN_TRANSACTION);
    return writer(storage, tree(storage, storage.audit(), options));
  }

  private MemoryStorage log(String word, int count) {
    MemoryStorage storage = MemoryStorage.create(clock);
    List<AuditEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      AuditRecord record = AuditRecord.of(1, 0, word + i).id(i + 1L).time(START).build();
      entries.add(AuditEntry.of(LogName.AUDIT, record));
    }
    storage.audit().append(entries);
    AuditTree tree = tree(storage, storage.audit(), AuditOptions.builder());
    tree.sequence();
    tree.close();
    return storage;
  }

  private static SignedHead head(MemoryStorage storage) {
    return SignedHead.parse(storage.audit().tree().head().orElseThrow().note());
  }

  /** The store, where something happens before each reading of a head, as a load has one. */
  private static AuditStore before(AuditStore store, Runnable reading) {
    AuditTreeStore tree = store.tree();
    AuditTreeStore disturbed = proxy(AuditTreeStore.class, tree, "head", reading, null);
    return proxy(AuditStore.class, store, "tree", () -> {}, disturbed);
  }

  private static <T> T proxy(Class<T> type, T real, String method, Runnable first, Object answer) {
    Object made =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, called, arguments) -> {
              if (called.getName().equals(method)) {
                first.run();
                if (answer != null) {
                  return answer;
                }
              }
              try {
                return called.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    return type.cast(made);
  }

  /** Growth brings about neither an anchor's larger head nor another root. */
  @Test
  void takeOver_damagedAndGrowingAllTheTime_isRefusedEachTime() {
    SignedHead larger = head(log("a", 400));
    SignedHead other = head(log("b", 200));
    for (SignedHead head : List.of(larger, other)) {
      anchored.clear();
      anchored.add(head);
      MemoryStorage storage = log("a", 300);
      AuditLog stranger = stranger(storage);
      AuditTree tree = tree(storage, before(storage.audit(), () -> write(stranger)), options());
      for (int round = 0; round < 3; round++) {
        long size = storage.audit().tree().state().size();
        assertThatThrownBy(tree::sequence).hasMessageContaining("copy was put back");
        assertThat(storage.audit().tree().state().size()).isGreaterThan(size);
        assertThat(tree.status().fault().orElseThrow()).contains("copy was put back");
      }
      assertThatThrownBy(() -> write(writer(storage, tree)))
          .hasMessageContaining("copy was put back");
    }
  }

  /** The lease is had first, then the anchors are asked: what they have may be newer by then. */
  @Test
  void takeOver_anchoredHeadGrewMeanwhile_isNoDamage() {
    MemoryStorage storage = log("a", 300);
    AuditLog stranger = stranger(storage);
    AuditTree tree = tree(storage, storage.audit(), options());
    whenAsked =
        () -> {
          write(stranger);
          anchored.add(head(storage));
        };
    assertThatCode(tree::sequence).doesNotThrowAnyException();
    assertThat(tree.status().fault()).isEmpty();
    assertThat(anchored.get(0).size()).isEqualTo(301);
    tree.sequence();
    assertThat(tree.status().isSequencing()).isTrue();
  }

  /** That another has the lease says nothing of damage; that the anchor says otherwise does. */
  @Test
  void sequence_damagedAndAnotherHasTheLease_staysDamagedUntilChecked() throws Exception {
    anchored.add(head(log("a", 400)));
    MemoryStorage storage = log("a", 300);
    AuditTree tree = tree(storage, storage.audit(), options());
    AuditLog log = writer(storage, tree);
    assertThatThrownBy(tree::sequence).hasMessageContaining("old copy");
    clock.advance(Duration.ofSeconds(2));
    AuditTree another = tree(storage, storage.audit(), AuditOptions.builder());
    another.sequence();
    assertThat(another.status().isSequencing()).isTrue();
    assertThatThrownBy(tree::sequence).hasMessageContaining("old copy");
    assertThatThrownBy(() -> write(log)).hasMessageContaining("old copy");
    anchored.clear();
    clock.advance(INTERVAL);
    another.sequence();
    CountDownLatch gate = new CountDownLatch(1);
    whenAsked = () -> assertThatCode(gate::await).doesNotThrowAnyException();
    assertThatThrownBy(tree::sequence).hasMessageContaining("old copy");
    gate.countDown();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("gatehouse-anchor-reader")) {
        thread.join(TimeUnit.SECONDS.toMillis(30));
      }
    }
    tree.sequence();
    assertThat(tree.status().fault()).isEmpty();
    assertThat(tree.status().isSequencing()).isFalse();
    write(log);
    assertThat(storage.audit().tree().state().size()).isEqualTo(301);
  }
}

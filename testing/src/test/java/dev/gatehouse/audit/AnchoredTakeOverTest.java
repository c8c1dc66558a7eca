package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditOptions.Sequencing;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A node that begins to let a tree grow asks the anchors whether it is the tree that was. */
class AnchoredTakeOverTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final Duration INTERVAL = Duration.ofMinutes(1);
  private static final KeyPair PAIR = HeadKeys.pair();
  private static final HeadKey KEY = HeadKeys.key("log", PAIR);

  private final ManualClock clock = new ManualClock(START);
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final Kept anchor = new Kept();

  /** An anchor in memory, which may fail, or be slow. */
  private static final class Kept implements Anchor {
    private final List<SignedHead> heads = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean fails;
    private volatile CountDownLatch gate = new CountDownLatch(0);

    @Override
    public void publish(SignedHead head) {
      heads.add(head);
    }

    @Override
    public List<SignedHead> heads() {
      asked.incrementAndGet();
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (fails) {
        throw new StorageException("the disk is away");
      }
      return List.copyOf(heads);
    }

    @Override
    public String toString() {
      return "the test's anchor";
    }
  }

  private static AuditOptions.Builder signed() {
    return AuditOptions.builder()
        .signer(HeadKeys.signer(PAIR), KEY)
        .anchorInterval(INTERVAL)
        .lease(Duration.ofSeconds(1));
  }

  private AuditTree tree(MemoryStorage storage, AuditOptions.Builder options) {
    GatehouseListener listener =
        new GatehouseListener() {
          @Override
          public void auditDamaged(String log, String what) {
            heard.add(what);
          }
        };
    return AuditTree.create(
        new AuditTree.Parts(
            storage.audit(),
            storage,
            clock,
            () -> clock.millis() * 1_000_000,
            listener,
            options.build()));
  }

  private AuditTree anchored(MemoryStorage storage) {
    return tree(storage, signed().anchor(anchor));
  }

  /** The same records each time, so that a log of fewer is an old copy of one of more. */
  private static void append(MemoryStorage storage, String word, int from, int to) {
    List<AuditEntry> entries = new ArrayList<>();
    IntStream.range(from, to)
        .mapToObj(i -> AuditRecord.of(1, 0, word + i).id(i + 1L).time(START).build())
        .forEach(record -> entries.add(AuditEntry.of(LogName.AUDIT, record)));
    storage.audit().append(entries);
  }

  private MemoryStorage log(String word, int count) {
    MemoryStorage storage = MemoryStorage.create(clock);
    append(storage, word, 0, count);
    AuditTree tree = tree(storage, signed());
    tree.sequence();
    tree.close();
    return storage;
  }

  private SignedHead head(MemoryStorage storage) {
    return tree(storage, signed()).head().orElseThrow();
  }

  private static long size(MemoryStorage storage) {
    return storage.audit().tree().state().size();
  }

  @Test
  void takeOver_oldCopyPutBack_isRefusedToldAndNamed() {
    anchor.publish(head(log("a", 400)));
    MemoryStorage old = log("a", 300);
    append(old, "a", 300, 350);
    AuditTree tree = anchored(old);
    for (int round = 0; round < 3; round++) {
      assertThatThrownBy(tree::sequence)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("300 leaves")
          .hasMessageContaining("the test's anchor")
          .hasMessageContaining("a head of 400: an old copy was put back");
    }
    assertThat(heard).hasSize(1);
    assertThat(tree.status().fault().orElseThrow()).contains("old copy");
    assertThat(size(old)).isEqualTo(300);
    assertThat(old.audit().tree().pending(0, 100)).hasSize(50);
    assertThat(anchor.heads).hasSize(1);
    assertThat(tree.verify(AuditProgress.NONE).damages())
        .extracting(Damage::kind)
        .containsExactly(Damage.Kind.ROLLED_BACK);
  }

  /** As large as the anchor's, or larger, but another. */
  @Test
  void takeOver_anotherTree_isRefused() {
    anchor.publish(head(log("a", 300)));
    for (int count : new int[] {300, 301, 700}) {
      MemoryStorage other = log("b", count);
      append(other, "b", count, count + 1);
      assertThatThrownBy(anchored(other)::sequence)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("first 300 leaves")
          .hasMessageContaining("another copy was put back");
      assertThat(size(other)).isEqualTo(count);
    }
    MemoryStorage same = log("a", 700);
    append(same, "a", 700, 701);
    assertThat(anchored(same).sequence()).isEqualTo(1);
  }

  /** Nobody is asked again while the lease lasts, nor for heads that the node itself has given. */
  @Test
  void takeOver_anchorAgrees_isAskedOnce() {
    MemoryStorage storage = log("a", 300);
    anchor.publish(head(storage));
    AuditTree tree = anchored(storage);
    for (int i = 300; i < 310; i++) {
      append(storage, "a", i, i + 1);
      assertThat(tree.sequence()).isEqualTo(1);
      clock.advance(Duration.ofMillis(500));
    }
    assertThat(anchor.asked).hasValue(1);
    clock.advance(Duration.ofMinutes(2));
    append(storage, "a", 310, 311);
    assertThat(tree.sequence()).isEqualTo(1);
    assertThat(anchor.asked).hasValue(2);
    assertThat(tree.status().fault()).isEmpty();
  }

  /** As long as the lease lasts that is once each interval, and keeps nobody waiting. */
  @Test
  void takeOver_anchorFails_goesOnIsToldAndAsksAgain() throws InterruptedException {
    anchor.publish(head(log("a", 400)));
    anchor.fails = true;
    MemoryStorage old = log("a", 300);
    append(old, "a", 300, 301);
    AuditTree tree = anchored(old);
    assertThat(tree.sequence()).isEqualTo(1);
    assertThat(tree.status().fault().orElseThrow()).contains("the test's anchor was not heard");
    anchor.fails = false;
    long fence = old.audit().tree().state().fence();
    for (int i = 301; i < 400; i++) {
      append(old, "a", i, i + 1);
      clock.advance(Duration.ofMillis(600));
      assertThat(tree.sequence()).isEqualTo(1);
    }
    assertThat(anchor.asked).hasValue(1);
    clock.advance(Duration.ofMillis(600));
    tree.sequence();
    awaitReaders();
    clock.advance(Duration.ofMillis(600));
    tree.sequence();
    assertThat(anchor.asked).hasValue(2);
    assertThat(old.audit().tree().state().fence()).isEqualTo(fence);
    assertThat(tree.status().fault()).isEmpty();
    assertThat(tree.verify(AuditProgress.NONE).damages()).isEmpty();
  }

  /** It is not waited for longer than half a lease; what it says later counts then. */
  @Test
  void takeOver_anchorHangs_goesOnUntilItAnswers() throws InterruptedException {
    anchor.publish(head(log("a", 400)));
    anchor.gate = new CountDownLatch(1);
    MemoryStorage old = log("a", 300);
    append(old, "a", 300, 301);
    AuditTree tree = anchored(old);
    long begin = System.nanoTime();
    assertThat(tree.sequence()).isEqualTo(1);
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isBetween(Duration.ofMillis(500), Duration.ofSeconds(20));
    assertThat(tree.status().fault().orElseThrow()).contains("was not heard");
    anchor.gate.countDown();
    awaitReaders();
    append(old, "a", 301, 302);
    clock.advance(Duration.ofMillis(500));
    assertThatThrownBy(tree::sequence).hasMessageContaining("old copy");
    assertThat(size(old)).isEqualTo(301);
  }

  private static void awaitReaders() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("gatehouse-anchor-reader")) {
        thread.join(TimeUnit.SECONDS.toMillis(30));
      }
    }
  }

  /** Neither a failure nor a wait takes back what an anchor has said; another answer does. */
  @Test
  void takeOver_contradiction_staysUntilTheAnchorSaysOtherwise() {
    anchor.publish(head(log("a", 400)));
    MemoryStorage old = log("a", 300);
    append(old, "a", 300, 301);
    AuditTree tree = anchored(old);
    assertThatThrownBy(tree::sequence).hasMessageContaining("old copy");
    anchor.fails = true;
    clock.advance(INTERVAL);
    assertThatThrownBy(tree::sequence).hasMessageContaining("old copy");
    anchor.fails = false;
    anchor.heads.clear();
    clock.advance(INTERVAL);
    assertThat(tree.sequence()).isEqualTo(1);
    assertThat(tree.status().fault()).isEmpty();
  }

  /** Who can write to the anchor, but not sign, stops nobody. */
  @Test
  void takeOver_anchorHoldsForgeriesAndOtherLogs_goesOn() {
    MemoryStorage storage = log("a", 300);
    anchor.publish(head(storage));
    anchor.publish(SignedHead.unsigned("gatehouse-audit", 1_000, new byte[32], START));
    anchor.publish(SignedHead.unsigned("another", 1_000, new byte[32], START));
    append(storage, "a", 300, 301);
    AuditTree tree = anchored(storage);
    assertThat(tree.sequence()).isEqualTo(1);
    assertThat(tree.status().fault()).isEmpty();
    MemoryStorage old = log("a", 200);
    append(old, "a", 200, 201);
    assertThatThrownBy(anchored(old)::sequence).hasMessageContaining("a head of 301");
  }

  /** Nothing is written, as nothing can be without being signed. */
  @Test
  void writeInTransactionSequencing_oldCopyPutBack_isRefused() {
    anchor.publish(head(log("a", 400)));
    MemoryStorage old = log("a", 300);
    AuditTree strict = tree(old, signed().anchor(anchor).sequencing(Sequencing.IN_TRANSACTION));
    AuditLog log = AuditLog.create(old.audit(), () -> 1_000, clock, strict);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> log.write(AuditRecord.of(1, 0, "x").build()))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("old copy");
    }
    assertThatThrownBy(strict::sequence).hasMessageContaining("old copy");
    assertThat(heard).hasSize(1);
    anchor.heads.clear();
    assertThatThrownBy(() -> log.write(AuditRecord.of(1, 0, "x").build()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("old copy");
    assertThat(size(old)).isEqualTo(300);
    assertThat(log.find(1_000)).isEmpty();
    clock.advance(INTERVAL);
    strict.sequence();
    log.write(AuditRecord.of(1, 0, "x").build());
    assertThat(size(old)).isEqualTo(301);
  }

  /** An anchor is asked by the first write alone, and fails nobody's by failing itself. */
  @Test
  void writeInTransactionSequencing_anchorFails_isWrittenAllTheSame() {
    MemoryStorage storage = log("a", 300);
    anchor.fails = true;
    AuditTree strict = tree(storage, signed().anchor(anchor).sequencing(Sequencing.IN_TRANSACTION));
    AtomicLong ids = new AtomicLong(1_000);
    AuditLog log = AuditLog.create(storage.audit(), ids::incrementAndGet, clock, strict);
    log.write(AuditRecord.of(1, 0, "x").build());
    storage.run(own -> log.joining(own).write(AuditRecord.of(1, 0, "x").build()));
    assertThat(anchor.asked).hasValue(1);
    assertThat(size(storage)).isEqualTo(302);
  }

  private AuditTree strict(MemoryStorage storage) {
    return tree(storage, signed().anchor(anchor).sequencing(Sequencing.IN_TRANSACTION));
  }

  private AuditLog writer(MemoryStorage storage, AuditTree strict) {
    return AuditLog.create(storage.audit(), new AtomicLong(1_000)::incrementAndGet, clock, strict);
  }

  private static void write(AuditLog log) {
    log.write(AuditRecord.of(1, 0, "x").build());
  }

  /** One that hangs is asked once, however many write meanwhile, and what it says later counts. */
  @Test
  void writeInTransactionSequencing_anchorHangs_isAskedOnceAndHeardLate() throws Exception {
    anchor.publish(head(log("a", 400)));
    anchor.gate = new CountDownLatch(1);
    MemoryStorage old = log("a", 300);
    AuditTree strict = strict(old);
    AuditLog log = writer(old, strict);
    List<CompletableFuture<Void>> first = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      first.add(CompletableFuture.runAsync(() -> write(log)));
    }
    for (CompletableFuture<Void> one : first) {
      one.get(1, TimeUnit.MINUTES);
    }
    for (int i = 8; i < 40; i++) {
      clock.advance(INTERVAL);
      write(log);
    }
    assertThat(anchor.asked).hasValue(1);
    assertThat(strict.status().fault().orElseThrow()).contains("the test's anchor was not heard");
    anchor.gate.countDown();
    awaitReaders();
    assertThatThrownBy(() -> write(log)).hasMessageContaining("a head of 400: an old copy");
    assertThat(size(old)).isEqualTo(340);
  }

  /** Asked again each interval by those who write, who do not wait for it, until it agrees. */
  @Test
  void writeInTransactionSequencing_anchorFailedAtFirst_isAskedAgain() throws Exception {
    MemoryStorage storage = log("a", 300);
    anchor.publish(head(storage));
    anchor.fails = true;
    AuditTree strict = strict(storage);
    AuditLog log = writer(storage, strict);
    write(log);
    clock.advance(INTERVAL.minusMillis(1));
    write(log);
    assertThat(anchor.asked).hasValue(1);
    assertThat(strict.status().fault().orElseThrow()).contains("the test's anchor was not heard");
    clock.advance(Duration.ofMillis(1));
    write(log);
    awaitReaders();
    assertThat(anchor.asked).hasValue(2);
    anchor.fails = false;
    clock.advance(INTERVAL);
    write(log);
    awaitReaders();
    write(log);
    assertThat(strict.status().fault()).isEmpty();
    clock.advance(INTERVAL);
    write(log);
    awaitReaders();
    assertThat(anchor.asked).hasValue(3);
    assertThat(size(storage)).isEqualTo(306);
  }

  /** Nor does it help an old copy that its anchor could not be read when the process began. */
  @Test
  void writeInTransactionSequencing_anchorFailedAtFirst_refusesAnOldCopyLater() throws Exception {
    anchor.publish(head(log("a", 400)));
    anchor.fails = true;
    MemoryStorage old = log("a", 300);
    AuditLog log = writer(old, strict(old));
    write(log);
    anchor.fails = false;
    anchor.gate = new CountDownLatch(1);
    clock.advance(INTERVAL);
    write(log);
    anchor.gate.countDown();
    awaitReaders();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> write(log)).hasMessageContaining("old copy");
    }
    assertThat(size(old)).isEqualTo(302);
    anchor.heads.clear();
    clock.advance(INTERVAL);
    write(log);
    assertThat(anchor.asked).hasValue(3);
  }
}

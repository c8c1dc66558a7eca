package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditOptions.Sequencing;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.RecordingTransport;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tree over a log in memory. */
class AuditTreeTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final KeyPair PAIR = HeadKeys.pair();
  private static final HeadKey KEY = HeadKeys.key("gatehouse", PAIR);
  private static final RowKey ROW_KEY = rowKey(32, 5);

  private final ManualClock clock = new ManualClock(START);
  private final MemoryStorage storage = MemoryStorage.create(clock);
  private final AtomicLong ids = new AtomicLong();
  private final List<String> heard = new CopyOnWriteArrayList<>();

  private static RowKey rowKey(int length, int fill) {
    byte[] secret = new byte[length];
    Arrays.fill(secret, (byte) fill);
    return RowKey.of(secret);
  }

  private static AuditOptions.Builder signed() {
    return AuditOptions.builder().signer(HeadKeys.signer(PAIR), KEY).rowKey(ROW_KEY);
  }

  private AuditTree tree(AuditOptions.Builder options) {
    GatehouseListener listener =
        new GatehouseListener() {
          @Override
          public void auditLagging(String log, Duration lag) {
            heard.add("lagging " + lag);
          }

          @Override
          public void auditRecordsRefused(String log, int count) {
            heard.add("refused " + count);
          }

          @Override
          public void auditDamaged(String log, String what) {
            heard.add("damaged");
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

  private AuditLog log(AuditTree tree) {
    return AuditLog.create(storage.audit(), ids::incrementAndGet, clock, tree);
  }

  private static AuditRecord record(int number) {
    return AuditRecord.of(1, 0, "record " + number).user("u" + number).build();
  }

  private List<Long> write(AuditLog log, int count) {
    List<Long> written = new ArrayList<>();
    for (int from = 0; from < count; from += 1_000) {
      List<AuditRecord> records =
          IntStream.range(from, Math.min(count, from + 1_000))
              .mapToObj(AuditTreeTest::record)
              .toList();
      log.writeAll(records).forEach(one -> written.add(one.id()));
    }
    return written;
  }

  @Test
  void sequence_thousands_everyRecordIsProven() {
    AuditTree tree = tree(signed());
    List<Long> written = write(log(tree), 3_000);
    assertThat(tree.head()).isEmpty();
    assertThat(tree.prove(written.get(0))).isEmpty();
    assertThat(tree.sequence()).isEqualTo(3_000);
    assertThat(tree.sequence()).isZero();
    SignedHead head = tree.head().orElseThrow();
    assertThat(head.size()).isEqualTo(3_000);
    assertThat(head.isSignedBy(KEY)).isTrue();
    for (long id : written) {
      RecordProof proof = tree.prove(id).orElseThrow();
      proof.verify(KEY);
      assertThat(proof.record().id()).isEqualTo(id);
      assertThat(proof.head()).isEqualTo(head);
    }
    assertThat(tree.prove(9_999_999)).isEmpty();
    assertThat(tree.verify(AuditProgress.NONE))
        .isEqualTo(new AuditReport(3_000, 3_000, 0, 0, 0, 0, List.of(), 0));
  }

  @Test
  void sequence_batchByBatch_headsAreConsistent() {
    AuditTree tree = tree(signed());
    AuditLog log = log(tree);
    List<SignedHead> heads = new ArrayList<>();
    for (int count : new int[] {1, 1, 254, 1, 300, 1_024, 5}) {
      write(log, count);
      clock.advance(Duration.ofSeconds(1));
      assertThat(tree.sequence()).isEqualTo(count);
      heads.add(tree.head().orElseThrow());
    }
    for (SignedHead old : heads) {
      for (SignedHead younger : heads) {
        if (old.size() <= younger.size()) {
          ConsistencyProof proof = tree.proveConsistency(old.size(), younger.size());
          assertThat(proof.proves(old.root(), younger.root())).isTrue();
        }
      }
    }
    assertThatThrownBy(() -> tree.proveConsistency(0, 100_000))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(tree.verify(AuditProgress.NONE).isSound()).isTrue();
  }

  @Test
  void sequence_secondNode_takesOverWhenLeaseEnds() {
    AuditTree first = tree(signed());
    AuditTree second = tree(signed());
    write(log(first), 10);
    assertThat(first.sequence()).isEqualTo(10);
    write(log(second), 300);
    assertThat(second.sequence()).isZero();
    assertThat(second.status().isSequencing()).isFalse();
    clock.advance(Duration.ofSeconds(10));
    assertThat(second.sequence()).isEqualTo(300);
    write(log(first), 5);
    assertThat(first.sequence()).isZero();
    second.close();
    assertThat(first.sequence()).isEqualTo(5);
    assertThat(first.verify(AuditProgress.NONE).records()).isEqualTo(315);
    assertThat(first.verify(AuditProgress.NONE).isSound()).isTrue();
  }

  /** A node that slept through the end of its lease still thinks that it has it. */
  @Test
  void sequence_staleOwner_changesNothing() {
    AuditTree stale = tree(signed().lease(Duration.ofMinutes(1)));
    write(log(stale), 10);
    stale.sequence();
    storage.audit().tree().release("nobody");
    AuditTreeStore store = storage.audit().tree();
    TreeState before = store.state();
    clock.advance(Duration.ofMinutes(1));
    AuditTree second = tree(signed());
    write(log(second), 3);
    assertThat(second.sequence()).isEqualTo(3);
    assertThat(
            store.extend(
                new TreeExtension(
                    before.fence(),
                    store.state().size(),
                    List.of(new PendingLeaf(99, new byte[32], new byte[0])),
                    List.of(),
                    new StoredHead(store.state().size() + 1, new byte[32], "x"))))
        .isFalse();
    assertThat(stale.sequence()).isZero();
    assertThat(second.verify(AuditProgress.NONE).isSound()).isTrue();
  }

  @Test
  void write_inTransactionSequencing_isProvenAtCommit() {
    AuditTree tree = tree(signed().sequencing(Sequencing.IN_TRANSACTION));
    AuditLog log = log(tree);
    long outside = log.write(record(1)).id();
    assertThat(tree.prove(outside)).isPresent();
    long inside =
        storage.call(
            transaction -> {
              AuditLog joined = log.joining(transaction);
              joined.write(record(2));
              return joined.write(record(3)).id();
            });
    assertThatThrownBy(
            () ->
                storage.run(
                    transaction -> {
                      log.joining(transaction).write(record(4));
                      throw new IllegalStateException("roll back");
                    }))
        .hasMessage("roll back");
    assertThat(tree.head().orElseThrow().size()).isEqualTo(3);
    tree.prove(inside).orElseThrow().verify(KEY);
    write(log, 600);
    assertThat(tree.head().orElseThrow().size()).isEqualTo(603);
    assertThat(tree.sequence()).isZero();
    AuditReport report = tree.verify(AuditProgress.NONE);
    assertThat(report.damages()).isEmpty();
    assertThat(report.records()).isEqualTo(603);
  }

  @Test
  void sequence_mixedWithStrictWriters_bothGoOn() {
    AuditTree afterwards = tree(signed());
    AuditTree strict = tree(signed().sequencing(Sequencing.IN_TRANSACTION));
    for (int round = 0; round < 5; round++) {
      write(log(afterwards), 100);
      write(log(strict), 77);
      assertThat(afterwards.sequence()).isEqualTo(100);
    }
    assertThat(strict.verify(AuditProgress.NONE))
        .isEqualTo(new AuditReport(885, 885, 0, 0, 0, 0, List.of(), 0));
  }

  @Test
  void sequence_recordWithoutMac_isSetAsideAndTold() {
    AuditTree tree = tree(signed());
    write(log(tree), 2);
    AuditLog.create(storage.audit(), ids::incrementAndGet, clock).write(record(3));
    AuditLog.create(
            storage.audit(),
            ids::incrementAndGet,
            clock,
            tree(AuditOptions.builder().rowKey(rowKey(33, 7))))
        .write(record(4));
    AuditReport before = tree.verify(AuditProgress.NONE);
    assertThat(before.damages())
        .extracting(Damage::kind)
        .containsExactly(Damage.Kind.RECORD_UNAUTHENTIC, Damage.Kind.RECORD_UNAUTHENTIC);
    assertThat(tree.sequence()).isEqualTo(2);
    assertThat(heard).containsExactly("refused 2");
    assertThat(tree.status().refused()).isEqualTo(2);
    assertThat(tree.verify(AuditProgress.NONE).damages())
        .extracting(Damage::kind)
        .containsExactly(Damage.Kind.RECORD_UNAUTHENTIC, Damage.Kind.RECORD_UNAUTHENTIC);
  }

  @Test
  void rowKey_replacedOrLenient_letsOlderRecordsThrough() {
    AuditLog.create(storage.audit(), ids::incrementAndGet, clock).write(record(1));
    write(log(tree(signed())), 2);
    RowKey key = rowKey(40, 9);
    AuditTree tree = tree(AuditOptions.builder().rowKey(key.replacing(ROW_KEY).lenient()));
    assertThat(tree.sequence()).isEqualTo(3);
    assertThat(key.admits("a", 1, new byte[32], ROW_KEY.mac("a", 1, new byte[32]))).isFalse();
    assertThat(key.admits("a", 2, new byte[32], key.mac("a", 1, new byte[32]))).isFalse();
    assertThat(key.admits("a", 1, new byte[32], new byte[0])).isFalse();
    assertThat(key.admits("a", 1, new byte[32], key.mac("a", 1, new byte[32]))).isTrue();
    assertThat(key.admits("b", 1, new byte[32], key.mac("a", 1, new byte[32]))).isFalse();
    assertThatThrownBy(() -> RowKey.of(new byte[31])).isInstanceOf(IllegalArgumentException.class);
    assertThat(key).hasToString("RowKey");
  }

  /** The JDK's own HMAC is the measure. */
  @Test
  void rowKey_mac_isHmacSha256() throws GeneralSecurityException {
    byte[] secret = "a secret of thirty-two bytes....".getBytes(StandardCharsets.US_ASCII);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    mac.update("gatehouse-audit-row".getBytes(StandardCharsets.US_ASCII));
    mac.update(new byte[] {0, 0, 0, 3, 'l', 'o', 'g'});
    mac.update(new byte[] {0, 0, 0, 0, 0, 0, 1, 2});
    assertThat(RowKey.of(secret).mac("log", 258, new byte[32]))
        .isEqualTo(mac.doFinal(new byte[32]));
  }

  @Test
  void sequence_oldestWaitsTooLong_isTold() {
    AuditTree owner = tree(signed().lease(Duration.ofMinutes(10)));
    owner.sequence();
    AuditTree watcher = tree(signed().maxLag(Duration.ofSeconds(30)));
    write(log(watcher), 1);
    watcher.sequence();
    clock.advance(Duration.ofSeconds(30));
    watcher.sequence();
    assertThat(heard).isEmpty();
    clock.advance(Duration.ofSeconds(1));
    watcher.sequence();
    watcher.sequence();
    assertThat(heard).containsExactly("lagging PT31S");
    assertThat(watcher.status().lag()).isEqualTo(Duration.ofSeconds(31));
    clock.advance(Duration.ofSeconds(30));
    watcher.sequence();
    assertThat(heard).containsExactly("lagging PT31S", "lagging PT1M1S");
    owner.sequence();
    watcher.sequence();
    assertThat(watcher.status().lag()).isZero();
  }

  @Test
  void sequence_headOfAnotherKey_refusedAndTold() {
    AuditTree tree = tree(signed());
    write(log(tree), 10);
    tree.sequence();
    tree.close();
    KeyPair other = HeadKeys.pair();
    HeadKey otherKey = HeadKeys.key("other", other);
    AuditTree stranger = tree(AuditOptions.builder().signer(HeadKeys.signer(other), otherKey));
    write(log(stranger), 1);
    assertThatThrownBy(stranger::sequence).isInstanceOf(StorageException.class);
    assertThatThrownBy(stranger::sequence).isInstanceOf(StorageException.class);
    assertThat(heard).containsExactly("damaged");
    assertThat(stranger.status().fault()).isPresent();
    clock.advance(Duration.ofSeconds(10));
    AuditTree heir =
        tree(AuditOptions.builder().signer(HeadKeys.signer(other), otherKey).formerKey(KEY));
    assertThat(heir.sequence()).isEqualTo(1);
    assertThat(heir.verify(AuditProgress.NONE).isSound()).isTrue();
  }

  @Test
  void sequence_signerAddedLater_goesOnOnlyIfTold() {
    AuditTree unsigned = tree(AuditOptions.builder());
    write(log(unsigned), 3);
    assertThat(unsigned.sequence()).isEqualTo(3);
    assertThat(unsigned.head().orElseThrow().isSignedBy(KEY)).isFalse();
    unsigned.close();
    AuditOptions.Builder options = AuditOptions.builder().signer(HeadKeys.signer(PAIR), KEY);
    AuditTree strict = tree(options);
    write(log(strict), 1);
    assertThatThrownBy(strict::sequence).isInstanceOf(StorageException.class);
    clock.advance(Duration.ofSeconds(10));
    AuditTree first =
        tree(AuditOptions.builder().signer(HeadKeys.signer(PAIR), KEY).acceptUnsigned());
    assertThat(first.sequence()).isEqualTo(1);
    first.close();
    AuditTree after = tree(options);
    write(log(after), 1);
    assertThat(after.sequence()).isEqualTo(1);
    assertThat(after.verify(AuditProgress.NONE).damages()).isEmpty();
  }

  @Test
  void sequence_signerOfAnotherPair_isToldBeforeAnythingIsKept() {
    AuditTree tree = tree(AuditOptions.builder().signer(HeadKeys.signer(HeadKeys.pair()), KEY));
    write(log(tree), 3);
    assertThatThrownBy(tree::sequence)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("gatehouse");
    assertThat(storage.audit().tree().state().size()).isZero();
  }

  /** A node that does not know the new key yet sets aside what the next one admits. */
  @Test
  void rowKey_changedNodeByNode_noRecordIsLost() {
    RowKey next = rowKey(40, 9).replacing(ROW_KEY);
    AuditTree old = tree(signed());
    AuditTree young = tree(signed().rowKey(next));
    old.sequence();
    write(log(young), 20);
    assertThat(old.sequence()).isZero();
    assertThat(old.status().refused()).isEqualTo(20);
    old.close();
    assertThat(young.sequence()).isEqualTo(20);
    assertThat(young.verify(AuditProgress.NONE).damages()).isEmpty();
    young.close();
    AuditTree prepared = tree(signed().rowKey(ROW_KEY.accepting(rowKey(40, 9))));
    prepared.sequence();
    write(log(young), 3);
    assertThat(prepared.sequence()).isEqualTo(3);
  }

  /** A strict writer that commits while a sequencer reads the tree is no damage. */
  @Test
  void sequence_treeGrowsWhileItIsRead_goesOn() {
    AuditTree strict = tree(signed().sequencing(Sequencing.IN_TRANSACTION));
    write(log(strict), 10);
    AtomicBoolean once = new AtomicBoolean(true);
    AuditStore store =
        watched(
            storage.audit(),
            name -> {
              if (name.equals("lease") && once.getAndSet(false)) {
                write(log(strict), 1);
              }
            });
    AuditTree tree =
        AuditTree.create(
            new AuditTree.Parts(
                store, storage, clock, System::nanoTime, GatehouseListener.NONE, signed().build()));
    write(log(tree), 5);
    assertThat(tree.sequence() + tree.sequence()).isEqualTo(5);
    assertThat(once).isFalse();
    assertThat(tree.verify(AuditProgress.NONE).records()).isEqualTo(16);
  }

  /** A store that tells of each call of its tree after it was made. */
  private static AuditStore watched(AuditStore store, Consumer<String> after) {
    AuditTreeStore tree =
        (AuditTreeStore)
            Proxy.newProxyInstance(
                AuditTreeStore.class.getClassLoader(),
                new Class<?>[] {AuditTreeStore.class},
                (proxy, method, arguments) -> {
                  Object result = method.invoke(store.tree(), arguments);
                  after.accept(method.getName());
                  return result;
                });
    return (AuditStore)
        Proxy.newProxyInstance(
            AuditStore.class.getClassLoader(),
            new Class<?>[] {AuditStore.class},
            (proxy, method, arguments) ->
                method.getName().equals("tree") ? tree : method.invoke(store, arguments));
  }

  @Test
  void sequence_withRetention_removesWhatIsOld() {
    AuditTree tree = tree(signed().retention(Duration.ofHours(1)));
    AuditLog log = log(tree);
    write(log, 300);
    tree.sequence();
    clock.advance(Duration.ofHours(1));
    write(log, 1);
    tree.sequence();
    assertThat(tree.verify(AuditProgress.NONE).removedRecords()).isZero();
    clock.advance(Duration.ofSeconds(61));
    tree.sequence();
    assertThat(tree.verify(AuditProgress.NONE))
        .isEqualTo(new AuditReport(301, 45, 0, 256, 0, 0, List.of(), 0));
    assertThat(tree.sequence()).isEqualTo(1);
    assertThat(tree.verify(AuditProgress.NONE).damages()).isEmpty();
    assertThatThrownBy(() -> AuditOptions.builder().retention(Duration.ofMinutes(59)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void verifyAndProve_manyHeads_costOneSignature() {
    AtomicInteger judged = new AtomicInteger();
    HeadKey counting =
        HeadKey.other(
            "counting",
            "test/none",
            new byte[1],
            (text, signature) -> {
              judged.incrementAndGet();
              return signature.length == 1;
            });
    AuditTree tree = tree(AuditOptions.builder().signer(text -> new byte[1], counting));
    List<Long> written = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      written.addAll(write(log(tree), 1));
      tree.sequence();
    }
    judged.set(0);
    assertThat(tree.verify(AuditProgress.NONE).isSound()).isTrue();
    assertThat(judged).hasValue(1);
    written.forEach(id -> assertThat(tree.prove(id)).isPresent());
    assertThat(judged).hasValue(2);
  }

  /** A backlog of which one record leaves now and then is as old as its oldest. */
  @Test
  void sequence_backlogHardlyShrinks_isTold() {
    LagWatch watch =
        new LagWatch(
            LogName.AUDIT,
            () -> clock.millis() * 1_000_000,
            new GatehouseListener() {
              @Override
              public void auditLagging(String log, Duration lag) {
                heard.add("lagging " + lag);
              }
            },
            Duration.ofMinutes(1));
    for (int minute = 0; minute < 5; minute++) {
      watch.see(OptionalLong.of(1 + minute), OptionalLong.of(500 + minute));
      clock.advance(Duration.ofSeconds(50));
    }
    assertThat(heard).containsExactly("lagging PT1M40S", "lagging PT2M30S", "lagging PT3M20S");
    watch.see(OptionalLong.of(501), OptionalLong.of(504));
    assertThat(watch.lag()).isZero();
    clock.advance(Duration.ofSeconds(50));
    watch.see(OptionalLong.of(-3), OptionalLong.of(9_000));
    assertThat(watch.lag()).isEqualTo(Duration.ofSeconds(50));
  }

  @Test
  void head_note_isReadBackAndTamperingIsFound() {
    AuditTree tree = tree(signed().origin("log.example/audit"));
    write(log(tree), 3);
    tree.sequence();
    SignedHead head = tree.head().orElseThrow();
    String note = head.note();
    assertThat(SignedHead.parse(note)).isEqualTo(head);
    assertThat(note).startsWith("log.example/audit\n3\n").contains("\n\n\u2014 gatehouse ");
    assertThat(HeadKey.parse(KEY.toString()).toString()).isEqualTo(KEY.toString());
    assertThat(head.isSignedBy(HeadKey.parse(KEY.toString()))).isTrue();
    for (int i = 0; i < note.length(); i++) {
      String altered = note.substring(0, i) + (char) (note.charAt(i) ^ 1) + note.substring(i + 1);
      assertThat(isSigned(altered)).as("character %d", i).isFalse();
    }
    assertThatThrownBy(() -> SignedHead.parse(note + "\n"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SignedHead.parse(note.substring(0, note.length() - 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HeadKey.parse(KEY.toString().replace("+", "-")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HeadKey.parse("other" + KEY.toString().substring(9)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static boolean isSigned(String note) {
    try {
      return SignedHead.parse(note).isSignedBy(KEY);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The example of golang.org/x/mod/sumdb/note, with which signed notes began. */
  @Test
  void headKey_ofGosExample_verifiesItsNote() {
    HeadKey key =
        HeadKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    String text =
        """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.
        """;
    byte[] line =
        Base64.getDecoder()
            .decode(
                "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K"
                    + "E6RyyBwJnAM=");
    byte[] signature = Arrays.copyOfRange(line, 4, line.length);
    assertThat(Arrays.copyOf(line, 4)).isEqualTo(key.id());
    assertThat(key.isGenuine(text.getBytes(StandardCharsets.UTF_8), signature)).isTrue();
    assertThat(key.isGenuine((text + " ").getBytes(StandardCharsets.UTF_8), signature)).isFalse();
    assertThat(key.isGenuine(text.getBytes(StandardCharsets.UTF_8), new byte[3])).isFalse();
  }

  @Test
  void anchor_file_findsRollbackAndRewriting(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("heads");
    AuditOptions.Builder options = signed().anchor(Anchor.file(file)).anchorInterval(Duration.ZERO);
    AuditTree tree = tree(options);
    write(log(tree), 300);
    tree.sequence();
    Files.writeString(file, "cut li", StandardOpenOption.APPEND);
    write(log(tree), 5);
    tree.sequence();
    assertThat(Anchor.file(file).heads()).hasSize(2);
    assertThat(tree.verify(AuditProgress.NONE).isSound()).isTrue();

    MemoryStorage another = MemoryStorage.create(clock);
    AuditTree rewritten =
        AuditTree.create(
            new AuditTree.Parts(
                another.audit(),
                another,
                clock,
                System::nanoTime,
                GatehouseListener.NONE,
                signed().build()));
    AuditLog.create(another.audit(), ids::incrementAndGet, clock, rewritten)
        .writeAll(IntStream.range(0, 300).mapToObj(AuditTreeTest::record).toList());
    rewritten.sequence();
    assertThat(rewritten.verify(AuditProgress.NONE, Anchor.file(file).heads()).damages())
        .extracting(Damage::kind)
        .containsExactly(Damage.Kind.ANCHOR_MISMATCH, Damage.Kind.ROLLED_BACK);
  }

  @Test
  void anchor_http_postsTheNoteAndWantsSuccess() {
    RecordingTransport transport = RecordingTransport.create();
    URI uri = URI.create("https://witness.example/heads");
    Anchor anchor = Anchor.http(transport, uri);
    AuditTree tree = tree(signed().anchor(anchor));
    write(log(tree), 3);
    tree.sequence();
    SignedHead head = tree.head().orElseThrow();
    assertThat(transport.lastRequest().uri()).isEqualTo(uri);
    assertThat(transport.lastRequest().method()).isEqualTo("POST");
    assertThat(SignedHead.parse(new String(transport.lastRequest().body(), StandardCharsets.UTF_8)))
        .isEqualTo(head);
    transport.answer(302, "");
    assertThatThrownBy(() -> anchor.publish(head))
        .isInstanceOf(TransportException.class)
        .hasMessageContaining("302");
    transport.fail();
    assertThatThrownBy(() -> anchor.publish(head)).isInstanceOf(TransportException.class);
    assertThat(anchor.heads()).isEmpty();
  }

  /** Nothing is ever pending then, but there are heads that no anchor has. */
  @Test
  void anchor_inTransactionSequencingOrAfterRestart_getsTheHead(@TempDir Path directory) {
    Anchor anchor = Anchor.file(directory.resolve("heads"));
    AuditTree strict =
        tree(
            signed()
                .sequencing(Sequencing.IN_TRANSACTION)
                .anchor(anchor)
                .anchorInterval(Duration.ZERO));
    write(log(strict), 5);
    assertThat(strict.sequence()).isZero();
    assertThat(anchor.heads()).extracting(SignedHead::size).containsExactly(5L);
    write(log(strict), 2);
    strict.close();
    assertThat(anchor.heads()).extracting(SignedHead::size).containsExactly(5L, 7L);
    AuditTree withoutAnchor = tree(signed());
    write(log(withoutAnchor), 1);
    withoutAnchor.sequence();
    withoutAnchor.close();
    AuditTree restarted = tree(signed().anchor(anchor));
    restarted.sequence();
    assertThat(anchor.heads()).extracting(SignedHead::size).containsExactly(5L, 7L, 8L);
  }

  @Test
  void anchor_hasLostItsHeadsOrCannotBeRead_isNamed(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("heads");
    AuditTree tree = tree(signed().anchor(Anchor.file(file)));
    write(log(tree), 3);
    tree.sequence();
    AuditReport report = tree.verify(AuditProgress.NONE);
    assertThat(report.anchoredHeads()).isEqualTo(1);
    assertThat(report.anchoredUpTo()).isEqualTo(3);
    Files.delete(file);
    assertThat(tree.verify(AuditProgress.NONE).isSound()).isTrue();
    clock.advance(Duration.ofMinutes(12));
    assertThat(tree.verify(AuditProgress.NONE).damages())
        .extracting(Damage::kind)
        .containsExactly(Damage.Kind.ANCHOR_EMPTY);
    Files.createDirectory(file);
    assertThat(tree.verify(AuditProgress.NONE).damages())
        .extracting(Damage::kind)
        .containsExactly(Damage.Kind.ANCHOR_UNREADABLE);
    assertThatThrownBy(
            () ->
                tree.verify(
                    AuditProgress.NONE,
                    List.of(SignedHead.unsigned("another", 3, new byte[32], START))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another");
  }

  @Test
  void anchor_fileWithTwoPublishers_keepsEveryHead(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("heads");
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int publisher = 0; publisher < 2; publisher++) {
        String origin = "log" + "x".repeat(20 * publisher);
        Anchor anchor = Anchor.file(file);
        done.add(
            pool.submit(
                () -> {
                  for (int i = 1; i <= 100; i++) {
                    anchor.publish(SignedHead.unsigned(origin, i, new byte[32], START));
                  }
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(Anchor.file(file).heads()).hasSize(200);
    Files.writeString(file, "x".repeat(100_000) + "\n", StandardOpenOption.APPEND);
    assertThat(Anchor.file(file).heads()).hasSize(200);
  }

  /** One that never answers keeps nobody from sequencing, and close() from ending. */
  @Test
  void anchor_hangs_recordsAreSequencedAllTheSame() throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    Anchor hanging =
        new Anchor() {
          @Override
          public void publish(SignedHead head) {
            asked.countDown();
            try {
              never.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }

          @Override
          public List<SignedHead> heads() {
            return List.of();
          }
        };
    AuditTree tree =
        AuditTree.create(
            new AuditTree.Parts(
                storage.audit(),
                storage,
                clock,
                System::nanoTime,
                GatehouseListener.NONE,
                signed()
                    .interval(Duration.ofMillis(10))
                    .anchor(hanging)
                    .anchorInterval(Duration.ZERO)
                    .build()));
    tree.start();
    write(log(tree), 3);
    assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
    write(log(tree), 4);
    tree.sequence();
    assertThat(tree.head().orElseThrow().size()).isEqualTo(7);
    assertThat(tree.status().fault().orElseThrow()).contains("anchor");
    tree.close();
    never.countDown();
  }

  /** An anchor that is out of reach keeps nobody from writing, sequencing or closing. */
  @Test
  void close_anchorFails_isToldInTheStatus() {
    Anchor broken =
        new Anchor() {
          @Override
          public void publish(SignedHead head) {
            throw new StorageException("the disk is full");
          }

          @Override
          public List<SignedHead> heads() {
            return List.of();
          }
        };
    AuditTree tree = tree(signed().anchor(broken));
    write(log(tree), 3);
    assertThat(tree.sequence()).isEqualTo(3);
    tree.close();
    assertThat(tree.status().fault().orElseThrow()).contains("the disk is full");
    assertThat(storage.audit().tree().lease("another", Duration.ofSeconds(1))).isPresent();
  }

  @Test
  void start_records_areSequencedAndAnchored() throws InterruptedException {
    CountDownLatch whole = new CountDownLatch(1);
    Anchor anchor =
        new Anchor() {
          @Override
          public void publish(SignedHead head) {
            if (head.size() == 500) {
              whole.countDown();
            }
          }

          @Override
          public List<SignedHead> heads() {
            return List.of();
          }
        };
    AuditTree tree =
        AuditTree.create(
            new AuditTree.Parts(
                storage.audit(),
                storage,
                clock,
                System::nanoTime,
                GatehouseListener.NONE,
                signed()
                    .interval(Duration.ofMillis(10))
                    .anchor(anchor)
                    .anchorInterval(Duration.ZERO)
                    .build()));
    AuditLog log = log(tree);
    tree.start();
    assertThatThrownBy(tree::start).isInstanceOf(IllegalStateException.class);
    long id = write(log, 500).get(499);
    assertThat(whole.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(tree.prove(id)).isPresent();
    tree.close();
    tree.close();
    assertThatThrownBy(tree::start).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void export_everyKindOfRange_provesItself() throws IOException {
    AuditTree tree = tree(signed());
    write(log(tree), 700);
    tree.sequence();
    for (int[] range :
        new int[][] {{0, 700}, {0, 1}, {699, 700}, {255, 257}, {13, 500}, {512, 700}, {350, 351}}) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      assertThat(tree.export(range[0], range[1], out)).isEqualTo(range[1] - range[0]);
      List<Long> indexes = new ArrayList<>();
      AuditExport.Verified verified =
          AuditExport.verify(
              new ByteArrayInputStream(out.toByteArray()),
              KEY,
              (index, canonical, openings) -> indexes.add(index));
      assertThat(verified.records()).isEqualTo(range[1] - range[0]);
      assertThat(verified.from()).isEqualTo(range[0]);
      assertThat(indexes).hasSize(range[1] - range[0]).isSorted();
    }
    assertThatThrownBy(() -> tree.export(5, 5, new ByteArrayOutputStream()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tree.export(0, 701, new ByteArrayOutputStream()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void export_anyByteAlteredOrCut_isRefused() throws IOException {
    AuditTree tree = tree(signed());
    write(log(tree), 20);
    tree.sequence();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    tree.export(3, 9, out);
    byte[] file = out.toByteArray();
    for (int i = 0; i < file.length; i++) {
      byte[] altered = file.clone();
      altered[i] ^= 4;
      assertThat(isGenuine(altered)).as("byte %d altered", i).isFalse();
      assertThat(isGenuine(Arrays.copyOf(file, i))).as("cut at %d", i).isFalse();
    }
    assertThat(isGenuine(Arrays.copyOf(file, file.length + 1))).isFalse();
    assertThat(isGenuine(file)).isTrue();
    assertThat(
            AuditExport.verify(
                    new ByteArrayInputStream(file),
                    KEY,
                    "gatehouse-audit",
                    (index, canonical, openings) -> {})
                .records())
        .isEqualTo(6);
    assertThatThrownBy(
            () ->
                AuditExport.verify(
                    new ByteArrayInputStream(file),
                    KEY,
                    "another-log",
                    (index, canonical, openings) -> {}))
        .isInstanceOf(AuthenticationException.class)
        .hasMessageContaining("another-log");
    KeyPair other = HeadKeys.pair();
    assertThatThrownBy(
            () ->
                AuditExport.verify(
                    new ByteArrayInputStream(file), HeadKeys.key("gatehouse", other)))
        .isInstanceOf(AuthenticationException.class)
        .hasMessageContaining("not signed");
  }

  private static boolean isGenuine(byte[] file) throws IOException {
    try {
      AuditExport.verify(new ByteArrayInputStream(file), KEY);
      return true;
    } catch (IllegalArgumentException | AuthenticationException e) {
      return false;
    }
  }
}

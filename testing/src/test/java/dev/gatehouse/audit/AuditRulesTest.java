package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What becomes of records before they are kept, and how fields are erased from them. */
class AuditRulesTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final AuditField<String> EMAIL = AuditField.keyword("email");
  private static final AuditField<String> NOTE = AuditField.text("note");
  private static final AuditField<Long> AMOUNT = AuditField.number("amount");
  private static final AuditField<Double> RATE = AuditField.decimal("rate");
  private static final AuditField<Instant> DUE = AuditField.time("due");
  private static final AuditField<Boolean> PAID = AuditField.flag("paid");

  private final ManualClock clock = new ManualClock(START);
  private final MemoryStorage storage = MemoryStorage.create(clock);
  private final AtomicLong ids = new AtomicLong();
  private AuditTree tree;

  private static AuditRules.Builder typed() {
    return AuditRules.builder()
        .field(EMAIL)
        .field(NOTE)
        .field(AMOUNT)
        .field(RATE)
        .field(DUE)
        .field(PAID);
  }

  private AuditLog log(AuditRules.Builder rules) {
    tree =
        AuditTree.create(
            new AuditTree.Parts(
                storage.audit(),
                storage,
                clock,
                () -> clock.millis() * 1_000_000,
                GatehouseListener.NONE,
                AuditOptions.builder()
                    .rowKey(RowKey.of(new byte[32]))
                    .rules(rules.build())
                    .build()));
    return AuditLog.create(storage.audit(), ids::incrementAndGet, clock, tree);
  }

  private static AuditRecord.Builder record() {
    return AuditRecord.of(1, 0, "Order was paid by Ada");
  }

  private List<Long> found(AuditLog log, Filter filter) {
    return log.find(AuditQuery.between(Instant.EPOCH, START).filter(filter)).records().stream()
        .map(AuditRecord::id)
        .toList();
  }

  @Test
  void context_ofThreadAndCarried_sayWhatTheRecordDoesNot() {
    AtomicReference<AuditContext> current =
        new AtomicReference<>(AuditContext.NONE.user("thread").requestId("r-1").service("shop"));
    AuditLog log = log(AuditRules.builder().context(current::get));
    AuditRecord plain = log.write(record().build());
    assertThat(plain.user()).contains("thread");
    assertThat(plain.requestId()).contains("r-1");
    AuditLog carried = log.within(AuditContext.NONE.user("carried").sourceNode("n-7"));
    AuditRecord both = carried.write(record().service("own").build());
    assertThat(both.user()).contains("carried");
    assertThat(both.sourceNode()).isEqualTo("n-7");
    assertThat(both.requestId()).contains("r-1");
    assertThat(both.service()).contains("own");
    storage.run(
        transaction ->
            assertThat(carried.joining(transaction).write(record().build()).user())
                .contains("carried"));
    current.set(AuditContext.NONE);
    assertThat(log.write(record().build()).user()).isEmpty();
    assertThat(log.find(both.id())).contains(both);
    assertThat(AuditContext.NONE.user("secret")).hasToString("AuditContext");
    assertThatThrownBy(() -> AuditContext.NONE.user("a\nb"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void redaction_membersByName_neverReachTheStore() {
    AuditLog log =
        log(
            AuditRules.builder()
                .redaction(
                    AuditRedaction.members("Password", "token")
                        .then(record -> record.toBuilder().user("masked").build())));
    String ext = "{\"a\":[{\"PASSWORD\":{\"x\":\"s3cret\"}}], \"token\":\"s3cret\", \"kept\":1.00}";
    AuditRecord written = log.write(record().user("s3cret").ext(ext).build());
    assertThat(written.ext())
        .contains("{\"a\":[{\"PASSWORD\":\"***\"}],\"token\":\"***\",\"kept\":1.00}");
    AuditEntry kept = storage.audit().find(written.id()).orElseThrow();
    assertThat(holds(kept.canonical(), "s3cret") || holds(kept.openings(), "s3cret")).isFalse();
    String harmless = "{ \"kept\" : 1.00 }";
    assertThat(log.write(record().ext(harmless).build()).ext()).contains(harmless);
  }

  @Test
  void redaction_throwsOrBreaksTheRules_nothingIsAppended() {
    AuditLog failing =
        log(
            AuditRules.builder()
                .redaction(
                    record -> {
                      throw new IllegalStateException("no rule for this");
                    }));
    assertThatThrownBy(() -> failing.write(record().build())).hasMessage("no rule for this");
    AuditLog numbering =
        log(AuditRules.builder().redaction(record -> record.toBuilder().id(9).build()));
    assertThatThrownBy(() -> numbering.write(record().build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("id");
    AuditLog empty = log(AuditRules.builder().redaction(record -> null));
    assertThatThrownBy(() -> empty.write(record().build()))
        .isInstanceOf(NullPointerException.class);
    assertThat(storage.audit().tree().pending(0, 9)).isEmpty();
  }

  @Test
  void fields_ofEveryType_areKeptAndFound() {
    AuditLog log = log(typed());
    AuditRecord first =
        log.write(
            record()
                .set(EMAIL, "ada@example.com")
                .set(NOTE, "\u4ed8\u6b3e failed twice")
                .set(AMOUNT, -5L)
                .set(RATE, 0.1)
                .set(DUE, Instant.ofEpochSecond(1, 500_999_999))
                .set(PAID, true)
                .build());
    AuditRecord second = log.write(record().set(AMOUNT, 7L).set(PAID, false).build());
    AuditRecord none = log.write(record().build());
    AuditRecord read = log.find(first.id()).orElseThrow();
    assertThat(read).isEqualTo(first);
    assertThat(read.value(DUE)).contains(Instant.ofEpochMilli(1_500));
    assertThat(read.value(RATE)).contains(0.1);
    assertThat(read.value(AuditField.text("email"))).isEmpty();
    assertThat(found(log, Filter.field(EMAIL).equal("ada@example.com")))
        .containsExactly(first.id());
    assertThat(found(log, Filter.field(NOTE).matchPhrase("\u6b3e FAILED")))
        .containsExactly(first.id());
    assertThat(found(log, Filter.field(NOTE).match("nowhere twice"))).containsExactly(first.id());
    assertThat(found(log, Filter.field(AMOUNT).greaterThan("-6")))
        .containsExactly(first.id(), second.id());
    assertThat(found(log, Filter.field(RATE).equal("0.1"))).containsExactly(first.id());
    assertThat(found(log, Filter.field(DUE).between(1_500, "1970-01-01T00:00:02")))
        .containsExactly(first.id());
    assertThat(found(log, Filter.field(PAID).equal("false"))).containsExactly(second.id());
    assertThat(found(log, Filter.field(PAID).notEqual(true)))
        .containsExactly(second.id(), none.id());
    assertThat(found(log, Filter.field(EMAIL).notExists())).containsExactly(second.id(), none.id());
  }

  @Test
  void fields_inJson_needTheRules() {
    AuditRules rules = typed().build();
    AuditLog log = log(typed());
    log.write(record().set(AMOUNT, 7L).set(PAID, true).set(DUE, START).set(RATE, 2.5).build());
    String json =
        "{\"startTime\":0,\"endTime\":1893456000000,\"fields\":[\"amount\",\"paid\",\"due\","
            + "\"email\",\"rate\"],\"filter\":{\"expr\":[{\"field\":\"amount\",\"operator\":"
            + "\"Equal\",\"value\":[\"7.0\"]}]}}";
    AuditPage page = log.find(AuditQuery.parse(json, rules));
    assertThat(page.json())
        .contains("{\"amount\":7,\"paid\":true,\"due\":1893456000000,\"rate\":2.5}");
    assertThatThrownBy(() -> AuditQuery.parse(json))
        .isInstanceOf(InvalidQueryException.class)
        .hasMessageContaining("filter.expr[0].field");
    assertThatThrownBy(() -> Filter.field(PAID).greaterThan(true))
        .isInstanceOf(InvalidQueryException.class);
    assertThatThrownBy(() -> Filter.field(AMOUNT).equal("x"))
        .isInstanceOf(InvalidQueryException.class);
  }

  @Test
  void fields_hostile_areRefused() {
    for (String name : List.of("", "1a", "a.b", "a-b", "id", "ext", "message", "a".repeat(65))) {
      assertThatThrownBy(() -> AuditField.keyword(name))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> record().set(RATE, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> record().set(EMAIL, "a\u0000"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> record().set(NOTE, "\ud800"))
        .isInstanceOf(IllegalArgumentException.class);
    AuditRecord.Builder large =
        record().set(NOTE, "x".repeat(4_096)).set(AuditField.text("more"), "x".repeat(4_096));
    assertThatThrownBy(large::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("8192");
    AuditLog log = log(AuditRules.builder().field(EMAIL));
    assertThatThrownBy(() -> log.write(record().set(AMOUNT, 1L).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("amount");
    assertThatThrownBy(() -> AuditRules.builder().erasable(Set.of("namespace")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("namespace");
    assertThatThrownBy(() -> typed().field(AuditField.text("email")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void erase_sequencedOrPending_proofsAndExportHoldAndTell() throws IOException {
    AuditLog log = log(typed());
    List<Long> written = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      written.add(
          log.write(record().user("Ada").ext("{\"n\":1}").set(EMAIL, "ada@x").build()).id());
    }
    tree.sequence();
    SignedHead before = tree.head().orElseThrow();
    long pending = log.write(record().user("Ada").build()).id();
    AuditRecord evidence =
        log.within(AuditContext.NONE.user("officer"))
            .erase(Set.of(written.get(3), pending), Set.of("user", "content", "email"), "Asked to")
            .orElseThrow();
    assertThat(evidence.kind()).isEqualTo(AuditRecord.Kind.ERASURE);
    assertThat(evidence.user()).contains("officer");
    assertThat(evidence.ext().orElseThrow())
        .isEqualTo("{\"fields\":[\"content\",\"email\",\"user\"],\"records\":[\"4\",\"301\"]}");
    assertThat(tree.verify(AuditProgress.NONE))
        .isEqualTo(new AuditReport(300, 300, 5, 0, 0, 0, List.of(), 0));
    tree.sequence();
    assertThat(tree.verify(AuditProgress.NONE))
        .isEqualTo(new AuditReport(302, 302, 5, 0, 0, 0, List.of(), 0));
    RecordProof proof = tree.prove(written.get(3)).orElseThrow();
    assertThat(proof.isSound()).isTrue();
    assertThat(proof.record().erased()).containsExactlyInAnyOrder("user", "content", "email");
    assertThat(proof.record().ext()).contains("{\"n\":1}");
    assertThat(tree.proveConsistency(300, 302).proves(before.root(), tree.head().get().root()))
        .isTrue();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    tree.export(0, 302, file);
    AuditExport.Verified verified =
        AuditExport.verify(new ByteArrayInputStream(file.toByteArray()), null);
    assertThat(verified.erased()).isEqualTo(5);
    assertThat(verified.records()).isEqualTo(302);
  }

  @Test
  void erase_erasedFields_areAbsentToQueries() {
    AuditLog log = log(typed());
    long erased = log.write(record().user("Ada").sourceNode("n").set(EMAIL, "ada@x").build()).id();
    long kept = log.write(record().user("Ada").set(EMAIL, "ada@x").build()).id();
    log.erase(Set.of(erased), Set.of("user", "content", "email"), "x");
    assertThat(found(log, Filter.where("user").equal("Ada"))).containsExactly(kept);
    assertThat(found(log, Filter.field(EMAIL).equal("ada@x"))).containsExactly(kept);
    assertThat(found(log, Filter.where("content").match("order"))).containsExactly(kept);
    assertThat(found(log, Filter.where("content").equal(""))).isEmpty();
    assertThat(found(log, Filter.where("content").notExists())).containsExactly(erased);
    AuditQuery query =
        AuditQuery.between(Instant.EPOCH, START)
            .filter(Filter.where("id").equal(Long.toString(erased)))
            .fields(List.of("id", "content", "user", "sourceNode"));
    assertThat(log.find(query).json())
        .contains("\"records\":[{\"id\":\"" + erased + "\",\"sourceNode\":\"n\"}]");
  }

  @Test
  void erase_againOrOfNothing_doesNothing() {
    AuditLog log = log(AuditRules.builder());
    long id = log.write(record().user("Ada").build()).id();
    assertThat(log.erase(Set.of(id), Set.of("user"), "x")).isPresent();
    long before = ids.get();
    assertThat(log.erase(Set.of(id), Set.of("user", "ext", "email"), "x")).isEmpty();
    assertThat(ids.get()).isEqualTo(before);
    assertThat(log.erase(Set.of(id), Set.of("user", "content"), "x")).isPresent();
    assertThat(log.find(id).orElseThrow().erased()).containsExactlyInAnyOrder("user", "content");
    assertThat(tree.verify(AuditProgress.NONE).isSound()).isTrue();
  }

  @Test
  void erase_unknownClearOrHostile_changesNothing() {
    AuditLog log = log(AuditRules.builder().erasable(Set.of("content")));
    long id = log.write(record().user("Ada").build()).id();
    AuditRecord record = log.find(id).orElseThrow();
    assertThatThrownBy(() -> log.erase(Set.of(id), Set.of("content", "user"), "x"))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("user");
    assertThatThrownBy(() -> log.erase(Set.of(id, 99L), Set.of("content"), "x"))
        .isInstanceOf(NotFoundException.class);
    for (String name : List.of("id", "namespace", "", "a.b", "ext.a")) {
      assertThatThrownBy(() -> log.erase(Set.of(id), Set.of(name), "x"))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> log.erase(Set.of(), Set.of("content"), "x"))
        .isInstanceOf(IllegalArgumentException.class);
    AuditLog bare = AuditLog.create(storage.audit(), ids::incrementAndGet, clock);
    assertThatThrownBy(() -> bare.erase(Set.of(id), Set.of("content"), "x"))
        .isInstanceOf(IllegalStateException.class);
    assertThat(log.find(id)).contains(record);
  }

  /** Whoever can write to the storage, but has no record of an erasure, is found out. */
  @Test
  void verify_fieldDeletedOrReplacedPastTheLibrary_isNamed() {
    AuditLog log = log(AuditRules.builder());
    List<Long> written = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      written.add(log.write(record().user("Ada").build()).id());
    }
    AuditRecord evidence = log.erase(Set.of(written.get(0)), Set.of("user"), "x").orElseThrow();
    tree.sequence();
    AuditStore store = storage.audit();
    AuditEntry one = store.find(written.get(1)).orElseThrow();
    AuditEntry two = store.find(written.get(2)).orElseThrow();
    AuditEntry three = store.find(written.get(3)).orElseThrow();
    byte[] forged = three.openings();
    forged[forged.length - 1] ^= 1;
    store.erase(
        List.of(
            new AuditErasure(one, one.erase(Set.of("user"), evidence.id())),
            new AuditErasure(two, two.erase(Set.of("user"), written.get(3))),
            new AuditErasure(
                three,
                AuditEntry.stored(
                    LogName.AUDIT, three.canonical(), forged, three.leafHash(), three.mac()))));
    AuditReport report = tree.verify(AuditProgress.NONE);
    assertThat(report.erasedFields()).isEqualTo(1);
    assertThat(report.damages())
        .extracting(Damage::kind, Damage::at)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple(Damage.Kind.FIELD_DELETED, 1L),
            org.assertj.core.api.Assertions.tuple(Damage.Kind.FIELD_DELETED, 2L),
            org.assertj.core.api.Assertions.tuple(Damage.Kind.FIELD_EDITED, 3L));
  }

  /** Equal values have different commitments, so that nobody can guess what was erased. */
  @Test
  void commitments_ofEqualValues_differ() {
    AuditLog log = log(AuditRules.builder());
    Set<String> openings =
        log.writeAll(List.of(record().build(), record().build(), record().build())).stream()
            .map(one -> storage.audit().find(one.id()).orElseThrow().openings())
            .map(bytes -> Arrays.toString(Arrays.copyOf(bytes, 17)))
            .collect(Collectors.toSet());
    assertThat(openings).hasSize(3);
  }

  private static boolean holds(byte[] bytes, String text) {
    return new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
  }

  /** Who writes is not kept from it; and what another found is not gone on from. */
  @Test
  void analyzer_failsOrChanges_writingGoesOnAndPointsAreRefused() {
    AuditRules.Builder broken =
        AuditRules.builder()
            .analyzer(
                "broken/1",
                text -> {
                  throw new UnsupportedOperationException(text);
                });
    AuditLog log = log(broken);
    AuditRecord first = log.write(record().build());
    log.writeAll(List.of(record().build(), record().build()));
    AuditQuery query =
        AuditQuery.between(Instant.EPOCH, START)
            .filter(Filter.where("content").match("paid"))
            .maxSize(1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (ThrowingCallable search :
        List.<ThrowingCallable>of(
            () -> log.find(query), () -> log.count(query, 9), () -> log.export(query, out))) {
      assertThatThrownBy(search)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("analyzer 'broken/1' failed, for what is sought");
    }
    assertThat(out.size()).isZero();
    assertThat(log.find(query.filter(Filter.where("id").equal(first.id()))).records())
        .containsExactly(first);

    AuditPage page = log(words("words/1")).find(query);
    assertThat(page.records()).containsExactly(first);
    AuditQuery next = query.after(page.continuationPoint());
    assertThat(log(words("words/1")).find(next).records()).hasSize(1);
    for (AuditRules.Builder other : List.of(words("words/2"), AuditRules.builder())) {
      assertThatThrownBy(() -> log(other).find(next))
          .isInstanceOf(InvalidQueryException.class)
          .hasMessageContaining("continuationPoint");
    }
  }

  private static AuditRules.Builder words(String name) {
    return AuditRules.builder().analyzer(name, text -> List.of(text.split(" ")));
  }
}

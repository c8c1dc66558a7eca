package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.gatehouse.json.Json;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Text that would forge a line of a log, turn one around or command a terminal: a record may hold
 * it as content, but whatever people read of the record, its queries, proofs and damages does not.
 */
class HostileTextTest {
  private static final List<String> HOSTILE =
      List.of(
          "x\r\n2030-01-01 INFO forged",
          "x\u0085y",
          "x\u2028y\u2029z",
          "\u202egnp.exe\u202c",
          "\u2066a\u2069\u200f\u200e\u061c",
          "\u001b]0;title\u0007\u001b[2J\u001b[31m",
          "\u009b31m",
          "a\u200bb\ufeffc",
          "back\b\b\bspace\u007f");

  /** What no log can even hold. */
  private static final List<String> IMPOSSIBLE =
      List.of("a\u0000b", "\ud800", "a\udc00b", "\udc00\ud800");

  private final Storage storage = MemoryStorage.create();
  private final AtomicLong ids = new AtomicLong();
  private final AuditTree tree =
      AuditTree.create(
          new AuditTree.Parts(
              storage.audit(),
              storage,
              InstantSource.system(),
              System::nanoTime,
              GatehouseListener.NONE,
              AuditOptions.DEFAULT));
  private final AuditLog log =
      AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);

  @AfterEach
  void close() {
    tree.close();
    storage.close();
  }

  static List<String> hostile() {
    return HOSTILE;
  }

  static List<String> anything() {
    List<String> all = new ArrayList<>(HOSTILE);
    all.addAll(IMPOSSIBLE);
    return all;
  }

  private static void harmless(Object rendered) {
    String text = rendered.toString();
    assertThat(text.codePoints().filter(HostileTextTest::harms).mapToObj(Integer::toHexString))
        .as(text)
        .isEmpty();
  }

  private static boolean harms(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  private static void harmlessly(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      harmless(String.valueOf(at.getMessage()));
    }
    assertThat(thrown).isInstanceOf(RuntimeException.class);
  }

  private static AuditQuery all() {
    return AuditQuery.between(Instant.EPOCH, Instant.now().plusSeconds(99));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void content_isKeptAsItIsAndRenderedNowhere(String text) throws IOException {
    String ext = Json.write(Json.object().put("a", text).put(text, 1));
    AuditRecord written = log.write(AuditRecord.of(1, 0, text).ext(ext).build());
    tree.sequence();
    AuditRecord found = log.find(written.id()).orElseThrow();
    assertThat(found.content()).isEqualTo(text);
    harmless(found);
    harmless(found.toBuilder());
    harmless(storage.audit().find(written.id()).orElseThrow());
    AuditQuery query = all().filter(Filter.where("content").equal(text));
    harmless(query);
    harmless(query.filter().orElseThrow());
    AuditPage page = log.find(query);
    assertThat(page.records()).hasSize(1);
    harmless(page);
    assertThat(page.json().chars().filter(c -> c < 0x20)).isEmpty();
    assertThat(Json.parse(page.json(), "page").path("records").get(0).path("content").textValue())
        .isEqualTo(text);
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    log.export(query.fields(List.of("content", "ext")), lines);
    String line = lines.toString(StandardCharsets.UTF_8);
    harmless(line.strip());
    assertThat(Json.parse(line.strip(), "line").path("content").textValue()).isEqualTo(text);
    assertThat(Json.parse(line.strip(), "line").path("ext").path("a").textValue()).isEqualTo(text);
    RecordProof proof = tree.prove(written.id()).orElseThrow();
    harmless(proof);
    harmless(proof.head());
    harmless(proof.text().replace("\n", ""));
    harmless(tree.status());
    harmless(tree.verify(AuditProgress.NONE));
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    tree.export(0, 1, file);
    harmless(AuditExport.verify(new ByteArrayInputStream(file.toByteArray()), null));
  }

  @ParameterizedTest
  @MethodSource("anything")
  void shortTexts_areRefusedOrHarmless(String text) {
    boolean refused = text.codePoints().anyMatch(c -> Character.isISOControl(c) || isLone(c));
    AuditRecord.Builder builder = AuditRecord.of(1, 0, "content");
    List<ThrowingCallable> setters =
        List.of(
            () -> builder.user(text),
            () -> builder.service(text),
            () -> builder.sourceNode(text),
            () -> builder.namespace(text),
            () -> builder.severity(text),
            () -> builder.requestId(text),
            () -> AuditContext.NONE.user(text));
    for (ThrowingCallable setter : setters) {
      if (refused) {
        harmlessly(setter);
      } else {
        assertThat(catchThrowable(setter)).isNull();
      }
    }
    harmless(builder.build());
    harmless(refused ? AuditContext.NONE : AuditContext.NONE.user(text));
  }

  private static boolean isLone(int point) {
    return point >= 0xd800 && point <= 0xdfff;
  }

  @ParameterizedTest
  @MethodSource("anything")
  void brokenRules_areToldHarmlessly(String text) {
    String json = Json.write(Json.object().put("f", "x")).replace("x", "");
    harmlessly(() -> Filter.where(text));
    harmlessly(() -> Filter.where("ext." + text + ".").exists());
    harmlessly(() -> all().fields(List.of(text)));
    harmlessly(() -> Filter.where("optType").equal(text));
    harmlessly(() -> Filter.where("time").equal(text));
    harmlessly(() -> Filter.where("content").like(text + "\\"));
    harmlessly(() -> AuditField.keyword(text));
    harmlessly(() -> AuditQuery.parse(text));
    harmlessly(() -> AuditQuery.parse(json.replace("\"f\"", quoted(text))));
    harmlessly(() -> Filter.parse(expression(quoted(text), "\"Equal\"")));
    harmlessly(() -> Filter.parse(expression("\"content\"", quoted(text))));
    harmlessly(() -> log.find(all().after(text)));
    harmlessly(() -> AuditOptions.builder().origin(text));
    harmlessly(() -> SignedHead.parse(text));
    harmlessly(() -> SignedHead.parse(text + "\n" + text + "\n" + text + "\n" + text + "\n\n"));
    harmlessly(() -> HeadKey.parse(text));
    harmlessly(() -> log.erase(Set.of(1L), Set.of(text), "reason"));
    harmlessly(
        () ->
            AuditExport.verify(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), null));
    harmlessly(() -> AuditRecord.of(1, 0, "x").ext(text));
  }

  private static String quoted(String text) {
    return Json.write(Json.object().put("k", text)).replaceAll("(?s)^.\"k\":(.*).$", "$1");
  }

  private static String expression(String field, String operator) {
    return "{\"expr\":[{\"field\":" + field + ",\"operator\":" + operator + ",\"value\":[\"a\"]}]}";
  }

  @Test
  void impossibleContent_isRefused() {
    for (String text : IMPOSSIBLE) {
      harmlessly(() -> AuditRecord.of(1, 0, text));
      assertThatIllegalArgumentException().isThrownBy(() -> AuditRecord.of(1, 0, text));
    }
  }

  /** Rows that were edited with hostile bytes in them. */
  @ParameterizedTest
  @MethodSource("hostile")
  void damagedRow_isToldHarmlessly(String text) {
    byte[] frame = AuditEntry.of(LogName.AUDIT, kept()).canonical();
    byte[] hostile = text.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at + hostile.length <= frame.length; at++) {
      byte[] edited = frame.clone();
      System.arraycopy(hostile, 0, edited, at, hostile.length);
      Throwable thrown =
          catchThrowable(
              () ->
                  harmless(
                      AuditEntry.stored(
                          LogName.AUDIT, edited, new byte[0], new byte[32], new byte[0])));
      if (thrown != null) {
        harmless(thrown.getMessage());
      }
    }
  }

  private static AuditRecord kept() {
    return AuditRecord.of(1, 0, "x".repeat(60))
        .user("u".repeat(60))
        .service("s".repeat(60))
        .id(1)
        .time(Instant.EPOCH)
        .build();
  }
}

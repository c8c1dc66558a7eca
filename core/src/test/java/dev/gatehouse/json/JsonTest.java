package dev.gatehouse.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "null",
        "\"\"",
        "9007199254740993",
        "123456789012345678901234567890",
        "1.10",
        "0.1000000000000000055511151231257827",
        "{\"b\":1,\"a\":{\"c\":[]}}"
      })
  void write_whatWasParsed_isUnchanged(String text) {
    assertThat(Json.write(Json.parse(text, "content"))).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{} {}",
        "{\"a\":1,\"a\":2}",
        "{'a':1}",
        "{a:1}",
        "[1,]",
        "NaN",
        "01",
        "+1",
        "// comment\n1",
        "\"\u0001\""
      })
  void parse_notStrictJson_isRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse(text, "content"))
        .withMessageStartingWith("content must be JSON");
  }

  @Test
  void parse_refusal_doesNotRepeatTheText() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse("{\"password\":hunter2}", "content"))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hunter2").contains("line 1"));
  }

  @Test
  void parse_depth_edge() {
    assertThat(Json.parse(nested(Json.MAX_DEPTH), "content").isArray()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse(nested(Json.MAX_DEPTH + 1), "content"));
    assertThatIllegalArgumentException().isThrownBy(() -> Json.parse(nested(100_000), "content"));
  }

  @Test
  void parse_stringLength_edge() {
    assertThat(Json.parse(quoted(Json.MAX_STRING), "content").isTextual()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse(quoted(Json.MAX_STRING + 1), "content"));
  }

  @Test
  void parse_numberLength_edge() {
    assertThat(Json.parse("1".repeat(1_000), "content").isNumber()).isTrue();
    assertThatIllegalArgumentException().isThrownBy(() -> Json.parse("1".repeat(1_001), "content"));
  }

  @Test
  void parse_documentSize_edge() {
    String filler = "[" + quoted(200_000) + "," + quoted(200_000) + "]";
    String full = filler + " ".repeat(Json.MAX_BYTES - filler.length());
    assertThat(Json.parse(full, "content").isArray()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse(full + " ", "content"))
        .withMessage("content must have at most 1048576 bytes, had 1048577");
  }

  @Test
  void parse_brokenUtf8_isRefused() {
    byte[] broken = {'"', (byte) 0xC3, (byte) 0x28, '"'};
    assertThatIllegalArgumentException().isThrownBy(() -> Json.parse(broken, "content"));
    byte[] overlong = {'"', (byte) 0xC0, (byte) 0x80, '"'};
    assertThatIllegalArgumentException().isThrownBy(() -> Json.parse(overlong, "content"));
  }

  @Test
  void parse_loneSurrogate_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse("\"\uD83D\"", "content"))
        .withMessage("content must be well-formed Unicode");
  }

  @Test
  void parse_bytes_readsUtf8WhateverThePlatform() {
    byte[] utf8 = "{\"名\":\"订单\"}".getBytes(StandardCharsets.UTF_8);
    assertThat(Json.parse(utf8, "content").get("名").textValue()).isEqualTo("订单");
  }

  private static String nested(int depth) {
    return "[".repeat(depth) + "]".repeat(depth);
  }

  private static String quoted(int length) {
    return "\"" + "x".repeat(length) + "\"";
  }

  /** It reads tokens where the other makes a tree: what one takes, and says, the other does. */
  @Test
  void valid_anyText_isWhatCanBeParsed() {
    List<String> parts =
        List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\n",
            "\"",
            "\"a\"",
            "\"b\":",
            "\"a\":1",
            "0",
            "-",
            "1",
            "01",
            "1.5",
            "1e5",
            "1e99999999999",
            ".",
            "true",
            "null",
            "nul",
            "NaN",
            "\\u00e9",
            "\"\\ud800\"",
            "\"\\x\"",
            "\"\t\"",
            "\u00e9",
            "\ud83d\ude00",
            "\ud800",
            "{}",
            "[]",
            "//",
            "'a'");
    Random random = new Random(20261123);
    int taken = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(7); length >= 0; length--) {
        text.append(parts.get(random.nextInt(parts.size())));
      }
      taken += sameAsParsed(text.toString()) ? 1 : 0;
    }
    assertThat(taken).isGreaterThan(300);
  }

  @Test
  void valid_limits_areThoseOfParsing() {
    List<String> texts =
        List.of(
            nested(Json.MAX_DEPTH),
            nested(Json.MAX_DEPTH + 1),
            quoted(Json.MAX_STRING),
            quoted(Json.MAX_STRING + 1),
            "1".repeat(1_000),
            "1".repeat(1_001),
            "0." + "1".repeat(1_001),
            "{\"" + "n".repeat(1_024) + "\":1}",
            "{\"" + "n".repeat(1_025) + "\":1}",
            "[" + " ".repeat(Json.MAX_BYTES - 2) + "]",
            "[" + " ".repeat(Json.MAX_BYTES - 1) + "]");
    assertThat(texts.stream().filter(JsonTest::sameAsParsed)).hasSize(5);
  }

  /** Whether both take it; fails if one does, or if they refuse it with other words. */
  private static boolean sameAsParsed(String text) {
    String refusal = refusal(() -> Json.parse(text, "content"));
    assertThat(refusal(() -> Json.valid(text, "content"))).as(text).isEqualTo(refusal);
    boolean object = refusal.isEmpty() && Json.parse(text, "content").isObject();
    assertThat(refusal(() -> Json.validObject(text, "content")).isEmpty())
        .as(text)
        .isEqualTo(object);
    return refusal.isEmpty();
  }

  private static String refusal(Runnable parse) {
    try {
      parse.run();
      return "";
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }
}

package dev.gatehouse.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckTest {
  @Test
  void range_edges_pass() {
    assertThat(Check.range(1, 1, 1000, "limit")).isEqualTo(1);
    assertThat(Check.range(1000, 1, 1000, "limit")).isEqualTo(1000);
    assertThat(Check.range(Duration.ZERO, Duration.ZERO, Duration.ofHours(1), "step"))
        .isEqualTo(Duration.ZERO);
  }

  @Test
  void range_outside_namesRuleAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Check.range(5000, 1, 1000, "limit"))
        .withMessage("limit must be in 1..1000, was 5000");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Check.range(Duration.ofMillis(-1), Duration.ZERO, Duration.ofHours(1), "step"))
        .withMessage("step must be in PT0S..PT1H, was PT-0.001S");
  }

  @Test
  void text_lengthEdges() {
    assertThat(Check.text("x".repeat(100), 1, 100, "name")).hasSize(100);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Check.text("x".repeat(101), 1, 100, "name"))
        .withMessage("name must have 1..100 characters, had 101");
    assertThatIllegalArgumentException().isThrownBy(() -> Check.text("", 1, 100, "name"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"订单中心", "İstanbul ığ", "a'b\"c%d_e\\f", "\uD83D\uDE00", "\u202Eabc"})
  void text_wellFormedUnicode_passes(String text) {
    assertThat(Check.text(text, 1, 100, "name")).isEqualTo(text);
  }

  @Test
  void text_controlCharacterOrLoneSurrogate_isNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Check.text("ab\nc", 1, 100, "name"))
        .withMessage("name must not hold control characters, held U+000A at 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Check.text("a\u0000", 1, 100, "name"))
        .withMessageContaining("U+0000 at 1");
    for (String broken : new String[] {"\uD83D", "\uDE00", "\uD83Dx", "\uDE00\uD83D"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Check.text(broken, 1, 100, "name"))
          .withMessageContaining("well-formed Unicode");
    }
  }

  /** Two names that look alike would let one party pass for another. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "e\u0301", // e and a combining accent
        "\u212A", // the Kelvin sign
        "bil\u200Bling", // zero width space
        "bil\u200Dling", // a joiner where nothing joins
        "\u200Cbilling",
        "bil\u00ADling", // soft hyphen
        "gnillib\u202E", // right-to-left override
        "a\u2066b",
        "\uFEFFbilling",
        "a\u2028WARN b", // line separator
        "a\uDB40\uDC41", // a tag
        " a",
        "a\u3000",
      })
  void name_looksLikeAnother_isRefused(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> Check.name(name, 100, "name"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "billing",
        "\u00E9",
        "\u8BA2\u5355\u4E2D\u5FC3",
        "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",
        "\uD83D\uDC68\u200D\uD83D\uDC69",
        "a b",
      })
  void name_anyScript_passes(String name) {
    assertThat(Check.name(name, 100, "name")).isEqualTo(name);
  }

  @Test
  void matches_mismatch_showsPatternAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Check.matches("no way", Pattern.compile("[a-z]+"), "handler"))
        .withMessage("handler must match [a-z]+, was 'no way'");
  }

  @Test
  void shown_longOrDirtyValue_isShortenedAndCleaned() {
    assertThat(Check.shown("a\r\nb")).isEqualTo("a??b");
    assertThat(Check.shown("a\u202eb\u2066c\u2028d\u2029e\ufefff\u200bg\u001b[31m\u0000\ud800"))
        .isEqualTo("a?b?c?d?e?f?g?[31m??");
    assertThat(Check.shown("x".repeat(10_000))).hasSize(80 + "... (10000)".length());
  }
}

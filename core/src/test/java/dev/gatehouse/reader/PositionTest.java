package dev.gatehouse.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionTest {
  @ParameterizedTest
  @ValueSource(strings = {"0:0:-1:", "12:3:2:\"v1\"", "999999999999999999:7:0:\"a:b\""})
  void text_parsed_isTheSame(String text) {
    assertThat(Position.parse(text).text()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1:2",
        "-1:0:0:",
        "1:1:-2:",
        "1:1:1:W/\"weak\"",
        "1:1:1:\"two\" \"tags\"",
        "1:1:1:bare",
        "1:1:1:\"\u00e9\"",
        "1:1:1:\"a\"\r\nX: y"
      })
  void parse_whatIsNone_isRefused(String text) {
    assertThatThrownBy(() -> Position.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void isResumable_onlyWithAValidatorAndSomethingBefore() {
    assertThat(Position.START.isResumable()).isFalse();
    assertThat(Position.parse("5:1:1:").isResumable()).isFalse();
    assertThat(Position.parse("0:0:1:\"v\"").isResumable()).isFalse();
    assertThat(Position.parse("5:1:1:\"v\"").isResumable()).isTrue();
  }
}

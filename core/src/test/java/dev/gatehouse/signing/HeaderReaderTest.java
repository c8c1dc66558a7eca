package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.transport.Headers;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderReaderTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 9, 10, 1_674_087_231L, 9_999_999_999L})
  void seconds_plainDigits_thatTime(long seconds) {
    assertThat(HeaderReader.seconds(Long.toString(seconds), "t"))
        .isEqualTo(Instant.ofEpochSecond(seconds));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "01674087231",
        "+1674087231",
        "-1674087231",
        " 1674087231",
        "1674087231 ",
        "1674087231000",
        "1674087231.0",
        "1674087231L",
        "1.6e9",
        "0x63c88a3f",
        "16740_87231",
        "99999999999999999999",
        "9223372036854775808",
        "\uff11\uff16\uff17\uff14\uff10\uff18\uff17\uff12\uff13\uff11",
        "\u0661\u0666\u0667\u0664\u0660\u0668\u0667\u0662\u0663\u0661",
        "167408723\u0661",
        "NaN",
        "now"
      })
  void seconds_anythingElse_refused(String value) {
    assertThatThrownBy(() -> HeaderReader.seconds(value, "t"))
        .isInstanceOf(AuthenticationException.class);
  }

  @Test
  void base64_itsOneSpelling_thoseBytes() {
    assertThat(HeaderReader.base64("AAECAw==", "s")).containsExactly(0, 1, 2, 3);
    assertThat(HeaderReader.base64("+/+/", "s")).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "=",
        "====",
        "AAECAw",
        "AAECAw=",
        "AAECAx==",
        "AAECAw== ",
        " AAECAw==",
        "AAE\tCAw==",
        "AAECAw===",
        "AAECAw==AAEC",
        "-_-_",
        "AA=A",
        "\u0410\u0410\u0415\u0421"
      })
  void base64_anotherSpelling_refused(String value) {
    assertThatThrownBy(() -> HeaderReader.base64(value, "s"))
        .isInstanceOf(AuthenticationException.class);
  }

  @Test
  void lowerHex_thatManyBytes_thoseBytes() {
    assertThat(HeaderReader.lowerHex("00ff0a", 3, "s")).containsExactly(0, -1, 10);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "00ff", "00ff0a0b", "00FF0A", "00ff0", "00ff0g", " 0ff0a", "\uff10\uff10ff0a"})
  void lowerHex_anythingElse_refused(String value) {
    assertThatThrownBy(() -> HeaderReader.lowerHex(value, 3, "s"))
        .isInstanceOf(AuthenticationException.class);
  }

  @Test
  void single_twiceInAnyCase_refused() {
    Headers twice = Headers.of("X-Signature", "a", "x-signature", "a");
    assertThatThrownBy(() -> HeaderReader.single(twice, "X-Signature"))
        .isInstanceOf(AuthenticationException.class)
        .hasMessageContaining("X-Signature");
    assertThatThrownBy(() -> HeaderReader.atMostOne(twice, "X-Signature"))
        .isInstanceOf(AuthenticationException.class);
  }

  @Test
  void single_none_refused() {
    assertThatThrownBy(() -> HeaderReader.single(Headers.NONE, "X-Signature"))
        .isInstanceOf(AuthenticationException.class);
    assertThat(HeaderReader.atMostOne(Headers.NONE, "X-Signature")).isEmpty();
  }

  /** What a header held may be a secret that someone put in the wrong place. */
  @Test
  void seconds_refused_valueNotInMessage() {
    assertThatThrownBy(() -> HeaderReader.seconds("hunter2", "t"))
        .isInstanceOf(AuthenticationException.class)
        .hasMessageNotContaining("hunter2");
    assertThatThrownBy(() -> HeaderReader.base64("hunter2!", "t"))
        .hasMessageNotContaining("hunter2");
  }
}

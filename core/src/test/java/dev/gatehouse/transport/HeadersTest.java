package dev.gatehouse.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.transport.Headers.Field;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a message's header fields may be at most. */
class HeadersTest {
  private static final Field FIELD = new Field("a", "b");

  @Test
  void value_edge() {
    assertThat(Headers.of("a", "v".repeat(16_384)).first("A")).contains("v".repeat(16_384));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.of("a", "v".repeat(16_385)))
        .withMessage("header a must have at most 16384 characters, had 16385");
  }

  @Test
  void name_edge() {
    assertThat(Headers.of("n".repeat(256), "").fields()).hasSize(1);
    for (String name : List.of("", "n".repeat(257), "a b", "a:", "ä", "a\r", "a\n", "\0")) {
      assertThatIllegalArgumentException().isThrownBy(() -> Headers.of(name, ""));
    }
  }

  @Test
  void number_edge() {
    Headers full = Headers.of(Collections.nCopies(128, FIELD));
    assertThat(full.fields()).hasSize(128);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> full.and("a", "b"))
        .withMessage("number of headers must be in 0..128, was 129");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.of(Collections.nCopies(129, FIELD)));
  }

  /** One of them would begin a header of an attacker's; the second is a folded line. */
  @ParameterizedTest
  @ValueSource(strings = {"a\r\nx: y", "a\r\n b", "a\n", "\r", "\0", "a\u007f", "\u0085"})
  void value_withControls_refusedWithoutBeingShown(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.of("signature", value))
        .withMessageStartingWith("header signature must not hold control characters, held one at ");
  }

  @Test
  void value_withTab_taken() {
    assertThat(Headers.of("a", "b\tc").all("a")).containsExactly("b\tc");
  }

  @Test
  void allAlike_eitherSpelling_inOrder() {
    Headers headers = Headers.of("App-Key", "1", "app_key", "2", "APP_KEY", "3", "appkey", "4");
    assertThat(headers.allAlike("app_key")).containsExactly("1", "2", "3");
    assertThat(headers.allAlike("APP-KEY")).containsExactly("1", "2", "3");
    assertThat(headers.allAlike("app key")).isEmpty();
  }
}

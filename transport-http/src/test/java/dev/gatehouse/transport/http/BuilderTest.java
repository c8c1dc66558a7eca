package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Null is handed in on purpose. */
@NullUnmarked
class BuilderTest {
  private final HttpTransport.Builder builder = HttpTransport.builder();

  @Test
  void setter_badValue_namesTheRuleAndTheValue() {
    refused(() -> builder.ports(80, 0), "port must be in 1..65535, was 0");
    refused(
        () -> builder.connectTimeout(Duration.ofSeconds(61)),
        "connectTimeout must be in PT0.001S..PT1M, was PT1M1S");
    refused(() -> builder.maxAnswerBytes(0), "maxAnswerBytes must be in 1..16777216, was 0");
    refused(() -> builder.allow("10.0.0.1/8"), "10.0.0.1/8");
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining(message);
  }

  @Test
  void setter_null_namesTheArgument() {
    assertThatNullPointerException()
        .isThrownBy(() -> builder.allow((String[]) null))
        .withMessage("cidrs");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.allow((String) null))
        .withMessage("cidr");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.ports((int[]) null))
        .withMessage("ports");
    assertThatNullPointerException().isThrownBy(() -> builder.client(null)).withMessage("client");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.connectTimeout(null))
        .withMessage("connectTimeout");
  }
}

package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When a failed task is tried again. */
class RetryPolicyTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private static List<Long> millis(RetryPolicy policy) {
    return IntStream.iterate(1, retry -> policy.delayBefore(retry).isPresent(), n -> n + 1)
        .mapToObj(retry -> policy.delayBefore(retry).orElseThrow().toMillis())
        .toList();
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
  }

  @Test
  void delayBefore_linear_growsToAnHourAndEnds() {
    RetryPolicy policy = RetryPolicy.linear(Duration.ofMinutes(25), 3);

    assertThat(millis(policy)).containsExactly(1_500_000L, 3_000_000L, 3_600_000L);
    assertThat(millis(RetryPolicy.NONE)).isEmpty();
    assertThat(millis(RetryPolicy.DEFAULT)).containsExactly(5000L, 10000L, 15000L, 20000L, 25000L);
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, 42, Long.MAX_VALUE})
  void delayBefore_linearWithAnySeed_exactlyTheContracts(long seed) {
    assertThat(RetryPolicy.linear(Duration.ofSeconds(5), 3).delayBefore(3, seed))
        .contains(Duration.ofSeconds(15));
  }

  @Test
  void delayBefore_exponential_growsByTheFactorToTheMaxAndEnds() {
    assertThat(millis(RetryPolicy.exponential(SECOND, Duration.ofSeconds(10), 6)))
        .containsExactly(1000L, 2000L, 4000L, 8000L, 10000L, 10000L);
    assertThat(millis(RetryPolicy.exponential(SECOND, HOUR, 4).factor(1.5)))
        .containsExactly(1000L, 1500L, 2250L, 3375L);
    assertThat(millis(RetryPolicy.exponential(SECOND, HOUR, 3).factor(1)))
        .containsExactly(1000L, 1000L, 1000L);
  }

  @Test
  void delayBefore_exponentialFarBeyondTheMax_isTheMax() {
    assertThat(RetryPolicy.exponential(HOUR, Duration.ofHours(24), 50).factor(10).delayBefore(50))
        .contains(Duration.ofHours(24));
  }

  @ParameterizedTest
  @CsvSource({"100, 0", "50, 5000", "10, 9000", "1, 9900"})
  void delayBefore_jitter_spreadsEvenlyBetweenTheShareAndTheWhole(int percent, long least) {
    RetryPolicy policy = RetryPolicy.exponential(Duration.ofSeconds(10), HOUR, 1).jitter(percent);
    long[] drawn =
        LongStream.range(0, 10_000)
            .map(seed -> policy.delayBefore(1, seed).orElseThrow().toMillis())
            .toArray();
    long span = 10_000 - least;

    assertThat(LongStream.of(drawn).boxed())
        .allMatch(millis -> millis >= least && millis <= 10_000);
    for (int tenth = 0; tenth < 10; tenth++) {
      long from = least + span * tenth / 10;
      long to = least + span * (tenth + 1) / 10;
      assertThat(LongStream.of(drawn).filter(millis -> millis >= from && millis < to).count())
          .isBetween(850L, 1_150L);
    }
  }

  @Test
  void delayBefore_sameSeedAndRetry_sameWaitAndOthersForOthers() {
    RetryPolicy policy = RetryPolicy.linear(HOUR, 10).jitter(100);

    assertThat(policy.delayBefore(1, 7)).isEqualTo(policy.delayBefore(1, 7));
    assertThat(policy.delayBefore(1, 7)).isNotEqualTo(policy.delayBefore(1, 8));
    assertThat(policy.delayBefore(2, 7)).isNotEqualTo(policy.delayBefore(3, 7));
    assertThat(policy.delayBefore(1, 7)).contains(Duration.ofMillis(2_196_613));
  }

  @Test
  void spec_figuresAtTheirEdges_readBackAndWithin32Characters() {
    for (RetryPolicy policy :
        List.of(
            RetryPolicy.NONE,
            RetryPolicy.DEFAULT,
            RetryPolicy.linear(HOUR, 10),
            RetryPolicy.linear(HOUR, 10).jitter(100),
            RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(1), 0).jitter(0),
            RetryPolicy.exponential(HOUR, Duration.ofHours(24), 50).factor(9.9).jitter(100),
            RetryPolicy.exponential(HOUR, HOUR, 50).factor(10))) {
      assertThat(RetryPolicy.parse(policy.spec())).isEqualTo(policy);
      assertThat(policy.spec()).hasSizeLessThanOrEqualTo(32);
    }
    assertThat(RetryPolicy.DEFAULT.spec()).isEqualTo("linear:5:5");
    assertThat(RetryPolicy.exponential(SECOND, HOUR, 8).spec())
        .isEqualTo("exp:1000:2:3600000:8:50");
  }

  @Test
  void factor_everyTenth_readBack() {
    for (int tenths = 10; tenths <= 100; tenths++) {
      RetryPolicy policy = RetryPolicy.exponential(SECOND, HOUR, 1).factor(tenths / 10.0);
      assertThat(RetryPolicy.parse(policy.spec())).isEqualTo(policy);
    }
  }

  @Test
  void linear_outOfRange_refused() {
    refused(
        () -> RetryPolicy.linear(Duration.ofSeconds(3601), 1),
        "step must be in PT0S..PT1H, was PT1H1S");
    refused(
        () -> RetryPolicy.linear(Duration.ofSeconds(-1), 1),
        "step must be in PT0S..PT1H, was PT-1S");
    refused(
        () -> RetryPolicy.linear(Duration.ofMillis(1500), 1),
        "step must be whole seconds, was PT1.5S");
    refused(() -> RetryPolicy.linear(Duration.ZERO, 11), "retries must be in 0..10, was 11");
    refused(() -> RetryPolicy.NONE.jitter(101), "jitterPercent must be in 0..100, was 101");
    refused(() -> RetryPolicy.NONE.delayBefore(0), "retry must be in 1..2147483647, was 0");
  }

  @Test
  void exponential_outOfRange_refused() {
    refused(
        () -> RetryPolicy.exponential(Duration.ZERO, HOUR, 1),
        "first must be in PT0.001S..PT1H, was PT0S");
    refused(
        () -> RetryPolicy.exponential(Duration.ofHours(2), Duration.ofHours(3), 1),
        "first must be in PT0.001S..PT1H, was PT2H");
    refused(
        () -> RetryPolicy.exponential(Duration.ofNanos(1_500_000), HOUR, 1),
        "first must be whole milliseconds, was PT0.0015S");
    refused(
        () -> RetryPolicy.exponential(SECOND, Duration.ofMillis(999), 1),
        "max must be in PT1S..PT24H, was PT0.999S");
    refused(
        () -> RetryPolicy.exponential(SECOND, Duration.ofSeconds(Long.MAX_VALUE), 1),
        "max must be in PT1S..PT24H, was PT2562047788015215H30M7S");
    refused(() -> RetryPolicy.exponential(SECOND, HOUR, 51), "retries must be in 0..50, was 51");
    refused(() -> RetryPolicy.exponential(SECOND, HOUR, -1), "retries must be in 0..50, was -1");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -2, 0, 0.9, 10.1, Double.MAX_VALUE})
  void factor_outOfRange_refused(double factor) {
    refused(
        () -> RetryPolicy.exponential(SECOND, HOUR, 1).factor(factor),
        "factor must be in 1.0..10.0, was " + factor);
  }

  @Test
  void factor_finerThanTenths_refused() {
    refused(
        () -> RetryPolicy.exponential(SECOND, HOUR, 1).factor(1.25),
        "factor must be in whole tenths, was 1.25");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "linear",
        "linear:-1:3",
        "linear:5:5 ",
        "linear:5:5:",
        "linear:\u0665:5",
        "linear:99999999999999999999:1",
        "LINEAR:5:5",
        "exp:1000:2:3600000:8",
        "exp:1000:2.55:3600000:8:50",
        "exp:1000:1e1:3600000:8:50",
        "exp:1000:NaN:3600000:8:50",
        "exp:999999999:2:3600000:8:50",
        "cubic:1:2"
      })
  void parse_notASpec_refusedWithRuleAndValue(String spec) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryPolicy.parse(spec))
        .withMessageStartingWith("retry policy must match linear:")
        .withMessageEndingWith(", was '" + spec + "'");
  }

  @Test
  void parse_figureOutOfRange_refused() {
    refused(() -> RetryPolicy.parse("linear:5:11"), "retries must be in 0..10, was 11");
    refused(
        () -> RetryPolicy.parse("exp:1000:0:3600000:8:50"), "factor must be in 1.0..10.0, was 0.0");
    refused(
        () -> RetryPolicy.parse("exp:1000:2:86400001:8:50"),
        "max must be in PT1S..PT24H, was PT24H0.001S");
  }
}

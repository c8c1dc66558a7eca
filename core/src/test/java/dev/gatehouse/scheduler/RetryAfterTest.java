package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Retries that a receiver or a handler asks to come later, stepped through virtual time. */
class RetryAfterTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final List<Double> starts = new ArrayList<>();

  /** When a callback that is always answered so is called, under waits of 5 and 10 s. */
  private List<Double> startsWhenAnswered(int status, Headers headers) {
    fixture.receiver =
        request -> {
          starts.add(clock.seconds());
          return CompletableFuture.completedFuture(Response.of(status, headers, new byte[0]));
        };
    TaskEngine engine = fixture.engine();
    engine.scheduler().schedule(Task.unnumbered().application(fixture.application(7, 5, 2)));
    fixture.runUntil(engine.stepper(), Duration.ofDays(1));
    return starts;
  }

  private List<Double> startsWhenAsked(String... values) {
    List<Headers.Field> fields = new ArrayList<>();
    for (String value : values) {
      fields.add(new Headers.Field("retry-after", value));
    }
    return startsWhenAnswered(503, Headers.of(fields));
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  void answer_retryAfterLongerThanThePolicy_waitsSoLong(int status) {
    assertThat(startsWhenAnswered(status, Headers.of("Retry-After", "7")))
        .containsExactly(0.0, 7.0, 17.0);
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 400, 500, 502, 504})
  void answer_retryAfterWithAnotherStatus_waitsAsThePolicySays(int status) {
    assertThat(startsWhenAnswered(status, Headers.of("Retry-After", "700")))
        .containsExactly(0.0, 5.0, 15.0);
  }

  @Test
  void answer_httpDate_waitsUntilThen() {
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            clock.instant().plusSeconds(60).atOffset(ZoneOffset.UTC));

    assertThat(startsWhenAsked(date)).containsExactly(0.0, 60.0, 70.0);
  }

  @ParameterizedTest
  @CsvSource({
    "3600, 3600",
    "3601, 3600",
    "99999999999999999999999999, 3600",
    "00000000000000000000000000000060, 60",
    "'  60\t', 60",
    "'Fri, 31 Dec 9999 23:59:59 GMT', 3600"
  })
  void answer_largeValue_cappedAtAnHour(String value, double wait) {
    assertThat(startsWhenAsked(value)).containsExactly(0.0, wait, 2 * wait);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "-60",
        "+60",
        "60.5",
        "1e3",
        "0x3c",
        "\u0666\u0660",
        "60, 60",
        "soon",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 99 Jan 2099 00:00:00 GMT",
        "2099-01-01T00:00:00Z"
      })
  void answer_pastOrNoValue_waitsAsThePolicySays(String value) {
    assertThat(startsWhenAsked(value)).containsExactly(0.0, 5.0, 15.0);
  }

  @Test
  void answer_valueOf16KiB_waitsAsThePolicySays() {
    assertThat(startsWhenAsked("9".repeat(16 << 10))).containsExactly(0.0, 5.0, 15.0);
  }

  @Test
  void answer_severalFields_longestThatCanBeReadCounts() {
    assertThat(startsWhenAsked("6", "junk", "20", "-1")).containsExactly(0.0, 20.0, 40.0);
  }

  @Test
  void handler_retryAfter_longerOfBothWaitsAndUsesUpARetry() {
    Duration[] delays = {Duration.ofSeconds(7), Duration.ofMillis(1), Duration.ofHours(24)};
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(clock.seconds());
          return TaskResult.retryAfter(delays[Math.min(context.attempt(), 3) - 1], "busy");
        });
    TaskEngine engine = fixture.engine();
    RetryPolicy policy = RetryPolicy.linear(Duration.ofSeconds(5), 3);
    TaskId id = engine.scheduler().schedule(Task.unnumbered().handler("work").retryPolicy(policy));

    fixture.runUntil(engine.stepper(), Duration.ofDays(2));

    assertThat(starts).containsExactly(0.0, 7.0, 17.0, 86_417.0);
    assertThat(engine.scheduler().task(id).status()).isEqualTo(TaskStatus.FAILED);
    assertThat(engine.scheduler().task(id).attempts())
        .extracting(Attempt::error)
        .containsOnly("busy");
  }

  @Test
  void handler_exponentialWithJitter_startsWhenTheTasksIdForetells() {
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(clock.seconds());
          return TaskResult.failed("no");
        });
    TaskEngine engine = fixture.engine();
    RetryPolicy policy = RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofHours(1), 3);
    TaskId id = engine.scheduler().schedule(Task.unnumbered().handler("work").retryPolicy(policy));
    List<Double> foretold = new ArrayList<>(List.of(0.0));
    long millis = 0;
    for (int retry = 1; retry <= 3; retry++) {
      millis += policy.delayBefore(retry, id.value()).orElseThrow().toMillis();
      foretold.add(millis / 1000.0);
    }

    fixture.runUntil(engine.stepper(), Duration.ofHours(1));

    assertThat(starts).isEqualTo(foretold);
  }

  @Test
  void retryAfter_delayOutOfRange_refused() {
    for (Duration delay : List.of(Duration.ofNanos(-1), Duration.ofHours(24).plusNanos(1))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TaskResult.retryAfter(delay, "busy"))
          .withMessage("delay must be in PT0S..PT24H, was " + delay);
    }
  }
}

package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What schedules can be made, and what cannot. */
class ScheduleTest {
  private static void refused(ThrowingCallable call, String message) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
  }

  @Test
  void cron_nothingSaid_utcShiftFirstLast() {
    Schedule schedule = Schedule.cron("nightly", "0 3 * * mon-fri");

    assertThat(schedule.cron()).contains("0 3 * * MON-FRI");
    assertThat(schedule.interval()).isEmpty();
    assertThat(schedule.zone()).isEqualTo(ZoneOffset.UTC);
    assertThat(schedule.gap()).isEqualTo(Schedule.Gap.SHIFT);
    assertThat(schedule.overlap()).isEqualTo(Schedule.Overlap.FIRST);
    assertThat(schedule.catchUp()).isEqualTo(CatchUp.LAST);
    assertThat(schedule).hasToString("Schedule nightly 0 3 * * MON-FRI in Z");
  }

  @ParameterizedTest
  @ValueSource(strings = {" nightly", "nightly ", "night\u200bly", "e\u0301", "\u0000", "a\nb"})
  void name_thatLooksLikeAnother_refused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Schedule.cron(name, "0 3 * * *"))
        .withMessageStartingWith("schedule name must ");
  }

  @Test
  void name_edges_judgedByLength() {
    assertThat(Schedule.every("\u0130".repeat(30), Duration.ofSeconds(1)).name()).hasSize(30);
    refused(
        () -> Schedule.cron("", "0 3 * * *"), "schedule name must have 1..30 characters, had 0");
    refused(
        () -> Schedule.cron("x".repeat(31), "0 3 * * *"),
        "schedule name must have 1..30 characters, had 31");
  }

  @Test
  void every_outOfRange_refused() {
    refused(
        () -> Schedule.every("s", Duration.ofMillis(999)),
        "interval must be in PT1S..PT876000H, was PT0.999S");
    refused(
        () -> Schedule.every("s", Duration.ofSeconds(-1)),
        "interval must be in PT1S..PT876000H, was PT-1S");
    refused(
        () -> Schedule.every("s", Duration.ofSeconds(Long.MAX_VALUE)),
        "interval must be in PT1S..PT876000H, was PT2562047788015215H30M7S");
    refused(
        () -> Schedule.every("s", Duration.ofNanos(1_000_000_001)),
        "interval must be whole milliseconds, was PT1.000000001S");
  }

  @Test
  void every_whatOnlyCronHas_refused() {
    Schedule schedule = Schedule.every("s", Duration.ofSeconds(1));
    refused(
        () -> schedule.zone(ZoneOffset.UTC),
        "zone must be given to a cron schedule, this has an interval");
    refused(
        () -> schedule.gap(Schedule.Gap.SKIP),
        "gap must be given to a cron schedule, this has an interval");
    refused(
        () -> schedule.overlap(Schedule.Overlap.BOTH),
        "overlap must be given to a cron schedule, this has an interval");
  }

  @Test
  void fromAndUntil_outOfRange_refused() {
    Schedule schedule = Schedule.cron("s", "0 3 * * *");
    for (Instant time : List.of(Instant.EPOCH.minusNanos(1), Instant.MAX, Instant.MIN)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> schedule.from(time))
          .withMessage("from must be in 1970..2169, was " + time);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> schedule.until(time))
          .withMessage("until must be in 1970..2169, was " + time);
    }
  }

  @Test
  void catchUp_all_judgedByNumber() {
    assertThat(CatchUp.all(100)).isEqualTo(CatchUp.parse("all:100")).hasToString("all:100");
    assertThat(CatchUp.all(1)).isNotEqualTo(CatchUp.LAST);
    refused(() -> CatchUp.all(0), "max must be in 1..100, was 0");
    refused(() -> CatchUp.all(101), "max must be in 1..100, was 101");
  }
}

package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.scheduler.Schedule.Gap;
import dev.gatehouse.scheduler.Schedule.Overlap;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When schedules occur, and what is made up for. */
class TimingTest {
  private static final long NOW = Instant.parse("2026-06-01T12:00:00Z").toEpochMilli();
  private static final long MINUTE = 60_000;

  private static Timing timing(Schedule schedule, long firstMillis) {
    return Timing.parse(Timing.text(schedule), firstMillis);
  }

  private static Timing every(Duration interval, CatchUp catchUp) {
    return timing(Schedule.every("s", interval).catchUp(catchUp), NOW);
  }

  /** What is to be inserted, with every occurrence looked at. */
  private static List<Long> model(Timing timing, long next, long now, long horizon) {
    List<Long> missed = new ArrayList<>();
    List<Long> later = new ArrayList<>();
    boolean past = false;
    for (long time = next; time <= horizon; time = timing.nextAfter(time)) {
      (time < now - MINUTE ? missed : later).add(time);
      past |= time >= now - MINUTE && time <= now;
    }
    String policy = timing.catchUp().toString();
    int kept =
        policy.equals("none") || (policy.equals("last") && past)
            ? 0
            : policy.equals("last") ? 1 : Integer.parseInt(policy.substring("all:".length()));
    List<Long> times =
        new ArrayList<>(missed.subList(Math.max(0, missed.size() - kept), missed.size()));
    times.addAll(later);
    return times;
  }

  @Test
  void plan_randomDelays_asTheModelSays() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    Random random = new Random(seed);
    CatchUp[] policies = {CatchUp.NONE, CatchUp.LAST, CatchUp.all(1), CatchUp.all(7)};
    for (int i = 0; i < 400; i++) {
      CatchUp catchUp = policies[random.nextInt(policies.length)];
      Timing timing =
          random.nextBoolean()
              ? every(Duration.ofSeconds(1 + random.nextInt(200)), catchUp)
              : timing(
                  Schedule.cron("s", (1 + random.nextInt(59)) + "/7 * * * *").catchUp(catchUp), 0);
      long next = timing.nextAfter(NOW);
      long now = next - MINUTE + random.nextInt(20 * (int) MINUTE);
      long horizon = now + random.nextInt(3_000);

      Timing.Plan plan = timing.plan(next, now, horizon);

      assertThat(plan.times())
          .as("%s now %s, -Dgatehouse.seed=%s", timing, Instant.ofEpochMilli(now), seed)
          .isEqualTo(model(timing, next, now, horizon));
      assertThat(plan.nextMillis()).isEqualTo(timing.nextAfter(Math.max(horizon, next - 1)));
    }
  }

  @ParameterizedTest
  @CsvSource({"none, 61", "last, 61", "all:100, 161"})
  void plan_yearOfSecondsMissed_boundedAndSoon(String catchUp, int count) {
    Timing timing = every(Duration.ofSeconds(1), CatchUp.parse(catchUp));
    long now = NOW + Duration.ofDays(365).toMillis();

    Timing.Plan plan = timing.plan(NOW, now, now);

    assertThat(plan.times()).hasSize(count).isSorted().endsWith(now);
    assertThat(plan.nextMillis()).isEqualTo(now + 1_000);
  }

  @Test
  void plan_clockBehindTheNext_nothingToDo() {
    Timing timing = every(Duration.ofHours(1), CatchUp.LAST);

    assertThat(timing.plan(NOW, NOW - 1, NOW - 1)).isEqualTo(new Timing.Plan(List.of(), NOW));
  }

  @Test
  void plan_nextThatTheRulesNoLongerKnow_occursAllTheSame() {
    Timing timing = every(Duration.ofHours(1), CatchUp.LAST);

    assertThat(timing.plan(NOW + 7, NOW + 7, NOW + 7))
        .isEqualTo(new Timing.Plan(List.of(NOW + 7), NOW + 3_600_000));
  }

  @Test
  void nextAfter_fromAndUntil_nothingOutside() {
    Instant from = Instant.ofEpochMilli(NOW);
    Timing cron =
        timing(Schedule.cron("s", "0 * * * *").from(from).until(from.plusSeconds(3_600)), 0);

    assertThat(cron.nextAfter(0)).isEqualTo(NOW);
    assertThat(cron.nextAfter(NOW)).isEqualTo(NOW + 3_600_000);
    assertThat(cron.nextAfter(NOW + 3_600_000)).isEqualTo(Rhythm.NEVER);
  }

  @Test
  void nextAfter_interval_countsElapsedTimeWhateverTheZone() {
    Timing timing = every(Duration.ofHours(24), CatchUp.LAST);

    assertThat(timing.nextAfter(0)).isEqualTo(NOW);
    assertThat(timing.nextAfter(NOW - 1)).isEqualTo(NOW);
    assertThat(timing.nextAfter(NOW)).isEqualTo(NOW + 86_400_000);
    assertThat(timing.nextAfter(NOW + 86_400_000L * 1_000 + 1))
        .isEqualTo(NOW + 86_400_000L * 1_001);
    assertThat(timing.nextAfter(Timing.LATEST)).isEqualTo(Rhythm.NEVER);
    assertThat(timing.nextAfter(Long.MAX_VALUE - 1)).isEqualTo(Rhythm.NEVER);
  }

  @Test
  void text_everyField_readBack() {
    Schedule schedule =
        Schedule.cron("s", " 0  3 * *  mon ")
            .zone(ZoneId.of("America/Argentina/ComodRivadavia"))
            .gap(Gap.SKIP)
            .overlap(Overlap.BOTH)
            .catchUp(CatchUp.all(100))
            .from(Instant.ofEpochMilli(1))
            .until(Instant.ofEpochMilli(2));

    Timing timing = timing(schedule, 0);

    assertThat(Timing.text(schedule))
        .isEqualTo(
            "{\"cron\":\"0 3 * * MON\",\"zone\":\"America/Argentina/ComodRivadavia\","
                + "\"gap\":\"SKIP\",\"overlap\":\"BOTH\",\"catchUp\":\"all:100\","
                + "\"from\":1,\"until\":2}");
    assertThat(timing.catchUp()).isEqualTo(CatchUp.all(100));
    assertThat(timing.fromMillis()).isEqualTo(1);
    assertThat(timing.untilMillis()).isEqualTo(2);
    assertThat(((CronRhythm) timing.rhythm()).gap()).isEqualTo(Gap.SKIP);
    assertThat(((CronRhythm) timing.rhythm()).overlap()).isEqualTo(Overlap.BOTH);
    assertThat(Timing.shown(Timing.text(schedule)))
        .isEqualTo("0 3 * * MON in America/Argentina/ComodRivadavia");
    assertThat(Timing.shown(Timing.text(Schedule.every("s", Duration.ofSeconds(10)))))
        .isEqualTo("every PT10S");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "x",
        "{\"everyMillis\":0,\"catchUp\":\"last\"}",
        "{\"everyMillis\":5000}",
        "{\"everyMillis\":5000,\"catchUp\":\"all:101\"}",
        "{\"everyMillis\":5000,\"catchUp\":\"some\"}",
        "{\"cron\":\"0 3 * * *\",\"zone\":\"Mars/Base\",\"gap\":\"SKIP\",\"overlap\":\"BOTH\","
            + "\"catchUp\":\"last\"}",
        "{\"cron\":\"0 3 * * *\",\"zone\":\"Z\",\"gap\":\"NEW\",\"overlap\":\"BOTH\","
            + "\"catchUp\":\"last\"}"
      })
  void parse_otherText_refused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Timing.parse(text, 0));
  }
}

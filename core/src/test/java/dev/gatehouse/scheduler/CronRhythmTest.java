package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.Schedule.Gap;
import dev.gatehouse.scheduler.Schedule.Overlap;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What changes of a zone's offset do to a cron expression. */
class CronRhythmTest {
  private static final Instant FIRST_CHANGE = Instant.parse("2000-01-01T00:00:00Z");
  private static final Instant LAST_CHANGE = Instant.parse("2037-12-31T00:00:00Z");
  private static final Duration HALF_HOUR = Duration.ofMinutes(30);

  /** Every half hour of local time, mapped one by one as the policies are worded. */
  private static NavigableSet<Instant> model(
      ZoneRules rules, Gap gap, Overlap overlap, LocalDateTime from, LocalDateTime to) {
    NavigableSet<Instant> times = new TreeSet<>();
    for (LocalDateTime local = from; !local.isAfter(to); local = local.plus(HALF_HOUR)) {
      List<ZoneOffset> offsets = rules.getValidOffsets(local);
      if (offsets.isEmpty()) {
        if (gap == Gap.SHIFT) {
          times.add(local.toInstant(rules.getTransition(local).getOffsetBefore()));
        }
      } else {
        times.add(local.toInstant(offsets.get(0)));
        if (overlap == Overlap.BOTH) {
          times.add(local.toInstant(offsets.get(offsets.size() - 1)));
        }
      }
    }
    return times;
  }

  private static List<Instant> times(Rhythm rhythm, Instant from, Instant to) {
    List<Instant> times = new ArrayList<>();
    Instant next = Instant.ofEpochMilli(rhythm.nextAfter(from.toEpochMilli() - 1));
    while (!next.isAfter(to)) {
      times.add(next);
      next = Instant.ofEpochMilli(rhythm.nextAfter(next.toEpochMilli()));
    }
    return times;
  }

  private static LocalDateTime wholeHour(Instant instant, ZoneRules rules) {
    return LocalDateTime.ofInstant(instant, rules.getOffset(instant)).withMinute(0).withSecond(0);
  }

  private static void assertAsModel(ZoneId zone, ZoneOffsetTransition change, Rhythm rhythm) {
    CronRhythm cron = (CronRhythm) rhythm;
    Duration margin = change.getDuration().abs().plus(HALF_HOUR);
    Instant from = change.getInstant().minus(margin);
    Instant to = change.getInstant().plus(margin);
    Duration day = Duration.ofDays(2);
    List<Instant> expected =
        List.copyOf(
            model(
                    zone.getRules(),
                    cron.gap(),
                    cron.overlap(),
                    wholeHour(from, zone.getRules()).minus(day),
                    wholeHour(to, zone.getRules()).plus(day))
                .subSet(from, true, to, true));
    assertThat(times(rhythm, from, to)).as("%s %s %s", zone, change, cron).isEqualTo(expected);
  }

  /** Of a fifth of the zones, another fifth with each seed: all of them take a minute. */
  @Test
  void nextAfter_everyChangeOfManyZones2000To2037_asTheModelSays() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    Random random = new Random(seed);
    CronExpression halfHours = CronExpression.parse("*/30 * * * *");
    Set<ZoneRules> seen = new HashSet<>();
    int changes = 0;
    for (String id : new TreeSet<>(ZoneId.getAvailableZoneIds())) {
      ZoneId zone = ZoneId.of(id);
      if (!seen.add(zone.getRules()) || random.nextInt(5) != 0) {
        continue;
      }
      ZoneOffsetTransition change = zone.getRules().nextTransition(FIRST_CHANGE);
      while (change != null && change.getInstant().isBefore(LAST_CHANGE)) {
        for (Gap gap : Gap.values()) {
          for (Overlap overlap : Overlap.values()) {
            assertAsModel(zone, change, new CronRhythm(halfHours, zone, gap, overlap));
          }
        }
        changes++;
        change = zone.getRules().nextTransition(change.getInstant());
      }
    }
    assertThat(changes).as("seed %s", seed).isGreaterThan(500);
  }

  @ParameterizedTest
  @CsvSource({
    "SKIP, FIRST, 2026-03-30T00:30:00Z",
    "SKIP, BOTH, 2026-03-30T00:30:00Z",
    "SHIFT, FIRST, 2026-03-29T01:30:00Z",
    "SHIFT, BOTH, 2026-03-29T01:30:00Z"
  })
  void nextAfter_halfPastTwoWhenTwoBecomesThree_skippedOrAnHourLater(
      Gap gap, Overlap overlap, Instant next) {
    CronRhythm rhythm = berlin("30 2 * * *", gap, overlap);

    assertThat(times(rhythm, Instant.parse("2026-03-28T12:00:00Z"), next)).containsExactly(next);
  }

  @Test
  void nextAfter_halfPastTwoWhenThreeBecomesTwo_onceOrTwice() {
    Instant from = Instant.parse("2026-10-24T12:00:00Z");
    Instant to = from.plus(Duration.ofDays(1));
    Instant summer = Instant.parse("2026-10-25T00:30:00Z");

    assertThat(times(berlin("30 2 * * *", Gap.SHIFT, Overlap.FIRST), from, to))
        .containsExactly(summer);
    assertThat(times(berlin("30 2 * * *", Gap.SHIFT, Overlap.BOTH), from, to))
        .containsExactly(summer, summer.plusSeconds(3_600));
  }

  @Test
  void nextAfter_dayThatApiaLeftOut_isMadeUpForOnTheNextOrNot() {
    Instant from = Instant.parse("2011-12-29T00:00:00Z");
    Instant to = Instant.parse("2011-12-31T12:00:00Z");
    CronExpression noon = CronExpression.parse("0 12 * * *");
    ZoneId apia = ZoneId.of("Pacific/Apia");

    // 30 December is shifted onto 31 December, whose own noon is the same instant.
    for (Gap gap : Gap.values()) {
      assertThat(times(new CronRhythm(noon, apia, gap, Overlap.FIRST), from, to))
          .containsExactly(
              Instant.parse("2011-12-29T22:00:00Z"), Instant.parse("2011-12-30T22:00:00Z"));
    }
    CronExpression thirtieth = CronExpression.parse("0 12 30 12 *");
    assertThat(times(new CronRhythm(thirtieth, apia, Gap.SKIP, Overlap.FIRST), from, to)).isEmpty();
    assertThat(times(new CronRhythm(thirtieth, apia, Gap.SHIFT, Overlap.FIRST), from, to))
        .containsExactly(Instant.parse("2011-12-30T22:00:00Z"));
  }

  @Test
  void nextAfter_leapDay_yearsAhead() {
    CronRhythm rhythm = berlin("0 0 29 2 *", Gap.SHIFT, Overlap.FIRST);

    assertThat(rhythm.nextAfter(Instant.parse("2096-03-01T00:00:00Z").toEpochMilli()))
        .isEqualTo(Instant.parse("2104-02-28T23:00:00Z").toEpochMilli());
  }

  @Test
  void nextAfter_dayThatIsInNoMonth_never() {
    assertThat(berlin("0 0 30 2 *", Gap.SHIFT, Overlap.BOTH).nextAfter(0)).isEqualTo(Rhythm.NEVER);
  }

  private static CronRhythm berlin(String cron, Gap gap, Overlap overlap) {
    return new CronRhythm(CronExpression.parse(cron), ZoneId.of("Europe/Berlin"), gap, overlap);
  }
}

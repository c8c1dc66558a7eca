package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.Schedule.Gap;
import dev.gatehouse.scheduler.Schedule.Overlap;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A cron expression in a zone. A local time that the zone has once occurs then; one that it skips
 * (a gap) or has twice (an overlap) occurs as the two policies say. Immutable.
 *
 * <p>Between two changes of its offset a zone's time is a straight line, so each such stretch is
 * looked through by itself: for local times of its own, less those that an overlap has had before,
 * and for local times of the gap at its beginning, which come the length of the gap later.
 */
record CronRhythm(CronExpression cron, ZoneId zone, Gap gap, Overlap overlap) implements Rhythm {

  @Override
  public long nextAfter(long millis) {
    ZoneRules rules = zone.getRules();
    Instant from = Instant.ofEpochMilli(millis).plusMillis(1);
    while (from.toEpochMilli() <= Timing.LATEST) {
      // From a change's own instant on, its new offset holds.
      ZoneOffsetTransition begin = rules.previousTransition(from.plusNanos(1));
      ZoneOffsetTransition end = rules.nextTransition(from);
      ZoneOffset offset = rules.getOffset(from);
      Instant found = earlier(own(from, offset, begin, end), ofGap(from, begin));
      if (found != null) {
        return found.toEpochMilli();
      }
      if (end == null) {
        return NEVER;
      }
      from = end.getInstant();
    }
    return NEVER;
  }

  private @Nullable Instant own(
      Instant from,
      ZoneOffset offset,
      @Nullable ZoneOffsetTransition begin,
      @Nullable ZoneOffsetTransition end) {
    LocalDateTime local =
        LocalDateTime.ofEpochSecond(from.getEpochSecond(), from.getNano(), offset);
    if (overlap == Overlap.FIRST && begin != null && local.isBefore(begin.getDateTimeBefore())) {
      local = begin.getDateTimeBefore();
    }
    Optional<LocalDateTime> next = cron.atOrAfter(local);
    return next.isPresent() && (end == null || next.get().isBefore(end.getDateTimeBefore()))
        ? next.get().toInstant(offset)
        : null;
  }

  private @Nullable Instant ofGap(Instant from, @Nullable ZoneOffsetTransition begin) {
    if (gap == Gap.SKIP || begin == null || !begin.isGap()) {
      return null;
    }
    ZoneOffset before = begin.getOffsetBefore();
    LocalDateTime local =
        LocalDateTime.ofEpochSecond(from.getEpochSecond(), from.getNano(), before);
    if (!local.isBefore(begin.getDateTimeAfter())) {
      return null;
    }
    return cron.atOrAfter(local)
        .filter(next -> next.isBefore(begin.getDateTimeAfter()))
        .map(next -> next.toInstant(before))
        .orElse(null);
  }

  private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isBefore(other) ? one : other;
  }
}

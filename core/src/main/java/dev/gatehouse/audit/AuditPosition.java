package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.util.Comparator;

/**
 * SPI: a place in the order of the log, which is by time, then by id. Records have ids above 0, so
 * a position with id 0 comes before every record of that microsecond. Immutable.
 *
 * @param timeMicros microseconds since 1970-01-01T00:00Z, 0 or more
 * @param id 0 or more
 */
public record AuditPosition(long timeMicros, long id) implements Comparable<AuditPosition> {
  private static final Comparator<AuditPosition> ORDER =
      Comparator.comparingLong(AuditPosition::timeMicros).thenComparingLong(AuditPosition::id);

  /** Checks the range of both. */
  public AuditPosition {
    Check.range(timeMicros, 0, Long.MAX_VALUE, "timeMicros");
    Check.range(id, 0, Long.MAX_VALUE, "id");
  }

  @Override
  public int compareTo(AuditPosition other) {
    return ORDER.compare(this, other);
  }

  /** The position right after this one: no record lies between. */
  AuditPosition successor() {
    return new AuditPosition(timeMicros, id + 1);
  }

  /** A position before this one with no record between. */
  AuditPosition predecessor() {
    return id == 0 ? this : new AuditPosition(timeMicros, id - 1);
  }
}

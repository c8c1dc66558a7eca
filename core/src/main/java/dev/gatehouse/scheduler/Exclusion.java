package dev.gatehouse.scheduler;

import dev.gatehouse.check.Check;
import java.util.Set;

/**
 * What a claim passes over: tasks of these kinds, tasks of these applications, and what is due
 * before that time. Immutable.
 *
 * @param kinds at most {@link #MAX_KINDS}
 * @param applicationIds at most {@link #MAX_APPLICATIONS}; 0 is the host itself
 * @param dueFromMillis in epoch milliseconds; {@link Long#MIN_VALUE}: nothing for its due time
 */
public record Exclusion(Set<String> kinds, Set<Long> applicationIds, long dueFromMillis) {
  /** Most kinds. */
  public static final int MAX_KINDS = 64;

  /** Most applications. */
  public static final int MAX_APPLICATIONS = 128;

  /** Nothing is passed over. */
  public static final Exclusion NONE = new Exclusion(Set.of(), Set.of(), Long.MIN_VALUE);

  /** Copies the sets, and checks their sizes. */
  public Exclusion {
    kinds = Set.copyOf(kinds);
    applicationIds = Set.copyOf(applicationIds);
    Check.range(kinds.size(), 0, MAX_KINDS, "number of kinds");
    Check.range(applicationIds.size(), 0, MAX_APPLICATIONS, "number of applicationIds");
  }

  /** Whether nothing is passed over. */
  public boolean isNone() {
    return kinds.isEmpty() && applicationIds.isEmpty() && dueFromMillis == Long.MIN_VALUE;
  }

  /** Whether the task is passed over, whenever it is due. */
  public boolean covers(TaskRow row) {
    return kinds.contains(row.kind()) || applicationIds.contains(row.applicationId());
  }

  /** The same, and what is due before that time as well. */
  Exclusion dueFrom(long millis) {
    return new Exclusion(kinds, applicationIds, millis);
  }

  /** Whether all that the other passes over is passed over here, but for what is due too early. */
  boolean includes(Exclusion other) {
    return kinds.containsAll(other.kinds) && applicationIds.containsAll(other.applicationIds);
  }
}

package dev.gatehouse.scheduler;

import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/** Whose turn it is among tasks of several priorities, so that none starves another. Stateless. */
final class Shares {
  private Shares() {}

  /**
   * The priority whose turn it is: over successive turns each has its {@linkplain Priority#weight
   * weight}, as evenly spread as can be.
   *
   * @param turn a number that grows by one with each
   * @param present those that have someone who waits, at least one
   */
  static Priority turn(long turn, Collection<Priority> present) {
    int cycle = present.stream().mapToInt(Priority::weight).sum();
    Map<Priority, Integer> credits = new EnumMap<>(Priority.class);
    present.forEach(priority -> credits.put(priority, 0));
    Priority chosen = null;
    for (long step = Math.floorMod(turn, (long) cycle); step >= 0; step--) {
      credits.replaceAll((priority, credit) -> credit + priority.weight());
      chosen = mostCredited(credits);
      credits.merge(chosen, -cycle, Integer::sum);
    }
    if (chosen == null) {
      throw new IllegalArgumentException("present must not be empty");
    }
    return chosen;
  }

  /** The more urgent one of those that have as much. */
  private static Priority mostCredited(Map<Priority, Integer> credits) {
    Priority most = credits.keySet().iterator().next();
    for (Map.Entry<Priority, Integer> entry : credits.entrySet()) {
      if (entry.getValue() > credits.getOrDefault(most, 0)) {
        most = entry.getKey();
      }
    }
    return most;
  }
}

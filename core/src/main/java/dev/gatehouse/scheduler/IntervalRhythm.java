package dev.gatehouse.scheduler;

/**
 * Once in a while, counted in elapsed time: no clock's change of offset matters. Immutable.
 *
 * @param firstMillis nothing occurs before
 */
record IntervalRhythm(long intervalMillis, long firstMillis) implements Rhythm {
  @Override
  public long nextAfter(long millis) {
    if (millis < firstMillis) {
      return firstMillis;
    }
    long next = millis - (millis - firstMillis) % intervalMillis + intervalMillis;
    return next < millis ? NEVER : next;
  }
}

package dev.gatehouse.scheduler;

/**
 * What becomes of an occurrence of a schedule while an earlier one has not ended: waits to begin or
 * to be retried, is paused, or runs.
 */
public enum IfRunning {
  /** It begins in its time, beside the earlier one. */
  BEGIN,
  /**
   * It does not take place. Of occurrences that are to be made up for only the last does. Whether
   * the earlier one has ended is looked at when the time has come, so such occurrences begin up to
   * about a second later than others.
   */
  SKIP
}

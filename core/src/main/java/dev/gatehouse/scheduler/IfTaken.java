package dev.gatehouse.scheduler;

/**
 * What becomes of a task whose number the application has given to a task that is still kept. A
 * replaced task keeps its id, and with it the key by which handlers and receivers tell repetitions:
 * the fence tells which of its definitions an attempt is of. Replacing never ends a pause.
 */
public enum IfTaken {
  /** It is not scheduled. */
  REJECT,
  /** It is not scheduled: the one that has the number will do, waiting, running or ended. */
  KEEP,
  /**
   * It takes the place of one that waits, its retries counted anew. One that is running, or that
   * another node is about to begin, is kept, and so is one that has ended.
   */
  REPLACE_IF_READY,
  /**
   * It takes the place of the other, wherever that stands: an attempt under way is told to end and
   * whatever it returns is ignored; one that had ended waits again.
   */
  SUPERSEDE
}

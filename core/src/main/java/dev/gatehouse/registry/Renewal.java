package dev.gatehouse.registry;

/** What came of the renewal of a lease. */
enum Renewal {
  /** It begins anew. */
  DONE,

  /** Another transaction changes or renews it: whether it had ended is not known. */
  BUSY,

  /** It had ended, and the instance is there still. */
  OVER,

  /** The instance is not there: it was removed, by somebody or when its lease had ended. */
  GONE,

  /** The instance was registered again meanwhile. */
  SUPERSEDED
}

package dev.gatehouse.registry;

/** How a request to an instance ended, as far as that tells of the instance's health. */
enum Ending {
  /** With an answer that is no failure. */
  ANSWERED,

  /** With 429: it is alive, and wants fewer calls. */
  SHED,

  /** Without an answer, or with one that is a failure. */
  FAILED,

  /** It was cancelled because another instance, asked later, answered sooner. */
  OVERTAKEN,

  /** It was cancelled because nobody waits any more. */
  ABANDONED
}

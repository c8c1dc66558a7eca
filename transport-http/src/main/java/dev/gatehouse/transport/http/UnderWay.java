package dev.gatehouse.transport.http;

import dev.gatehouse.error.TransportException;

/** A request under way, that the deadline or closing may end. Safe for use by multiple threads. */
interface UnderWay {
  /** Where it goes: scheme, host and port. */
  String origin();

  /** When its time is up, by {@link System#nanoTime}. */
  long endNanoTime();

  /** Ends it early; no effect once it has ended. */
  void end(TransportException failure);
}

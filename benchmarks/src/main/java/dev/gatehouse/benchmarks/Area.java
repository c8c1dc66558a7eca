package dev.gatehouse.benchmarks;

import java.util.List;
import java.util.Map;

/**
 * A part of Gatehouse that is measured, with its peers and limits. Construction does no I/O; what
 * the measurements share, such as a database server, is started by the first that needs it. Not
 * safe: confine to one thread.
 */
public interface Area extends AutoCloseable {
  /** Its cases, the most telling first. */
  List<Case> cases();

  /** What it measures with, by name, for the report. */
  Map<String, String> versions();

  /** Ends what the measurements share. */
  @Override
  void close();
}

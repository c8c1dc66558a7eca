package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.LogName;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The tables of one log. Those of the logs are alike but for their names, which statements have as
 * {@code gh_{log}}: apart, each log has its own locks and its own index pages to append to. Safe
 * for use by multiple threads.
 */
final class LogTables {
  private static final String NAME = "{log}";

  private final LogName log;
  private final Map<String, String> statements = new ConcurrentHashMap<>();

  LogTables(LogName log) {
    this.log = log;
  }

  LogName log() {
    return log;
  }

  /**
   * The statement on this log's tables.
   *
   * @param template one of a few constants: what it becomes is kept
   */
  String in(String template) {
    return statements.computeIfAbsent(template, one -> one.replace(NAME, log.toString()));
  }
}

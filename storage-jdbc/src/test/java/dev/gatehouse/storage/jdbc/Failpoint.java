package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import javax.sql.DataSource;

/**
 * A commit next to which a process ends, without a word to anyone, as if it were killed there; or
 * waits, so that it can be frozen there.
 */
enum Failpoint {
  BEFORE_CLAIM("JdbcTaskStore", "claim"),
  AFTER_CLAIM("JdbcTaskStore", "claim"),
  BEFORE_FLUSH("Settler", "write"),
  AFTER_FLUSH("Settler", "write"),
  BEFORE_COMPLETION("RecordingNode", "once"),
  AFTER_COMPLETION("RecordingNode", "once"),

  /** What is to be done after the commit is not done. */
  AFTER_SCHEDULING("Gatehouse", "inTransaction"),

  /** Waits with the transaction open until there is no more standard input. */
  WITHIN_FLUSH("Settler", "write"),
  WITHIN_PASSAGE("Gatekeeper", "flushSome"),
  WITHIN_ADVANCE("Advancer", "advance");

  /** What a process prints that waits. */
  static final String WAITS = "waits at the failpoint";

  /** As of a process that SIGKILL ended. */
  static final int EXIT = 128 + 9;

  private final String type;
  private final String method;

  /** At the commits of that method of that class. */
  Failpoint(String type, String method) {
    this.type = type;
    this.method = method;
  }

  boolean isOfScheduling() {
    return this == AFTER_SCHEDULING;
  }

  private boolean isBefore() {
    return name().startsWith("BEFORE_");
  }

  /** That DataSource's connections, with the failpoint in them. */
  DataSource in(DataSource sound) {
    return JdbcProxy.of(
        DataSource.class,
        (method, arguments) -> {
          Object result = JdbcProxy.invoke(sound, method, arguments);
          return result instanceof Connection connection ? in(connection) : result;
        });
  }

  private Connection in(Connection connection) {
    return JdbcProxy.of(
        Connection.class,
        (called, arguments) -> {
          if (!called.getName().equals("commit") || !isUnderWay()) {
            return JdbcProxy.invoke(connection, called, arguments);
          }
          if (name().startsWith("WITHIN_")) {
            System.out.println(WAITS);
            System.in.read();
            return JdbcProxy.invoke(connection, called, arguments);
          }
          if (!isBefore()) {
            connection.commit();
          }
          Runtime.getRuntime().halt(EXIT);
          throw new AssertionError("halted");
        });
  }

  private boolean isUnderWay() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames.anyMatch(
                    frame ->
                        frame.getMethodName().equals(method)
                            && frame.getClassName().endsWith("." + type)));
  }
}

package dev.gatehouse.scheduler;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Which gates a task goes through, by what its row and the options say. Immutable. */
final class GateRules {
  private static final String LINE = "line:";
  private static final String PACE = "pace:";

  private final SchedulerOptions options;

  GateRules(SchedulerOptions options) {
    this.options = options;
  }

  /** A gate where so many may be at a time. */
  record Counted(String gate, int limit) {}

  /** A gate that lets through one after the other. */
  record Paced(String gate, long intervalMicros, int burst) {}

  /** Whether the task goes through any gate. */
  boolean concern(TaskRow row) {
    return row.key() != null
        || options.limit(row.kind()).isPresent()
        || (row.applicationId() != 0 && options.applicationLimit().isPresent());
  }

  /**
   * The gate that lets through one at a time, and in whose line tasks of one order stand from their
   * insertion to their end.
   */
  static Optional<String> line(TaskRow row) {
    return row.key() == null || row.keyLimit() != 0
        ? Optional.empty()
        : Optional.of(LINE + row.applicationId() + ":" + row.key());
  }

  /** The places that new tasks have in lines. */
  static List<GateStore.Place> lines(Collection<TaskRow> rows) {
    List<GateStore.Place> places = new ArrayList<>();
    for (TaskRow row : rows) {
      line(row).ifPresent(line -> places.add(inLine(row, line)));
    }
    return places;
  }

  static GateStore.Place inLine(TaskRow row, String line) {
    return new GateStore.Place(line, row.id(), row.runtimeMillis(), 1, false);
  }

  static boolean isLine(String gate) {
    return gate.startsWith(LINE);
  }

  static boolean isPaced(String gate) {
    return gate.startsWith(PACE);
  }

  /** Those that it goes through for each attempt, in that order. */
  List<Counted> counted(TaskRow row) {
    List<Counted> gates = new ArrayList<>();
    if (row.key() != null && row.keyLimit() != 0) {
      gates.add(new Counted("key:" + row.applicationId() + ":" + row.key(), row.keyLimit()));
    }
    options.limit(row.kind()).ifPresent(limit -> addCounted(gates, "handler:" + row.kind(), limit));
    if (row.applicationId() != 0) {
      options
          .applicationLimit()
          .ifPresent(limit -> addCounted(gates, "application:" + row.applicationId(), limit));
    }
    return gates;
  }

  private static void addCounted(List<Counted> gates, String gate, Limit limit) {
    limit.concurrent().ifPresent(concurrent -> gates.add(new Counted(gate, concurrent)));
  }

  /** Those that it goes through last, in that order. */
  List<Paced> paced(TaskRow row) {
    List<Paced> gates = new ArrayList<>();
    options
        .limit(row.kind())
        .ifPresent(limit -> addPaced(gates, PACE + "handler:" + row.kind(), limit));
    if (row.applicationId() != 0) {
      options
          .applicationLimit()
          .ifPresent(limit -> addPaced(gates, PACE + "application:" + row.applicationId(), limit));
    }
    return gates;
  }

  private static void addPaced(List<Paced> gates, String gate, Limit limit) {
    limit
        .interval()
        .ifPresent(
            interval -> gates.add(new Paced(gate, interval.toNanos() / 1_000, limit.burst())));
  }
}

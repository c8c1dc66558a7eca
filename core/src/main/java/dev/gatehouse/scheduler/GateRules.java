package dev.gatehouse.scheduler;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Which gates a task goes through, by what its row and the options say. Immutable. */
final class GateRules {
  private static final String LINE = "line:";
  private static final String HANDLER = "handler:";
  private static final String APPLICATION = "application:";
  private static final String PACE = "pace:";

  private final SchedulerOptions options;
  private final Set<String> kinds;

  /**
   * Rules.
   *
   * @param kinds of tasks that this node has handlers for
   */
  GateRules(SchedulerOptions options, Set<String> kinds) {
    this.options = options;
    this.kinds = kinds;
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

  /** Whether it holds places while it runs, for which others may wait. */
  boolean holdsPlaces(TaskRow row) {
    return row.key() != null || !counted(row).isEmpty();
  }

  /** Whether it goes through one gate only. */
  boolean isOnly(TaskRow row) {
    return names(row).size() == 1;
  }

  /** All that it goes through, in that order. */
  List<String> names(TaskRow row) {
    return Stream.of(
            line(row).stream(),
            counted(row).stream().map(Counted::gate),
            paced(row).stream().map(Paced::gate))
        .flatMap(gate -> gate)
        .toList();
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
    options.limit(row.kind()).ifPresent(limit -> addCounted(gates, HANDLER + row.kind(), limit));
    if (row.applicationId() != 0) {
      options
          .applicationLimit()
          .ifPresent(limit -> addCounted(gates, APPLICATION + row.applicationId(), limit));
    }
    return gates;
  }

  private static void addCounted(List<Counted> gates, String gate, Limit limit) {
    limit.concurrent().ifPresent(concurrent -> gates.add(new Counted(gate, concurrent)));
  }

  /** Those that it goes through last, in that order. */
  List<Paced> paced(TaskRow row) {
    List<Paced> gates = new ArrayList<>();
    pace(PACE + HANDLER + row.kind()).ifPresent(gates::add);
    if (row.applicationId() != 0) {
      pace(PACE + APPLICATION + row.applicationId()).ifPresent(gates::add);
    }
    return gates;
  }

  /** What the gate's name says of its pace; empty if it has none here. */
  Optional<Paced> pace(String gate) {
    return limit(gate)
        .flatMap(
            limit ->
                limit
                    .interval()
                    .map(interval -> new Paced(gate, interval.toNanos() / 1_000, limit.burst())));
  }

  /** Whether the gate was paced, and is not any more where its tasks are run. */
  boolean isLifted(String gate) {
    if (!isPaced(gate) || pace(gate).isPresent()) {
      return false;
    }
    if (!gate.startsWith(PACE + HANDLER)) {
      return true;
    }
    String kind = gate.substring((PACE + HANDLER).length());
    return kind.equals(TaskRow.CALLBACK) || kinds.contains(kind);
  }

  private Optional<Limit> limit(String gate) {
    if (gate.startsWith(PACE + HANDLER)) {
      return options.limit(gate.substring((PACE + HANDLER).length()));
    }
    return gate.startsWith(PACE) ? options.applicationLimit() : Optional.empty();
  }
}

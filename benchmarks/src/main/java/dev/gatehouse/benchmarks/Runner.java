package dev.gatehouse.benchmarks;

import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs cases: in every round each subject once, in turns, so that what the machine does meanwhile
 * hits all alike. A subject that fails is told, and left out of the case's further rounds.
 */
final class Runner {
  private static final int SHOWN_FRAMES = 6;

  private final String area;
  private final int rounds;
  private final BooleanSupplier outOfTime;
  private final PrintStream progress;
  private final List<Result> results = new ArrayList<>();
  private final Map<String, Map<String, Histogram>> histograms = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  Runner(String area, int rounds, BooleanSupplier outOfTime, PrintStream progress) {
    this.area = area;
    this.rounds = rounds;
    this.outOfTime = outOfTime;
    this.progress = progress;
  }

  void run(List<Case> cases) throws InterruptedException {
    for (Case one : cases) {
      if (outOfTime.getAsBoolean()) {
        progress.println(one.name() + ": left out, the time is over");
      } else {
        run(one);
      }
    }
  }

  private void run(Case one) throws InterruptedException {
    Map<String, Map<Metric, List<Double>>> found = new LinkedHashMap<>();
    one.subjects().forEach(subject -> found.put(subject.name(), new LinkedHashMap<>()));
    Set<String> failed = new HashSet<>();
    int turns = rounds * one.turns();
    for (int turn = 1; turn <= turns; turn++) {
      List<Subject> order = new ArrayList<>(one.subjects());
      if (turn % 2 == 0) {
        Collections.reverse(order);
      }
      for (Subject subject : order) {
        if (!failed.contains(subject.name())) {
          Measurement measurement = measure(one, subject, turn + " of " + turns);
          if (measurement == null) {
            failed.add(subject.name());
          } else {
            keep(one, subject, measurement, found.getOrDefault(subject.name(), Map.of()));
          }
        }
      }
    }
    failed.forEach(found::remove);
    report(one, found);
  }

  private @Nullable Measurement measure(Case one, Subject subject, String round)
      throws InterruptedException {
    String where = one.name() + ", " + subject.name() + ", round " + round;
    long begin = System.nanoTime();
    try {
      Measurement measurement = subject.work().measure();
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      progress.println(where + ": " + told(measurement) + " (" + took.toMillis() + " ms in all)");
      return measurement;
    } catch (SQLException | RuntimeException e) {
      failures.add(where + ": " + e.getMessage());
      progress.println(where + ": FAILED");
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        progress.println("  " + cause);
        Stream.of(cause.getStackTrace())
            .limit(SHOWN_FRAMES)
            .forEach(at -> progress.println("    at " + at));
      }
      return null;
    }
  }

  private static String told(Measurement measurement) {
    List<String> parts = new ArrayList<>();
    measurement
        .values()
        .forEach(
            (metric, values) ->
                parts.add(Table.number(Statistics.of(values).median()) + " " + metric.unit()));
    return String.join(", ", parts);
  }

  private void keep(
      Case one, Subject subject, Measurement measurement, Map<Metric, List<Double>> found) {
    measurement
        .values()
        .forEach(
            (metric, values) ->
                found.computeIfAbsent(metric, key -> new ArrayList<>()).addAll(values));
    Histogram histogram = measurement.histogram();
    if (histogram != null) {
      histograms
          .computeIfAbsent(one.name(), key -> new LinkedHashMap<>())
          .merge(subject.name(), histogram, Histogram::plus);
    }
  }

  private void report(Case one, Map<String, Map<Metric, List<Double>>> found) {
    for (Metric metric : one.metrics()) {
      found.forEach(
          (subject, values) -> {
            List<Double> numbers = values.get(metric);
            if (numbers != null) {
              Statistics statistics = Statistics.of(numbers);
              results.add(new Result(area, metric.name(), subject, metric.unit(), statistics));
            }
          });
    }
  }

  List<Result> results() {
    return List.copyOf(results);
  }

  /** By case, then by subject. */
  Map<String, Map<String, Histogram>> histograms() {
    return Collections.unmodifiableMap(histograms);
  }

  /** What went wrong; empty if nothing did. */
  List<String> failures() {
    return List.copyOf(failures);
  }
}

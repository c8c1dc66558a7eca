package dev.gatehouse.benchmarks;

import dev.gatehouse.benchmarks.audit.AuditArea;
import dev.gatehouse.benchmarks.http.HttpArea;
import dev.gatehouse.benchmarks.permission.PermissionArea;
import dev.gatehouse.benchmarks.registry.RegistryArea;
import dev.gatehouse.benchmarks.scheduler.SchedulerArea;
import dev.gatehouse.benchmarks.signing.SigningArea;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Measures an area, its peers beside it, and prints what came out. Not safe: confine to one thread.
 */
public final class Benchmarks {
  private static final Map<String, Function<Plan, Area>> AREAS =
      Map.of(
          "audit",
          AuditArea::new,
          "http",
          HttpArea::new,
          "permission",
          PermissionArea::new,
          "registry",
          RegistryArea::new,
          "scheduler",
          SchedulerArea::new,
          "signing",
          SigningArea::new);

  /** After so long a quick run begins no more cases; the last takes a few seconds. */
  private static final Duration QUICK = Duration.ofSeconds(36);

  private static final int FAILED = 1;
  private static final int MISUSED = 2;

  private final Map<String, Function<Plan, Area>> areas;
  private final PrintStream out;
  private final PrintStream progress;

  Benchmarks(Map<String, Function<Plan, Area>> areas, PrintStream out, PrintStream progress) {
    this.areas = areas;
    this.out = out;
    this.progress = progress;
  }

  /**
   * Runs the command line; see {@code README.md}. Ends the process with 2 if it cannot be
   * understood, with 1 if a subject failed.
   */
  public static void main(String[] words) throws IOException, InterruptedException {
    int status = new Benchmarks(AREAS, System.out, System.err).run(List.of(words));
    if (status != 0) {
      System.exit(status);
    }
  }

  /** Returns the status that the process should end with. */
  int run(List<String> words) throws IOException, InterruptedException {
    try {
      Arguments arguments = Arguments.parse(words, areas.keySet());
      return run(arguments);
    } catch (UsageException e) {
      progress.println(e.getMessage());
      progress.println(Arguments.USAGE);
      return MISUSED;
    }
  }

  private int run(Arguments arguments) throws IOException, InterruptedException {
    Plan plan = Plan.of(arguments.quick());
    Map<String, String> machine = Machine.describe();
    Map<String, String> versions = new TreeMap<>(Machine.versions());
    Runner runner = new Runner(arguments.area(), plan.rounds(), outOfTime(arguments), progress);
    try (Area area = area(arguments, plan)) {
      runner.run(chosen(area.cases(), arguments));
      versions.putAll(area.versions());
    }
    out.println(described(machine));
    out.println(described(versions));
    out.println();
    out.print(Table.of(runner.results()));
    write(arguments, machine, versions, runner);
    runner.failures().forEach(failure -> progress.println("FAILED " + failure));
    return runner.failures().isEmpty() ? 0 : FAILED;
  }

  private Area area(Arguments arguments, Plan plan) {
    return Optional.ofNullable(areas.get(arguments.area())).orElseThrow().apply(plan);
  }

  private static BooleanSupplier outOfTime(Arguments arguments) {
    boolean bounded = arguments.quick() && arguments.only().isEmpty();
    long begin = System.nanoTime();
    return () -> bounded && System.nanoTime() - begin > QUICK.toNanos();
  }

  private static List<Case> chosen(List<Case> cases, Arguments arguments) {
    if (arguments.only().isEmpty()) {
      return cases.stream().filter(one -> one.always() || !arguments.quick()).toList();
    }
    String wanted = arguments.only().get();
    List<Case> found = cases.stream().filter(one -> one.answersTo(wanted)).toList();
    if (found.isEmpty()) {
      throw new UsageException(
          "unknown case '"
              + wanted
              + "': it must be one of "
              + String.join(", ", cases.stream().map(Case::name).toList()));
    }
    return found;
  }

  private static void write(
      Arguments arguments, Map<String, String> machine, Map<String, String> versions, Runner runner)
      throws IOException {
    if (arguments.json().isPresent()) {
      ResultsFile.write(
          arguments.json().get(), ResultsFile.json(machine, versions, runner.results()));
    }
    if (arguments.plots().isPresent()) {
      Map<String, String> plots = new LinkedHashMap<>();
      plots.putAll(Plots.bars(runner.results()));
      plots.putAll(Plots.histograms(runner.histograms()));
      for (Map.Entry<String, String> plot : plots.entrySet()) {
        ResultsFile.write(arguments.plots().get().resolve(plot.getKey()), plot.getValue());
      }
    }
  }

  private static String described(Map<String, String> values) {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (name, value) ->
            text.append(text.length() == 0 ? "" : ", ").append(name).append(' ').append(value));
    return text.toString();
  }
}

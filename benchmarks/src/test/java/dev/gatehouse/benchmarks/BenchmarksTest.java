package dev.gatehouse.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarksTest {
  private static final Metric RATE = new Metric("speed", "tasks/s");
  private static final Metric COST = new Metric("cost", "bytes");

  private final List<String> asked = new ArrayList<>();
  private final List<String> closed = new ArrayList<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

  @Test
  void run_threeRounds_sidesTakeTurns() throws IOException, InterruptedException {
    int status = run(List.of(speed(subject("gatehouse", 4), subject("peer", 2))), "area");

    assertThat(status).isZero();
    assertThat(asked)
        .containsExactly("gatehouse", "peer", "peer", "gatehouse", "gatehouse", "peer");
    assertThat(out()).containsSubsequence("gatehouse", "4.00", "peer", "2.00", "2.00 x");
    assertThat(closed).containsExactly("area");
  }

  @Test
  void run_subjectThatFails_isToldAndLeftOutOfLaterRounds()
      throws IOException, InterruptedException {
    Subject broken =
        new Subject(
            "gatehouse",
            () -> {
              asked.add("gatehouse");
              throw new IllegalStateException("lost a task");
            });

    int status = run(List.of(speed(broken, subject("peer", 2))), "area");

    assertThat(status).isEqualTo(1);
    assertThat(asked).containsExactly("gatehouse", "peer", "peer", "peer");
    assertThat(progress()).contains("FAILED speed, gatehouse, round 1 of 3: lost a task");
    assertThat(out()).contains("peer").doesNotContain("gatehouse  tasks/s");
    assertThat(closed).containsExactly("area");
  }

  @Test
  void run_onlyAMetric_runsTheCaseThatAnswersIt() throws IOException, InterruptedException {
    Case costly =
        Case.of("other", List.of(COST), List.of(new Subject("gatehouse", () -> measured(COST, 1))))
            .atLength();

    int status =
        run(List.of(speed(subject("gatehouse", 4)), costly), "area", "--only", "cost", "--quick");

    assertThat(status).isZero();
    assertThat(asked).isEmpty();
    assertThat(out()).contains("cost  gatehouse  bytes");
  }

  @Test
  void run_quick_leavesOutWhatTakesLong() throws IOException, InterruptedException {
    run(List.of(speed(subject("gatehouse", 4)).atLength()), "area", "--quick");

    assertThat(asked).isEmpty();
  }

  @Test
  void run_unknownCase_saysWhichThereAreAndEndsWith2() throws IOException, InterruptedException {
    int status = run(List.of(speed(subject("gatehouse", 4))), "area", "--only", "spede");

    assertThat(status).isEqualTo(2);
    assertThat(progress()).contains("unknown case 'spede': it must be one of speed");
    assertThat(asked).isEmpty();
  }

  @Test
  void run_unknownArea_endsWith2() throws IOException, InterruptedException {
    assertThat(run(List.of(), "era")).isEqualTo(2);
    assertThat(progress()).contains("unknown area 'era'", Arguments.USAGE);
  }

  @Test
  void run_withFiles_writesResultsAndPlots(@TempDir Path directory)
      throws IOException, InterruptedException {
    Path json = directory.resolve("results.json");
    Path plots = directory.resolve("plots");

    run(
        List.of(speed(subject("gatehouse", 4))),
        "area",
        "--json",
        json.toString(),
        "--plots",
        plots.toString());

    assertThat(json).content().contains("\"case\" : \"speed\"", "\"jdk\"", "\"pgjdbc\"");
    assertThat(plots.resolve("area-tasks-per-s.svg")).content().startsWith("<svg");
  }

  private Case speed(Subject... subjects) {
    return Case.of("speed", List.of(RATE), List.of(subjects));
  }

  private Subject subject(String name, double value) {
    return new Subject(
        name,
        () -> {
          asked.add(name);
          return measured(RATE, value);
        });
  }

  private static Measurement measured(Metric metric, double value) {
    return new Measurement().with(metric, value);
  }

  private int run(List<Case> cases, String... words) throws IOException, InterruptedException {
    Area area =
        new Area() {
          @Override
          public List<Case> cases() {
            return cases;
          }

          @Override
          public Map<String, String> versions() {
            return Map.of("peer", "1.0");
          }

          @Override
          public void close() {
            closed.add("area");
          }
        };
    return new Benchmarks(Map.of("area", plan -> area), print(out), print(progress))
        .run(List.of(words));
  }

  private static PrintStream print(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String progress() {
    return progress.toString(StandardCharsets.UTF_8);
  }
}

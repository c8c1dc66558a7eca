package dev.gatehouse.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws results: each drawing by the name of its file. */
final class Plots {
  private static final int WIDTH = 900;
  private static final int MARGIN = 20;
  private static final int LABELS = 190;
  private static final int ROW = 22;
  private static final int PLOT = 320;
  private static final String INK = "#333333";
  private static final String GRID = "#dddddd";
  private static final List<String> COLOURS =
      List.of("#2b6cb0", "#dd6b20", "#718096", "#38a169", "#805ad5");

  private Plots() {}

  /** For each unit the medians as bars, with a line from the least to the greatest. */
  static Map<String, String> bars(List<Result> results) {
    Map<String, List<Result>> byUnit = new LinkedHashMap<>();
    for (Result result : results) {
      String unit = result.area() + " " + result.unit();
      byUnit.computeIfAbsent(unit, key -> new ArrayList<>()).add(result);
    }
    Map<String, String> plots = new LinkedHashMap<>();
    byUnit.forEach((unit, group) -> plots.put(file(unit), drawBars(unit, group)));
    return plots;
  }

  private static String drawBars(String title, List<Result> results) {
    List<String> subjects = results.stream().map(Result::subject).distinct().toList();
    long cases = results.stream().map(Result::caseName).distinct().count();
    Svg svg = new Svg(WIDTH, (int) (3 * MARGIN + ROW * (results.size() + cases)));
    svg.text(MARGIN, MARGIN, "start", title);
    double most = results.stream().mapToDouble(one -> one.statistics().max()).max().orElse(0);
    double scale = (WIDTH - LABELS - 6 * MARGIN) / Math.max(most, Double.MIN_NORMAL);
    double y = 2 * MARGIN;
    String before = "";
    for (Result result : results) {
      if (!result.caseName().equals(before)) {
        svg.text(MARGIN, y + ROW * 0.7, "start", result.caseName());
        before = result.caseName();
        y += ROW;
      }
      drawBar(svg, y, scale, result, colour(subjects.indexOf(result.subject())));
      y += ROW;
    }
    return svg.toString();
  }

  private static void drawBar(Svg svg, double y, double scale, Result result, String colour) {
    Statistics found = result.statistics();
    double middle = y + ROW * 0.5;
    svg.text(LABELS - 8, y + ROW * 0.7, "end", result.subject())
        .box(LABELS, y + 3, found.median() * scale, ROW - 6, colour)
        .line(LABELS + found.min() * scale, middle, LABELS + found.max() * scale, middle, INK)
        .text(
            LABELS + found.max() * scale + 6, y + ROW * 0.7, "start", Table.number(found.median()));
  }

  /** For each case the shares of events by lateness, on a logarithmic axis. */
  static Map<String, String> histograms(Map<String, Map<String, Histogram>> byCase) {
    Map<String, String> plots = new LinkedHashMap<>();
    byCase.forEach((name, subjects) -> plots.put(file(name), drawHistogram(name, subjects)));
    return plots;
  }

  private static String drawHistogram(String title, Map<String, Histogram> subjects) {
    int legend = ROW * (subjects.size() + 1);
    double bottom = MARGIN + legend + PLOT;
    Svg svg = new Svg(WIDTH, (int) bottom + 3 * MARGIN);
    svg.text(MARGIN, MARGIN, "start", title + ", share of events by ms");
    drawAxis(svg, bottom);
    double column = (WIDTH - 2.0 * MARGIN) / Histogram.CLASSES;
    double most = subjects.values().stream().mapToDouble(Plots::greatestShare).max().orElse(1);
    int number = 0;
    for (Map.Entry<String, Histogram> subject : subjects.entrySet()) {
      Histogram histogram = subject.getValue();
      String colour = colour(number);
      svg.box(MARGIN, MARGIN + ROW * (number + 0.6), 10, 10, colour)
          .text(2 * MARGIN, MARGIN + ROW * (number + 1.0), "start", legend(subject));
      double width = column / subjects.size();
      long[] counts = histogram.counts();
      long all = Arrays.stream(counts).sum();
      for (int i = 0; i < counts.length; i++) {
        double height = PLOT * (counts[i] / (double) all) / most;
        double x = MARGIN + i * column + number * width;
        svg.box(x, bottom - height, width * 0.9, height, colour);
      }
      number++;
    }
    return svg.toString();
  }

  private static String legend(Map.Entry<String, Histogram> subject) {
    Histogram histogram = subject.getValue();
    return "%s: p50 %s ms, p99 %s ms, greatest %s ms"
        .formatted(
            subject.getKey(),
            Table.number(histogram.percentileMillis(0.5)),
            Table.number(histogram.percentileMillis(0.99)),
            Table.number(histogram.percentileMillis(1)));
  }

  private static double greatestShare(Histogram histogram) {
    long[] counts = histogram.counts();
    return Arrays.stream(counts).max().orElse(0) / (double) Arrays.stream(counts).sum();
  }

  private static void drawAxis(Svg svg, double bottom) {
    double column = (WIDTH - 2.0 * MARGIN) / Histogram.CLASSES;
    for (int i = 0; i < Histogram.CLASSES; i += Histogram.STEPS) {
      double x = MARGIN + (i + Histogram.STEPS) * column;
      svg.line(x, bottom - PLOT, x, bottom, GRID)
          .text(x, bottom + MARGIN, "middle", millis(i + Histogram.STEPS - 1));
    }
    svg.line(MARGIN, bottom, WIDTH - MARGIN, bottom, INK);
  }

  private static String millis(int index) {
    return Table.number(Histogram.upperMicros(index) / 1_000);
  }

  private static String colour(int subject) {
    return COLOURS.get(subject % COLOURS.size());
  }

  private static String file(String title) {
    String words = title.toLowerCase(Locale.ROOT).replace("/s", " per s");
    return words.replaceAll("[^a-z0-9]+", "-") + ".svg";
  }
}

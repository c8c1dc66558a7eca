package dev.gatehouse.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results as text, in columns; the last says how many times Gatehouse's median it is. */
final class Table {
  private static final String OURS = "gatehouse";
  private static final List<String> HEAD =
      List.of("case", "subject", "unit", "median", "min", "max", "rounds", "gatehouse is");

  private Table() {}

  static String of(List<Result> results) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEAD);
    String before = "";
    for (Result result : results) {
      Statistics statistics = result.statistics();
      rows.add(
          List.of(
              result.caseName().equals(before) ? "" : result.caseName(),
              result.subject(),
              result.unit(),
              number(statistics.median()),
              number(statistics.min()),
              number(statistics.max()),
              Integer.toString(statistics.count()),
              ratio(results, result)));
      before = result.caseName();
    }
    return aligned(rows);
  }

  private static String ratio(List<Result> results, Result other) {
    if (other.subject().equals(OURS) || other.statistics().median() == 0) {
      return "";
    }
    return results.stream()
        .filter(result -> result.subject().equals(OURS))
        .filter(result -> result.caseName().equals(other.caseName()))
        .map(result -> number(result.statistics().median() / other.statistics().median()) + " x")
        .findFirst()
        .orElse("");
  }

  /** Three digits that count, or all those before the point. */
  static String number(double value) {
    double size = Math.abs(value);
    String format = size >= 100 || size == 0 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, size < 0.01 && size > 0 ? "%.4f" : format, value);
  }

  private static String aligned(List<List<String>> rows) {
    int[] widths = new int[HEAD.size()];
    for (List<String> row : rows) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < widths.length; column++) {
        String format = column < 3 ? "%-" : "%";
        line.append(String.format(format + widths[column] + "s  ", row.get(column)));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}

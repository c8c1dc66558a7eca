package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import java.sql.SQLException;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** The same burn-down by one, two and four nodes in turn, in every round. Immutable. */
record Nodes(List<BurnDown> burnDowns) {
  /** Those that are made for so many nodes. */
  static Nodes of(IntFunction<BurnDown> burnDown) {
    return new Nodes(Stream.of(1, 2, 4).map(burnDown::apply).toList());
  }

  List<Metric> metrics() {
    return burnDowns.stream().flatMap(one -> one.metrics().stream()).toList();
  }

  Measurement measure(Side.Opener opener) throws SQLException, InterruptedException {
    Measurement all = new Measurement();
    for (BurnDown one : burnDowns) {
      one.measure(opener)
          .values()
          .forEach((metric, values) -> values.forEach(value -> all.with(metric, value)));
    }
    return all;
  }
}

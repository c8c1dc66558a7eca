package dev.gatehouse.reader;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A feed that keeps in memory what a host would keep in a table. */
final class Table implements FeatureFeed {
  final List<Progress> told = new ArrayList<>();
  final List<Position> openedAt = new ArrayList<>();
  final Map<String, String> rows = new TreeMap<>();
  final Map<String, Long> completed = new ConcurrentHashMap<>();
  List<String> ids = List.of("u1", "u2");
  boolean keeps;
  int broken;
  @Nullable FeatureHeader header;
  @Nullable Position held;

  /** Breaks when that row comes; empty for none. */
  String breaksAt = "";

  @Override
  public Stream<String> ids(Reading reading) {
    return ids.stream();
  }

  @Override
  public Optional<Position> held(Reading reading) {
    return keeps ? Optional.ofNullable(held) : Optional.empty();
  }

  @Override
  public FeatureSink open(Reading reading, Position from, long fence) {
    openedAt.add(from);
    if (from.equals(Position.START)) {
      rows.clear();
    }
    return new FeatureSink() {
      @Override
      public void header(FeatureHeader value) {
        header = value;
      }

      @Override
      public void row(FeatureRow row, Position after) {
        if (row.key().equals(breaksAt)) {
          throw new IllegalStateException("the table is full");
        }
        rows.put(row.key(), row.joined(","));
        held = Position.parse(after.text());
      }

      @Override
      public void complete(long count) {
        completed.put(reading.number(), count);
      }

      @Override
      public void broken() {
        broken++;
      }
    };
  }

  @Override
  public void progress(Reading reading, Progress progress) {
    told.add(progress);
  }
}

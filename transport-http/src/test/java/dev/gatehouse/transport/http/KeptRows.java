package dev.gatehouse.transport.http;

import dev.gatehouse.reader.FeatureFeed;
import dev.gatehouse.reader.FeatureHeader;
import dev.gatehouse.reader.FeatureRow;
import dev.gatehouse.reader.FeatureSink;
import dev.gatehouse.reader.Position;
import dev.gatehouse.reader.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A feed that keeps its rows for good, and tells what became of it. One reading at a time. */
final class KeptRows implements FeatureFeed {
  final List<String> rows = new ArrayList<>();
  final List<Position> openedAt = new ArrayList<>();
  final List<String> endings = new ArrayList<>();
  @Nullable Position held;

  @Override
  public Stream<String> ids(Reading reading) {
    return Stream.of("u1");
  }

  @Override
  public Optional<Position> held(Reading reading) {
    return Optional.ofNullable(held);
  }

  @Override
  public FeatureSink open(Reading reading, Position from, long fence) {
    openedAt.add(from);
    if (from.equals(Position.START)) {
      rows.clear();
      held = null;
    }
    return new FeatureSink() {
      @Override
      public void header(FeatureHeader header) {
        rows.add(header.id() + header.names());
      }

      @Override
      public void row(FeatureRow row, Position after) {
        rows.add(row.key() + row.values());
        held = after;
      }

      @Override
      public void complete(long count) {
        endings.add("complete " + count);
      }

      @Override
      public void broken() {
        endings.add("broken");
      }
    };
  }
}

package dev.gatehouse.reader;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What lines mean, by a reading's format. Not safe: confine to one thread. */
final class Rows {
  private final Reading.Format format;
  private final String keyPrefix;
  private int columns;

  /**
   * The rows of a download.
   *
   * @param columns how many values the first line names, if it was read before; else -1
   */
  Rows(Step step, int columns) {
    format = step.reading().format();
    keyPrefix =
        UUID.nameUUIDFromBytes(
                (step.reading().number() + '\n' + step.jobId()).getBytes(StandardCharsets.UTF_8))
            .toString();
    this.columns = columns;
  }

  int columns() {
    return columns;
  }

  boolean hasHeader() {
    return format.head() == Reading.Head.FIRST_LINE;
  }

  FeatureHeader header(String line) {
    String[] names = line.strip().split(Pattern.quote(format.idDelimiter()), -1);
    columns = names.length - 1;
    return new FeatureHeader(names[0], List.of(names).subList(1, names.length));
  }

  /**
   * The row of a line; null for one without anything, which is none.
   *
   * @param number the line's, for messages
   * @param index how many rows were before
   */
  @Nullable FeatureRow row(String line, long number, long index) {
    String text = line.stripTrailing();
    if (text.isEmpty()) {
      return null;
    }
    if (format.key() == Reading.Key.MADE) {
      return new FeatureRow(keyPrefix + index, List.of(text));
    }
    int comma = text.indexOf(',');
    String key = comma < 0 ? text : text.substring(0, comma);
    if (key.isEmpty()) {
      throw ReadingFailedException.forGood("line " + number + " must begin with an id");
    }
    List<String> values = comma < 0 ? List.of() : split(text, comma + 1);
    if (columns >= 0 && format.isWidthKnown() && values.size() != columns) {
      throw ReadingFailedException.forGood(
          "line "
              + number
              + " must have "
              + columns
              + " values as the first line says, had "
              + values.size());
    }
    return new FeatureRow(key, values);
  }

  private List<String> split(String text, int from) {
    List<String> values = new ArrayList<>(Math.max(4, Math.min(columns, 1_024)));
    int start = from;
    for (int comma = text.indexOf(',', start); comma >= 0; comma = text.indexOf(',', start)) {
      values.add(text.substring(start, comma));
      start = comma + 1;
    }
    values.add(text.substring(start));
    return values;
  }
}

package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A row of a download. Immutable.
 *
 * @param key whose row it is
 * @param values what is known of it
 */
public record FeatureRow(String key, List<String> values) {
  /** Checks that nothing is missing, and copies the values if they can change. */
  public FeatureRow {
    requireNonNull(key, "key");
    values = List.copyOf(values);
  }

  /**
   * The values as FATE keeps them: one text.
   *
   * @param delimiter as {@link Reading#idDelimiter}
   */
  public String joined(String delimiter) {
    return String.join(delimiter, values);
  }

  /** Nothing of the row, which may be personal. */
  @Override
  public String toString() {
    return "FeatureRow of " + values.size() + " values";
  }
}

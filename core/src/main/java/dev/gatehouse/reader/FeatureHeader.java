package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The first line of a download. Immutable.
 *
 * @param id the name of the ids
 * @param names the names of the values
 */
public record FeatureHeader(String id, List<String> names) {
  /** Copies the names. */
  public FeatureHeader {
    requireNonNull(id, "id");
    names = List.copyOf(names);
  }
}

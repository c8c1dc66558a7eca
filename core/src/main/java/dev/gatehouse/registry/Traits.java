package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** How much of the calls a server or an instance of it takes, and what is told of it. Immutable. */
record Traits(int weight, SortedMap<String, String> metadata) {
  static final int MAX_WEIGHT = 1_000;
  static final int MAX_ENTRIES = 32;
  static final int MAX_METADATA = 4_096;

  private static final int MAX_VALUE = 256;
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  static final Traits DEFAULT = new Traits(100, Collections.emptySortedMap());

  Traits weight(int value) {
    return new Traits(Check.range(value, 0, MAX_WEIGHT, "weight"), metadata);
  }

  /** Its text may get into logs and headers: so no value holds a control character. */
  Traits metadata(Map<String, String> value) {
    Check.range(requireNonNull(value, "metadata").size(), 0, MAX_ENTRIES, "entries of metadata");
    SortedMap<String, String> sorted = new TreeMap<>();
    int length = 0;
    for (Map.Entry<String, String> entry : value.entrySet()) {
      Check.matches(entry.getKey(), KEY, "metadata key");
      Check.text(entry.getValue(), 0, MAX_VALUE, "metadata value of " + entry.getKey());
      length += entry.getKey().length() + entry.getValue().length();
      sorted.put(entry.getKey(), entry.getValue());
    }
    Check.range(length, 0, MAX_METADATA, "length of metadata");
    return new Traits(weight, Collections.unmodifiableSortedMap(sorted));
  }
}

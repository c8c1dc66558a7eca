package dev.gatehouse.benchmarks;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the command line asks for. Immutable.
 *
 * @param area which area
 * @param quick whether it must be done within 50 s
 * @param only the one case that is wanted
 * @param json the file that the results go to
 * @param plots the directory that the plots go to
 */
record Arguments(
    String area, boolean quick, Optional<String> only, Optional<Path> json, Optional<Path> plots) {
  static final String USAGE = "usage: AREA [--quick] [--only CASE] [--json FILE] [--plots DIR]";

  /**
   * Reads the command line.
   *
   * @throws UsageException if the area or an option is unknown, given twice, or lacks its value
   */
  static Arguments parse(List<String> words, Collection<String> areas) {
    Found found = new Found();
    for (Iterator<String> rest = words.iterator(); rest.hasNext(); ) {
      found.take(rest.next(), rest);
    }
    if (found.area == null) {
      throw new UsageException("AREA is missing: " + known(areas));
    }
    if (!areas.contains(found.area)) {
      throw new UsageException("unknown area '" + found.area + "': " + known(areas));
    }
    return new Arguments(
        found.area,
        found.quick,
        Optional.ofNullable(found.only),
        Optional.ofNullable(found.json).map(Path::of),
        Optional.ofNullable(found.plots).map(Path::of));
  }

  private static String known(Collection<String> areas) {
    return "it must be one of " + String.join(", ", areas.stream().sorted().toList());
  }

  /** What was read so far. */
  private static final class Found {
    private @Nullable String area;
    private boolean quick;
    private @Nullable String only;
    private @Nullable String json;
    private @Nullable String plots;

    void take(String word, Iterator<String> rest) {
      switch (word) {
        case "--quick" -> quick = true;
        case "--only" -> only = once(word, only, rest);
        case "--json" -> json = once(word, json, rest);
        case "--plots" -> plots = once(word, plots, rest);
        default -> {
          if (word.startsWith("-")) {
            throw new UsageException("unknown option '" + word + "'");
          }
          if (area != null) {
            throw new UsageException("one AREA can be given, got '" + area + "', '" + word + "'");
          }
          area = word;
        }
      }
    }

    private static String once(String option, @Nullable String before, Iterator<String> rest) {
      if (before != null) {
        throw new UsageException("option " + option + " must be given once");
      }
      if (!rest.hasNext()) {
        throw new UsageException("option " + option + " needs a value");
      }
      return rest.next();
    }
  }
}

package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * How far an attempt has got, as its handler last said. Immutable.
 *
 * @param percent 0..100
 * @param note for people, 0..255 characters
 */
public record TaskProgress(int percent, String note) {
  /** Longest note in characters. */
  public static final int MAX_NOTE = 255;

  /** Checks the values. */
  public TaskProgress {
    Check.range(percent, 0, 100, "percent");
    Check.text(requireNonNull(note, "note"), 0, MAX_NOTE, "note");
  }
}

package dev.gatehouse.examples;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Tells what happens, line by line, and remembers what was not as it should be. */
final class Story {
  private final PrintStream out;
  private final List<String> wrongs = new ArrayList<>();
  private int chapter;

  Story(PrintStream out) {
    this.out = out;
  }

  void chapter(String title) {
    chapter++;
    out.printf("%n%d. %s%n", chapter, title);
  }

  /** A line that needs no proof. */
  void tell(String what, Object value) {
    out.printf("     %-44s %s%n", what, value);
  }

  /** A line that is true only if actual equals expected. */
  void check(String what, Object actual, Object expected) {
    boolean right = actual.equals(expected);
    out.printf("   %s %-44s %s%n", right ? "+" : "!", what, actual);
    if (!right) {
      out.printf("     %-44s expected %s%n", "", expected);
      wrongs.add(what + ": " + actual + " instead of " + expected);
    }
  }

  /** Text of several lines, indented. */
  void quote(Object text) {
    text.toString().lines().forEach(line -> out.println("       " + line));
  }

  /**
   * Ends the story.
   *
   * @throws IllegalStateException if anything was not as it should be
   */
  void end() {
    if (wrongs.isEmpty()) {
      out.printf("%nEverything was as it should be.%n");
      return;
    }
    throw new IllegalStateException("not as it should be: " + String.join("; ", wrongs));
  }
}

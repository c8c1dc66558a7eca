package dev.gatehouse.benchmarks.permission;

import dev.gatehouse.benchmarks.permission.Rules.Question;
import java.util.List;

/** One implementation that knows the rules. Not safe to close while others use it. */
interface CheckSide extends AutoCloseable {
  /** Makes a side that knows the rules. */
  @FunctionalInterface
  interface Opener {
    CheckSide open(Rules rules);
  }

  /** Turns questions into what the side wants to be asked with, before any clock runs. */
  Asking prepare(List<Question> questions);

  /** Whether several threads may ask at once. */
  default boolean isShared() {
    return true;
  }

  @Override
  default void close() {}

  /**
   * Asks prepared questions. Each side has loops of its own, so that each is compiled for the side
   * alone.
   */
  interface Asking {
    /** Whether the question of that index is answered by yes. */
    boolean ask(int index);

    /** How many of the questions are answered by yes. */
    int count(int from, int until);

    /** As {@link #count}, and reads the clock before and after each. */
    int time(int from, int until, long[] nanos);
  }
}

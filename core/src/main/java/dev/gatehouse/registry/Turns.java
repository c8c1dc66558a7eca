package dev.gatehouse.registry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongUnaryOperator;

/**
 * Counters by which callers take turns, as an array with nothing around it: a pick waits for each
 * step on the way to its counter. Threads have counters by their ids, so that few wait for each
 * other's; each counter goes round evenly by itself, and so do all together.
 */
final class Turns {
  /** How many there are, a power of two. */
  static final int COUNTERS =
      Integer.highestOneBit(2 * Math.min(8, Runtime.getRuntime().availableProcessors()) - 1);

  /** So many numbers lie between two counters: two lines of a cache. */
  private static final int APART = 16;

  /** Far from each other round any number of instances: those that begin do not meet. */
  private static final long GOLDEN = 0x9E37_79B9L;

  private static final VarHandle COUNTER = MethodHandles.arrayElementVarHandle(long[].class);

  private Turns() {}

  /** New counters. */
  static long[] begin() {
    return from(index -> index * GOLDEN);
  }

  /** Counters that begin at the numbers given for their indices. */
  static long[] from(LongUnaryOperator starts) {
    long[] counters = new long[(COUNTERS + 1) * APART];
    for (int i = 0; i < COUNTERS; i++) {
      counters[place(i)] = starts.applyAsLong(i);
    }
    return counters;
  }

  private static int place(int index) {
    return (index + 1) * APART;
  }

  /** Whose turn it is, from 0 to the bound, not included. */
  static int next(long[] counters, int bound) {
    int own = place((int) Thread.currentThread().getId() & (COUNTERS - 1));
    return (int) Math.floorMod((long) COUNTER.getAndAdd(counters, own, 1L), (long) bound);
  }
}

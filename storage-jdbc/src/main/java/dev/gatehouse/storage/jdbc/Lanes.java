package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskRow;

/**
 * How tasks are spread over the lanes of their priority: those of an application over a few only,
 * so one that has very many of them leaves the other lanes to the others. Immutable.
 *
 * @param bits there are two to the power of this many lanes; 1..16
 * @param applicationBits an application is in two to the power of this many; 1..{@code bits}
 */
record Lanes(int bits, int applicationBits) {
  /** 2^64 divided by the golden ratio: the highest bits of a product with it are well spread. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  Lanes {
    Check.range(bits, 1, 16, "bits");
    Check.range(applicationBits, 1, bits, "applicationBits");
  }

  /** How many each priority has. */
  int count() {
    return 1 << bits;
  }

  /** How many there are of all priorities. */
  int all() {
    return count() * Priority.values().length;
  }

  /** The task's lane. */
  int of(TaskRow row) {
    int first = (int) ((row.applicationId() * GOLDEN) >>> (Long.SIZE - bits));
    int step = (int) ((row.id() * GOLDEN) >>> (Long.SIZE - applicationBits));
    return row.priority().code() * count() + (first + step) % count();
  }
}

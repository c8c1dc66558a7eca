package dev.gatehouse.scheduler;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long the next run of a line should be: short at first, twice as long each time while they
 * take little time, and no longer than what is over in about half a second, so that few are leased
 * for nothing if the node dies; alone after one that broke off. Not safe: confine to one thread.
 */
final class RunLengths {
  static final int MOST = 256;

  private static final int FIRST = 4;
  private static final double AIM_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int MAX_LINES = 10_000;

  private final Map<String, Begun> lines = new LinkedHashMap<>(16, 0.75f, true);

  /** A run that was begun; of one task alone without anybody who follows. */
  private record Begun(int length, long nanos, @Nullable LineRun run) {
    boolean isBrokenOff() {
      return run != null && run.isBrokenOff();
    }
  }

  /** Of how many tasks one that begins now should be, 1..{@link #MOST}. */
  int length(String line, long nowNanos) {
    Begun last = lines.get(line);
    if (last == null) {
      return FIRST;
    }
    if (last.isBrokenOff()) {
      return 1;
    }
    double took = Math.max(1, nowNanos - last.nanos());
    double length = last.length() * Math.min(2, AIM_NANOS / took);
    return (int) Math.max(1, Math.min(MOST, length));
  }

  /** As {@link #length}, of tasks that are leased already: to give them back would cost more. */
  int lengthOfLeased(String line) {
    Begun last = lines.get(line);
    return last != null && last.isBrokenOff() ? 1 : MOST;
  }

  void begun(String line, int length, @Nullable LineRun run, long nowNanos) {
    lines.put(line, new Begun(length, nowNanos, run));
    if (lines.size() > MAX_LINES) {
      lines.remove(lines.keySet().iterator().next());
    }
  }
}

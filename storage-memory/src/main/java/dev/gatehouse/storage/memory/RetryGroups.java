package dev.gatehouse.storage.memory;

import dev.gatehouse.scheduler.RetriesAhead;
import dev.gatehouse.scheduler.TaskStatus;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Tasks by what retries are ahead of them. */
final class RetryGroups {
  private static final Comparator<RetriesAhead> ORDER =
      Comparator.comparing(RetriesAhead::retry).thenComparingInt(RetriesAhead::failed);

  private RetryGroups() {}

  /** The groups after that one, in order. */
  static List<RetriesAhead> after(Stream<TaskEntry> tasks, RetriesAhead last, int limit) {
    NavigableMap<RetriesAhead, RetriesAhead> groups = new TreeMap<>(ORDER);
    tasks
        .map(RetryGroups::of)
        .filter(ahead -> ORDER.compare(ahead, last) > 0)
        .forEach(ahead -> groups.merge(ahead, ahead, RetryGroups::longer));
    return groups.values().stream().limit(limit).toList();
  }

  private static RetriesAhead of(TaskEntry entry) {
    int underWay = entry.status() == TaskStatus.RUNNING ? 1 : 0;
    return new RetriesAhead(
        entry.row().retry(),
        entry.attempt() - entry.crashes() - underWay,
        entry.dueMillis(),
        entry.row().timeoutMillis());
  }

  private static RetriesAhead longer(RetriesAhead one, RetriesAhead other) {
    return new RetriesAhead(
        one.retry(),
        one.failed(),
        Math.max(one.dueMillis(), other.dueMillis()),
        Math.max(one.timeoutMillis(), other.timeoutMillis()));
  }
}

package dev.gatehouse.storage.memory;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.scheduler.CountedTasks;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.OtherCounts;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskCounts;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The entries by id and, sorted, by what a store asks for. To be used under the journal's lock. */
final class TaskTable {
  /** The order of claims. */
  static final Comparator<TaskEntry> BY_DUE = Comparator.comparing(Position::due);

  private final Journal journal;
  private final Map<Long, TaskEntry> byId = new HashMap<>();
  private final Map<TaskNumber, Long> byNumber = new HashMap<>();
  private final Map<Priority, NavigableMap<Position, TaskEntry>> ready =
      new EnumMap<>(Priority.class);
  private final NavigableMap<Integer, NavigableMap<Position, TaskEntry>> leased = new TreeMap<>();
  private final NavigableMap<Position, TaskEntry> ended = new TreeMap<>();
  private final Map<Other, Long> others = new EnumMap<>(Other.class);

  /** What is counted as it comes and goes. */
  private enum Other {
    READY,
    PAUSED,
    PARKED,
    FAILED,
    CANCELLED,
    FINISHED
  }

  TaskTable(Journal journal) {
    this.journal = journal;
    for (Priority priority : Priority.values()) {
      ready.put(priority, new TreeMap<>());
    }
  }

  /** Puts the entry in place of the one with its id, if there is one. */
  void put(TaskEntry next) {
    replace(next.row().id(), next);
  }

  void remove(TaskEntry entry) {
    replace(entry.row().id(), null);
  }

  @Nullable TaskEntry find(long id) {
    return byId.get(id);
  }

  OptionalLong numbered(long applicationId, @Nullable String taskNo) {
    Long id = taskNo == null ? null : byNumber.get(new TaskNumber(applicationId, taskNo));
    return id == null ? OptionalLong.empty() : OptionalLong.of(id);
  }

  /** Nobody's of that priority, due until then and not passed over, in order of (due time, id). */
  private Stream<TaskEntry> ready(Priority priority, Exclusion exclusion, long dueUntilMillis) {
    Position first = new Position(exclusion.dueFromMillis(), 0);
    Position last = new Position(dueUntilMillis, Long.MAX_VALUE);
    return first.compareTo(last) > 0
        ? Stream.empty()
        : ready(priority).subMap(first, true, last, true).values().stream()
            .filter(entry -> !exclusion.covers(entry.row()));
  }

  private NavigableMap<Position, TaskEntry> ready(Priority priority) {
    return requireNonNull(ready.get(priority));
  }

  /** The earliest that are not passed over, or of many a share for each priority. */
  List<TaskEntry> due(Exclusion exclusion, long until, int limit) {
    Map<Priority, Deque<TaskEntry>> waiting = new EnumMap<>(Priority.class);
    for (Priority priority : Priority.values()) {
      Deque<TaskEntry> some = new ArrayDeque<>();
      ready(priority, exclusion, until).limit(limit).forEach(some::add);
      waiting.put(priority, some);
    }
    if (limit < TaskStore.MANY) {
      return waiting.values().stream().flatMap(Deque::stream).sorted(BY_DUE).limit(limit).toList();
    }
    List<TaskEntry> due = new ArrayList<>();
    while (due.size() < limit && !waiting.values().stream().allMatch(Deque::isEmpty)) {
      waiting.forEach((priority, some) -> take(some, priority.weight(), limit, due));
    }
    return due;
  }

  private static void take(Deque<TaskEntry> from, int count, int limit, List<TaskEntry> to) {
    for (int i = 0; i < count && to.size() < limit && !from.isEmpty(); i++) {
      to.add(from.removeFirst());
    }
  }

  /** Those of the tasks that are not final. */
  Stream<TaskEntry> open(Collection<Long> ids) {
    return ids.stream()
        .distinct()
        .map(this::find)
        .filter(entry -> entry != null && !entry.status().isFinal());
  }

  /** Those of the tasks that wait to be admitted, but for what is passed over. */
  List<TaskEntry> parked(Collection<Long> ids, Exclusion exclusion) {
    return open(ids).filter(entry -> entry.isParked() && !exclusion.covers(entry.row())).toList();
  }

  /** The node's, in order of (due time, id). */
  Stream<TaskEntry> leased(int node) {
    NavigableMap<Position, TaskEntry> held = leased.get(node);
    return held == null ? Stream.empty() : held.values().stream();
  }

  /** Those that are not final: first what nodes hold, then what is nobody's, the earliest first. */
  Stream<TaskEntry> open() {
    Stream<NavigableMap<Position, TaskEntry>> all =
        Stream.concat(leased.values().stream(), ready.values().stream());
    return all.flatMap(entries -> entries.values().stream());
  }

  TaskCounts count(long nowMillis, int limit) {
    List<TaskEntry> seen = open().limit(limit).toList();
    long held = seen.stream().filter(entry -> entry.status() == TaskStatus.RUNNING).count();
    long due =
        seen.stream()
            .filter(entry -> entry.status() == TaskStatus.WAITING)
            .filter(entry -> entry.dueMillis() <= nowMillis)
            .count();
    return new TaskCounts(seen.size() - held - due, due, held, seen.size() < limit);
  }

  /** All of them. */
  OtherCounts countOthers() {
    return new OtherCounts(
        counted(Other.PAUSED),
        counted(Other.PARKED),
        counted(Other.FAILED),
        counted(Other.CANCELLED),
        counted(Other.FINISHED));
  }

  private CountedTasks counted(Other other) {
    return new CountedTasks(others.getOrDefault(other, 0L), true);
  }

  private void count(TaskEntry entry, long more) {
    Other other =
        switch (entry.status()) {
          case WAITING ->
              entry.isParked() ? Other.PARKED : entry.isReady() ? Other.READY : Other.PAUSED;
          case RUNNING -> Other.READY;
          case FINISHED -> Other.FINISHED;
          case CANCELLED -> Other.CANCELLED;
          case FAILED -> Other.FAILED;
        };
    others.merge(other, more, Long::sum);
  }

  /** Of any status, in no order. */
  Stream<TaskEntry> all() {
    return byId.values().stream();
  }

  /** The nodes that hold something. */
  List<Integer> owners() {
    return List.copyOf(leased.keySet());
  }

  /** Final ones, the oldest first. */
  Stream<TaskEntry> endedBefore(long millis) {
    return ended.headMap(new Position(millis, 0), false).values().stream();
  }

  /** Final ones of that status after the id, in order of id. */
  Stream<TaskEntry> failed(long afterId) {
    return ended.values().stream()
        .filter(entry -> entry.status() == TaskStatus.FAILED && entry.row().id() > afterId)
        .sorted(Comparator.comparingLong(entry -> entry.row().id()));
  }

  private void replace(long id, @Nullable TaskEntry next) {
    TaskEntry last = set(id, next);
    journal.undo(() -> set(id, last));
  }

  private @Nullable TaskEntry set(long id, @Nullable TaskEntry next) {
    TaskEntry last = byId.remove(id);
    if (last != null) {
      unlist(last);
      count(last, -1);
    }
    if (next != null) {
      byId.put(id, next);
      list(next);
      count(next, 1);
    }
    return last;
  }

  private void list(TaskEntry entry) {
    String taskNo = entry.row().taskNo();
    if (taskNo != null) {
      byNumber.put(new TaskNumber(entry.row().applicationId(), taskNo), entry.row().id());
    }
    switch (entry.status()) {
      case WAITING -> {
        if (entry.isReady()) {
          ready(entry.row().priority()).put(Position.due(entry), entry);
        }
      }
      case RUNNING ->
          leased
              .computeIfAbsent(entry.owner(), node -> new TreeMap<>())
              .put(Position.due(entry), entry);
      default -> ended.put(Position.ended(entry), entry);
    }
  }

  private void unlist(TaskEntry entry) {
    String taskNo = entry.row().taskNo();
    if (taskNo != null) {
      byNumber.remove(new TaskNumber(entry.row().applicationId(), taskNo));
    }
    switch (entry.status()) {
      case WAITING -> ready(entry.row().priority()).remove(Position.due(entry));
      case RUNNING ->
          leased.computeIfPresent(
              entry.owner(),
              (node, held) -> {
                held.remove(Position.due(entry));
                return held.isEmpty() ? null : held;
              });
      default -> ended.remove(Position.ended(entry));
    }
  }

  /** The number that an owner gave to a task. */
  private record TaskNumber(long applicationId, String taskNo) {}

  /** A place in an order of time; ids tell apart what falls on one millisecond. */
  private record Position(long millis, long id) implements Comparable<Position> {
    private static final Comparator<Position> ORDER =
        Comparator.comparingLong(Position::millis).thenComparingLong(Position::id);

    static Position due(TaskEntry entry) {
      return new Position(entry.dueMillis(), entry.row().id());
    }

    static Position ended(TaskEntry entry) {
      return new Position(entry.endedMillis(), entry.row().id());
    }

    @Override
    public int compareTo(Position other) {
      return ORDER.compare(this, other);
    }
  }
}

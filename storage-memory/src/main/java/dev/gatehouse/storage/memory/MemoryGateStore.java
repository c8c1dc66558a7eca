package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.transaction.Transaction;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The GateStore of a {@link MemoryStorage}. The journal's lock, which a transaction holds from
 * begin to end, locks all gates.
 */
final class MemoryGateStore implements GateStore {
  private static final Comparator<Place> ORDER =
      Comparator.comparing(Place::holds)
          .thenComparing(Place::priority)
          .thenComparingLong(Place::millis)
          .thenComparingLong(Place::taskId);

  private final Journal journal;
  private final TaskTable tasks;
  private final NavigableMap<String, Long> next = new TreeMap<>();
  private final Map<String, NavigableSet<Place>> byGate = new HashMap<>();
  private final NavigableMap<Long, NavigableMap<String, Place>> byTask = new TreeMap<>();

  MemoryGateStore(Journal journal, TaskTable tasks) {
    this.journal = journal;
    this.tasks = tasks;
  }

  @Override
  public GateStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }

  @Override
  public Map<String, Long> lock(Collection<String> names) {
    Check.range(names.size(), 1, TaskStore.MAX_BATCH, "number of names");
    return journal.run(
        () -> {
          Map<String, Long> locked = new HashMap<>();
          for (String name : names) {
            Check.text(name, 1, 160, "name");
            if (!next.containsKey(name)) {
              setTime(name, 0L);
            }
            locked.put(name, next.get(name));
          }
          return locked;
        });
  }

  @Override
  public void setNext(String name, long micros) {
    change(() -> setTime(name, micros));
  }

  private void setTime(String name, @Nullable Long micros) {
    Long last = micros == null ? next.remove(name) : next.put(name, micros);
    journal.undo(
        () -> {
          if (last == null) {
            next.remove(name);
          } else {
            next.put(name, last);
          }
        });
  }

  @Override
  public void add(List<Place> places) {
    each(
        places,
        place -> {
          if (find(place) == null) {
            put(place);
            journal.undo(() -> drop(place));
          }
        });
  }

  @Override
  public void hold(Collection<Place> places) {
    each(
        places,
        place -> {
          Place old = find(place);
          if (old != null) {
            Place held = old.held();
            drop(old);
            put(held);
            journal.undo(
                () -> {
                  drop(held);
                  put(old);
                });
          }
        });
  }

  @Override
  public void remove(Collection<Place> places) {
    each(
        places,
        place -> {
          Place old = find(place);
          if (old != null) {
            drop(old);
            journal.undo(() -> put(old));
          }
        });
  }

  private void each(Collection<Place> places, Consumer<Place> change) {
    Check.range(places.size(), 1, TaskStore.MAX_BATCH, "number of places");
    change(() -> places.forEach(change));
  }

  private void change(Runnable change) {
    journal.<@Nullable Object>run(
        () -> {
          change.run();
          return null;
        });
  }

  private @Nullable Place find(Place place) {
    NavigableMap<String, Place> places = byTask.get(place.taskId());
    return places == null ? null : places.get(place.gate());
  }

  private void put(Place place) {
    byGate.computeIfAbsent(place.gate(), gate -> new TreeSet<>(ORDER)).add(place);
    byTask.computeIfAbsent(place.taskId(), id -> new TreeMap<>()).put(place.gate(), place);
  }

  private void drop(Place place) {
    byGate.computeIfPresent(
        place.gate(),
        (gate, places) -> {
          places.remove(place);
          return places.isEmpty() ? null : places;
        });
    byTask.computeIfPresent(
        place.taskId(),
        (id, places) -> {
          places.remove(place.gate());
          return places.isEmpty() ? null : places;
        });
  }

  @Override
  public List<Place> ofTasks(Collection<Long> taskIds) {
    Check.range(taskIds.size(), 1, TaskStore.MAX_BATCH, "number of ids");
    return journal.run(
        () ->
            taskIds.stream()
                .distinct()
                .map(byTask::get)
                .filter(places -> places != null)
                .flatMap(places -> places.values().stream())
                .toList());
  }

  @Override
  public Map<String, Standing> standing(Collection<String> gates) {
    Check.range(gates.size(), 1, TaskStore.MAX_BATCH, "number of gates");
    return journal.run(
        () -> {
          Map<String, Standing> standing = new HashMap<>();
          for (String gate : gates) {
            long first = waiting(gate).mapToLong(Place::taskId).findFirst().orElse(0);
            standing.put(gate, new Standing((int) holders(gate).count(), first));
          }
          return standing;
        });
  }

  private static Place firstOf(String gate, boolean holds, Priority priority) {
    return new Place(gate, Long.MIN_VALUE, Long.MIN_VALUE, 1, holds, priority);
  }

  private Stream<Place> holders(String gate) {
    NavigableSet<Place> places = byGate.get(gate);
    return places == null
        ? Stream.empty()
        : places.tailSet(firstOf(gate, true, Priority.URGENT), true).stream();
  }

  /** Those that wait in the gate, which come before those that hold it. */
  private Stream<Place> waiting(String gate) {
    NavigableSet<Place> places = byGate.get(gate);
    return places == null ? Stream.empty() : places.stream().takeWhile(place -> !place.holds());
  }

  private Stream<Place> waiting(String gate, Priority priority) {
    NavigableSet<Place> places = byGate.get(gate);
    return places == null
        ? Stream.empty()
        : places.tailSet(firstOf(gate, false, priority), true).stream()
            .takeWhile(place -> !place.holds() && place.priority() == priority);
  }

  @Override
  public List<Place> waiting(String gate, int limit) {
    Check.range(limit, 1, TaskStore.MAX_BATCH, "limit");
    return journal.run(
        () ->
            Stream.of(Priority.values())
                .flatMap(priority -> waiting(gate, priority).limit(limit))
                .toList());
  }

  @Override
  public TaskPage left(long nowMillis, long afterTask, int limit) {
    Check.range(limit, 1, TaskStore.MAX_BATCH, "limit");
    return journal.run(
        () -> {
          List<Long> page =
              byTask.tailMap(afterTask, false).keySet().stream().limit(limit).toList();
          List<Place> left =
              page.stream()
                  .map(byTask::get)
                  .flatMap(places -> places.values().stream())
                  .filter(place -> isLeft(place, nowMillis))
                  .toList();
          return new TaskPage(left, page.size() < limit ? 0 : page.get(limit - 1));
        });
  }

  private boolean isLeft(Place place, long nowMillis) {
    TaskEntry entry = tasks.find(place.taskId());
    if (entry == null || entry.status().isFinal()) {
      return true;
    }
    return switch (entry.open().state()) {
      case PAUSED -> place.holds();
      case READY -> place.holds() && entry.dueMillis() > nowMillis;
      case PARKED, LEASED -> false;
    };
  }

  @Override
  public GatePage stalled(long nowMillis, String afterGate, int limit) {
    Check.range(limit, 1, TaskStore.MAX_BATCH, "limit");
    return journal.run(
        () -> {
          List<String> page =
              next.tailMap(afterGate, false).keySet().stream().limit(limit).toList();
          List<Place> left =
              page.stream()
                  .flatMap(this::holders)
                  .filter(place -> isLeft(place, nowMillis))
                  .toList();
          List<String> stalled = page.stream().filter(gate -> isStalled(gate, nowMillis)).toList();
          return new GatePage(stalled, left, page.size() < limit ? "" : page.get(limit - 1));
        });
  }

  private boolean isStalled(String gate, long nowMillis) {
    Place first = waiting(gate).findFirst().orElse(null);
    if (first == null || holders(gate).count() >= first.limit()) {
      return false;
    }
    TaskEntry entry = tasks.find(first.taskId());
    if (entry != null && isOnItsWay(entry, nowMillis)) {
      return false;
    }
    return isParked(first)
        || waiting(gate).filter(place -> place.millis() <= nowMillis).anyMatch(this::isParked);
  }

  private boolean isParked(Place place) {
    TaskEntry entry = tasks.find(place.taskId());
    return entry != null && entry.isParked();
  }

  private static boolean isOnItsWay(TaskEntry entry, long nowMillis) {
    return entry.status() == TaskStatus.RUNNING
        || (entry.isReady() && entry.dueMillis() <= nowMillis);
  }

  @Override
  public int purge(long beforeMicros, int limit) {
    Check.range(limit, 1, TaskStore.MAX_BATCH, "limit");
    return journal.run(
        () -> {
          List<String> idle =
              next.entrySet().stream()
                  .filter(gate -> gate.getValue() < beforeMicros)
                  .map(Map.Entry::getKey)
                  .filter(gate -> !byGate.containsKey(gate))
                  .limit(limit)
                  .toList();
          idle.forEach(gate -> setTime(gate, null));
          return idle.size();
        });
  }
}

package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.GateStore;
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
          .thenComparingLong(Place::millis)
          .thenComparingLong(Place::taskId);

  private final Journal journal;
  private final TaskTable tasks;
  private final NavigableMap<String, Long> next = new TreeMap<>();
  private final Map<String, NavigableSet<Place>> byGate = new HashMap<>();
  private final Map<Long, NavigableMap<String, Place>> byTask = new HashMap<>();

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
            Place held = new Place(old.gate(), old.taskId(), old.millis(), old.limit(), true);
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
            standing.put(gate, new Standing(holding(gate), first));
          }
          return standing;
        });
  }

  private int holding(String gate) {
    NavigableSet<Place> places = byGate.get(gate);
    return places == null
        ? 0
        : places.tailSet(new Place(gate, Long.MIN_VALUE, Long.MIN_VALUE, 1, true), true).size();
  }

  /** Those that wait in the gate, which come before those that hold it. */
  private Stream<Place> waiting(String gate) {
    NavigableSet<Place> places = byGate.get(gate);
    return places == null ? Stream.empty() : places.stream().takeWhile(place -> !place.holds());
  }

  @Override
  public List<Place> waiting(String gate, int limit) {
    Check.range(limit, 1, TaskStore.MAX_BATCH, "limit");
    return journal.run(() -> waiting(gate).limit(limit).toList());
  }

  @Override
  public List<Place> left(long nowMillis, int limit) {
    Check.range(limit, 1, TaskStore.MAX_BATCH, "limit");
    return journal.run(
        () ->
            byTask.values().stream()
                .flatMap(places -> places.values().stream())
                .filter(place -> isLeft(place, nowMillis))
                .limit(limit)
                .toList());
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
  public List<String> stalled(long nowMillis, int limit) {
    Check.range(limit, 1, TaskStore.MAX_BATCH, "limit");
    return journal.run(
        () ->
            byGate.keySet().stream()
                .filter(gate -> isStalled(gate, nowMillis))
                .limit(limit)
                .toList());
  }

  private boolean isStalled(String gate, long nowMillis) {
    TaskEntry first =
        waiting(gate).findFirst().map(place -> tasks.find(place.taskId())).orElse(null);
    if (first != null && isOnItsWay(first, nowMillis)) {
      return false;
    }
    int holding = holding(gate);
    return waiting(gate)
        .filter(place -> holding < place.limit())
        .map(place -> tasks.find(place.taskId()))
        .anyMatch(entry -> entry != null && entry.isParked());
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

package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.GateQueue.Left;
import dev.gatehouse.scheduler.GateRules.Counted;
import dev.gatehouse.scheduler.GateRules.Paced;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.Standing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One transaction at gates: who has left gives up its places, who has arrived takes places or
 * waits, and who waits is let in as far as there is room.
 *
 * <p>A task goes through its gates in a fixed order, first its line, then those that count, last
 * those that pace, and waits in one at a time, holding those before: so none can wait for each
 * other in a circle. A paced gate knows when the next may begin (the virtual scheduling form of the
 * leaky bucket, ITU-T I.371, GCRA); who comes too early gets the time that is his, holds nothing
 * until then but that time and his line, and comes again. Not safe: confine to one thread.
 */
final class Passage {
  /** A time that was given is good for so long: who comes later gets another. */
  private static final long PROMISE_MILLIS = 1_000;

  private final GateRules rules;
  private final GateStore gates;
  private final TaskStore store;
  private final long nowMillis;

  private final Map<String, Long> next = new HashMap<>();
  private final Map<String, Standing> standing = new HashMap<>();
  private final Map<Long, Map<String, Place>> places = new HashMap<>();
  private final Set<String> touched = new HashSet<>();
  private final List<Place> added = new ArrayList<>();
  private final List<Place> held = new ArrayList<>();
  private final List<Place> removed = new ArrayList<>();
  private final List<Settlement> settlements = new ArrayList<>();

  private final List<HeldTask> passed = new ArrayList<>();
  private final List<HeldTask> sentAway = new ArrayList<>();
  private final List<Long> dueAgain = new ArrayList<>();

  Passage(GateRules rules, GateStore gates, TaskStore store, long nowMillis) {
    this.rules = rules;
    this.gates = gates;
    this.store = store;
    this.nowMillis = nowMillis;
  }

  /** Those that may begin. */
  List<HeldTask> passed() {
    return passed;
  }

  /** Those that the node no longer holds. */
  List<HeldTask> sentAway() {
    return sentAway;
  }

  /** When tasks became due that the store has ready again. */
  List<Long> dueAgain() {
    return dueAgain;
  }

  void pass(List<HeldTask> arrived, List<Left> left, Set<String> others) {
    Set<Long> ids = new HashSet<>();
    left.forEach(one -> ids.add(one.taskId()));
    Set<String> names = new HashSet<>(others);
    if (!ids.isEmpty()) {
      gates.ofTasks(ids).forEach(place -> names.add(place.gate()));
    }
    arrived.forEach(task -> ids.add(task.row().id()));
    arrived.forEach(task -> names(task.row()).forEach(names::add));
    if (names.isEmpty()) {
      return;
    }
    next.putAll(gates.lock(names));
    readPlaces(ids);
    touched.addAll(others);
    left.forEach(this::leave);
    write(removed, gates::remove);
    arrive(arrived);
    touched.stream().sorted().forEach(this::letIn);
  }

  private Stream<String> names(TaskRow row) {
    return Stream.of(
            GateRules.line(row).stream(),
            rules.counted(row).stream().map(Counted::gate),
            rules.paced(row).stream().map(Paced::gate))
        .flatMap(gate -> gate);
  }

  private void readPlaces(Set<Long> ids) {
    if (!ids.isEmpty()) {
      for (Place place : gates.ofTasks(ids)) {
        places.computeIfAbsent(place.taskId(), id -> new HashMap<>()).put(place.gate(), place);
      }
    }
  }

  private Map<String, Place> places(long taskId) {
    return places.computeIfAbsent(taskId, id -> new HashMap<>());
  }

  private void leave(Left left) {
    List<Place> all = List.copyOf(places(left.taskId()).values());
    all.stream()
        .filter(place -> left.ended() || !GateRules.isLine(place.gate()))
        .forEach(this::giveUp);
  }

  private void giveUp(Place place) {
    // What was found by its task only may have come after the locks: the next sweep finds it.
    if (next.containsKey(place.gate())) {
      places(place.taskId()).remove(place.gate());
      removed.add(place);
      if (!GateRules.isPaced(place.gate())) {
        touched.add(place.gate());
      }
    }
  }

  private void arrive(List<HeldTask> arrived) {
    if (arrived.isEmpty()) {
      return;
    }
    removed.clear();
    for (HeldTask task : arrived) {
      GateRules.line(task.row()).ifPresent(line -> standInLine(task.row(), line));
    }
    write(added, gates::add);
    added.clear();
    Set<String> counted = new HashSet<>();
    for (HeldTask task : arrived) {
      GateRules.line(task.row()).ifPresent(counted::add);
      rules.counted(task.row()).forEach(gate -> counted.add(gate.gate()));
    }
    if (!counted.isEmpty()) {
      standing.putAll(gates.standing(counted));
    }
    arrived.stream()
        .sorted(
            Comparator.comparingLong((HeldTask task) -> task.row().runtimeMillis())
                .thenComparingLong(task -> task.row().id()))
        .forEach(this::arrive);
    writeArrivals(arrived.get(0).node());
  }

  /** Whoever scheduled it saw to that, but for a task that was revived. */
  private void standInLine(TaskRow row, String line) {
    if (!places(row.id()).containsKey(line)) {
      Place place = GateRules.inLine(row, line);
      places(row.id()).put(line, place);
      added.add(place);
    }
  }

  private void arrive(HeldTask task) {
    TaskRow row = task.row();
    String line = GateRules.line(row).orElse(null);
    if (line != null && !mayLeadLine(row.id(), line)) {
      park(task);
      return;
    }
    List<Place> taken = new ArrayList<>();
    for (Counted gate : rules.counted(row)) {
      if (!takes(row.id(), gate, taken)) {
        added.addAll(taken);
        park(task);
        return;
      }
    }
    long slot = slot(row);
    if (slot > nowMillis) {
      taken.forEach(place -> count(place.gate(), -1));
      sendAwayUntil(task, slot);
    } else {
      added.addAll(taken);
      passed.add(task);
    }
  }

  private boolean mayLeadLine(long taskId, String line) {
    Place place = places(taskId).get(line);
    if (place == null || place.holds()) {
      return place != null;
    }
    Standing now = standing(line);
    if (now.holding() > 0 || now.firstWaiting() != taskId) {
      return false;
    }
    count(line, 1);
    held.add(place);
    return true;
  }

  /** Takes a place in the gate, or stands in it to wait. */
  private boolean takes(long taskId, Counted gate, List<Place> taken) {
    Place place = places(taskId).get(gate.gate());
    if (place != null && place.holds()) {
      return true;
    }
    Standing now = standing(gate.gate());
    boolean room = now.holding() < gate.limit();
    if (room && now.firstWaiting() == 0) {
      taken.add(new Place(gate.gate(), taskId, nowMillis, gate.limit(), true));
      count(gate.gate(), 1);
      return true;
    }
    if (place == null) {
      added.add(new Place(gate.gate(), taskId, nowMillis, gate.limit(), false));
      if (now.firstWaiting() == 0) {
        standing.put(gate.gate(), new Standing(now.holding(), taskId));
      }
    }
    if (room) {
      touched.add(gate.gate());
    }
    return false;
  }

  private Standing standing(String gate) {
    return standing.getOrDefault(gate, new Standing(0, 0));
  }

  private void count(String gate, int more) {
    Standing now = standing(gate);
    standing.put(gate, new Standing(now.holding() + more, now.firstWaiting()));
  }

  /** When the paced gates let the task through, in epoch milliseconds; 0 for at once. */
  private long slot(TaskRow row) {
    long slot = 0;
    for (Paced gate : rules.paced(row)) {
      Place promise = places(row.id()).get(gate.gate());
      if (promise == null || nowMillis - promise.millis() > PROMISE_MILLIS) {
        slot = Math.max(slot, take(gate));
      } else {
        slot = Math.max(slot, promise.millis());
      }
    }
    return slot;
  }

  private long take(Paced gate) {
    long nowMicros = nowMillis * 1_000;
    long arrival = Math.max(nowMicros, next.getOrDefault(gate.gate(), 0L));
    next.put(gate.gate(), arrival + gate.intervalMicros());
    gates.setNext(gate.gate(), arrival + gate.intervalMicros());
    long allowed = arrival - (gate.burst() - 1) * gate.intervalMicros();
    return allowed <= nowMicros ? 0 : -Math.floorDiv(-allowed, 1_000L);
  }

  private void park(HeldTask task) {
    settlements.add(new Settlement.Park(task.row().id(), task.fence()));
    sentAway.add(task);
  }

  private void sendAwayUntil(HeldTask task, long slot) {
    long id = task.row().id();
    for (Place place : List.copyOf(places(id).values())) {
      if (!GateRules.isLine(place.gate())) {
        giveUp(place);
      }
    }
    for (Paced gate : rules.paced(task.row())) {
      added.add(new Place(gate.gate(), id, slot, 1, true));
    }
    settlements.add(new Settlement.Release(id, task.fence(), slot));
    sentAway.add(task);
    dueAgain.add(slot);
  }

  private void writeArrivals(Node node) {
    if (!settlements.isEmpty()) {
      store.settle(node.number(), settlements, nowMillis);
    }
    write(removed, gates::remove);
    write(added, gates::add);
    write(held, gates::hold);
  }

  private static void write(List<Place> places, Consumer<List<Place>> write) {
    for (int from = 0; from < places.size(); from += TaskStore.MAX_BATCH) {
      int until = Math.min(places.size(), from + TaskStore.MAX_BATCH);
      write.accept(List.copyOf(places.subList(from, until)));
    }
  }

  /** Lets in the first of those that wait, as many as there is room for. */
  private void letIn(String gate) {
    if (GateRules.isPaced(gate)) {
      return;
    }
    Standing now = gates.standing(List.of(gate)).getOrDefault(gate, new Standing(0, 0));
    if (now.firstWaiting() == 0) {
      return;
    }
    Place first = gates.waiting(gate, 1).get(0);
    int room = first.limit() - now.holding();
    if (room <= 0) {
      return;
    }
    Map<Long, Place> waiting = new HashMap<>();
    gates.waiting(gate, room).forEach(place -> waiting.put(place.taskId(), place));
    Collection<Long> ready = store.admit(waiting.keySet());
    List<Place> admitted = new ArrayList<>();
    for (long id : ready) {
      @Nullable Place place = waiting.get(id);
      if (place != null) {
        admitted.add(place);
      }
    }
    write(admitted, gates::hold);
    if (!admitted.isEmpty()) {
      dueAgain.add(nowMillis);
    }
  }
}

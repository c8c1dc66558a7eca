package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.scheduler.GateQueue.Left;
import dev.gatehouse.scheduler.GateRules.Counted;
import dev.gatehouse.scheduler.GateRules.Paced;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.Standing;
import dev.gatehouse.scheduler.OpenTask.State;
import dev.gatehouse.scheduler.ShutGates.Later;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
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

  private static final Standing NOBODY = new Standing(0, 0);

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
  private final Map<Integer, List<Settlement>> settlements = new HashMap<>();

  private final List<HeldTask> passed = new ArrayList<>();
  private final List<HeldTask> sentAway = new ArrayList<>();
  private final List<Long> dueAgain = new ArrayList<>();
  private final List<Settled> settled = new ArrayList<>();
  private final List<Left> leftAgain = new ArrayList<>();
  private final Set<String> unlocked = new HashSet<>();
  private final Later later = new Later();

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

  /** What became of those that were sent away, as far as the node still held them. */
  List<Settled> settled() {
    return settled;
  }

  /** Those whose places have to be looked at again, in another passage. */
  List<Left> leftAgain() {
    return leftAgain;
  }

  /** What has to come again after a while, as others have gates or tasks locked. */
  Later later() {
    return later;
  }

  /** The gates that it locked. */
  Set<String> locked() {
    return next.keySet();
  }

  /**
   * Goes through.
   *
   * @param shut gates that it does not ask for
   */
  void pass(List<HeldTask> arrived, List<Left> left, Set<String> others, Set<String> shut) {
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
    lock(names, shut);
    readPlaces(ids);
    others.forEach(gate -> (unlocked.contains(gate) ? later.touched() : touched).add(gate));
    leave(left);
    Map<Boolean, List<HeldTask>> byLock =
        arrived.stream()
            .collect(
                Collectors.partitioningBy(task -> names(task.row()).noneMatch(unlocked::contains)));
    later.arrived().addAll(requireNonNull(byLock.get(false)));
    arrive(requireNonNull(byLock.get(true)));
    touched.stream().sorted().forEach(this::letIn);
  }

  private void lock(Set<String> names, Set<String> shut) {
    Set<String> asked = new HashSet<>(names);
    asked.removeAll(shut);
    if (!asked.isEmpty()) {
      next.putAll(gates.lock(asked));
    }
    unlocked.addAll(names);
    unlocked.removeAll(next.keySet());
    later.gates().addAll(unlocked);
    later.gates().removeAll(shut);
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

  private Map<Long, OpenTask> open(Collection<Long> ids) {
    Map<Long, OpenTask> open = new HashMap<>();
    store.open(ids).forEach(task -> open.put(task.id(), task));
    return open;
  }

  private void leave(List<Left> left) {
    Map<Long, Long> fences = new HashMap<>();
    for (Left one : left) {
      if (places.containsKey(one.taskId())) {
        fences.merge(one.taskId(), one.fence(), Math::max);
      }
    }
    if (!fences.isEmpty()) {
      Map<Long, OpenTask> open = open(fences.keySet());
      fences.forEach((id, fence) -> leave(id, fence, open.get(id)));
      write(removed, gates::remove);
      removed.clear();
    }
  }

  /**
   * Gives up what the task does not need as it stands now, whoever says that it left: it may have
   * been claimed again since, by this node or another, and have come to its gates before the news.
   */
  private void leave(long id, long fence, @Nullable OpenTask task) {
    if (task != null && (task.state() == State.PARKED || isHeldSince(task, fence))) {
      return;
    }
    for (Place place : List.copyOf(places(id).values())) {
      boolean kept =
          task != null && GateRules.isLine(place.gate()) && standsInLine(id, place.gate());
      if (!kept && !giveUp(place)) {
        (unlocked.contains(place.gate()) ? later.left() : leftAgain).add(new Left(id, fence));
      }
    }
  }

  private static boolean isHeldSince(OpenTask task, long fence) {
    return task.state() == State.LEASED && task.fence() > fence;
  }

  /** Whether that is the task's line: it was another before it was replaced. */
  private boolean standsInLine(long id, String line) {
    return store
        .find(OptionalLong.empty(), id)
        .flatMap(task -> GateRules.line(task.row()))
        .filter(line::equals)
        .isPresent();
  }

  /** False if the place came after the locks. */
  private boolean giveUp(Place place) {
    if (!next.containsKey(place.gate())) {
      return false;
    }
    places(place.taskId()).remove(place.gate());
    removed.add(place);
    if (!GateRules.isPaced(place.gate())) {
      touched.add(place.gate());
    }
    return true;
  }

  private void arrive(List<HeldTask> arrived) {
    if (arrived.isEmpty()) {
      return;
    }
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
    writeArrivals();
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
      rules.paced(row).forEach(gate -> useUp(row.id(), gate));
      added.addAll(taken);
      passed.add(task);
    }
  }

  /** A time that was given is good for one attempt. */
  private void useUp(long taskId, Paced gate) {
    Place promise = places(taskId).get(gate.gate());
    if (promise != null) {
      giveUp(promise);
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
    return standing.getOrDefault(gate, NOBODY);
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
    sendAway(task, new Settlement.Park(task.row().id(), task.fence()));
  }

  private void sendAwayUntil(HeldTask task, long slot) {
    long id = task.row().id();
    for (Place place : List.copyOf(places(id).values())) {
      if (!GateRules.isLine(place.gate())) {
        giveUp(place);
      }
    }
    for (Paced gate : rules.paced(task.row())) {
      added.add(new Place(gate.gate(), id, slot, 1, false));
    }
    sendAway(task, new Settlement.Release(id, task.fence(), slot));
    dueAgain.add(slot);
  }

  private void sendAway(HeldTask task, Settlement settlement) {
    settlements.computeIfAbsent(task.node().number(), node -> new ArrayList<>()).add(settlement);
    sentAway.add(task);
  }

  private void writeArrivals() {
    settlements.forEach(this::settle);
    write(removed, gates::remove);
    write(added, gates::add);
    write(held, gates::hold);
  }

  /**
   * Some may not be as was said: asked to be cancelled or paused, or another's by now. Whose row
   * another has locked stays here, and comes again.
   */
  private void settle(int node, List<Settlement> away) {
    settled.addAll(store.settle(node, away, nowMillis, IfLocked.PASS_OVER));
    Map<Long, OpenTask> open = open(away.stream().map(Settlement::id).toList());
    for (Settlement one : away) {
      State wanted = one instanceof Settlement.Park ? State.PARKED : State.READY;
      OpenTask task = open.get(one.id());
      if (task != null && task.state() == State.LEASED && task.fence() == one.fence()) {
        comeAgain(one.id());
      } else if (task == null || task.state() != wanted) {
        leftAgain.add(new Left(one.id(), one.fence()));
      }
    }
  }

  private void comeAgain(long taskId) {
    for (HeldTask task : List.copyOf(sentAway)) {
      if (task.row().id() == taskId) {
        sentAway.remove(task);
        later.arrived().add(task);
      }
    }
  }

  private static void write(List<Place> places, Consumer<List<Place>> write) {
    for (int from = 0; from < places.size(); from += TaskStore.MAX_BATCH) {
      int until = Math.min(places.size(), from + TaskStore.MAX_BATCH);
      write.accept(List.copyOf(places.subList(from, until)));
    }
  }

  /** Lets in the first of those that wait, as many as there is room for. */
  private void letIn(String gate) {
    Set<Long> passedOver = new HashSet<>();
    boolean more = !GateRules.isPaced(gate);
    while (more) {
      more = letSomeIn(gate, passedOver);
    }
  }

  /** Whether others may be let in, in place of some that could not be. */
  private boolean letSomeIn(String gate, Set<Long> passedOver) {
    List<Place> first = gates.waiting(gate, 1);
    if (first.isEmpty()) {
      return false;
    }
    int holding = gates.standing(List.of(gate)).getOrDefault(gate, NOBODY).holding();
    int room = first.get(0).limit() - holding;
    if (room <= 0) {
      return false;
    }
    Map<Long, Place> waiting = new HashMap<>();
    for (Place place :
        gates.waiting(gate, Math.min(TaskStore.MAX_BATCH, room + passedOver.size()))) {
      if (!passedOver.contains(place.taskId())) {
        waiting.put(place.taskId(), place);
      }
    }
    if (waiting.isEmpty()) {
      return false;
    }
    List<Place> admitted = new ArrayList<>();
    for (long id : store.admit(waiting.keySet())) {
      Optional.ofNullable(waiting.remove(id)).ifPresent(admitted::add);
    }
    write(admitted, gates::hold);
    if (!admitted.isEmpty()) {
      dueAgain.add(nowMillis);
    }
    return !waiting.isEmpty() && passOver(gate, waiting, passedOver);
  }

  /**
   * Of those that were not admitted, who does not wait any more gives up its place; who is parked
   * is being changed by another now. In a line, nobody goes before the first.
   */
  private boolean passOver(String gate, Map<Long, Place> waiting, Set<Long> passedOver) {
    boolean line = GateRules.isLine(gate);
    Map<Long, OpenTask> open = open(waiting.keySet());
    List<Place> gone = new ArrayList<>();
    for (Place place : waiting.values()) {
      OpenTask task = open.get(place.taskId());
      boolean waits =
          task != null && (task.state() == State.PARKED || (line && standsInLine(task.id(), gate)));
      if (waits) {
        passedOver.add(place.taskId());
      } else {
        gone.add(place);
      }
    }
    write(gone, gates::remove);
    return !line || !gone.isEmpty();
  }
}

package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.scheduler.Admission.Ahead;
import dev.gatehouse.scheduler.Followers.Run;
import dev.gatehouse.scheduler.GateQueue.Left;
import dev.gatehouse.scheduler.GateRules.Counted;
import dev.gatehouse.scheduler.GateRules.Paced;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.Standing;
import dev.gatehouse.scheduler.GateTimes.Taken;
import dev.gatehouse.scheduler.OpenTask.State;
import dev.gatehouse.scheduler.ShutGates.Later;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One transaction at gates: who has left gives up its places, who has arrived takes places or
 * waits, and who waits is {@linkplain Admission let in} as far as there is room.
 *
 * <p>A task goes through its gates in a fixed order, first its line, then those that count, last
 * those that pace, and waits in one at a time, holding those before: so none can wait for each
 * other in a circle. Only at a paced gate it waits without those that count, for that may take
 * long. Whoever is let in there comes again, and takes a time of every paced gate when it does, and
 * its other places; if one of them has none, it waits there. Not safe: confine to one thread.
 */
final class Passage {
  private static final Standing NOBODY = new Standing(0, 0);

  private final GateRules rules;
  private final GateStore gates;
  private final TaskStore store;
  private final long nowMillis;

  private final Map<String, Long> next = new HashMap<>();
  private final GateTimes times;
  private final Admission admission;
  private final Followers followers;
  private final Map<String, Standing> standing = new HashMap<>();
  private final Map<Long, Map<String, Place>> places = new HashMap<>();
  private final Set<String> touched = new HashSet<>();

  /** Where nobody waited before. */
  private final Set<String> awaited = new HashSet<>();

  private final List<Place> added = new ArrayList<>();
  private final List<Place> held = new ArrayList<>();
  private final List<Place> removed = new ArrayList<>();
  private final Map<Integer, List<Settlement>> settlements = new HashMap<>();

  private final List<Passed> passed = new ArrayList<>();
  private final List<HeldTask> sentAway = new ArrayList<>();
  private final List<Settled> settled = new ArrayList<>();
  private final List<Left> leftAgain = new ArrayList<>();
  private final Set<String> unlocked = new HashSet<>();
  private final Later later = new Later();

  /**
   * One that may begin.
   *
   * @param millis when, in epoch milliseconds; at once if that is past
   * @param taken the times that it took for that
   */
  record Passed(HeldTask held, long millis, List<Taken> taken) {}

  /**
   * A passage.
   *
   * @param ahead what this node can hold
   */
  Passage(GateRules rules, GateStore gates, TaskStore store, long nowMillis, Ahead ahead) {
    this.rules = rules;
    this.gates = gates;
    this.store = store;
    this.nowMillis = nowMillis;
    times = new GateTimes(next, nowMillis);
    admission = new Admission(rules, gates, store, times, ahead);
    followers = new Followers(rules, gates, ahead.lengthsOfLeased());
  }

  /** Those that may begin. */
  List<Passed> passed() {
    return passed;
  }

  /** Of those that may begin, and of those that follow them, the runs. */
  List<Run> runs() {
    return followers.runs();
  }

  /** What was let in. */
  Admission admission() {
    return admission;
  }

  /** Those that the node no longer holds. */
  List<HeldTask> sentAway() {
    return sentAway;
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
    Set<Long> asked = new HashSet<>();
    Set<String> names = new HashSet<>(others);
    for (Left one : left) {
      ids.add(one.taskId());
      List<String> known = one.gates();
      if (known == null) {
        asked.add(one.taskId());
      } else {
        names.addAll(known);
      }
      one.unused().forEach(taken -> names.add(taken.gate()));
    }
    if (!asked.isEmpty()) {
      gates.ofTasks(asked).forEach(place -> names.add(place.gate()));
    }
    arrived.forEach(task -> ids.add(task.row().id()));
    arrived.forEach(task -> names.addAll(rules.names(task.row())));
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
                Collectors.partitioningBy(
                    task -> rules.names(task.row()).stream().noneMatch(unlocked::contains)));
    later.arrived().addAll(requireNonNull(byLock.get(false)));
    arrive(requireNonNull(byLock.get(true)));
    touched.stream()
        .sorted()
        .forEach(gate -> admission.letIn(gate, awaited.contains(gate), others.contains(gate)));
    times.write(gates);
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

  private void leave(List<Left> left) {
    Map<Long, Long> fences = new HashMap<>();
    for (Left one : left) {
      one.unused().forEach(taken -> giveBack(one, taken));
      if (places.containsKey(one.taskId())) {
        fences.merge(one.taskId(), one.fence(), Math::max);
      }
    }
    if (!fences.isEmpty()) {
      Map<Long, OpenTask> open = admission.open(fences.keySet());
      fences.forEach((id, fence) -> leave(id, fence, open.get(id)));
      Admission.write(removed, gates::remove);
      removed.clear();
    }
  }

  private void giveBack(Left one, Taken taken) {
    if (next.containsKey(taken.gate())) {
      times.giveBack(taken);
      touched.add(taken.gate());
    } else {
      later.left().add(new Left(one.taskId(), one.fence(), List.of(taken), List.of()));
    }
  }

  /**
   * Gives up what the task does not need as it stands now, whoever says that it left: it may have
   * been claimed again since, by this node or another, and have come to its gates before the news.
   */
  private void leave(long id, long fence, @Nullable OpenTask task) {
    if (task != null && (task.state() == State.PARKED || isLetInSince(task, fence))) {
      return;
    }
    for (Place place : List.copyOf(places(id).values())) {
      boolean kept =
          task != null
              && GateRules.isLine(place.gate())
              && admission.standsInLine(id, place.gate());
      if (!kept && !giveUp(place)) {
        (unlocked.contains(place.gate()) ? later.left() : leftAgain).add(new Left(id, fence));
      }
    }
  }

  /** Or leased; what nobody held is as the store says it is. */
  private static boolean isLetInSince(OpenTask task, long fence) {
    return task.fence() > fence
        && (task.state() == State.LEASED || (task.state() == State.READY && fence != 0));
  }

  /** False if the place came after the locks. */
  private boolean giveUp(Place place) {
    if (!next.containsKey(place.gate())) {
      return false;
    }
    places(place.taskId()).remove(place.gate());
    removed.add(place);
    touched.add(place.gate());
    return true;
  }

  private void arrive(List<HeldTask> arrived) {
    if (arrived.isEmpty()) {
      return;
    }
    for (HeldTask task : arrived) {
      GateRules.line(task.row()).ifPresent(line -> standInLine(task.row(), line));
    }
    Admission.write(added, gates::add);
    added.clear();
    Set<String> names = new HashSet<>();
    arrived.forEach(task -> names.addAll(rules.names(task.row())));
    if (!names.isEmpty()) {
      standing.putAll(gates.standing(names));
    }
    arrived.stream()
        .sorted(
            Comparator.comparing((HeldTask task) -> task.row().priority())
                .thenComparingLong(task -> task.row().runtimeMillis())
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
      if (!followers.takes(task, line)) {
        park(task);
      }
      return;
    }
    List<Place> taken = new ArrayList<>();
    for (Counted gate : rules.counted(row)) {
      if (!takes(task, gate, taken)) {
        added.addAll(taken);
        rules.paced(row).forEach(pace -> giveUp(row.id(), pace));
        park(task);
        return;
      }
    }
    List<Paced> paced = rules.paced(row);
    for (Paced gate : paced) {
      if (!mayTakeTime(row.id(), gate)) {
        taken.forEach(place -> count(place.gate(), -1));
        waitForTime(task, gate, paced);
        return;
      }
    }
    added.addAll(taken);
    begin(task, paced);
  }

  private void giveUp(long taskId, Paced gate) {
    Place place = places(taskId).get(gate.gate());
    if (place != null) {
      giveUp(place);
    }
  }

  private void begin(HeldTask task, List<Paced> paced) {
    long id = task.row().id();
    long micros = times.first(paced);
    List<Taken> taken = new ArrayList<>();
    for (Paced gate : paced) {
      taken.add(times.take(gate, micros));
      Place place = places(id).remove(gate.gate());
      if (place != null) {
        removed.add(place);
        count(gate.gate(), place.holds() ? -1 : 0);
      }
    }
    passed.add(new Passed(task, GateTimes.ceiling(micros), taken));
    followers.begins(task);
  }

  /** Who was let in comes first, then who waits, then who comes only now. */
  private boolean mayTakeTime(long taskId, Paced gate) {
    Place place = places(taskId).get(gate.gate());
    int free = times.count(gate);
    if (place != null && place.holds()) {
      return free > 0;
    }
    Standing now = standing(gate.gate());
    boolean first = now.firstWaiting() == 0 || now.firstWaiting() == taskId;
    return first && free > now.holding();
  }

  /**
   * Parks it at the gate. It gives up what others could make use of meanwhile; where it was let in
   * at a gate behind, it still is.
   */
  private void waitForTime(HeldTask task, Paced gate, List<Paced> paced) {
    TaskRow row = task.row();
    Set<String> behind = new HashSet<>();
    paced.subList(paced.indexOf(gate) + 1, paced.size()).forEach(one -> behind.add(one.gate()));
    boolean waits = false;
    for (Place place : List.copyOf(places(row.id()).values())) {
      if (place.gate().equals(gate.gate()) && !place.holds()) {
        waits = true;
      } else if (!GateRules.isLine(place.gate()) && !behind.contains(place.gate())) {
        giveUp(place);
      }
    }
    if (!waits) {
      added.add(waiting(task, gate.gate(), Limit.MAX_CONCURRENT));
    }
    Standing now = standing(gate.gate());
    if (now.firstWaiting() == 0) {
      awaited.add(gate.gate());
      standing.put(gate.gate(), new Standing(now.holding(), row.id()));
    }
    touched.add(gate.gate());
    park(task);
  }

  /** At the place of when it was due, so that who comes again stands where it stood. */
  private static Place waiting(HeldTask task, String gate, int limit) {
    TaskRow row = task.row();
    return new Place(gate, row.id(), task.dueMillis(), limit, false, row.priority());
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
  private boolean takes(HeldTask task, Counted gate, List<Place> taken) {
    long taskId = task.row().id();
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
      added.add(waiting(task, gate.gate(), gate.limit()));
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

  private void park(HeldTask task) {
    settlements
        .computeIfAbsent(task.node().number(), node -> new ArrayList<>())
        .add(new Settlement.Park(task.row().id(), task.fence()));
    sentAway.add(task);
  }

  private void writeArrivals() {
    settlements.forEach(this::settle);
    Admission.write(removed, gates::remove);
    Admission.write(added, gates::add);
    Admission.write(held, gates::hold);
  }

  /**
   * Some may not be as was said: asked to be cancelled or paused, or another's by now. Whose row
   * another has locked stays here, and comes again.
   */
  private void settle(int node, List<Settlement> away) {
    settled.addAll(store.settle(node, away, nowMillis, IfLocked.PASS_OVER));
    Map<Long, OpenTask> open = admission.open(away.stream().map(Settlement::id).toList());
    for (Settlement one : away) {
      OpenTask task = open.get(one.id());
      if (task != null && task.state() == State.LEASED && task.fence() == one.fence()) {
        comeAgain(one.id());
      } else if (task == null || task.state() != State.PARKED) {
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
}

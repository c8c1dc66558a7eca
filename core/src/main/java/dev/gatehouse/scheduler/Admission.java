package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.GateRules.Paced;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.Standing;
import dev.gatehouse.scheduler.Handover.Room;
import dev.gatehouse.scheduler.OpenTask.State;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Lets in those that wait at gates which the transaction has locked, as far as there is room: of
 * several priorities each has its share, within one it goes by place. Who can be held by this node
 * is, at once; others are made ready for whoever claims them. At a paced gate there is room for as
 * many as can begin soon, of those that were let in and have not come: they take their times when
 * they do. Not safe: confine to one thread.
 */
final class Admission {
  private static final int FIRST_PAGE = 32;

  /** Between two looks of the same node at a paced gate, so that a look lets in many. */
  private static final long REST_MILLIS = 50;

  /** So much later looks who does not see to it that others are let in. */
  private static final long STAND_BY_MILLIS = 1_000;

  /**
   * When to look again at a paced gate where others wait.
   *
   * @param standBy whether another node may see to it, so that an earlier look stands
   */
  record Look(long millis, boolean standBy) {}

  private final GateRules rules;
  private final GateStore gates;
  private final TaskStore store;
  private final GateTimes times;
  private final Ahead ahead;
  private final @Nullable Room room;

  private final Map<String, Look> looks = new HashMap<>();
  private final List<ClaimedTask> claimed = new ArrayList<>();
  private final List<Led> led = new ArrayList<>();
  private boolean anyReady;

  /**
   * What this node may take in.
   *
   * @param room what it can hold; null for nothing
   * @param lengths of how many tasks a line's run should be
   * @param lengthsOfLeased of how many, if they are leased already
   */
  record Ahead(
      @Nullable Room room, ToIntFunction<String> lengths, ToIntFunction<String> lengthsOfLeased) {}

  /**
   * One that was let in at a line, and those directly behind it: all are held by this node.
   *
   * @param others that are held too, and do not come next
   */
  record Led(String line, long first, List<Long> followers, List<Long> others) {}

  /** An admission. */
  Admission(GateRules rules, GateStore gates, TaskStore store, GateTimes times, Ahead ahead) {
    this.rules = rules;
    this.gates = gates;
    this.store = store;
    this.times = times;
    this.ahead = ahead;
    room = ahead.room();
  }

  /** When to look again at paced gates. */
  Map<String, Look> looks() {
    return looks;
  }

  /** Those that were let in, or follow, and are held by this node. */
  List<ClaimedTask> claimed() {
    return claimed;
  }

  /** Those of them that were let in at lines. */
  List<Led> led() {
    return led;
  }

  /** Whether others are ready again. */
  boolean anyReady() {
    return anyReady;
  }

  Map<Long, OpenTask> open(Collection<Long> ids) {
    Map<Long, OpenTask> open = new HashMap<>();
    store.open(ids).forEach(task -> open.put(task.id(), task));
    return open;
  }

  /**
   * Whether that is the task's line: it was another before it was replaced. One that cannot be read
   * keeps its place, as it is paused for that.
   */
  boolean standsInLine(long id, String line) {
    try {
      return store
          .find(OptionalLong.empty(), id)
          .flatMap(task -> GateRules.line(task.row()))
          .filter(line::equals)
          .isPresent();
    } catch (UnreadableTaskException e) {
      return true;
    }
  }

  static void write(List<Place> places, Consumer<List<Place>> write) {
    for (int from = 0; from < places.size(); from += TaskStore.MAX_BATCH) {
      int until = Math.min(places.size(), from + TaskStore.MAX_BATCH);
      write.accept(List.copyOf(places.subList(from, until)));
    }
  }

  /**
   * Lets in the first of those that wait, as many as there is room for.
   *
   * @param first whether nobody waited there before this transaction
   * @param bidden whether it was time for a look
   */
  void letIn(String gate, boolean first, boolean bidden) {
    Gate one = new Gate(gate, bidden);
    while (one.letSomeIn()) {
      // In place of some that could not be, others.
    }
    Optional<Paced> pace = rules.pace(gate);
    if (pace.isPresent()) {
      lookAgain(pace.get(), first || one.admitted > 0);
    }
  }

  private void lookAgain(Paced gate, boolean active) {
    Standing now = standing(gate.gate());
    if (now.firstWaiting() == 0) {
      return;
    }
    long millis = times.moreThan(gate, now.holding());
    looks.put(
        gate.gate(),
        active
            ? new Look(Math.max(times.nowMillis() + REST_MILLIS, millis), false)
            : new Look(Math.max(times.nowMillis(), millis) + STAND_BY_MILLIS, true));
  }

  private Standing standing(String gate) {
    return gates.standing(List.of(gate)).getOrDefault(gate, new Standing(0, 0));
  }

  /** One gate while some are let in. */
  private final class Gate {
    private final String name;
    private final @Nullable Paced pace;
    private final boolean bidden;
    private final Set<Long> passedOver = new HashSet<>();
    private int page;
    private int admitted;

    Gate(String name, boolean bidden) {
      this.name = name;
      this.bidden = bidden;
      pace = rules.pace(name).orElse(null);
      page = GateRules.isLine(name) ? ahead.lengths().applyAsInt(name) : FIRST_PAGE;
    }

    /** Whether others may be let in, in place of some that could not be. */
    boolean letSomeIn() {
      Standing now = standing(name);
      if (now.firstWaiting() == 0 || (GateRules.isPaced(name) && !isHere())) {
        return false;
      }
      List<Place> waiting = waiting(page);
      int free = waiting.isEmpty() ? 0 : free(waiting.get(0), now.holding());
      if (free <= 0) {
        return false;
      }
      if (free > page) {
        page = Math.min(TaskStore.MAX_BATCH, free);
        waiting = waiting(page);
      }
      waiting.removeIf(place -> passedOver.contains(place.taskId()));
      if (waiting.isEmpty()) {
        return false;
      }
      List<Place> chosen = choose(waiting, free, now.holding());
      List<Place> let = admit(chosen);
      admitted += let.size();
      if (GateRules.isLine(name) && !let.isEmpty()) {
        follow(let.get(0).taskId(), waiting);
      }
      chosen.removeAll(let);
      return !chosen.isEmpty() && passOver(chosen);
    }

    /** A rate that others know of is theirs to keep; one that was lifted holds up nobody. */
    private boolean isHere() {
      return pace != null || rules.isLifted(name);
    }

    private List<Place> waiting(int places) {
      int limit = Math.min(TaskStore.MAX_BATCH, places + passedOver.size());
      return new ArrayList<>(gates.waiting(name, limit));
    }

    private int free(Place first, int holding) {
      if (pace == null) {
        return GateRules.isPaced(name) ? TaskStore.MAX_BATCH : first.limit() - holding;
      }
      int all = times.count(pace);
      return bidden && admitted == 0 && times.isUnused(pace) ? all : all - holding;
    }

    /** So many of them, each priority as often as its turn is. */
    private List<Place> choose(List<Place> waiting, int free, int holding) {
      Map<Priority, Queue<Place>> present = new EnumMap<>(Priority.class);
      waiting.forEach(
          place ->
              present.computeIfAbsent(place.priority(), priority -> new ArrayDeque<>()).add(place));
      boolean counts = pace == null && present.size() > 1;
      long turn = pace == null ? times.turn(name) : times.turn(pace, holding);
      List<Place> chosen = new ArrayList<>();
      while (chosen.size() < free && !present.isEmpty()) {
        Priority priority = Shares.turn(turn + chosen.size(), present.keySet());
        Queue<Place> its = present.getOrDefault(priority, new ArrayDeque<>());
        chosen.add(its.remove());
        if (its.isEmpty()) {
          present.remove(priority);
        }
      }
      if (counts) {
        times.count(name, chosen.size());
      }
      return chosen;
    }

    private List<Place> admit(List<Place> chosen) {
      List<Long> ids = new ArrayList<>(chosen.stream().map(Place::taskId).toList());
      Set<Long> let = new HashSet<>();
      if (room != null && !GateRules.isPaced(name)) {
        List<Long> some = ids.subList(0, Math.min(ids.size(), room.tasks() - claimed.size()));
        if (!some.isEmpty()) {
          List<ClaimedTask> here = store.admitHeld(room.node().number(), room.exclusion(), some);
          here.forEach(task -> let.add(task.row().id()));
          claimed.addAll(here);
          ids.removeAll(let);
        }
      }
      if (!ids.isEmpty()) {
        Collection<Long> ready = store.admit(ids);
        anyReady |= !ready.isEmpty();
        let.addAll(ready);
      }
      List<Place> places = chosen.stream().filter(place -> let.contains(place.taskId())).toList();
      write(places, GateRules.isPaced(name) && pace == null ? gates::remove : gates::hold);
      return places;
    }

    /** Who comes after one that this node holds is held too, if its line is all it goes through. */
    private void follow(long first, List<Place> waiting) {
      boolean leads =
          claimed.stream().anyMatch(one -> one.row().id() == first && rules.isOnly(one.row()));
      if (room == null || !leads) {
        return;
      }
      List<Long> behind = new ArrayList<>();
      waiting.forEach(place -> behind.add(place.taskId()));
      behind.remove(first);
      int some = Math.min(behind.size(), room.ahead() - claimed.size());
      Set<Long> taken = new HashSet<>();
      if (some > 0) {
        List<Long> asked = behind.subList(0, some);
        List<ClaimedTask> here = store.admitHeld(room.node().number(), room.exclusion(), asked);
        here.forEach(task -> taken.add(task.row().id()));
        claimed.addAll(here);
      }
      List<Long> followers = behind.stream().takeWhile(taken::contains).toList();
      taken.removeAll(Set.copyOf(followers));
      led.add(new Led(name, first, followers, List.copyOf(taken)));
    }

    /**
     * Of those that were not admitted, who does not wait any more gives up its place; who is parked
     * is being changed by another now. In a line, nobody goes before the first.
     */
    private boolean passOver(List<Place> missed) {
      boolean line = GateRules.isLine(name);
      Map<Long, OpenTask> open = open(missed.stream().map(Place::taskId).toList());
      List<Place> gone = new ArrayList<>();
      for (Place place : missed) {
        OpenTask task = open.get(place.taskId());
        boolean waits =
            task != null
                && (task.state() == State.PARKED || (line && standsInLine(task.id(), name)));
        if (waits) {
          passedOver.add(place.taskId());
        } else {
          gone.add(place);
        }
      }
      write(gone, gates::remove);
      page = Math.min(TaskStore.MAX_BATCH, 2 * page);
      return !line || !gone.isEmpty();
    }
  }
}

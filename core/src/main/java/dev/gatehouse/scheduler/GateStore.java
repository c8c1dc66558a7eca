package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transaction.Transaction;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * SPI: keeps the gates that limited tasks go through, and who holds or waits for a place in them.
 * Which tasks they are, and what a gate stands for, is not the store's business. Safe for use by
 * multiple threads, but for what {@link #joining} returns.
 *
 * <ul>
 *   <li>{@code GATE-1} A lock makes the gates that are not there, and keeps all others from locking
 *       one of them until the transaction ends; two that lock the same gates in whatever order do
 *       not deadlock. It waits for others for a moment, and then goes without what they have.
 *   <li>{@code GATE-2} What is read of a gate that the transaction has locked includes all that was
 *       committed before.
 *   <li>{@code GATE-3} A task has one place at most in a gate: adding another changes nothing.
 *   <li>{@code GATE-4} Adding places waits for no one who has locked the gate.
 *   <li>{@code GATE-5} Who waits is found in order of (priority, place, task), so many of each
 *       priority.
 *   <li>{@code GATE-6} Places of tasks that are final, or gone, are found as left, and those that
 *       tasks hold that are paused, or ready and due later: page by page, all once.
 *   <li>{@code GATE-7} A purge deletes gates without places whose next time has passed, and no
 *       others.
 *   <li>{@code GATE-8} What is done in a transaction shows to others with its commit, and leaves
 *       nothing when it is rolled back.
 *   <li>{@code GATE-9} A gate that was locked before, and where a parked task waits, the first or
 *       one whose place is past, is found as stalled if fewer hold it than the limit of the first
 *       who waits, unless that one is on its way: leased, or ready and due.
 *   <li>{@code GATE-10} A gate that nobody has locked is handed on to who waits first in it by the
 *       one who alone holds it, and to nobody else; whose place another is changing is passed over.
 * </ul>
 */
public interface GateStore {
  /** This store inside the transaction. */
  GateStore joining(Transaction transaction);

  /**
   * Locks gates; to be called in a transaction that was joined.
   *
   * @param names 1..{@link TaskStore#MAX_BATCH}, each of 1..160 characters
   * @return for each its next time, 0 for new ones; none for those that others have locked
   */
  Map<String, Long> lock(Collection<String> names);

  /** Sets the next time of a gate, in epoch microseconds, 0 or greater. */
  void setNext(String name, long micros);

  /**
   * Adds places.
   *
   * @param places 1..{@link TaskStore#MAX_BATCH}
   */
  void add(List<Place> places);

  /**
   * Lets tasks hold the places that they wait in; only gate and task of them count.
   *
   * @param places 1..{@link TaskStore#MAX_BATCH}
   */
  void hold(Collection<Place> places);

  /**
   * Removes places; only gate and task of them count.
   *
   * @param places 1..{@link TaskStore#MAX_BATCH}
   */
  void remove(Collection<Place> places);

  /**
   * Hands gates on that need not be locked: of each the next task holds it, and the last one's
   * place is removed, if the last alone holds it and the next waits first; else neither. To be
   * called in a transaction that was joined.
   *
   * @param turns 1..{@link TaskStore#MAX_BATCH}, each of another gate that was locked before
   * @return those that were handed on, in any order
   */
  default List<Turn> handOn(List<Turn> turns) {
    Map<String, Standing> standing = standing(turns.stream().map(Turn::gate).toList());
    Set<Map.Entry<String, Long>> held =
        ofTasks(turns.stream().map(Turn::last).distinct().toList()).stream()
            .filter(Place::holds)
            .map(place -> Map.entry(place.gate(), place.taskId()))
            .collect(Collectors.toSet());
    List<Turn> handedOn =
        turns.stream()
            .filter(turn -> turn.isNext(standing.getOrDefault(turn.gate(), new Standing(0, 0))))
            .filter(turn -> held.contains(Map.entry(turn.gate(), turn.last())))
            .toList();
    if (!handedOn.isEmpty()) {
      remove(handedOn.stream().map(turn -> turn.placeOf(turn.last())).toList());
      hold(handedOn.stream().map(turn -> turn.placeOf(turn.next())).toList());
    }
    return handedOn;
  }

  /**
   * The places of tasks, in any order.
   *
   * @param taskIds 1..{@link TaskStore#MAX_BATCH}
   */
  List<Place> ofTasks(Collection<Long> taskIds);

  /**
   * How it stands at gates.
   *
   * @param gates 1..{@link TaskStore#MAX_BATCH}; of one that the transaction has not locked it may
   *     stand otherwise by then
   */
  Map<String, Standing> standing(Collection<String> gates);

  /**
   * The first of those that wait.
   *
   * @param limit how many of each priority, 1..{@link TaskStore#MAX_BATCH}
   */
  List<Place> waiting(String gate, int limit);

  /**
   * Looks through the places of some tasks for those that are not made use of.
   *
   * @param nowMillis what is due then is about to make use of its places
   * @param afterTask the last task of the page before, or 0
   * @param limit how many tasks to look at, 1..{@link TaskStore#MAX_BATCH}
   */
  TaskPage left(long nowMillis, long afterTask, int limit);

  /**
   * Looks through some gates for those that someone should be let in at, and for places held there
   * that are not made use of.
   *
   * @param nowMillis what is due then is on its way
   * @param afterGate the last gate of the page before, or empty text
   * @param limit how many gates to look at, 1..{@link TaskStore#MAX_BATCH}
   */
  GatePage stalled(long nowMillis, String afterGate, int limit);

  /**
   * Deletes gates that nobody needs.
   *
   * @param limit 1..{@link TaskStore#MAX_BATCH}
   * @return how many
   */
  int purge(long beforeMicros, int limit);

  /**
   * How it stands at a gate.
   *
   * @param holding how many hold it
   * @param firstWaiting the task that waits first; 0 if none does
   */
  record Standing(int holding, long firstWaiting) {}

  /**
   * A gate to be handed on.
   *
   * @param last the task that holds it
   * @param next the task that is to hold it
   */
  record Turn(String gate, long last, long next) {
    private boolean isNext(Standing standing) {
      return standing.holding() == 1 && standing.firstWaiting() == next;
    }

    private Place placeOf(long taskId) {
      return new Place(gate, taskId, 0, 1, false);
    }
  }

  /**
   * What was found among the places of some tasks.
   *
   * @param left places that are not made use of, in any order
   * @param last the last task that was looked at; 0 if it was the last of all
   */
  record TaskPage(List<Place> left, long last) {
    /** Copies the list. */
    public TaskPage {
      left = List.copyOf(left);
    }
  }

  /**
   * What was found at some gates.
   *
   * @param stalled those that someone should be let in at, in any order
   * @param left places held there that are not made use of, in any order
   * @param last the last gate that was looked at; empty text if it was the last of all
   */
  record GatePage(List<String> stalled, List<Place> left, String last) {
    /** Copies the lists. */
    public GatePage {
      stalled = List.copyOf(stalled);
      left = List.copyOf(left);
    }
  }

  /**
   * A task's place in a gate.
   *
   * @param gate the name, 1..160 characters
   * @param millis the order among those that wait; for one that holds whatever was agreed
   * @param limit how many may hold the gate, as the one who added it knew: 1..1,000
   * @param holds whether it holds the gate, or waits
   * @param priority among whom it waits
   */
  record Place(String gate, long taskId, long millis, int limit, boolean holds, Priority priority) {
    /** Checks that stores can keep it. */
    public Place {
      Check.text(gate, 1, 160, "gate");
      Check.range(limit, 1, Limit.MAX_CONCURRENT, "limit");
      requireNonNull(priority, "priority");
    }

    /** A place of normal priority. */
    public Place(String gate, long taskId, long millis, int limit, boolean holds) {
      this(gate, taskId, millis, limit, holds, Priority.NORMAL);
    }

    /** The same, held. */
    public Place held() {
      return new Place(gate, taskId, millis, limit, true, priority);
    }
  }
}

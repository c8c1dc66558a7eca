package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.transaction.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Hands the turn of a line on to who {@linkplain LineRun follows} on this node, in the transaction
 * that writes the end of who had it: so a task of a run costs no passage of its own.
 *
 * <p>That needs no lock of the gate. Others let nobody in while someone holds the line, and at each
 * commit one of the two does. Who is put in front meanwhile is looked for in the same transaction;
 * who comes later than that look came when the next had its turn. {@link #handOn} and {@link #take}
 * are called by one thread at a time.
 */
final class Turns {
  private final SchedulerParts parts;
  private final Holdings holdings;
  private final EngineClock clock;
  private final Runnable begun;

  /** Who had the turn, and who has it next. */
  record Turn(HeldTask ended, HeldTask next) {}

  /**
   * Turns.
   *
   * @param begun is run when tasks are to begin that were not before
   */
  Turns(SchedulerParts parts, Holdings holdings, EngineClock clock, Runnable begun) {
    this.parts = parts;
    this.holdings = holdings;
    this.clock = clock;
    this.begun = begun;
  }

  Holdings holdings() {
    return holdings;
  }

  /** Hands on the turns of those that are final; the others' runs break off. */
  List<Turn> handOn(Transaction transaction, List<Settled> settled, List<PendingSettlement> group) {
    List<Turn> turns = due(settled, group);
    if (turns.isEmpty()) {
      return turns;
    }
    GateStore gates = parts.store().gates().joining(transaction);
    List<GateStore.Turn> asked = turns.stream().map(Turns::atGate).toList();
    Set<GateStore.Turn> handedOn = Set.copyOf(gates.handOn(asked));
    turns.removeIf(turn -> !handedOn.contains(atGate(turn)));
    return turns;
  }

  private static List<Turn> due(List<Settled> settled, List<PendingSettlement> group) {
    Map<Long, HeldTask> inRuns = new HashMap<>();
    for (PendingSettlement one : group) {
      HeldTask held = one.held();
      if (held != null && held.run() != null) {
        inRuns.put(one.id(), held);
      }
    }
    List<Turn> turns = new ArrayList<>();
    for (Settled one : settled) {
      HeldTask ended = one.status().isFinal() ? inRuns.get(one.id()) : null;
      HeldTask next = ended == null ? null : run(ended).after(ended);
      if (ended != null && next != null) {
        turns.add(new Turn(ended, next));
      }
    }
    return turns;
  }

  private static LineRun run(HeldTask task) {
    return requireNonNull(task.run(), "run");
  }

  private static GateStore.Turn atGate(Turn turn) {
    String line = run(turn.ended()).line();
    return new GateStore.Turn(line, turn.ended().row().id(), turn.next().row().id());
  }

  /** The transaction is committed: who has the turn now begins. */
  void take(List<Turn> turns) {
    boolean any = false;
    for (Turn turn : turns) {
      HeldTask next = turn.next();
      if (run(turn.ended()).goesOn(turn.ended(), next)) {
        next.admit(0, List.of());
        any |= begin(next);
      }
    }
    if (any) {
      begun.run();
    }
  }

  private boolean begin(HeldTask next) {
    boolean waits = next.isWaiting();
    if (waits) {
      holdings.await(next, clock.millis());
    } else {
      holdings.gates().left(next);
      holdings.breakOff(next);
    }
    return waits;
  }
}

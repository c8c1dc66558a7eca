package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.GateQueue.Left;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Lets limited tasks through their gates, many in one transaction: those that find room run at
 * once, for this node holds them already; the others go back to the store, where they wait until
 * someone lets them in. {@link #flush} is called by one thread at a time and asks the store.
 *
 * <p>A place is given up after the attempt's end is written, in a transaction of its own: so a gate
 * never holds up settlements, nor a host's transaction. If the node dies in between, the place is
 * {@linkplain #sweep swept}.
 */
final class Gatekeeper {
  private static final int BATCH = 500;

  private final SchedulerParts parts;
  private final Holdings holdings;
  private final GateQueue queue;
  private final EngineClock clock;
  private final LongConsumer dueSoon;

  /**
   * A gatekeeper.
   *
   * @param dueSoon is told when a task that was let in, or sent away for some time, is due
   */
  Gatekeeper(SchedulerParts parts, Holdings holdings, EngineClock clock, LongConsumer dueSoon) {
    this.parts = parts;
    this.holdings = holdings;
    queue = holdings.gates();
    this.clock = clock;
    this.dueSoon = dueSoon;
  }

  /** Does all that is queued and returns how much that was. */
  int flush() {
    int done = 0;
    while (!queue.isEmpty()) {
      done += flushSome();
    }
    return done;
  }

  boolean isIdle() {
    return queue.isEmpty();
  }

  private int flushSome() {
    List<HeldTask> arrived = some(queue.arrived());
    List<Left> left = some(queue.left());
    Set<String> touched = new HashSet<>(some(queue.touched()));
    boolean done = false;
    Passage passage;
    try {
      passage =
          parts
              .transactions()
              .call(
                  transaction -> {
                    TaskStore store = parts.store().joining(transaction);
                    GateStore gates = parts.store().gates().joining(transaction);
                    Passage attempt = new Passage(queue.rules(), gates, store, clock.millis());
                    attempt.pass(waiting(arrived), left, touched);
                    return attempt;
                  });
      done = true;
    } finally {
      if (!done) {
        queue.arrived().addAll(arrived);
        queue.left().addAll(left);
        queue.touched().addAll(touched);
      }
    }
    passage.passed().forEach(this::letThrough);
    passage.sentAway().forEach(this::sendAway);
    passage.dueAgain().forEach(dueSoon::accept);
    return arrived.size() + left.size() + touched.size();
  }

  private static <T> List<T> some(Queue<T> from) {
    List<T> some = new ArrayList<>();
    for (T next = from.peek(); next != null && some.size() < BATCH; next = from.peek()) {
      some.add(from.remove());
    }
    return some;
  }

  /** The others were taken away meanwhile. */
  private static List<HeldTask> waiting(List<HeldTask> arrived) {
    return arrived.stream().filter(HeldTask::isWaiting).toList();
  }

  private void letThrough(HeldTask held) {
    held.admit();
    if (held.isWaiting()) {
      holdings.due().add(held);
    } else {
      queue.left(held.row().id(), false);
    }
  }

  private void sendAway(HeldTask held) {
    if (held.drop()) {
      holdings.dropped();
    }
    holdings.remove(held);
  }

  /** Gives up the places of tasks that have ended, and deletes gates that nobody needs. */
  void sweep() {
    GateStore gates = parts.store().gates();
    List<GateStore.Place> left = gates.left(BATCH);
    left.forEach(place -> queue.left(place.taskId(), true));
    gates.purge(clock.millis() * 1_000, BATCH);
  }
}

package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.GateRules.Paced;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The times that paced gates give, by the generic cell rate algorithm in its virtual scheduling
 * form (ITU-T I.371): a gate's next time is when the next would come if all came evenly spread, and
 * one may come earlier by as much as the burst allows. A time is given to who is held by a node and
 * could begin, and no more than {@link #AHEAD_MILLIS} ahead: so none is given to who waits. Of
 * other gates the number is how many were let in. Not safe: confine to one thread.
 */
final class GateTimes {
  /** How long before its time a task may be let in, or take it, so that it begins on time. */
  static final long AHEAD_MILLIS = 200;

  /** A time that nobody has taken for so long is not waited for by those who were let in. */
  private static final long UNUSED_MICROS = 300_000;

  /**
   * A next time so far beyond any that can have been given is of a clock that was set back, or of a
   * lower rate.
   */
  private static final long SET_BACK_MICROS = 10_000_000;

  private static final long MILLI = 1_000;

  /**
   * A time that was taken.
   *
   * @param before the gate's next time before that
   * @param after the gate's next time then
   */
  record Taken(String gate, long before, long after) {}

  private final Map<String, Long> next;
  private final long nowMillis;
  private final Set<String> changed = new HashSet<>();

  /**
   * The times of gates that the transaction has locked.
   *
   * @param next by the gates' names
   */
  GateTimes(Map<String, Long> next, long nowMillis) {
    this.next = next;
    this.nowMillis = nowMillis;
  }

  long nowMillis() {
    return nowMillis;
  }

  private long nowMicros() {
    return nowMillis * MILLI;
  }

  private long known(Paced gate) {
    long known = next.getOrDefault(gate.gate(), 0L);
    long all = nowMicros() + gate.burst() * gate.intervalMicros();
    return known > all + AHEAD_MILLIS * MILLI + SET_BACK_MICROS ? all : known;
  }

  /** By how much one may come before it would if all came evenly spread. */
  private static long early(Paced gate) {
    return (gate.burst() - 1) * gate.intervalMicros();
  }

  /** When the first can come that is let through next; that may be past. */
  private long firstMicros(Paced gate) {
    return Math.max(nowMicros(), known(gate)) - early(gate);
  }

  /** How many times can be taken now. */
  int count(Paced gate) {
    long left = nowMicros() + AHEAD_MILLIS * MILLI - firstMicros(gate);
    return left < 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, left / gate.intervalMicros() + 1);
  }

  /** From when on more times than those can be taken, in epoch milliseconds. */
  long moreThan(Paced gate, int times) {
    return ceiling(firstMicros(gate) + times * gate.intervalMicros()) - AHEAD_MILLIS;
  }

  /** Whether a time could have been taken for long, and was not. */
  boolean isUnused(Paced gate) {
    return known(gate) - early(gate) <= nowMicros() - UNUSED_MICROS;
  }

  /** When one that goes through all of them can begin, in epoch microseconds; each has a time. */
  long first(List<Paced> paced) {
    return paced.stream().mapToLong(this::firstMicros).reduce(nowMicros(), Math::max);
  }

  /** Takes the gate's first time, or the later one that another gate gives with it. */
  Taken take(Paced gate, long beginMicros) {
    long before = next.getOrDefault(gate.gate(), 0L);
    long after = Math.max(beginMicros, known(gate)) + gate.intervalMicros();
    set(gate.gate(), after);
    return new Taken(gate.gate(), before, after);
  }

  /** Nobody began with it; if it was the last, the next gets it. */
  void giveBack(Taken taken) {
    if (next.getOrDefault(taken.gate(), 0L) == taken.after()) {
      set(taken.gate(), taken.before());
    }
  }

  /** The number of the next that is let in, if so many were and have not come. */
  long turn(Paced gate, int coming) {
    return known(gate) / gate.intervalMicros() + coming;
  }

  /** The number of the next that is let in at a gate that gives no times. */
  long turn(String gate) {
    return next.getOrDefault(gate, 0L);
  }

  /** So many more were let in there. */
  void count(String gate, int more) {
    set(gate, turn(gate) + more);
  }

  private void set(String gate, long value) {
    next.put(gate, value);
    changed.add(gate);
  }

  /** In whole milliseconds, not earlier. */
  static long ceiling(long micros) {
    return -Math.floorDiv(-micros, MILLI);
  }

  void write(GateStore gates) {
    changed.stream().sorted().forEach(gate -> gates.setNext(gate, next.getOrDefault(gate, 0L)));
    changed.clear();
  }
}

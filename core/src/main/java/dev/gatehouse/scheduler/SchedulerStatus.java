package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * How a scheduler is doing. Its parts are read one after the other, while it goes on, so they need
 * not add up. Immutable.
 *
 * @param node the number of this node's lease; empty if it runs no tasks at present: not started,
 *     or without a lease, because the storage is out of reach or the lease was lost
 * @param tasks the tasks of all nodes; empty if the storage could not be asked
 * @param others tasks of all nodes that are paused, wait for their turn, or are final and kept;
 *     empty if the storage could not be asked
 * @param earliestDue when the first task is due, past or to come, of those that no node has taken
 *     and those that this node has taken and not begun; empty if there is none. If the storage
 *     could not be asked, only this node's count
 * @param lag how long that one is overdue; zero if it is not
 * @param held tasks that this node has taken and not given back: waiting for their time, under way,
 *     or to be settled
 * @param underWay those of them that have begun and not ended
 * @param missingHandlers kinds of tasks that this node met and has no handler for, so that it
 *     leaves them to others; not all if there are very many
 * @param work what this node has done
 * @param rates how fast it has done so lately
 */
public record SchedulerStatus(
    OptionalInt node,
    Optional<TaskCounts> tasks,
    Optional<OtherCounts> others,
    Optional<Instant> earliestDue,
    Duration lag,
    int held,
    int underWay,
    Set<String> missingHandlers,
    Work work,
    Rates rates) {
  /** Checks that nothing is missing, and copies the set. */
  public SchedulerStatus {
    requireNonNull(node, "node");
    requireNonNull(tasks, "tasks");
    requireNonNull(others, "others");
    requireNonNull(earliestDue, "earliestDue");
    requireNonNull(lag, "lag");
    missingHandlers = Set.copyOf(missingHandlers);
    requireNonNull(work, "work");
    requireNonNull(rates, "rates");
  }

  /**
   * What a node has done since it was started; the difference of two, over that of their {@code
   * since}, is a rate between them. All zero before the start. Immutable.
   *
   * @param since how long ago it was started
   * @param claims how often it asked the storage for tasks
   * @param claimed tasks that it was given
   * @param flushes transactions in which it wrote what became of tasks
   * @param settled tasks of which it wrote that
   * @param stale results that came too late, and were dropped
   * @param fenced how often it lost its lease
   * @param recovered tasks that it freed of lost nodes
   * @param hints how often it looked for tasks earlier than it would have, because of another
   *     node's hint
   */
  public record Work(
      Duration since,
      long claims,
      long claimed,
      long flushes,
      long settled,
      long stale,
      long fenced,
      long recovered,
      long hints) {
    /** Nothing. */
    static final Work NONE = new Work(Duration.ZERO, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Checks that nothing is missing. */
    public Work {
      requireNonNull(since, "since");
    }
  }

  /**
   * How fast a node has worked within the last minute or so: each the number in one second, on
   * average. All zero before the start. Immutable.
   *
   * @param over the time that they are of: since the start, or 60 to 65 s
   * @param claims how often it asked the storage for tasks
   * @param claimed tasks that it was given
   * @param flushes transactions in which it wrote what became of tasks
   * @param settled tasks of which it wrote that
   * @param statements what this process asked the storage, whatever for, as {@link
   *     StorageTraffic#statements}; 0 if the storage does not count
   * @param commits the transactions of that, as {@link StorageTraffic#commits}; 0 if the storage
   *     does not count
   */
  public record Rates(
      Duration over,
      double claims,
      double claimed,
      double flushes,
      double settled,
      double statements,
      double commits) {
    /** Nothing. */
    static final Rates NONE = new Rates(Duration.ZERO, 0, 0, 0, 0, 0, 0);

    /** Checks that nothing is missing. */
    public Rates {
      requireNonNull(over, "over");
    }

    /**
     * Statements of all kinds for each task that was settled, so that what the node asks while it
     * is idle is a part of it; 0 if none was settled.
     */
    public double statementsPerTask() {
      return settled == 0 ? 0 : statements / settled;
    }

    /** Commits of all kinds for each task that was settled; 0 if none was. */
    public double commitsPerTask() {
      return settled == 0 ? 0 : commits / settled;
    }
  }
}

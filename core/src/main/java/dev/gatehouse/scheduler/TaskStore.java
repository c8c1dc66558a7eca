package dev.gatehouse.scheduler;

import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * SPI: keeps tasks, their attempts, and the leases of the nodes that run them. Safe for use by
 * multiple threads, but for what {@link #joining} returns.
 *
 * <p>A task is <i>ready</i> (waits, nobody's), <i>paused</i> or <i>parked</i> (as that, but not to
 * be claimed), <i>leased</i> (held by one node under a fence) or <i>final</i>. Times come in as
 * arguments in epoch milliseconds; only leases of nodes are judged by the store's own clock. An
 * application id that is empty means: of whomever.
 *
 * <ul>
 *   <li>{@code TASK-1} A task that was inserted is there, whole, byte for byte, once the
 *       transaction is committed.
 *   <li>{@code TASK-2} Of tasks with one application and task number only the first is inserted;
 *       the others are answered with its id, without an error and without harm to the transaction.
 *       This holds while the store keeps the first, final or not.
 *   <li>{@code TASK-3} A claim takes ready tasks with a due time no later than asked, and no later
 *       than {@link #MAX_AHEAD} after the end of the node's lease; at most as many as asked, and no
 *       task for two nodes. It takes fewer only if there are no more. Of {@link #MANY} and more it
 *       takes the earliest of each lane, as the store divides tasks, with a share for every {@link
 *       Priority}; of fewer the earliest of all. A node's claims come one after the other. Each
 *       claim adds one to fence and attempt.
 *   <li>{@code TASK-4} A node whose lease was lost, or that has left, claims nothing.
 *   <li>{@code TASK-5} A settlement changes only a task that the node still holds under the fence;
 *       others are left out of the answer, and nothing of them is written.
 *   <li>{@code TASK-6} A settled task is ready again or final, its attempt is recorded, and nobody
 *       holds it; a batch is settled whole or not at all. An {@linkplain Settlement.Interrupt
 *       interrupted} attempt is recorded and not counted. What it passes over, as {@link IfLocked}
 *       says, is as if it had not been named.
 *   <li>{@code TASK-7} A task that was asked to be cancelled while leased ends as cancelled,
 *       whatever its settlement says, unless it is released unbegun: then too.
 *   <li>{@code TASK-8} Cancelling a ready task is final at once; a leased one is marked.
 *   <li>{@code TASK-9} Another application's task is not found.
 *   <li>{@code TASK-10} A requeue makes a failed or cancelled task ready, with attempts and crashes
 *       from zero, and keeps its recorded attempts; its fence goes on growing. Forced, a finished
 *       one too, and a leased one, whose holder thereby loses it.
 *   <li>{@code TASK-11} Node numbers are never given twice. A lease lasts as long as asked from the
 *       store's present; renewed in time it goes on, once lost it cannot be renewed.
 *   <li>{@code TASK-12} Recovery marks nodes whose lease ran out as lost, and frees what lost or
 *       departed nodes hold: ready at its old due time with one crash more and a recorded attempt
 *       {@code CRASHED}; cancelled if so requested; failed if that makes more crashes than allowed.
 *       What crashed before and has no progress was not begun: it is as if it had been released. It
 *       waits for nobody who has locked a task or a node. A lease that ends later than it can, as
 *       the clock was set back by more than a second, ends its length after recovery met it; until
 *       then, renewals of others tell that there may be something to recover.
 *   <li>{@code TASK-13} A purge deletes only tasks that ended as asked before the given time, with
 *       their attempts and task numbers; fewer than asked only if there are no more, and more only
 *       if they are kept together with the last of those asked for.
 *   <li>{@code TASK-15} What finished and is to be forgotten is gone, with its attempts and its
 *       task number.
 *   <li>{@code TASK-16} A paused task is not claimed and not due, but keeps its due time, its
 *       attempts and its crashes; it can be cancelled. A leased one that was asked to pause stays
 *       with its holder, and is paused when it would be ready again. Resumed, it is ready as
 *       before. Only a pause, a resumption and a forced requeue change whether a task is paused.
 *   <li>{@code TASK-17} A ready or paused task can be given another due time, sooner or later; a
 *       claim takes it with the due time that it has then.
 *   <li>{@code TASK-18} A replacement gives a task another definition and due time, with attempts
 *       and crashes from zero, and keeps its id, its number, its recorded attempts and its pause;
 *       its fence grows, so that a holder loses it. It replaces what is leased or final only if it
 *       is to {@linkplain IfTaken#SUPERSEDE supersede}.
 *   <li>{@code TASK-19} The progress of a leased task is the last that its holder reported under
 *       its fence; it is gone when the lease ends. A report of a task that another has locked is
 *       passed over, and answered.
 *   <li>{@code TASK-20} Page by page, each by the last id of the one before, failed tasks are all
 *       found once, another application's never.
 *   <li>{@code TASK-21} A count looks at no more tasks than asked, the earliest due of each lane;
 *       of fewer than a hundredth of the limit it sees all, and it says that it did only if so.
 *   <li>{@code TASK-22} A parked task is as a paused one, but nobody asked for it: it waits until
 *       it is admitted, or changed by a pause, a reschedule, a replacement or a requeue, or
 *       cancelled. Admission makes it ready as before, but for those that others are changing now.
 *   <li>{@code TASK-23} What is inserted as held is as if it had been inserted and then claimed.
 *   <li>{@code TASK-24} Of tasks that are not final, and of no others, it is told how they stand,
 *       the leased ones with the fence of their lease.
 *   <li>{@code TASK-25} What finished, however many at once, is found, changed and purged as if it
 *       were alone.
 *   <li>{@code TASK-26} Of the application's tasks that are not final, and have begun or are due by
 *       the time asked, it is told what retries are ahead: page by page, each from the policy and
 *       number of failures of the one before, all once.
 *   <li>{@code TASK-27} A claim takes nothing of what it is to pass over, and is to the rest as if
 *       there were nothing else; so is the earliest due time.
 *   <li>{@code TASK-28} What is admitted as held is as if it had been admitted and then claimed.
 *   <li>{@code TASK-29} Of tasks that are paused, parked, or final in each way there is, it is told
 *       how many there are, or that there are more than were looked at.
 *   <li>{@code TASK-30} Part after part, from the first to the last, all that a node holds is
 *       found, and nothing else.
 *   <li>{@code TASK-14} What is done in a transaction shows to others with its commit, and leaves
 *       nothing when it is rolled back.
 * </ul>
 */
public interface TaskStore {
  /** Most tasks in one call. */
  int MAX_BATCH = 5_000;

  /** Longest lease of a node. */
  Duration MAX_LEASE = Duration.ofDays(36_500);

  /** From here on a claim takes shares. */
  int MANY = 10;

  /** How long after the end of its lease a node's tasks may be due. */
  Duration MAX_AHEAD = Duration.ofMinutes(1);

  /**
   * A part of what a node holds.
   *
   * @param last whether it was the last part, so that the next call begins anew
   */
  record LeasedPart(List<LeasedTask> tasks, boolean last) {
    /** Copies the list. */
    public LeasedPart {
      tasks = List.copyOf(tasks);
    }
  }

  /** Where a claim begins to look. */
  enum Reach {
    /** At the earliest due time. */
    ALL,

    /**
     * Where the node's last claim left off, as far as the store remembers: tasks that became ready
     * since its last claim of {@link #ALL} may be passed over. So a claim need not step over all
     * that is leased.
     */
    ONWARD,

    /**
     * At the earliest due time, and without effect on where the node's next claim of {@link
     * #ONWARD} begins.
     */
    BESIDE
  }

  /** What becomes of a settlement whose task another has locked. */
  enum IfLocked {
    /** It waits, as long as the store has patience. */
    WAIT,

    /**
     * It waits for a moment; then the transaction fails, so that it can be tried again to pass
     * over. Where looking for locks is cheap a store may pass over at once.
     */
    WAIT_A_MOMENT,

    /** It is left out, and the task stays {@linkplain #leased(int, Collection) leased}. */
    PASS_OVER
  }

  /** This store inside the transaction. */
  TaskStore joining(Transaction transaction);

  /** The gates that limited tasks go through. */
  GateStore gates();

  /**
   * How nodes tell each other of tasks that are due soon; does not ask the store. By default they
   * don't: each finds out by itself, within 2.5 seconds.
   */
  default Hints hints() {
    return Hints.NONE;
  }

  /**
   * Inserts ready tasks, due at their {@code runtimeMillis}.
   *
   * @param tasks 1..{@link #MAX_BATCH}
   * @return for each task, in order, its own id if it was inserted, else the id of the task that
   *     has its number
   */
  List<Long> insert(List<TaskRow> tasks);

  /**
   * As {@link #insert}, but leased to the node at once, as its first claim would. Whether the node
   * is live is not looked at; if it is not, recovery frees them.
   *
   * @param tasks 1..{@link #MAX_BATCH}
   */
  List<Long> insertHeld(int node, List<TaskRow> tasks);

  /** As {@link #claim(int, Reach, Exclusion, long, int)}, of all. */
  default List<ClaimedTask> claim(int node, long dueUntilMillis, int limit) {
    return claim(node, Reach.ALL, Exclusion.NONE, dueUntilMillis, limit);
  }

  /**
   * Leases ready tasks to the node.
   *
   * @param reach in a transaction that was joined, always {@link Reach#ALL}
   * @param exclusion what is passed over; it may take as long as there are many of those
   * @param dueUntilMillis the latest due time
   * @param limit 1..{@link #MAX_BATCH}
   * @return in order of (due time, id)
   */
  List<ClaimedTask> claim(
      int node, Reach reach, Exclusion exclusion, long dueUntilMillis, int limit);

  /**
   * How many tasks are neither final nor paused nor parked.
   *
   * @param nowMillis ready tasks due until then are due
   * @param limit 100..{@link #MAX_BATCH}
   */
  TaskCounts count(long nowMillis, int limit);

  /**
   * How many tasks are paused, parked or final.
   *
   * @param limit how many of each kind are looked at, 100..{@link #MAX_BATCH}; of finished tasks
   *     that are kept many together, so many of those places
   */
  OtherCounts countOthers(int limit);

  /**
   * What retries are ahead of the application's tasks, in any order that stays the same. May look
   * at all open tasks: not to be asked often.
   *
   * @param dueUntilMillis of tasks that have not begun only those due until then count
   * @param afterRetry the policy at the end of the page before; empty text for the first
   * @param afterFailed the number of failures there; 0 for the first
   * @param limit 1..{@link #MAX_BATCH}
   */
  List<RetriesAhead> retriesAhead(
      long applicationId, long dueUntilMillis, String afterRetry, int afterFailed, int limit);

  /** As {@link #earliestDue(Exclusion)}, of all. */
  default OptionalLong earliestDue() {
    return earliestDue(Exclusion.NONE);
  }

  /** The earliest due time of a ready task that is not passed over. */
  OptionalLong earliestDue(Exclusion exclusion);

  /**
   * Ends leases of the node in one transaction.
   *
   * @param settlements 1..{@link #MAX_BATCH}, each task once
   * @param nowMillis when final tasks ended
   * @return what became of those that counted
   */
  default List<Settled> settle(int node, List<Settlement> settlements, long nowMillis) {
    return settle(node, settlements, nowMillis, IfLocked.WAIT);
  }

  /**
   * As {@link #settle(int, List, long)}; a host's transaction may have some of the tasks locked.
   */
  List<Settled> settle(int node, List<Settlement> settlements, long nowMillis, IfLocked ifLocked);

  /**
   * Keeps how far attempts have got; of tasks that the node does not hold under the fence nothing
   * is written.
   *
   * @param reports 1..{@link #MAX_BATCH}, each task once
   * @return the ids of those that were passed over, as others have them locked
   */
  Collection<Long> progress(int node, List<ProgressReport> reports);

  /**
   * What the node holds, in order of (due time, id).
   *
   * @param dueUntilMillis the latest due time
   * @param limit 1..{@link #MAX_BATCH}
   */
  List<LeasedTask> leased(int node, long dueUntilMillis, int limit);

  /**
   * A part of what the node holds, in any order: however many tasks are due, it looks at a bounded
   * number of them, and the next call goes on there. By default all is one part.
   *
   * @param dueUntilMillis the latest due time
   */
  default LeasedPart leasedPart(int node, long dueUntilMillis) {
    return new LeasedPart(leased(node, dueUntilMillis, MAX_BATCH), true);
  }

  /**
   * Which of these the node holds, in any order.
   *
   * @param ids 1..{@link #MAX_BATCH}
   */
  List<LeasedTask> leased(int node, Collection<Long> ids);

  /**
   * Makes parked tasks ready; passes over those that others have locked.
   *
   * @param ids 1..{@link #MAX_BATCH}
   * @return which of them it made ready
   */
  Collection<Long> admit(Collection<Long> ids);

  /**
   * As {@link #admit}, but leased to the node at once, as its next claim would.
   *
   * @param exclusion what stays parked; its due time does not count
   * @param ids 1..{@link #MAX_BATCH}
   * @return those that were leased, in order of (due time, id); none if the node is not live
   */
  List<ClaimedTask> admitHeld(int node, Exclusion exclusion, Collection<Long> ids);

  /**
   * How those of the tasks stand that are not final, in any order.
   *
   * @param ids 1..{@link #MAX_BATCH}
   */
  List<OpenTask> open(Collection<Long> ids);

  /** Cancels a task. */
  Cancellation cancel(OptionalLong applicationId, long id, long nowMillis);

  /**
   * As {@link #cancel}, but waits for nobody.
   *
   * @return empty if another has locked the task
   */
  default Optional<Cancellation> tryCancel(OptionalLong applicationId, long id, long nowMillis) {
    return Optional.of(cancel(applicationId, id, nowMillis));
  }

  /** Pauses a ready task, marks a leased one. */
  TaskChange pause(OptionalLong applicationId, long id);

  /** Makes a paused task ready, takes the mark from a leased one. */
  TaskChange resume(OptionalLong applicationId, long id);

  /** Gives a ready or paused task another due time; never {@link TaskChange#REQUESTED}. */
  TaskChange reschedule(OptionalLong applicationId, long id, long dueMillis);

  /**
   * Replaces a task.
   *
   * @param row with the id, the application and the number of the task that is to be replaced
   * @param ifTaken {@link IfTaken#REPLACE_IF_READY} or {@link IfTaken#SUPERSEDE}
   * @return {@link Scheduled.Outcome#REPLACED} or {@link Scheduled.Outcome#KEPT}; empty if there is
   *     no such task
   */
  Optional<Scheduled.Outcome> replace(TaskRow row, IfTaken ifTaken);

  /** Makes a task ready, due at {@code nowMillis}. */
  Requeue requeue(OptionalLong applicationId, long id, long nowMillis, boolean force);

  /**
   * The application's failed tasks, in order of id.
   *
   * @param afterId the last id of the page before, or 0
   * @param limit 1..{@link #MAX_BATCH}
   */
  List<TaskState> failed(OptionalLong applicationId, long afterId, int limit);

  /**
   * The task and where it stands.
   *
   * @throws UnreadableTaskException if what is stored is no task
   */
  Optional<TaskState> find(OptionalLong applicationId, long id);

  /** The id of the application's task with that number; application 0 is the host itself. */
  OptionalLong findId(long applicationId, String taskNo);

  /** The attempts that have ended, in order of fence, at most the last 1,000. */
  List<Attempt> attempts(long id);

  /**
   * Deletes final tasks.
   *
   * @param status how they ended
   * @param limit 1..{@link #MAX_BATCH}; a store that keeps many finished tasks in one place may
   *     delete those of its last place too
   * @return how many; fewer than the limit if none is left
   */
  int purge(TaskStatus status, long endedBeforeMillis, int limit);

  /**
   * Clears away what tasks that are gone left behind, where the store does not do so by itself soon
   * enough: an engine that ends very many asks for it every few seconds. By default does nothing.
   *
   * @param ended how many tasks have ended since it was last done
   * @return whether it was done, or else is to be asked for again when more have ended
   */
  default boolean tidy(long ended) {
    return true;
  }

  /** The leases of an engine's nodes, which closes them; does not ask the store. */
  default NodeLeases leases() {
    return NodeLeases.of(this);
  }

  /**
   * What was asked of the storage over the wire, if it has one; does not ask it. By default nothing
   * is counted.
   */
  default StorageTraffic traffic() {
    return StorageTraffic.NONE;
  }

  /** The time by which leases are judged, in epoch microseconds; cheap and precise. */
  long nowMicros();

  /**
   * Makes a new node with a lease.
   *
   * @param boot text that only this node knows, at most 36 characters
   * @param duration of the lease, 1 ms to {@link #MAX_LEASE}
   */
  NodeLease join(String boot, Duration duration);

  /** Prolongs the lease to so long from now; empty if it is lost. */
  Optional<NodeLease> renew(int node, String boot, Duration duration);

  /**
   * Ends the lease: what the node still holds can be recovered at once. No effect on a lost one.
   */
  void leave(int node, String boot);

  /**
   * Frees tasks of lost and departed nodes.
   *
   * @param maxCrashes a task that crashed more often fails
   * @param nowMillis when final tasks ended
   * @param limit 1..{@link #MAX_BATCH}
   * @return what became of them; none if none was found, though a store may look at a part of its
   *     tasks only: then the next renewal of any node's lease says that there is more to look at
   */
  List<Settled> recover(int maxCrashes, long nowMillis, int limit);
}

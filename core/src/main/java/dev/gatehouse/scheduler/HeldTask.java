package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.GateTimes.Taken;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A task from its claim until its settlement is acknowledged. Of all that may end an attempt
 * (result, timeout, cancellation, lost lease) the first to move the phase wins; what comes later
 * finds it moved and does nothing. Safe for use by multiple threads.
 */
final class HeldTask {
  private enum Phase {
    CLAIMED,
    RUNNING,
    UNCONFIRMED,
    ENDED,
    LOST
  }

  // Updaters, for tens of thousands of tasks may be held: each does with two objects less.
  private static final AtomicReferenceFieldUpdater<HeldTask, Phase> PHASE =
      AtomicReferenceFieldUpdater.newUpdater(HeldTask.class, Phase.class, "phase");
  private static final AtomicReferenceFieldUpdater<HeldTask, Object> WORKER =
      AtomicReferenceFieldUpdater.newUpdater(HeldTask.class, Object.class, "worker");

  @SuppressWarnings("rawtypes")
  private static final AtomicReferenceFieldUpdater<HeldTask, List> TIMES =
      AtomicReferenceFieldUpdater.newUpdater(HeldTask.class, List.class, "times");

  private static final AtomicIntegerFieldUpdater<HeldTask> QUEUED =
      AtomicIntegerFieldUpdater.newUpdater(HeldTask.class, "queued");

  private final ClaimedTask task;
  private final Node node;
  private final EngineClock clock;
  private volatile Phase phase = Phase.CLAIMED;

  // Written before the phase becomes RUNNING, read after.
  private long startedNanos;
  private long startedMillis;
  private long latenessNanos;
  private long deadlineNanos;

  private long endedNanos;

  private volatile @Nullable Future<?> exchange;

  /** What is known of a completion in the handler's own transaction. */
  private enum Completion {
    NONE,
    OPEN,
    COMMITTED
  }

  private volatile Completion completion = Completion.NONE;
  private volatile boolean asked;

  private long beginMillis; // written before it is admitted, read after
  private volatile boolean admitted;

  /** What it has taken and, if it is not begun, has to be given back, once. */
  @SuppressWarnings("UnusedVariable") // by its updater
  private volatile List<Taken> times = List.of();

  private volatile boolean begun;
  private volatile boolean cleared;
  private volatile @Nullable LineRun run;

  /** 1 while it counts as one of the queue's. */
  @SuppressWarnings("UnusedVariable") // by its updater
  private volatile int queued;

  /**
   * Whom to interrupt: null but for the time of the handler's work, then its thread, and once that
   * is interrupted the lock of whoever does so.
   *
   * <p>No interruption hits a thread that has left the handler. Who interrupts first puts a lock,
   * which he holds until he has done so, in the thread's place; the thread leaves by putting null
   * in its own place, and if it finds a lock there, waits for it and clears its flag. And no
   * interruption is missed: who ends an attempt moves the phase and then reads the worker, who
   * enters writes the worker and then reads the phase, so one of them sees what the other did.
   */
  private volatile @Nullable Object worker;

  HeldTask(ClaimedTask task, Node node, EngineClock clock) {
    this.task = task;
    this.node = node;
    this.clock = clock;
  }

  ClaimedTask task() {
    return task;
  }

  TaskRow row() {
    return task.row();
  }

  Node node() {
    return node;
  }

  long dueMillis() {
    return task.dueMillis();
  }

  long startedMillis() {
    return startedMillis;
  }

  long startedNanos() {
    return startedNanos;
  }

  long latenessNanos() {
    return latenessNanos;
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  /** Starts the attempt, unless the task was taken away before; called by one thread. */
  boolean begin() {
    startedNanos = clock.nanoTime();
    startedMillis = clock.millis();
    latenessNanos = Math.max(0, -clock.nanosUntil(dueMillis()));
    deadlineNanos = startedNanos + TimeUnit.MILLISECONDS.toNanos(row().timeoutMillis());
    begun = PHASE.compareAndSet(this, Phase.CLAIMED, Phase.RUNNING);
    return begun;
  }

  /** Ends the attempt under way; true for whoever is first. */
  boolean end() {
    return PHASE.compareAndSet(this, Phase.RUNNING, Phase.ENDED);
  }

  /** The handler has left the attempt's end to its transaction; true for whoever is first. */
  boolean endUnconfirmed() {
    endedNanos = clock.nanoTime();
    return PHASE.compareAndSet(this, Phase.RUNNING, Phase.UNCONFIRMED);
  }

  /** The transaction's end is known; true for whoever is first. */
  boolean confirm() {
    return PHASE.compareAndSet(this, Phase.UNCONFIRMED, Phase.ENDED);
  }

  /** It is about to be put into the queue of those that are due. */
  void enqueued() {
    queued = 1;
  }

  /** It has left that queue; true for whoever is first to say so. */
  boolean dequeue() {
    return QUEUED.compareAndSet(this, 1, 0);
  }

  /**
   * It has gone through its gates.
   *
   * @param millis it is to begin then, or at once if that is past
   * @param taken what it took for that
   */
  void admit(long millis, List<Taken> taken) {
    beginMillis = millis;
    times = taken;
    admitted = true;
  }

  /** It is one of that run from now on. */
  void joins(LineRun value) {
    run = value;
  }

  /** The run that it is or was last a part of; null if none. */
  @Nullable LineRun run() {
    return run;
  }

  /** When the attempt is to begin, in epoch milliseconds: when it is due, or later. */
  long beginMillis() {
    return admitted ? Math.max(beginMillis, dueMillis()) : dueMillis();
  }

  /** The times that it took and has not begun with, once it is over: to whoever asks first. */
  @SuppressWarnings("unchecked")
  List<Taken> takeUnusedTimes() {
    List<Taken> taken = TIMES.getAndSet(this, List.of());
    return begun ? List.of() : taken;
  }

  boolean isAdmitted() {
    return admitted;
  }

  /** Whether it was held by a node that was lost, so that it may be what kills nodes. */
  boolean isSuspect() {
    return task.crashes() > 0;
  }

  /** The store knows that it is begun. */
  void clear() {
    cleared = true;
  }

  boolean isCleared() {
    return cleared;
  }

  boolean isUnconfirmed() {
    return phase == Phase.UNCONFIRMED;
  }

  /** When the handler ended; to be read while {@link #isUnconfirmed}. */
  long endedNanos() {
    return endedNanos;
  }

  /** A transaction of the handler's may end the attempt from now on; whether it is the first. */
  boolean beginCompletion() {
    boolean first = completion == Completion.NONE;
    if (first) {
      completion = Completion.OPEN;
    }
    return first;
  }

  /** The only transaction that might have ended the attempt did not. */
  void endCompletion() {
    completion = Completion.NONE;
  }

  /** The transaction that ended the attempt is committed. */
  void committed() {
    completion = Completion.COMMITTED;
  }

  boolean isCompleting() {
    return completion != Completion.NONE;
  }

  boolean isCommitted() {
    return completion == Completion.COMMITTED;
  }

  /** Ends what was not begun; true for whoever is first. */
  boolean drop() {
    return PHASE.compareAndSet(this, Phase.CLAIMED, Phase.ENDED);
  }

  /** Gives the task up, begun or not: it is another's. True for whoever is first. */
  boolean lose() {
    return PHASE.compareAndSet(this, Phase.CLAIMED, Phase.LOST)
        || PHASE.compareAndSet(this, Phase.RUNNING, Phase.LOST)
        || PHASE.compareAndSet(this, Phase.UNCONFIRMED, Phase.LOST);
  }

  /** Whether it was neither begun nor taken away. */
  boolean isWaiting() {
    return phase == Phase.CLAIMED;
  }

  boolean isUnderWay() {
    return phase == Phase.RUNNING;
  }

  boolean isLost() {
    return phase == Phase.LOST;
  }

  /** The calling thread begins the handler's work. */
  void enter() {
    worker = Thread.currentThread();
    if (phase != Phase.RUNNING) {
      interruptWorker();
    }
  }

  /** The calling thread has left the handler; an interruption meant for it goes no further. */
  void leave() {
    if (!WORKER.compareAndSet(this, Thread.currentThread(), null)
        && worker instanceof ReentrantLock interruption) {
      interruption.lock();
      try {
        Thread.interrupted();
      } finally {
        interruption.unlock();
      }
    }
  }

  /** The attempt is an exchange under way. */
  void exchange(Future<?> value) {
    exchange = value;
    if (phase != Phase.RUNNING) {
      value.cancel(true);
    }
  }

  /** Tells whoever still works on the ended attempt to stop. */
  void trip() {
    Future<?> underWay = exchange;
    if (underWay != null) {
      underWay.cancel(true);
    }
    interruptWorker();
  }

  private void interruptWorker() {
    if (worker instanceof Thread thread) {
      ReentrantLock interruption = new ReentrantLock();
      interruption.lock();
      try {
        if (WORKER.compareAndSet(this, thread, interruption)) {
          thread.interrupt();
        }
      } finally {
        interruption.unlock();
      }
    }
  }

  TaskId id() {
    return new TaskId(row().id());
  }

  String content() {
    return row().content();
  }

  int attempt() {
    return task.attempt();
  }

  long fence() {
    return task.fence();
  }

  /** The store was asked to cancel the task, of which the handler's transaction may be the end. */
  void ask() {
    asked = true;
  }

  /**
   * Whether the attempt is to end early, or has ended. One that a transaction may be ending is left
   * under way, for that may be rolled back; and so its handler has to hear all the same what else
   * would have ended it.
   */
  boolean isCancelled() {
    long now = clock.nanoTime();
    if (phase != Phase.RUNNING || !node.isLive(now)) {
      return true;
    }
    return !isCommitted() && (asked || now - deadlineNanos >= 0);
  }

  @Override
  public String toString() {
    return "Task " + row().id() + " attempt " + task.attempt();
  }
}

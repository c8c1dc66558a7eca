package dev.gatehouse.scheduler;

import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A task from its claim until its settlement is acknowledged, and what its handler sees of it. Of
 * all that may end an attempt (result, timeout, cancellation, lost lease) the first to move the
 * phase wins; what comes later finds it moved and does nothing. Safe for use by multiple threads.
 */
final class HeldTask implements TaskContext {
  /** In order of due time. */
  static final Comparator<HeldTask> BY_DUE =
      Comparator.comparingLong(HeldTask::dueMillis).thenComparing(HeldTask::compareIdentity);

  /** In order of the end of the attempt's time; differences, for the monotonic clock may wrap. */
  static final Comparator<HeldTask> BY_DEADLINE =
      ((Comparator<HeldTask>) HeldTask::compareDeadlines).thenComparing(HeldTask::compareIdentity);

  private enum Phase {
    CLAIMED,
    RUNNING,
    ENDED,
    LOST
  }

  private final ClaimedTask task;
  private final Node node;
  private final EngineClock clock;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.CLAIMED);

  // Written before the phase becomes RUNNING, read after.
  private long startedNanos;
  private long startedMillis;
  private long latenessNanos;
  private long deadlineNanos;

  private volatile @Nullable Future<?> exchange;

  private final ReentrantLock workerLock = new ReentrantLock();
  private @Nullable Thread worker; // guarded by workerLock
  private boolean interrupted; // guarded by workerLock

  HeldTask(ClaimedTask task, Node node, EngineClock clock) {
    this.task = task;
    this.node = node;
    this.clock = clock;
  }

  private static int compareDeadlines(HeldTask one, HeldTask other) {
    return Long.signum(one.deadlineNanos - other.deadlineNanos);
  }

  private static int compareIdentity(HeldTask one, HeldTask other) {
    int order = Long.compare(one.task.row().id(), other.task.row().id());
    return order != 0 ? order : Long.compare(one.task.fence(), other.task.fence());
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
    return phase.compareAndSet(Phase.CLAIMED, Phase.RUNNING);
  }

  /** Ends the attempt under way; true for whoever is first. */
  boolean end() {
    return phase.compareAndSet(Phase.RUNNING, Phase.ENDED);
  }

  /** Ends what was not begun; true for whoever is first. */
  boolean drop() {
    return phase.compareAndSet(Phase.CLAIMED, Phase.ENDED);
  }

  /** Gives the task up, begun or not: it is another's. True for whoever is first. */
  boolean lose() {
    return phase.compareAndSet(Phase.CLAIMED, Phase.LOST)
        || phase.compareAndSet(Phase.RUNNING, Phase.LOST);
  }

  boolean isUnderWay() {
    return phase.get() == Phase.RUNNING;
  }

  boolean isLost() {
    return phase.get() == Phase.LOST;
  }

  /** The calling thread begins the handler's work. */
  void enter() {
    workerLock.lock();
    try {
      worker = Thread.currentThread();
      if (phase.get() != Phase.RUNNING) {
        interruptWorker(worker);
      }
    } finally {
      workerLock.unlock();
    }
  }

  /** The calling thread has left the handler; an interruption meant for it goes no further. */
  void leave() {
    workerLock.lock();
    try {
      worker = null;
      if (interrupted) {
        Thread.interrupted();
      }
    } finally {
      workerLock.unlock();
    }
  }

  /** The attempt is an exchange under way. */
  void exchange(Future<?> value) {
    exchange = value;
    if (phase.get() != Phase.RUNNING) {
      value.cancel(true);
    }
  }

  /** Tells whoever still works on the ended attempt to stop. */
  void trip() {
    Future<?> underWay = exchange;
    if (underWay != null) {
      underWay.cancel(true);
    }
    workerLock.lock();
    try {
      if (worker != null) {
        interruptWorker(worker);
      }
    } finally {
      workerLock.unlock();
    }
  }

  private void interruptWorker(Thread thread) {
    interrupted = true;
    thread.interrupt();
  }

  @Override
  public TaskId id() {
    return new TaskId(row().id());
  }

  @Override
  public Optional<String> taskNo() {
    return Optional.ofNullable(row().taskNo());
  }

  @Override
  public OptionalLong applicationId() {
    long id = row().applicationId();
    return id == 0 ? OptionalLong.empty() : OptionalLong.of(id);
  }

  @Override
  public String content() {
    return row().content();
  }

  @Override
  public Instant dueAt() {
    return Instant.ofEpochMilli(dueMillis());
  }

  @Override
  public int attempt() {
    return task.attempt();
  }

  @Override
  public long fence() {
    return task.fence();
  }

  @Override
  public boolean isCancelled() {
    return phase.get() != Phase.RUNNING || !node.isLive(clock.nanoTime());
  }

  @Override
  public String toString() {
    return "Task " + row().id() + " attempt " + task.attempt();
  }
}

package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ClosedException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.signing.RetryHorizon;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks that a {@link TaskStore} keeps. Several nodes may share a store, in one process or in
 * many; each task is run by one of them at a time.
 *
 * <p>Making one does no I/O. Before {@link #start} (or {@link #stepper}) tasks can be scheduled,
 * and none runs here: so a host may have nodes that only schedule. Safe for use by multiple
 * threads.
 */
public final class TaskEngine implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(TaskEngine.class);
  private static final Duration LONGEST = Duration.ofDays(1);

  private static final int COUNTED = TaskStore.MAX_BATCH;

  private final SchedulerParts parts;
  private final QuietListener listener;
  private final TaskScheduler scheduler;
  private final Workflows workflows;
  private final SchedulingClock outside;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final ReentrantLock lifecycle = new ReentrantLock();
  private volatile @Nullable Drive drive; // written under lifecycle
  private volatile boolean closing; // written under lifecycle
  private volatile long startedNanos; // written under lifecycle, before drive

  private TaskEngine(SchedulerParts parts, QuietListener listener) {
    this.parts = parts;
    this.listener = listener;
    outside = new SchedulingClock(parts.clock(), parts.nanoTime());
    StoredTaskScheduler tasks = new StoredTaskScheduler(parts, this);
    scheduler = tasks;
    workflows = new StoredWorkflows(parts, this, tasks);
  }

  /** An engine that does nothing yet. */
  public static TaskEngine create(SchedulerParts parts) {
    QuietListener listener = new QuietListener(parts.listener());
    SchedulerParts quiet =
        new SchedulerParts(
            parts.store(),
            parts.schedules(),
            parts.workflows(),
            parts.transactions(),
            parts.audit(),
            parts.handlers(),
            parts.callbacks(),
            parts.ids(),
            parts.nodeNumber(),
            parts.clock(),
            parts.nanoTime(),
            listener,
            parts.options());
    return new TaskEngine(quiet, listener);
  }

  /** How far ahead the retries of tasks in that store reach, for those who take keys out of use. */
  public static RetryHorizon pendingRetries(TaskStore tasks) {
    return new PendingRetries(requireNonNull(tasks, "tasks"));
  }

  /** The host's scheduler, whose tasks need no application. */
  public TaskScheduler scheduler() {
    return scheduler;
  }

  /** The host's workflows. */
  public Workflows workflows() {
    return workflows;
  }

  /**
   * Begins to run tasks, on threads of its own: {@code gatehouse-claimer}, {@code -timer}, {@code
   * -settler}, {@code -gatekeeper}, {@code -lease}, {@code -keeper}, {@code -sweeper} and {@code
   * -tidier}, and {@code gatehouse-task-N} for handlers, all of them daemons. Returns at once;
   * while the storage cannot be reached, it goes on trying.
   *
   * @throws IllegalStateException if it was started, or is stepped
   * @throws ClosedException if it is closed
   */
  public void start() {
    take(() -> new EngineThreads(parts)).start();
  }

  /**
   * Lets the caller's thread run the tasks, by the clock of the parts alone: neither their
   * monotonic clock nor the store's time counts, and nothing is claimed ahead. The lease should be
   * longer than the clock is moved at a time.
   *
   * @throws IllegalStateException if it was started, or is stepped already
   * @throws ClosedException if it is closed
   */
  public Stepper stepper() {
    return take(() -> new VirtualStepper(parts));
  }

  private <D extends Drive> D take(Supplier<D> maker) {
    lifecycle.lock();
    try {
      requireOpen();
      if (drive != null) {
        throw new IllegalStateException("the scheduler was started before");
      }
      D made = maker.get();
      startedNanos = parts.nanoTime().getAsLong();
      drive = made;
      return made;
    } finally {
      lifecycle.unlock();
    }
  }

  /**
   * How the scheduler is doing. Asks the storage for two things, whatever the number of tasks; if
   * it cannot be asked, what it would have told is missing. Final tasks are not counted: that would
   * take as long as there are many.
   *
   * @throws ClosedException if it is closed
   */
  public SchedulerStatus status() {
    requireOpen();
    Optional<TaskCounts> tasks = Optional.empty();
    Optional<OtherCounts> others = Optional.empty();
    OptionalLong earliest = OptionalLong.empty();
    long now = millis(parts.store());
    try {
      tasks = Optional.of(parts.store().count(now, COUNTED));
      earliest = parts.store().earliestDue();
      others = Optional.of(parts.store().countOthers(COUNTED));
    } catch (StorageException e) {
      LOGGER.debug("the storage could not be asked for the scheduler's status", e);
    }
    Drive driving = drive;
    Engine engine = driving == null ? null : driving.engine();
    if (engine != null) {
      earliest = earlier(earliest, engine.holdings().earliestWaiting());
    }
    long lagMillis = earliest.isPresent() ? Math.max(0, now - earliest.getAsLong()) : 0;
    Node node = engine == null ? null : engine.membership().live();
    return new SchedulerStatus(
        node == null ? OptionalInt.empty() : OptionalInt.of(node.number()),
        tasks,
        others,
        earliest.isPresent()
            ? Optional.of(Instant.ofEpochMilli(earliest.getAsLong()))
            : Optional.empty(),
        Duration.ofMillis(lagMillis),
        engine == null ? 0 : engine.holdings().size(),
        engine == null ? 0 : engine.holdings().underWay().size(),
        engine == null ? Set.of() : engine.attempts().passedOver().kinds(),
        engine == null ? SchedulerStatus.Work.NONE : work(engine),
        engine == null ? SchedulerStatus.Rates.NONE : engine.recent().rates());
  }

  private static OptionalLong earlier(OptionalLong one, OptionalLong other) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.isPresent() ? one : other;
    }
    return OptionalLong.of(Math.min(one.getAsLong(), other.getAsLong()));
  }

  private SchedulerStatus.Work work(Engine engine) {
    return new SchedulerStatus.Work(
        Duration.ofNanos(parts.nanoTime().getAsLong() - startedNanos),
        engine.claimer().claims(),
        engine.claimer().claimed(),
        engine.settler().flushes(),
        engine.settler().settled(),
        listener.stale(),
        listener.fenced(),
        listener.recovered(),
        engine.heeded());
  }

  /** As {@link #close(Duration)}, with the time that the options say. */
  @Override
  public void close() {
    close(parts.options().drain());
  }

  /**
   * Stops running tasks: begins no more, gives back those that were not begun, waits for attempts
   * under way, interrupts those that take longer and gives them back (other nodes may run them at
   * once; that counts neither as a retry nor as a crash), writes what ended, gives up the lease and
   * ends all threads, but for handlers that do not heed the interruption. Then every use of the
   * scheduler throws {@link ClosedException}. Idempotent: a further call waits for the first, as
   * long as its own timeout.
   *
   * @param timeout for attempts under way, 0 to 1 day; if the storage hangs, closing takes some
   *     seconds more
   */
  public void close(Duration timeout) {
    Check.range(requireNonNull(timeout, "timeout"), Duration.ZERO, LONGEST, "timeout");
    if (!beginClosing()) {
      awaitEnd(timeout);
      return;
    }
    Drive driving = drive;
    try {
      if (driving != null) {
        driving.close(timeout);
      }
    } finally {
      ended.countDown();
    }
  }

  private boolean beginClosing() {
    lifecycle.lock();
    try {
      boolean first = !closing;
      closing = true;
      return first;
    } finally {
      lifecycle.unlock();
    }
  }

  private void awaitEnd(Duration timeout) {
    try {
      ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Handlers under way may schedule until the last of them has ended. */
  void requireOpen() {
    if (closing && (drive == null || ended.getCount() == 0)) {
      throw new ClosedException("the scheduler is closed");
    }
  }

  /** The time in epoch milliseconds by which tasks become due, as far as it is known. */
  long millis() {
    EngineClock running = runningClock();
    return running == null ? outside.millis() : running.millis();
  }

  /** As {@link #millis()}; where nothing runs here that would know it, asks that store at times. */
  long millis(TaskStore store) {
    EngineClock running = runningClock();
    return running == null ? outside.millis(store) : running.millis();
  }

  private @Nullable EngineClock runningClock() {
    Drive driving = drive;
    EngineClock running = driving == null ? null : driving.engine().clock();
    return running != null && running.isKnown() ? running : null;
  }

  /** A task is due at that time: this node and others hear of it. */
  void dueAt(long dueMillis) {
    Drive driving = drive;
    if (driving != null) {
      driving.engine().dueAt(dueMillis);
    } else if (dueMillis - outside.millis() <= TimeUnit.NANOSECONDS.toMillis(Claimer.IDLE_NANOS)) {
      parts.store().hints().announce(dueMillis);
    }
  }

  /** A task that this node holds and has not begun, which it will not begin now; null if none. */
  @Nullable HeldTask takeBack(OptionalLong applicationId, long id) {
    Drive driving = drive;
    return driving == null ? null : driving.engine().attempts().takeBack(applicationId, id);
  }

  /** What was {@linkplain #takeBack taken back} is settled, or else ready again. */
  void tookBack(HeldTask held, boolean settled) {
    Engine engine = requireNonNull(drive).engine();
    if (settled) {
      engine.holdings().remove(held);
      engine.holdings().gates().left(held);
    } else {
      long due = held.dueMillis();
      engine.settler().add(held, new Settlement.Release(held.row().id(), held.fence(), due));
    }
  }

  /** The engine that runs tasks here on threads of its own; null if none does. */
  @Nullable Engine running() {
    return drive instanceof EngineThreads threads && !closing ? threads.engine() : null;
  }

  /** A task that nobody held has places at gates that it may not need. */
  void leftGates(long taskId) {
    Drive driving = drive;
    if (driving != null) {
      driving.engine().holdings().gates().left(new GateQueue.Left(taskId, 0));
    }
  }

  /** Places at those gates were given up. */
  void touchedGates(Collection<String> gates) {
    Drive driving = drive;
    if (driving != null) {
      driving.engine().holdings().gates().touch(gates);
    }
  }

  /** A schedule may be due earlier than this node knew. */
  void schedulesChanged() {
    Drive driving = drive;
    if (driving != null) {
      driving.engine().recurrer().changed();
      driving.engine().waker().wake(Waker.Role.SWEEPER);
    }
  }

  /** Something was reported to a workflow. */
  void reportedTo(long workflowId) {
    Drive driving = drive;
    if (driving != null) {
      driving.engine().settler().queue().add(workflowId);
    }
  }

  /** Something was asked of a task that some node holds. */
  void askedOfRunning() {
    Drive driving = drive;
    if (driving != null) {
      driving.engine().waker().wake(Waker.Role.KEEPER);
    }
  }
}

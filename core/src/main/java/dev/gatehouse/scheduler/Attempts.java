package dev.gatehouse.scheduler;

import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The life of attempts: taken in, begun, ended in one of the ways there are, handed to the settler.
 * Safe for use by multiple threads.
 *
 * <p>Attempts in all are {@code 1 + retries + crashes}: a crash does not use up a retry, so the
 * retry that follows a failed attempt has the number {@code attempt - crashes}. Its delay counts
 * from the end of the attempt.
 */
final class Attempts {
  private static final long DOUBT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Holdings holdings;
  private final UnderWay underWay;
  private final EngineClock clock;
  private final Settler settler;
  private final GatehouseListener listener;
  private final Waker waker;
  private final PassedOver passedOver;

  Attempts(
      SchedulerParts parts, Holdings holdings, EngineClock clock, Settler settler, Waker waker) {
    this.holdings = holdings;
    underWay = holdings.underWay();
    this.clock = clock;
    this.settler = settler;
    listener = parts.listener();
    this.waker = waker;
    passedOver = new PassedOver(parts, clock);
  }

  Holdings holdings() {
    return holdings;
  }

  GateQueue gates() {
    return holdings.gates();
  }

  /** What cannot be tried here. */
  PassedOver passedOver() {
    return passedOver;
  }

  /**
   * Takes claimed tasks in, and gives those back at once that cannot be tried here; {@link
   * Drainers} and timer are to be told of it.
   */
  void hold(Node node, List<ClaimedTask> claimed) {
    long now = clock.millis();
    hold(node, claimed, held -> holdings.await(held, now));
  }

  /**
   * As {@link #hold(Node, List)}.
   *
   * @param next takes those that can be tried here
   */
  void hold(Node node, List<ClaimedTask> claimed, Consumer<HeldTask> next) {
    for (ClaimedTask task : claimed) {
      HeldTask held = new HeldTask(task, node, clock);
      HeldTask replaced = holdings.add(held);
      if (replaced != null) {
        lose(replaced);
      }
      if (node.isLost() || passedOver.passes(task.row())) {
        // Of a claim that was under way when the lease was lost, recovery may have missed it.
        release(held, held.dueMillis());
      } else {
        next.accept(held);
      }
      if (task.row().workflowId() != 0) {
        settler.queue().noteUse(clock.nanoTime());
      }
    }
  }

  /**
   * Begins the attempt on the calling thread; false if it must not run: it was cancelled, or the
   * node's lease is over, or in doubt, in which case it is given back.
   */
  boolean begin(HeldTask held) {
    if (clock.hasLeapt()) {
      release(held, held.dueMillis());
      waker.wake(Waker.Role.LEASE);
      return false;
    }
    if (!held.node().isLive(clock.nanoTime())) {
      lose(held);
      return false;
    }
    if (!held.begin()) {
      return false;
    }
    boolean first = underWay.add(held);
    if (!held.isUnderWay()) {
      underWay.remove(held);
      return false;
    }
    if (first) {
      waker.wake(Waker.Role.TIMER);
    }
    return true;
  }

  /**
   * Ends the attempt, unless it has ended. Whatever is said of it after its time is up, it has
   * timed out: so it does not depend on how busy the timer was.
   */
  void end(HeldTask held, Ending ending) {
    long nanos = clock.nanoTime();
    int timeoutMillis = held.row().timeoutMillis();
    boolean late = nanos - held.deadlineNanos() >= 0;
    if (held.isCommitted() || (held.isCompleting() && ending.outcome() == Outcome.SUCCESS)) {
      leaveToTransaction(held);
      return;
    }
    Ending counted =
        late && ending.outcome() != Outcome.CANCELLED ? Ending.timeout(timeoutMillis) : ending;
    if (!held.end()) {
      if (held.isLost()) {
        listener.staleResults(1);
      }
      return;
    }
    underWay.remove(held);
    settler.add(held, settlement(held, counted));
    held.trip();
    tell(held, counted.outcome(), nanos);
  }

  private void tell(HeldTask held, Outcome outcome, long endedNanos) {
    listener.attemptEnded(
        held.row().kind(),
        name(outcome),
        Duration.ofNanos(held.latenessNanos()),
        Duration.ofNanos(endedNanos - held.startedNanos()));
  }

  /** The handler has ended and says that its transaction has ended the attempt. */
  private void leaveToTransaction(HeldTask held) {
    if (!held.endUnconfirmed()) {
      if (held.isLost()) {
        listener.staleResults(1);
      }
      return;
    }
    underWay.remove(held);
    if (held.isCommitted()) {
      confirm(held);
    }
  }

  /** The handler's transaction is known to have ended the attempt. */
  void confirm(HeldTask held) {
    if (held.confirm()) {
      holdings.remove(held);
      holdings.gates().left(held);
      tell(held, Outcome.SUCCESS, held.endedNanos());
      if (holdings.hasRoomAgain()) {
        waker.wake(Waker.Role.CLAIMER);
      }
    }
  }

  /**
   * The store says that the handler's transaction has not ended the attempt: if that is so for a
   * while after the handler ended, the transaction was rolled back, or its connection forgotten.
   */
  void doubt(HeldTask held) {
    long nanos = clock.nanoTime();
    if (nanos - held.endedNanos() >= DOUBT_NANOS && held.confirm()) {
      Ending ending = Ending.failure(null, "done in a transaction that was not committed");
      settler.add(held, settlement(held, ending));
      tell(held, ending.outcome(), nanos);
    }
  }

  /** The time until some {@link #doubt} is justified; looks at all that is held. */
  long nanosToDoubt() {
    long now = clock.nanoTime();
    return holdings.all().stream()
        .filter(HeldTask::isUnconfirmed)
        .mapToLong(held -> held.endedNanos() + DOUBT_NANOS - now)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** The attempt goes on as if its handler had not tried to complete it. */
  void notCompleted(HeldTask held) {
    held.endCompletion();
    if (held.isUnderWay()) {
      // Its time may have run out meanwhile.
      underWay.add(held);
      waker.wake(Waker.Role.TIMER);
    }
  }

  long millis() {
    return clock.millis();
  }

  Settler settler() {
    return settler;
  }

  /** As listeners are told. */
  private static String name(Outcome outcome) {
    return switch (outcome) {
      case SUCCESS -> "success";
      case FAILURE -> "failure";
      case TIMEOUT -> "timeout";
      case CANCELLED -> "cancelled";
      case CRASHED -> "crashed";
      case INTERRUPTED -> "interrupted";
    };
  }

  /**
   * Ends a task as cancelled, as the store was asked for: begun or not. What its handler's
   * transaction may be ending is left to it, and the handler is told.
   */
  void cancel(HeldTask held) {
    if (drop(held)) {
      settler.add(held, new Settlement.Cancel(held.row().id(), held.fence(), null));
    } else if (held.isUnderWay() && held.isCompleting()) {
      held.ask();
    } else if (held.isUnderWay()) {
      end(held, Ending.cancelled());
    }
  }

  /**
   * Takes back a task that is held and was not begun, so that it will not be; null if there is no
   * such task. Who does must see to it that it is removed from the holdings or released.
   */
  @Nullable HeldTask takeBack(OptionalLong applicationId, long id) {
    HeldTask held = holdings.find(id);
    if (held == null) {
      return null;
    }
    long owner = held.row().applicationId();
    if (applicationId.orElse(owner) != owner || !drop(held)) {
      return null;
    }
    return held;
  }

  private boolean drop(HeldTask held) {
    boolean dropped = held.drop();
    if (dropped) {
      holdings.dropped();
    }
    return dropped;
  }

  /** Gives back a task that was not begun; no effect on others. */
  void release(HeldTask held, long dueMillis) {
    if (drop(held)) {
      settler.add(held, new Settlement.Release(held.row().id(), held.fence(), dueMillis));
    }
  }

  /** As {@link #release}, due again after the delay. */
  void postpone(HeldTask held, Duration delay) {
    release(held, clock.millis() + delay.toMillis());
  }

  /** Gives back all that was not begun, due as before. */
  void releaseAll() {
    holdings.all().forEach(held -> release(held, held.dueMillis()));
  }

  /**
   * Ends all attempts whose time is up.
   *
   * @return nanoseconds until there may be more
   */
  long expire() {
    return underWay.expire(clock.nanoTime(), this::expire);
  }

  private void expire(HeldTask held) {
    if (held.isCompleting()) {
      // To settle it now might wait for the handler's transaction, and all others with it.
      if (!held.isCommitted()) {
        held.trip();
      }
    } else if (held.isUnderWay()) {
      end(held, Ending.timeout(held.row().timeoutMillis()));
    }
    underWay.remove(held);
  }

  /** The time until {@link #expire} has something to do, exactly; looks at all under way. */
  long nanosToExpiry() {
    return underWay.nanosToFirst(clock.nanoTime());
  }

  /**
   * Gives up what the node held and is not waiting to be settled. What was not begun is given back,
   * if it is not another's yet.
   */
  void loseAll(Node node) {
    for (HeldTask held : holdings.all()) {
      if (held.node().equals(node)) {
        release(held, held.dueMillis());
        lose(held);
      }
    }
  }

  /**
   * Gives all back that is not waiting to be settled, begun or not. What a handler's transaction
   * may be ending is left to those who recover: to give it back might wait for that transaction.
   */
  void interruptAll() {
    for (HeldTask held : holdings.all()) {
      release(held, held.dueMillis());
      if (held.isUnderWay() && !held.isCompleting()) {
        end(held, Ending.interrupted());
      }
      lose(held);
    }
  }

  /** Gives up a task that is another's now; no effect if it waits to be settled. */
  void lose(HeldTask held) {
    if (held.lose()) {
      holdings.dropped();
      holdings.remove(held);
      held.trip();
    }
  }

  /** What becomes of the task through an attempt that ends so, now. */
  Settlement settlement(HeldTask held, Ending ending) {
    ClaimedTask task = held.task();
    long id = task.row().id();
    long endedMillis = Math.max(held.startedMillis(), clock.millis());
    Attempt attempt =
        new Attempt(
            task.attempt(),
            task.fence(),
            Instant.ofEpochMilli(held.startedMillis()),
            Instant.ofEpochMilli(endedMillis),
            ending.outcome(),
            ending.httpStatus(),
            ending.error());
    return switch (ending.outcome()) {
      case SUCCESS -> new Settlement.Finish(task.row(), attempt, ending.result());
      case CANCELLED -> new Settlement.Cancel(id, task.fence(), attempt);
      case INTERRUPTED -> new Settlement.Interrupt(id, attempt, task.dueMillis());
      case FAILURE, TIMEOUT, CRASHED -> {
        Optional<Duration> delay = ending.forGood() ? Optional.empty() : delayAfter(task, ending);
        yield delay.isPresent()
            ? new Settlement.Retry(id, attempt, endedMillis + delay.get().toMillis())
            : new Settlement.Fail(id, attempt);
      }
    };
  }

  private static Optional<Duration> delayAfter(ClaimedTask task, Ending ending) {
    int retry = Math.max(1, task.attempt() - task.crashes());
    TaskRow row = task.row();
    Duration asked = ending.retryAfter();
    return RetryPolicy.parse(row.retry())
        .delayBefore(retry, row.id())
        .map(delay -> asked != null && asked.compareTo(delay) > 0 ? asked : delay);
  }
}

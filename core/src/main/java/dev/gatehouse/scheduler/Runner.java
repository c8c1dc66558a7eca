package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes attempts: of a handler on a worker, which it holds until the handler returns; of a callback
 * by sending it, which holds no thread. A permit bounds how many are under way; an attempt that has
 * ended keeps its permit while its handler does not return.
 *
 * <p>A task that cannot be tried here and now goes back unbegun, which does not count: its
 * application is not enabled, or its kind has no handler here (during a rolling upgrade another
 * node may have it). Safe for use by multiple threads.
 */
final class Runner {
  private static final Logger LOGGER = LoggerFactory.getLogger(Runner.class);
  private static final Duration NOT_ENABLED = Duration.ofSeconds(30);
  private static final Duration NOT_HERE = Duration.ofSeconds(10);

  private final SchedulerParts parts;
  private final Attempts attempts;
  private final CallbackSender sender;
  private final Executor workers;
  private final Waker waker;
  private final Semaphore permits;
  private final Set<String> unknown = ConcurrentHashMap.newKeySet();
  private volatile boolean starved;

  Runner(SchedulerParts parts, Attempts attempts, Executor workers, Waker waker) {
    this.parts = parts;
    this.attempts = attempts;
    sender = new CallbackSender(parts.callbacks(), parts.clock());
    this.workers = workers;
    this.waker = waker;
    permits = new Semaphore(parts.options().maxRunning());
  }

  Semaphore permits() {
    return permits;
  }

  boolean hasRoom() {
    return permits.availablePermits() > 0;
  }

  /** A permit for one attempt; if there is none, the timer is roused when there is. */
  boolean tryAcquire() {
    if (permits.tryAcquire()) {
      return true;
    }
    starved = true;
    return permits.tryAcquire();
  }

  private void release() {
    permits.release();
    if (starved) {
      starved = false;
      waker.wake(Waker.Role.TIMER);
    }
  }

  /** Has a worker make the attempt, which takes over the permit. */
  void start(HeldTask held) {
    AtomicBoolean handedOver = new AtomicBoolean();
    try {
      workers.execute(
          () -> {
            handedOver.set(true);
            run(held);
          });
      handedOver.set(true);
    } finally {
      if (!handedOver.get()) {
        release();
      }
    }
  }

  private void run(HeldTask held) {
    boolean posted = false;
    TaskRow row = held.row();
    try {
      Optional<Application> application = application(row);
      if (!isKnown(row)) {
        attempts.postpone(held, NOT_HERE);
      } else if (row.applicationId() != 0 && application.isEmpty()) {
        giveUp(held);
      } else if (application.isPresent() && !isEnabled(application.get())) {
        attempts.postpone(held, NOT_ENABLED);
      } else if (row.kind().equals(TaskRow.CALLBACK)) {
        posted = post(held, application.orElse(null));
      } else {
        handle(held, requireNonNull(parts.handlers().get(row.kind())));
      }
    } catch (GatehouseException e) {
      LOGGER.warn("task {} cannot be tried now", row.id(), e);
    } finally {
      attempts.postpone(held, NOT_HERE);
      if (!posted) {
        release();
      }
    }
  }

  /** Whether this node can run tasks of that kind and read what a newer one may have written. */
  private boolean isKnown(TaskRow row) {
    String kind = row.kind();
    if (!kind.equals(TaskRow.CALLBACK) && !parts.handlers().containsKey(kind)) {
      return unknown("handler", kind);
    }
    try {
      RetryPolicy.parse(row.retry());
      return true;
    } catch (IllegalArgumentException e) {
      return unknown("retry policy", row.retry());
    }
  }

  private boolean unknown(String what, String name) {
    if (unknown.add(name)) {
      LOGGER.warn("no {} '{}' here, its tasks are left for other nodes", what, name);
    }
    return false;
  }

  private Optional<Application> application(TaskRow row) {
    return row.applicationId() == 0
        ? Optional.empty()
        : parts.callbacks().application(row.applicationId(), parts.transactions());
  }

  /** Ids of applications are never given twice, so one that was removed does not come back. */
  private void giveUp(HeldTask held) {
    if (attempts.begin(held)) {
      attempts.end(held, Ending.failureForGood("the task's application was removed"));
    }
  }

  private static boolean isEnabled(Application application) {
    return application.status() == Application.Status.ENABLED;
  }

  /**
   * The boundary that guards against what handlers do: whatever they throw, errors included, fails
   * the attempt and no more.
   */
  private void handle(HeldTask held, TaskHandler handler) {
    if (!attempts.begin(held)) {
      return;
    }
    Ending ending;
    held.enter();
    try {
      ending = Ending.of(handler.handle(held));
    } catch (Throwable e) {
      LOGGER.debug("attempt {} of task {} threw", held.attempt(), held.id(), e);
      ending = Ending.thrown(e);
    } finally {
      held.leave();
    }
    attempts.end(held, ending);
  }

  /** As {@link #handle}, for the host's signers and transport. */
  private boolean post(HeldTask held, @Nullable Application application) {
    if (!attempts.begin(held)) {
      return false;
    }
    CallbackSender.Posted posted;
    try {
      posted = sender.post(held, application);
    } catch (Throwable e) {
      LOGGER.debug("attempt {} of task {} was not sent", held.attempt(), held.id(), e);
      attempts.end(held, Ending.thrown(e));
      return false;
    }
    held.exchange(posted.exchange());
    posted
        .ending()
        .whenComplete(
            (ending, never) -> {
              try {
                attempts.end(held, ending);
              } finally {
                release();
              }
            });
    return true;
  }
}

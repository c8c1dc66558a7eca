package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes attempts: of a handler on the calling thread, which it holds until the handler returns; of
 * a callback by sending it, which holds no thread. The caller has a permit for it.
 *
 * <p>A task that cannot be tried here and now goes back unbegun, which does not count: its
 * application is not enabled, or its kind has no handler here and could not be {@linkplain
 * PassedOver passed over} (during a rolling upgrade another node may have it). A task that crashed
 * before waits for its turn, a limited one goes to its gates, and comes again. Safe for use by
 * multiple threads.
 */
final class Runner {
  private static final Logger LOGGER = LoggerFactory.getLogger(Runner.class);
  private static final Duration NOT_ENABLED = Duration.ofSeconds(30);
  private static final Duration NOT_HERE = Duration.ofSeconds(10);
  private static final int MAX_POLICIES = 1_000;
  private static final int MAX_UNKNOWN = 100;

  private final SchedulerParts parts;
  private final Attempts attempts;
  private final Completer completer;
  private final ProgressBoard board;
  private final CallbackSender sender;
  private final Permits permits;
  private final GateQueue gates;
  private final Suspects suspects;
  private final Set<String> unknown = ConcurrentHashMap.newKeySet();
  private final Set<String> policies = ConcurrentHashMap.newKeySet();

  Runner(
      SchedulerParts parts,
      Attempts attempts,
      Suspects suspects,
      ProgressBoard board,
      Waker waker) {
    this.parts = parts;
    this.attempts = attempts;
    this.suspects = suspects;
    gates = attempts.gates();
    completer = new Completer(parts, attempts);
    this.board = board;
    sender = new CallbackSender(parts.callbacks(), parts.clock());
    permits = new Permits(parts.options().maxRunning(), waker);
  }

  Permits permits() {
    return permits;
  }

  boolean hasRoom() {
    return permits.availablePermits() > 0;
  }

  /**
   * Makes the attempt.
   *
   * @return whether it goes on without the calling thread; then it releases the permit at its end,
   *     else that is the caller's to do
   */
  boolean run(HeldTask held) {
    boolean posted = false;
    boolean waits = false;
    TaskRow row = held.row();
    try {
      Optional<Application> application = application(row);
      if (!isKnown(row)) {
        attempts.postpone(held, NOT_HERE);
      } else if (row.applicationId() != 0 && application.isEmpty()) {
        giveUp(held);
      } else if (application.isPresent() && !isEnabled(application.get())) {
        postponeDisabled(held);
      } else if (suspects.takes(held) || gates.takes(held)) {
        waits = true;
      } else if (row.kind().equals(TaskRow.CALLBACK)) {
        posted = post(held, application.orElse(null));
      } else {
        handle(held, requireNonNull(parts.handlers().get(row.kind())));
      }
    } catch (GatehouseException e) {
      LOGGER.warn("task {} cannot be tried now", row.id(), e);
    } finally {
      if (!waits && held.isWaiting()) {
        attempts.postpone(held, NOT_HERE);
      }
    }
    return posted;
  }

  /** Whether this node can run tasks of that kind and read what a newer one may have written. */
  private boolean isKnown(TaskRow row) {
    String kind = row.kind();
    if (!kind.equals(TaskRow.CALLBACK) && !parts.handlers().containsKey(kind)) {
      return unknown("handler", kind);
    }
    if (policies.contains(row.retry())) {
      return true;
    }
    try {
      RetryPolicy.parse(row.retry());
      if (policies.size() < MAX_POLICIES) {
        policies.add(row.retry());
      }
      return true;
    } catch (IllegalArgumentException e) {
      return unknown("retry policy", row.retry());
    }
  }

  private boolean unknown(String what, String name) {
    if (unknown.size() < MAX_UNKNOWN && unknown.add(name)) {
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

  private void postponeDisabled(HeldTask held) {
    if (attempts.passedOver().passesDisabled(held.row().applicationId())) {
      attempts.release(held, held.dueMillis());
    } else {
      attempts.postpone(held, NOT_ENABLED);
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
      ending = Ending.of(handler.handle(new AttemptContext(held, completer, board)));
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
                permits.release();
              }
            });
    return true;
  }
}

package dev.gatehouse.scheduler;

import dev.gatehouse.check.Check;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a leased task. It counts only while the node still holds the task under the
 * fence. If the task was asked to be cancelled meanwhile, every settlement ends it as cancelled.
 * Immutable.
 */
public sealed interface Settlement {
  /** The task. */
  long id();

  /** The fence under which it was claimed. */
  long fence();

  /** The attempt to record; null if none was begun. */
  @Nullable Attempt attempt();

  /**
   * It succeeded.
   *
   * @param row the task as it was claimed
   * @param attempt a success without an error
   * @param result JSON to keep, or null
   */
  record Finish(TaskRow row, Attempt attempt, @Nullable String result) implements Settlement {
    /** Checks that the attempt succeeded. */
    public Finish {
      requireSuccess(attempt);
    }

    @Override
    public long id() {
      return row.id();
    }

    @Override
    public long fence() {
      return attempt.fence();
    }

    @Override
    public String toString() {
      return "Finish " + row.id();
    }
  }

  /**
   * It succeeded, and nothing of it is to be kept.
   *
   * @param row the task as it was claimed
   * @param attempt a success without an error
   */
  record Forget(TaskRow row, Attempt attempt) implements Settlement {
    /** Checks that the attempt succeeded. */
    public Forget {
      requireSuccess(attempt);
    }

    @Override
    public long id() {
      return row.id();
    }

    @Override
    public long fence() {
      return attempt.fence();
    }
  }

  /** It failed and is due again. */
  record Retry(long id, Attempt attempt, long dueMillis) implements Settlement {
    @Override
    public long fence() {
      return attempt.fence();
    }
  }

  /**
   * Its node closed before it ended: ready again at the given time. The attempt is recorded, but
   * uses up neither a retry nor a crash.
   *
   * @param attempt an {@link Attempt.Outcome#INTERRUPTED interrupted} one
   */
  record Interrupt(long id, Attempt attempt, long dueMillis) implements Settlement {
    /** Checks that the attempt was interrupted. */
    public Interrupt {
      Check.that(
          attempt.outcome() == Attempt.Outcome.INTERRUPTED,
          () -> "attempt must be INTERRUPTED, was " + attempt.outcome());
    }

    @Override
    public long fence() {
      return attempt.fence();
    }
  }

  /** It failed for good. */
  record Fail(long id, Attempt attempt) implements Settlement {
    @Override
    public long fence() {
      return attempt.fence();
    }
  }

  /** It was cancelled, as requested, before or during the attempt. */
  record Cancel(long id, long fence, @Nullable Attempt attempt) implements Settlement {}

  /**
   * It was not begun: ready again at the given time, and the claim does not count as an attempt.
   */
  record Release(long id, long fence, long dueMillis) implements Settlement {
    @Override
    public @Nullable Attempt attempt() {
      return null;
    }
  }

  /**
   * It was not begun: waits until it is {@linkplain TaskStore#admit admitted}, due as before, and
   * the claim does not count as an attempt.
   */
  record Park(long id, long fence) implements Settlement {
    @Override
    public @Nullable Attempt attempt() {
      return null;
    }
  }

  private static void requireSuccess(Attempt attempt) {
    Check.that(
        attempt.outcome() == Attempt.Outcome.SUCCESS && attempt.error().isEmpty(),
        () -> "attempt must be a SUCCESS without an error, was " + attempt.outcome());
  }
}

package dev.gatehouse.scheduler;

import org.jspecify.annotations.Nullable;

/**
 * What becomes of a leased task. It counts only while the node still holds the task under the
 * fence. If the task was asked to be cancelled meanwhile, every settlement but {@link Release} ends
 * it as cancelled. Immutable.
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
   * @param result JSON to keep, or null
   */
  record Finish(long id, Attempt attempt, @Nullable String result) implements Settlement {
    @Override
    public long fence() {
      return attempt.fence();
    }

    @Override
    public String toString() {
      return "Finish " + id;
    }
  }

  /** It failed and is due again. */
  record Retry(long id, Attempt attempt, long dueMillis) implements Settlement {
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
}

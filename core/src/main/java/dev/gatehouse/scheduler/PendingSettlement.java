package dev.gatehouse.scheduler;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of a task, until it is written. Confined to the thread that writes, once it has come
 * there.
 */
final class PendingSettlement {
  /** So often is one refused, alone and while others are written, before it waits aside. */
  private static final int REFUSALS_TO_SET_ASIDE = 3;

  private static final int REFUSALS_TO_GIVE_UP = 8;
  private static final int NEVER = -1;

  private final Node node;
  private final @Nullable HeldTask held;
  private Settlement settlement;
  private @Nullable Pause pause;
  private boolean givenUp;
  private int refusals;
  private long refusedAt = NEVER;

  /**
   * A settlement.
   *
   * @param held null if the node does not know the task
   */
  PendingSettlement(Node node, Settlement settlement, @Nullable HeldTask held) {
    this.node = node;
    this.settlement = settlement;
    this.held = held;
  }

  Node node() {
    return node;
  }

  long id() {
    return settlement.id();
  }

  Settlement settlement() {
    return settlement;
  }

  @Nullable HeldTask held() {
    return held;
  }

  /** Waits for the end of a pause, which are of these lengths. */
  void waitAside(Duration first, Duration longest, long nanoTime) {
    Pause next = pause == null ? new Pause(first, longest) : pause;
    next.begin(nanoTime);
    pause = next;
  }

  /** What it waits aside for; null if it does not. */
  @Nullable Pause pause() {
    return pause;
  }

  /**
   * The store refused it, alone. That counts only if the store has written others since it was last
   * refused: else it may be the store that fails.
   *
   * @param written how many groups were written so far
   * @return whether that is the first refusal after which it should wait aside
   */
  boolean refused(long written) {
    if (written == refusedAt) {
      return false;
    }
    refusedAt = written;
    refusals++;
    return refusals == REFUSALS_TO_SET_ASIDE;
  }

  /** Whether the store has refused it, and nothing else, for some time. */
  boolean isPoison() {
    return refusals >= REFUSALS_TO_SET_ASIDE;
  }

  /** Fails the task, without the result, if nothing else helped; whether this is the time. */
  boolean giveUp() {
    Attempt ended = settlement.attempt();
    if (refusals < REFUSALS_TO_GIVE_UP || givenUp || ended == null) {
      return false;
    }
    givenUp = true;
    Instant end = ended.endedAt();
    settlement =
        new Settlement.Fail(
            settlement.id(),
            new Attempt(
                ended.number(),
                ended.fence(),
                ended.startedAt(),
                end,
                Attempt.Outcome.FAILURE,
                null,
                "the storage refused to keep how it ended"));
    return true;
  }
}

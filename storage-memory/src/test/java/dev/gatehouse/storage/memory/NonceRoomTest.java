package dev.gatehouse.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.signing.NonceStore.Outcome;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What nonces take of the memory, whoever claims them. */
class NonceRoomTest {
  private static final int BYTES = 64 << 10;
  private static final int QUOTA = 1_000_000;
  private static final int TRIES = 5_000;
  private static final long EXPIRY = 1_000;

  private final MemoryNonceStore store = new MemoryNonceStore(Instant.EPOCH, BYTES);

  /** How many of many claims succeed. */
  private int claimed(long application, String prefix, long expiry, long now) {
    int claimed = 0;
    for (int i = 0; i < TRIES; i++) {
      if (store.claim(application, prefix + i, expiry, now, QUOTA) == Outcome.CLAIMED) {
        claimed++;
      }
    }
    return claimed;
  }

  @Test
  void claim_noRoomLeft_isFullAndForgetsNothing() {
    int first = claimed(1, "a", EXPIRY, 0);
    assertThat(first).isBetween(BYTES / 24 / 4, BYTES / 24);
    assertThat(store.claim(1, "a0", EXPIRY, 0, QUOTA)).isEqualTo(Outcome.REPLAYED);
    assertThat(store.claim(1, "a" + (first - 1), EXPIRY, 0, QUOTA)).isEqualTo(Outcome.REPLAYED);
    assertThat(claimed(2, "b", EXPIRY, 0)).as("in what each has at least").isBetween(1, first);
  }

  /** Time and again, so that room which was not given back would be missed. */
  @Test
  void claim_afterExpiry_hasAllTheRoomAgain() {
    int first = claimed(1, "a", EXPIRY, 0);
    for (long round = 1; round < 20; round++) {
      long now = round * EXPIRY;
      assertThat(claimed(1 + round % 3, "a" + round, now + EXPIRY, now))
          .as("round %d", round)
          .isEqualTo(first);
    }
  }

  @Test
  void claim_othersNoncesHaveExpired_hasTheirRoomWithinASecond() {
    claimed(1, "a", EXPIRY, 0);
    store.claim(1, "late", 100 * EXPIRY, 0, QUOTA);
    claimed(2, "b", EXPIRY, 0);
    assertThat(store.claim(2, "c", EXPIRY, 0, QUOTA)).isEqualTo(Outcome.FULL);
    long now = 2 * EXPIRY;
    int later = 0;
    for (int i = 0; i < 500; i++) {
      if (store.claim(2, "d" + i, 100 * EXPIRY, now + i, QUOTA) == Outcome.CLAIMED) {
        later++;
      }
    }
    assertThat(later).isEqualTo(500);
  }

  /** What is dropped from full tables, and from those that shrink, is given back once. */
  @Test
  void claim_quotaReachedAgainAndAgain_keepsTheRoomWhatItIs() {
    int before = fillAndExpire(0);
    for (long round = 100; round < 150; round++) {
      long now = round * EXPIRY;
      for (int i = 0; i < 400; i++) {
        store.claim(9, round + "-" + i, now + EXPIRY + i % 7, now + i / 50, 120);
      }
    }
    assertThat(fillAndExpire(200)).isEqualTo(before);
  }

  /** The second time, tables are those of nonces that have expired. */
  private int fillAndExpire(long round) {
    claimed(9, "a" + round, (round + 1) * EXPIRY, round * EXPIRY);
    return claimed(9, "b" + round, (round + 3) * EXPIRY, (round + 2) * EXPIRY);
  }
}

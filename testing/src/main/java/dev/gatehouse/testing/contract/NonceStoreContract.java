package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.signing.NonceStore.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link NonceStore}. Not safe: confine to one thread.
 *
 * @see NonceStore
 */
public abstract class NonceStoreContract extends StoreContract {
  private static final long APPLICATION = 7;
  private static final int QUOTA = 50_000;
  private static final int THREADS = 16;
  private static final Duration LIFE = Duration.ofMinutes(10);

  /** A contract of a store. */
  protected NonceStoreContract() {}

  private NonceStore nonces() {
    return storage().nonces();
  }

  private Outcome claim(String nonce) {
    return claim(APPLICATION, nonce, QUOTA);
  }

  private Outcome claim(long applicationId, String nonce, int quota) {
    return nonces().claim(applicationId, nonce, now() + LIFE.toMillis(), now(), quota);
  }

  @Test
  final void NONCE1_claim_again_replayed() {
    assertThat(claim("first-nonce")).isEqualTo(Outcome.CLAIMED);
    assertThat(claim("first-nonce")).isEqualTo(Outcome.REPLAYED);
    assertThat(claim("first-nonce")).isEqualTo(Outcome.REPLAYED);
  }

  @Test
  final void NONCE1_claim_manyOthersInBetween_stillReplayed() {
    assertThat(claim("target")).isEqualTo(Outcome.CLAIMED);
    for (int i = 0; i < 3_000; i++) {
      assertThat(claim("other" + i)).isEqualTo(Outcome.CLAIMED);
      clock.advance(Duration.ofMillis(100));
    }
    assertThat(claim("target")).isEqualTo(Outcome.REPLAYED);
  }

  @Test
  final void NONCE1_claim_sixteenThreadsOneNonce_oneWins() throws Exception {
    for (int round = 0; round < 25; round++) {
      String nonce = "contested" + round;
      List<Outcome> outcomes = atOnce(() -> claim(nonce));
      assertThat(Collections.frequency(outcomes, Outcome.CLAIMED)).as("winners").isEqualTo(1);
      assertThat(Collections.frequency(outcomes, Outcome.REPLAYED)).isEqualTo(THREADS - 1);
    }
  }

  @Test
  final void NONCE1_claim_sixteenThreadsOneExpiredNonce_oneWins() throws Exception {
    for (int round = 0; round < 25; round++) {
      String nonce = "again" + round;
      assertThat(claim(nonce)).isEqualTo(Outcome.CLAIMED);
      clock.advance(LIFE);
      List<Outcome> outcomes = atOnce(() -> claim(nonce));
      assertThat(Collections.frequency(outcomes, Outcome.CLAIMED)).as("winners").isEqualTo(1);
    }
  }

  @Test
  final void NONCE2_claim_oneMilliBeforeExpiry_replayed() {
    claim("nonce");
    clock.advance(LIFE.minusMillis(1));
    assertThat(claim("nonce")).isEqualTo(Outcome.REPLAYED);
  }

  @Test
  final void NONCE2_claim_atExpiry_freeAgainAndOnce() {
    claim("nonce");
    clock.advance(LIFE);
    assertThat(claim("nonce")).isEqualTo(Outcome.CLAIMED);
    assertThat(claim("nonce")).isEqualTo(Outcome.REPLAYED);
  }

  @Test
  final void NONCE2_claim_lifetimesOfDifferentLength_eachHasItsOwn() {
    nonces().claim(APPLICATION, "long", now() + 10_000, now(), QUOTA);
    nonces().claim(APPLICATION, "short", now() + 1_000, now(), QUOTA);
    clock.advance(Duration.ofSeconds(1));
    assertThat(claim("short")).isEqualTo(Outcome.CLAIMED);
    for (int i = 0; i < 8; i++) {
      clock.advance(Duration.ofSeconds(1));
      nonces().claim(APPLICATION, "tick" + i, now() + 1_000, now(), QUOTA);
      assertThat(claim("long")).as("after %s s", i + 2).isEqualTo(Outcome.REPLAYED);
    }
    clock.advance(Duration.ofSeconds(1));
    assertThat(claim("long")).isEqualTo(Outcome.CLAIMED);
  }

  @Test
  final void NONCE3_claim_anotherApplication_isFree() {
    claim("nonce");
    assertThat(claim(APPLICATION + 1, "nonce", QUOTA)).isEqualTo(Outcome.CLAIMED);
    assertThat(claim(APPLICATION + 1, "nonce", QUOTA)).isEqualTo(Outcome.REPLAYED);
  }

  @Test
  final void NONCE3_claim_hostileTexts_eachIsItself() {
    List<String> texts =
        List.of(
            "abcdef",
            "ABCDEF",
            "Abcdef",
            "abcdef ",
            " abcdef",
            "abc%",
            "abc_",
            "abc\\",
            "'; DROP TABLE gh_nonce; --",
            "\"",
            "x".repeat(127),
            "x".repeat(128),
            "~");
    for (String text : texts) {
      assertThat(claim(text)).as(text).isEqualTo(Outcome.CLAIMED);
    }
    for (String text : texts) {
      assertThat(claim(text)).as(text).isEqualTo(Outcome.REPLAYED);
    }
  }

  @Test
  final void NONCE3_claim_notPrintableAscii_refused() {
    for (String text : List.of("", "x".repeat(129), "caf\u00e9", "a\u0000b", "a\nb", "\uff11")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> claim(text))
          .withMessageStartingWith("nonce must ");
    }
    assertThat(claim("x".repeat(128))).isEqualTo(Outcome.CLAIMED);
    assertThat(claim(" ~")).isEqualTo(Outcome.CLAIMED);
  }

  @Test
  final void NONCE4_claim_quotaUsedUp_refusedAndNothingForgotten() {
    for (int i = 0; i < 100; i++) {
      assertThat(claim(APPLICATION, "n" + i, 100)).isEqualTo(Outcome.CLAIMED);
    }
    for (int i = 100; i < 300; i++) {
      assertThat(claim(APPLICATION, "n" + i, 100)).isEqualTo(Outcome.FULL);
    }
    clock.advance(Duration.ofSeconds(2));
    for (int i = 0; i < 100; i++) {
      assertThat(claim("n" + i)).as("n" + i).isEqualTo(Outcome.REPLAYED);
    }
  }

  @Test
  final void NONCE4_claim_sixteenThreadsBeyondTheQuota_fullAndNothingForgotten() throws Exception {
    int quota = 200;
    AtomicInteger names = new AtomicInteger();
    Set<String> claimed = ConcurrentHashMap.newKeySet();
    atOnce(
        () -> {
          for (int i = 0; i < 2 * quota / THREADS; i++) {
            String nonce = "n" + names.incrementAndGet();
            if (claim(APPLICATION, nonce, quota) == Outcome.CLAIMED) {
              claimed.add(nonce);
            }
          }
          return Outcome.FULL;
        });
    assertThat(claimed).hasSizeBetween(quota, quota + THREADS - 1);
    clock.advance(Duration.ofSeconds(2));
    for (String nonce : claimed) {
      assertThat(claim(nonce)).as(nonce).isEqualTo(Outcome.REPLAYED);
    }
  }

  @Test
  final void NONCE4_claim_quotaOfAnotherUsedUp_notAffected() {
    for (int i = 0; i < 20; i++) {
      claim(APPLICATION, "n" + i, 10);
    }
    assertThat(claim(APPLICATION, "n", 10)).isEqualTo(Outcome.FULL);
    assertThat(claim(APPLICATION + 1, "n", 10)).isEqualTo(Outcome.CLAIMED);
  }

  @Test
  final void NONCE5_claim_afterExpiry_quotaIsFreeAgain() {
    for (int i = 0; i < 10; i++) {
      claim(APPLICATION, "n" + i, 10);
      clock.advance(Duration.ofSeconds(30));
    }
    assertThat(claim(APPLICATION, "late", 10)).isEqualTo(Outcome.FULL);
    clock.advance(LIFE.minusSeconds(300));
    assertThat(claim(APPLICATION, "late", 10)).isEqualTo(Outcome.CLAIMED);
    assertThat(claim(APPLICATION, "later", 10)).isEqualTo(Outcome.FULL);
    clock.advance(LIFE);
    for (int i = 0; i < 10; i++) {
      assertThat(claim(APPLICATION, "m" + i, 10)).isEqualTo(Outcome.CLAIMED);
    }
  }

  @Test
  final void NONCE5_claim_steadyFlowWithinQuota_neverRefused() {
    for (int i = 0; i < 700; i++) {
      assertThat(nonces().claim(APPLICATION, "n" + i, now() + 1_000, now(), 275))
          .as("claim %s", i)
          .isEqualTo(Outcome.CLAIMED);
      clock.advance(Duration.ofMillis(4));
    }
  }

  @Test
  final void NONCE6_remembersSince_notInTheFuture() {
    assertThat(nonces().remembersSince()).isBeforeOrEqualTo(clock.instant());
    claim("nonce");
    assertThat(nonces().remembersSince()).isBeforeOrEqualTo(clock.instant());
    assertThat(claim("nonce")).isEqualTo(Outcome.REPLAYED);
  }

  @Test
  final void NONCE7_claim_inTransactionRolledBack_stands() {
    RuntimeException failure = new IllegalStateException("the host's work fails");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          assertThat(claim("nonce")).isEqualTo(Outcome.CLAIMED);
                          throw failure;
                        }))
        .isSameAs(failure);
    assertThat(claim("nonce")).isEqualTo(Outcome.REPLAYED);
  }

  private static <T> List<T> atOnce(Callable<T> call) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      CyclicBarrier start = new CyclicBarrier(THREADS);
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        futures.add(
            threads.submit(
                () -> {
                  start.await(30, TimeUnit.SECONDS);
                  return call.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
      return results;
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
  }
}

package dev.gatehouse.signing;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.signing.NonceStore.Outcome;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nonces in memory: exact whatever comes, also while tables grow, age and are dropped. */
class MemoryNoncesTest {
  private static final long SEED = Long.getLong("gatehouse.seed", System.nanoTime());

  private final Storage storage = MemoryStorage.create();
  private final NonceStore nonces = storage.nonces();

  /** What a store of nonces is, told in the fewest words. */
  private static final class Model {
    private final Map<String, Long> expiries = new HashMap<>();

    Outcome claim(String nonce, long expiresAt, long now, int quota) {
      expiries.values().removeIf(expiry -> expiry <= now);
      if (expiries.containsKey(nonce)) {
        return Outcome.REPLAYED;
      }
      if (expiries.size() >= quota) {
        return Outcome.FULL;
      }
      expiries.put(nonce, expiresAt);
      return Outcome.CLAIMED;
    }
  }

  @Test
  void claim_randomFlows_asTheModelSays() {
    Random random = new Random(SEED);
    for (int run = 0; run < 200; run++) {
      Model model = new Model();
      int quota = 1 + random.nextInt(40);
      int names = 1 + random.nextInt(80);
      int step = 1 + random.nextInt(20);
      long now = random.nextInt(1_000);
      for (int i = 0; i < 1_000; i++) {
        now += random.nextInt(step);
        String nonce = "nonce-number-" + random.nextInt(names);
        long expiry = now + 1 + random.nextInt(100);
        assertThat(nonces.claim(run + 1, nonce, expiry, now, quota))
            .as("seed %s, run %s, claim %s", SEED, run, i)
            .isEqualTo(model.claim(nonce, expiry, now, quota));
      }
    }
  }

  @Test
  void claim_manyTextsOfEveryLength_eachItselfAfterEveryGrowth() {
    Random random = new Random(SEED);
    Set<String> texts = new HashSet<>();
    while (texts.size() < 30_000) {
      int length = 1 + random.nextInt(NonceStore.MAX_NONCE);
      String text =
          random
              .ints(length, ' ', '~' + 1)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      texts.add(text);
      texts.add("x".repeat(length));
    }
    for (String text : texts) {
      assertThat(nonces.claim(1, text, 1_000, 0, 100_000)).as(text).isEqualTo(Outcome.CLAIMED);
    }
    for (String text : texts) {
      assertThat(nonces.claim(1, text, 1_000, 999, 100_000)).as(text).isEqualTo(Outcome.REPLAYED);
    }
  }

  /** The younger table takes the older's place again and again; the quota must never drift. */
  @Test
  void claim_overManyLifetimes_quotaStaysExact() {
    for (int lifetime = 0; lifetime < 50; lifetime++) {
      long now = lifetime * 1_000L;
      for (int i = 0; i < 100; i++) {
        String nonce = lifetime + "/" + i;
        assertThat(nonces.claim(1, nonce, now + 1_000, now, 100)).isEqualTo(Outcome.CLAIMED);
      }
      assertThat(nonces.claim(1, lifetime + "/over", now + 1_000, now + 999, 100))
          .isEqualTo(Outcome.FULL);
      assertThat(nonces.claim(1, lifetime + "/0", now + 1_000, now + 999, 100))
          .isEqualTo(Outcome.REPLAYED);
    }
  }

  /** Looking for what has expired is not repeated for each claim of somebody over a large quota. */
  @Test
  void claim_overALargeQuota_fullUntilASecondAfterRoomWasMade() {
    int quota = 500_000;
    for (int i = 0; i < quota; i++) {
      assertThat(nonces.claim(1, "n" + i, 1_000 + i, 0, quota)).isEqualTo(Outcome.CLAIMED);
    }
    assertThat(nonces.claim(1, "over", 9_000_000, 999, quota)).isEqualTo(Outcome.FULL);
    assertThat(nonces.claim(1, "over", 9_000_000, 1_000, quota)).isEqualTo(Outcome.CLAIMED);
    assertThat(nonces.claim(1, "next", 9_000_000, 1_001, quota)).isEqualTo(Outcome.FULL);
    assertThat(nonces.claim(1, "next", 9_000_000, 1_500, quota)).isEqualTo(Outcome.CLAIMED);
    assertThat(nonces.claim(1, "n" + (quota - 1), 9_000_000, 1_500, quota))
        .isEqualTo(Outcome.REPLAYED);
  }

  /** What is dropped when all of an application's nonces have expired, and not before. */
  @Test
  void claim_whileOtherApplicationsAreDropped_unexpiredStay() {
    for (int application = 1; application <= 100; application++) {
      nonces.claim(application, "nonce", application * 100L, 0, 10);
    }
    for (int i = 0; i < 20_000; i++) {
      nonces.claim(1_000, "filler" + i, 5_001, 5_000, 100_000);
    }
    for (int application = 1; application <= 100; application++) {
      assertThat(nonces.claim(application, "nonce", 20_000, 5_000, 10))
          .isEqualTo(application > 50 ? Outcome.REPLAYED : Outcome.CLAIMED);
    }
  }

  /** Also of applications that never come again, once others do. */
  @Test
  void claim_onceAllHaveExpired_memoryIsGivenBack() {
    long before = heap();
    for (int application = 1; application <= 100; application++) {
      for (int i = 0; i < 6_000; i++) {
        nonces.claim(application, "nonce" + i, 1_000, 0, 10_000);
      }
    }
    long grown = heap() - before;
    assertThat(grown).as("bytes of 600,000 nonces").isGreaterThan(10_000_000);
    for (int i = 0; i < 5_000; i++) {
      nonces.claim(1_000, "later" + i, 3_000, 2_000, 10_000);
    }
    await().atMost(30, SECONDS).until(() -> heap() - before < grown / 4);
    assertThat(nonces.claim(1_000, "later0", 3_000, 2_000, 10_000)).isEqualTo(Outcome.REPLAYED);
  }

  /** What is reachable, near enough. */
  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}

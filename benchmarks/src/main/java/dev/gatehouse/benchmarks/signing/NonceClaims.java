package dev.gatehouse.benchmarks.signing;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** How many nonces one thread claims in a second. */
final class NonceClaims {
  private static final long APPLICATION = 7;
  private static final int WARM_UP = 5;

  private final Metric metric = new Metric("nonce claims/s memory", "1/s");
  private final Plan plan;

  NonceClaims(Plan plan) {
    this.plan = plan;
  }

  List<Metric> metrics() {
    return List.of(metric);
  }

  private interface Claim {
    boolean succeeds(String nonce);
  }

  /** Makes an empty store. */
  private interface Opener {
    Claim open();
  }

  Measurement gatehouse() {
    try (Storage storage = MemoryStorage.create()) {
      NonceStore nonces = storage.nonces();
      int claimed = plan.pick(100_000, 1_000_000);
      long now = System.currentTimeMillis();
      long[] application = {APPLICATION};
      return measure(
          claimed,
          () -> {
            long id = application[0]++;
            return nonce ->
                nonces.claim(id, nonce, now + TimeUnit.HOURS.toMillis(1), now, claimed)
                    == NonceStore.Outcome.CLAIMED;
          });
    }
  }

  Measurement rawMap() {
    return measure(
        plan.pick(100_000, 1_000_000),
        () -> {
          Map<String, Boolean> map = new ConcurrentHashMap<>();
          return nonce -> map.putIfAbsent(nonce, true) == null;
        });
  }

  private Measurement measure(int count, Opener opener) {
    String[] nonces = new String[count];
    for (int i = 0; i < count; i++) {
      nonces[i] = "nonce%011d".formatted(i);
    }
    for (int i = 0; i < WARM_UP; i++) {
      rate(nonces, opener.open());
    }
    return new Measurement().with(metric, rate(nonces, opener.open()));
  }

  private static double rate(String[] nonces, Claim claim) {
    long begin = System.nanoTime();
    for (String nonce : nonces) {
      if (!claim.succeeds(nonce)) {
        throw new IllegalStateException("a fresh nonce was refused");
      }
    }
    return nonces.length * (double) TimeUnit.SECONDS.toNanos(1) / (System.nanoTime() - begin);
  }
}

package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PoolTest {
  private final AtomicInteger made = new AtomicInteger();
  private final Pool<AtomicBoolean> pool =
      new Pool<>(
          () -> {
            made.incrementAndGet();
            return new AtomicBoolean();
          });

  @Test
  void take_givenBack_theSameAgain() {
    AtomicBoolean first = pool.take();
    pool.give(first);
    for (int i = 0; i < 100; i++) {
      AtomicBoolean again = pool.take();
      assertThat(again).isSameAs(first);
      pool.give(again);
    }
    assertThat(made).hasValue(1);
  }

  @Test
  void take_nothingGivenBack_eachOfItsOwn() {
    Set<AtomicBoolean> taken = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < 100; i++) {
      assertThat(taken.add(pool.take())).isTrue();
    }
    assertThat(made).hasValue(100);
  }

  @Test
  void give_moreThanThereIsRoomFor_dropped() {
    for (int i = 0; i < 100; i++) {
      pool.give(new AtomicBoolean());
    }
    for (int i = 0; i < 100; i++) {
      pool.take();
    }
    assertThat(made)
        .as("16 are kept at most")
        .hasValueGreaterThanOrEqualTo(84)
        .hasValueLessThan(100);
  }

  /** Two threads with the same MAC would mix up what they sign. */
  @Test
  void take_manyThreads_neverTheSameAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Boolean>> alone = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        alone.add(
            threads.submit(
                () -> {
                  boolean always = true;
                  for (int i = 0; i < 50_000; i++) {
                    AtomicBoolean taken = pool.take();
                    always &= taken.compareAndSet(false, true);
                    always &= taken.compareAndSet(true, false);
                    pool.give(taken);
                  }
                  return always;
                }));
      }
      for (Future<Boolean> each : alone) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
  }
}

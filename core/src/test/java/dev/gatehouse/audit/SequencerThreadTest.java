package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SequencerThreadTest {
  /** Sooner than an idle one would look. */
  private static final int PATIENCE_SECONDS = 5;

  @Test
  void round_thatFails_isTriedAgainAfterAnInterval() throws InterruptedException {
    AtomicInteger rounds = new AtomicInteger();
    CountDownLatch worked = new CountDownLatch(1);
    SequencerThread thread =
        new SequencerThread(
            () -> {
              if (rounds.incrementAndGet() <= 3) {
                throw new StorageException("out of reach, on purpose");
              }
              worked.countDown();
              return false;
            },
            Duration.ofMillis(1));
    thread.start();
    try {
      assertThat(worked.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      thread.stop();
    }
    assertThat(rounds).hasValue(4);
  }
}

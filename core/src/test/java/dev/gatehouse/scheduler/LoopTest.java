package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The thread behind each role. */
@Timeout(30)
class LoopTest {
  @Test
  void wake_permitUsedUpByALockWithinTheStep_nextStepComesAtOnce() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch woken = new CountDownLatch(1);
    CountDownLatch again = new CountDownLatch(2);
    Loop loop =
        new Loop(
            "loop",
            () -> {
              again.countDown();
              begun.countDown();
              awaitQuietly(woken);
              LockSupport.parkNanos(1_000_000);
              return Long.MAX_VALUE;
            },
            () -> {});
    loop.start();
    begun.await();

    loop.wake();
    woken.countDown();

    assertThat(again.await(10, TimeUnit.SECONDS)).isTrue();
    loop.stop();
    assertThat(loop.join(Duration.ofSeconds(10))).isTrue();
  }

  @Test
  void stop_lastStepThrows_threadEndsAfterIt() throws InterruptedException {
    AtomicInteger last = new AtomicInteger();
    Loop loop =
        new Loop(
            "loop",
            () -> Long.MAX_VALUE,
            () -> {
              last.incrementAndGet();
              throw new IllegalStateException("closed");
            });
    loop.start();

    loop.stop();

    assertThat(loop.join(Duration.ofSeconds(10))).isTrue();
    assertThat(last).hasValue(1);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

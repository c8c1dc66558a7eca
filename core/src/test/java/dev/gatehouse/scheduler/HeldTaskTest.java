package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may end an attempt, and whom that interrupts. */
@Timeout(60)
class HeldTaskTest {
  private final HeldTasks tasks = new HeldTasks(new TestClock());

  @Test
  void trip_handlerAtWork_interruptedUntilItLeaves() {
    HeldTask held = tasks.begun(1_000);
    held.enter();
    held.end();

    held.trip();

    assertThat(Thread.currentThread().isInterrupted()).isTrue();
    held.leave();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void enter_endedBefore_interruptedAtOnce() {
    HeldTask held = tasks.begun(1_000);
    held.lose();
    held.trip();

    held.enter();

    assertThat(Thread.currentThread().isInterrupted()).isTrue();
    held.leave();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void trip_handlerHasLeft_interruptsNobody() {
    HeldTask held = tasks.begun(1_000);
    held.enter();
    held.leave();
    held.end();

    held.trip();

    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void leave_interruptedBySomeoneElse_staysInterrupted() {
    HeldTask held = tasks.begun(1_000);
    held.enter();
    Thread.currentThread().interrupt();

    held.leave();

    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void leave_whileItsThreadIsBeingInterrupted_waitsForThatAndClearsIt() throws Exception {
    HeldTask held = tasks.begun(1_000);
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch interrupting = new CountDownLatch(1);
    CountDownLatch mayInterrupt = new CountDownLatch(1);
    AtomicBoolean hit = new AtomicBoolean(true);
    Thread worker =
        new Thread() {
          @Override
          public void run() {
            held.enter();
            entered.countDown();
            awaitQuietly(interrupting);
            held.leave();
            hit.set(Thread.interrupted());
          }

          @Override
          public void interrupt() {
            interrupting.countDown();
            awaitQuietly(mayInterrupt);
            super.interrupt();
          }
        };
    worker.start();
    awaitQuietly(entered);
    held.end();
    CompletableFuture<Void> tripping = CompletableFuture.runAsync(held::trip);
    awaitQuietly(interrupting);
    await().atMost(Duration.ofSeconds(20)).until(() -> isWaitingOrOver(worker));

    mayInterrupt.countDown();

    tripping.get(20, TimeUnit.SECONDS);
    worker.join(20_000);
    assertThat(hit).isFalse();
    assertThat(worker.isInterrupted()).isFalse();
  }

  private static boolean isWaitingOrOver(Thread thread) {
    return thread.getState() == Thread.State.WAITING || !thread.isAlive();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void trip_whileTheHandlerEntersAndLeaves_neverHitsAThreadThatHasLeft() throws Exception {
    int rounds = 20_000;
    HeldTask[] held = new HeldTask[rounds];
    for (int i = 0; i < rounds; i++) {
      held[i] = tasks.begun(1_000);
    }
    CyclicBarrier barrier = new CyclicBarrier(2);
    AtomicInteger ended = new AtomicInteger();
    CompletableFuture<Void> ending =
        CompletableFuture.runAsync(
            () -> {
              for (HeldTask one : held) {
                meet(barrier);
                one.end();
                one.trip();
                ended.incrementAndGet();
              }
            });
    int hit = 0;
    for (int i = 0; i < rounds; i++) {
      meet(barrier);
      held[i].enter();
      held[i].leave();
      while (ended.get() <= i) {
        Thread.onSpinWait();
      }
      hit += Thread.interrupted() ? 1 : 0;
    }

    ending.get();
    assertThat(hit).isZero();
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}

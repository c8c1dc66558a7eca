package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
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
                await(barrier);
                one.end();
                one.trip();
                ended.incrementAndGet();
              }
            });
    int hit = 0;
    for (int i = 0; i < rounds; i++) {
      await(barrier);
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

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}

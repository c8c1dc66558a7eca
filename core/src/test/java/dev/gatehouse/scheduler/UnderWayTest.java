package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attempts under way; the clock wraps a second after the start. */
class UnderWayTest {
  private final TestClock clock = new TestClock();
  private final HeldTasks tasks = new HeldTasks(clock);
  private final UnderWay underWay = new UnderWay(clock.nanoTime());
  private final List<HeldTask> out = new ArrayList<>();

  private HeldTask begin(int timeoutMillis) {
    HeldTask held = tasks.begun(timeoutMillis);
    underWay.add(held);
    return held;
  }

  private long expire() {
    return underWay.expire(
        clock.nanoTime(),
        held -> {
          underWay.remove(held);
          out.add(held);
        });
  }

  private static long nanos(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }

  @Test
  void expire_nothingUnderWay_never() {
    assertThat(expire()).isEqualTo(Long.MAX_VALUE);
    assertThat(underWay.nanosToFirst(clock.nanoTime())).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void expire_clockWrapsMeanwhile_eachInItsTime() {
    HeldTask late = begin(3_000);
    HeldTask early = begin(2_000);
    assertThat(expire()).isEqualTo(nanos(2_000));
    clock.advanceMillis(1_999);
    expire();
    assertThat(out).isEmpty();

    clock.advanceMillis(1);
    assertThat(expire()).isEqualTo(nanos(1_000));
    assertThat(out).containsExactly(early);
    clock.advanceMillis(1_000);
    assertThat(expire()).isEqualTo(Long.MAX_VALUE);
    assertThat(out).containsExactly(early, late);
  }

  @Test
  void add_endsBeforeAllOthers_says() {
    assertThat(underWay.add(tasks.begun(2_000))).isTrue();
    assertThat(underWay.add(tasks.begun(2_000))).isFalse();
    assertThat(underWay.add(tasks.begun(1_999))).isTrue();
  }

  @Test
  void nanosToFirst_earliestHasEnded_thatOfTheNext() {
    HeldTask ended = begin(100);
    begin(500);
    underWay.remove(ended);

    assertThat(underWay.nanosToFirst(clock.nanoTime())).isEqualTo(nanos(500));
    clock.advanceMillis(100);
    assertThat(expire()).isEqualTo(nanos(400));
    assertThat(out).isEmpty();
  }

  @Test
  @Timeout(60)
  void expire_whileOthersBegin_noneIsForgotten() {
    Set<HeldTask> expired = ConcurrentHashMap.newKeySet();
    List<CompletableFuture<Void>> beginning = new ArrayList<>();
    for (int thread = 0; thread < 2; thread++) {
      HeldTasks own = new HeldTasks(clock);
      beginning.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  underWay.add(own.begun(1 + i % 5));
                }
              }));
    }
    CompletableFuture<Void> begun =
        CompletableFuture.allOf(beginning.toArray(new CompletableFuture<?>[0]));
    long next;
    boolean last;
    do {
      last = begun.isDone();
      clock.advanceMillis(1);
      next =
          underWay.expire(
              clock.nanoTime(),
              held -> {
                underWay.remove(held);
                expired.add(held);
              });
    } while (!last || next != Long.MAX_VALUE);

    assertThat(underWay.all()).isEmpty();
    assertThat(expired).hasSize(10_000);
  }
}

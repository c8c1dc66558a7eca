package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.Purging.Purged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How often final tasks are looked for. */
class PurgingTest {
  private final TestClock clock = new TestClock();
  private final List<Double> times = new ArrayList<>();
  private Purged found = Purged.NOTHING;

  private Purging purging(Duration retention, Duration failedRetention) {
    SchedulerOptions options =
        SchedulerOptions.builder().retention(retention).failedRetention(failedRetention).build();
    return new Purging(
        options,
        clock::nanoTime,
        () -> {
          times.add(clock.seconds());
          return found;
        });
  }

  private void run(Purging purging, int seconds) {
    for (int i = 0; i < 2 * seconds; i++) {
      clock.advanceMillis(500);
      assertThat(purging.purgeIfTime()).isFalse();
    }
  }

  @Test
  void purge_nothingFound_everyFiveMinutesAfterTheFirst() {
    run(purging(Duration.ofDays(7), Duration.ofDays(30)), 1_000);
    assertThat(times).containsExactly(60.0, 360.0, 660.0, 960.0);
  }

  @Test
  void purge_someFound_everyMinuteUntilNoneIs() {
    Purging purging = purging(Duration.ofDays(7), Duration.ofDays(30));
    found = Purged.ALL;
    run(purging, 150);
    found = Purged.NOTHING;
    run(purging, 400);
    assertThat(times).containsExactly(60.0, 120.0, 180.0, 480.0);
  }

  @Test
  void purge_shortRetention_asOftenAsThat() {
    run(purging(Duration.ofMinutes(2), Duration.ofDays(30)), 320);
    assertThat(times).containsExactly(60.0, 180.0, 300.0);
  }

  @Test
  void purge_noRetention_everyMinute() {
    run(purging(Duration.ZERO, Duration.ofDays(30)), 200);
    assertThat(times).containsExactly(60.0, 120.0, 180.0);
  }

  @Test
  void purge_shortRetentionOfFailedOnes_asOftenAsThat() {
    run(purging(Duration.ofDays(7), Duration.ofMinutes(3)), 250);
    assertThat(times).containsExactly(60.0, 240.0);
  }

  @Test
  void purge_moreIsLeft_atOnceAgain() {
    Purging purging = purging(Duration.ofDays(7), Duration.ofDays(30));
    clock.advance(Duration.ofMinutes(1));
    found = Purged.SOME;
    assertThat(purging.purgeIfTime()).isTrue();
    assertThat(purging.purgeIfTime()).isTrue();
    found = Purged.ALL;
    assertThat(purging.purgeIfTime()).isFalse();
    assertThat(purging.purgeIfTime()).isFalse();
    assertThat(times).hasSize(3);
  }

  @Test
  void purge_storageFails_nextTimeAgain() {
    IllegalStateException failure = new IllegalStateException("down");
    Purging purging =
        new Purging(
            SchedulerOptions.DEFAULT,
            clock::nanoTime,
            () -> {
              times.add(clock.seconds());
              throw failure;
            });
    clock.advance(Duration.ofMinutes(1));
    assertThatThrownBy(purging::purgeIfTime).isSameAs(failure);
    assertThatThrownBy(purging::purgeIfTime).isSameAs(failure);
    assertThat(times).hasSize(2);
  }
}

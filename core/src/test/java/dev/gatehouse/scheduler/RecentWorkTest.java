package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gatehouse.scheduler.SchedulerStatus.Rates;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RecentWorkTest {
  private final TestClock clock = new TestClock();
  private long done;
  private final RecentWork recent = new RecentWork(clock::nanoTime, this::counts);

  private RecentWork.Counts counts() {
    return new RecentWork.Counts(
        done, 10 * done, 2 * done, 4 * done, new StorageTraffic(8 * done, 6 * done));
  }

  /** Does so much in each half second. */
  private void work(int seconds, int each) {
    for (int i = 0; i < 2 * seconds; i++) {
      clock.advanceMillis(500);
      done += each;
      recent.note();
    }
  }

  @Test
  void rates_atOnce_none() {
    done = 5;
    assertThat(recent.rates()).isEqualTo(Rates.NONE);
  }

  @Test
  void rates_beforeTheFirstMark_ofAllThatWasDone() {
    work(1, 3);
    Rates rates = recent.rates();
    assertThat(rates).isEqualTo(new Rates(Duration.ofSeconds(1), 6, 60, 12, 24, 48, 36));
    assertThat(rates.statementsPerTask()).isEqualTo(2.0);
    assertThat(rates.commitsPerTask()).isEqualTo(1.5);
  }

  @Test
  void rates_longAfter_ofTheLastMinuteOnly() {
    work(600, 50);
    work(65, 1);
    Rates rates = recent.rates();
    assertThat(rates.over()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(65));
    assertThat(rates.claims()).isCloseTo(2.0, within(1e-9));
  }

  @Test
  void rates_nothingWasSettled_noneOfATask() {
    work(3, 0);
    assertThat(recent.rates().statementsPerTask()).isZero();
    assertThat(recent.rates().commitsPerTask()).isZero();
  }

  @Test
  void rates_nobodyNotedForLong_ofTheWholeTime() {
    clock.advance(Duration.ofMinutes(10));
    done += 600;
    assertThat(recent.rates().over()).isEqualTo(Duration.ofMinutes(10));
    assertThat(recent.rates().claims()).isEqualTo(1.0);
  }
}

package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TenthOfTimeTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final TenthOfTime upkeep = new TenthOfTime(nanos::get);

  @Test
  void run_tookLong_restsNineTimesAsLong() {
    assertThat(upkeep.nanosToRest()).isZero();
    upkeep.run(() -> nanos.addAndGet(100));
    assertThat(upkeep.nanosToRest()).isEqualTo(900);
    nanos.addAndGet(899);
    assertThat(upkeep.nanosToRest()).isEqualTo(1);
    nanos.addAndGet(2);
    assertThat(upkeep.nanosToRest()).isEqualTo(-1);
  }

  @Test
  void run_fails_restsAllTheSame() {
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                upkeep.run(
                    () -> {
                      nanos.addAndGet(10);
                      throw new IllegalStateException("the store's");
                    }));
    assertThat(upkeep.nanosToRest()).isEqualTo(90);
  }
}

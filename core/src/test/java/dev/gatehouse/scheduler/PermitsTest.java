package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many attempts may be under way, and who hears when there is room again. */
class PermitsTest {
  private final List<Waker.Role> woken = new ArrayList<>();
  private final Permits permits = new Permits(2, woken::add);

  @Test
  void release_nobodyWantedOne_wakesNobody() {
    assertThat(permits.tryAcquire()).isTrue();
    assertThat(permits.areTaken()).isFalse();

    permits.release();

    assertThat(woken).isEmpty();
  }

  @Test
  void release_someoneWentWithout_wakesTheTimerOnce() {
    permits.tryAcquire();
    permits.tryAcquire();
    assertThat(permits.tryAcquire()).isFalse();

    permits.release();
    permits.release();

    assertThat(woken).containsExactly(Waker.Role.TIMER);
    assertThat(permits.availablePermits()).isEqualTo(2);
  }

  @Test
  void areTaken_allAre_nextReleaseWakesTheTimer() {
    permits.tryAcquire();
    permits.tryAcquire();

    assertThat(permits.areTaken()).isTrue();
    permits.release();

    assertThat(woken).containsExactly(Waker.Role.TIMER);
  }

  @Test
  void tryAcquireAll_oneUnderWay_falseAndNoneTaken() throws InterruptedException {
    permits.tryAcquire();

    assertThat(permits.tryAcquireAll(Duration.ZERO)).isFalse();

    permits.release();
    assertThat(permits.tryAcquireAll(Duration.ZERO)).isTrue();
    assertThat(permits.tryAcquire()).isFalse();
  }
}

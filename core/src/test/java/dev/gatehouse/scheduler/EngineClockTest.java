package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EngineClockTest {
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final TestClock local = new TestClock();
  private final EngineClock clock = EngineClock.followingStore(local, local::nanoTime);

  /** A round trip to a store whose clock is ahead of the host's by so much. */
  private void askStore(long aheadMillis, long thereMillis, long backMillis) {
    long sent = local.nanoTime();
    local.advanceMillis(thereMillis);
    long store = local.millis() + aheadMillis;
    local.advanceMillis(backMillis);
    clock.sampled(sent, store, local.nanoTime());
  }

  @Test
  void millis_beforeTheFirstAnswer_hosts() {
    assertThat(clock.millis()).isEqualTo(local.millis());
  }

  @Test
  void millis_storeAnHourAheadOrBehind_storesLessTheWayBack() {
    askStore(HOUR, 30, 20);
    assertThat(clock.millis()).isEqualTo(local.millis() + HOUR - 20);
    local.advanceMillis(1_000);
    assertThat(clock.nanosUntil(local.millis() + HOUR)).isEqualTo(20_000_000);

    askStore(-HOUR, 30, 20);
    assertThat(clock.millis()).isEqualTo(local.millis() - HOUR - 20);
  }

  @Test
  void sampled_slowerAnswer_betterOneKept() {
    askStore(0, 1, 1);
    askStore(0, 200, 200);

    assertThat(clock.millis()).isEqualTo(local.millis() - 1);
  }

  @Test
  void sampled_slowerAnswerAfter10s_takenForClocksDrift() {
    askStore(0, 1, 1);
    local.advanceMillis(10_000);
    askStore(0, 50, 50);

    assertThat(clock.millis()).isEqualTo(local.millis() - 50);
  }

  @Test
  void sampledMicros_moreThanALeaseTold_counts() {
    long sent = local.nanoTime();
    clock.sampled(sent, local.millis(), sent);
    clock.sampledMicros(sent, local.millis() * 1_000 + 700, sent);

    assertThat(clock.nanosUntil(local.millis() + 1)).isEqualTo(300_000);

    clock.sampled(sent, local.millis(), sent);
    assertThat(clock.nanosUntil(local.millis() + 1)).isEqualTo(300_000);
  }

  @Test
  void millis_hostsWallClockStepped_unmoved() {
    long[] nanos = {Long.MAX_VALUE - 5};
    EngineClock stepped = EngineClock.followingStore(local, () -> nanos[0]);
    stepped.sampled(nanos[0], 5_000, nanos[0]);

    local.advance(Duration.ofHours(-1));
    nanos[0] += 7_000_000;

    assertThat(stepped.millis()).isEqualTo(5_007);
  }

  @Test
  void millis_anyRoundTrips_neverAheadOfTheStore() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    System.out.println("EngineClockTest gatehouse.seed=" + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 10_000; i++) {
      long ahead = random.nextInt(10) == 0 ? setBy(random) : 0;
      askStore(ahead, random.nextInt(100), random.nextInt(100));
      long waited = random.nextInt(5_000);
      local.advanceMillis(waited);
      assertThat(clock.millis()).isLessThanOrEqualTo(local.millis() + ahead);
    }
  }

  /** More than any round trip: a clock that is set back by less is not seen to be. */
  private static long setBy(Random random) {
    long millis = 1_000 * random.nextLong(1, 3_600);
    return random.nextBoolean() ? millis : -millis;
  }

  @Test
  void virtual_anyAnswer_theClockGivenIsAllThatCounts() {
    EngineClock virtual = EngineClock.virtual(local);
    virtual.sampled(virtual.nanoTime(), 77, virtual.nanoTime());

    assertThat(virtual.millis()).isEqualTo(local.millis());
    long before = virtual.nanoTime();
    local.advanceMillis(30);
    assertThat(virtual.nanoTime() - before).isEqualTo(30_000_000);
  }
}

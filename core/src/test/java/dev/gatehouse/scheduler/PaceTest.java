package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many due tasks a node should hold. */
class PaceTest {
  private final TestClock clock = new TestClock();
  private final HeldTasks tasks = new HeldTasks(clock);
  private final List<Waker.Role> woken = new ArrayList<>();
  private final DueQueue due = new DueQueue(woken::add);
  private boolean others;
  private Permits permits = new Permits(128, Waker.NONE);
  private Pace pace = pace(128, 10_000);

  private Pace pace(int maxRunning, int capacity) {
    SchedulerOptions options =
        SchedulerOptions.builder().maxRunning(maxRunning).capacity(capacity).build();
    permits = new Permits(maxRunning, woken::add);
    return new Pace(due, permits, tasks.engineClock(), options, () -> others);
  }

  private void add(int count) {
    for (int i = 0; i < count; i++) {
      due.add(tasks.dueIn(0));
    }
  }

  private void begin(int count) {
    add(count);
    for (int i = 0; i < count; i++) {
      due.remove();
    }
  }

  @Test
  void target_nothingBegun_isOneForEveryPermit() {
    assertThat(pace.target()).isEqualTo(128);
    clock.advanceMillis(60_000);
    assertThat(pace.target()).isEqualTo(128);
  }

  @Test
  void target_quickHandlers_growsByWhatBegan() {
    begin(128);
    assertThat(pace.target()).isEqualTo(256);
    begin(256);
    assertThat(pace.target()).isEqualTo(512);
    begin(50_000);
    assertThat(pace.target()).isEqualTo(10_000);
  }

  @Test
  void target_noPermitIsFree_isWhatBeganLately() {
    for (int i = 0; i < 128; i++) {
      assertThat(permits.tryAcquire()).isTrue();
    }
    begin(100);
    assertThat(pace.target()).isEqualTo(100);
    clock.advanceMillis(3_600_000);
    pace.target();
    clock.advanceMillis(1_000);
    assertThat(pace.target()).isEqualTo(1);
    permits.release();
    begin(128);
    assertThat(pace.target()).isEqualTo(129);
  }

  /** What it held then would be kept from a node that could begin it. */
  @Test
  void target_noneCanBeginAndThereAreOthers_isNone() {
    others = true;
    pace = pace(2, 10_000);
    assertThat(pace.target()).isEqualTo(20);
    assertThat(pace.kept()).isEqualTo(2);
    assertThat(permits.tryAcquire()).isTrue();
    assertThat(permits.tryAcquire()).isTrue();

    assertThat(pace.target()).isZero();
    assertThat(pace.kept()).isZero();
    assertThat(pace.hasRoom()).isFalse();

    assertThat(woken).isEmpty();
    permits.release();
    assertThat(woken).containsExactly(Waker.Role.CLAIMER);
    assertThat(pace.hasRoom()).isTrue();
  }

  @Test
  void target_handlersOfASecond_isOfTwoSeconds() {
    for (int second = 0; second < 20; second++) {
      begin(128);
      for (int part = 0; part < 10; part++) {
        clock.advanceMillis(100);
        assertThat(pace.target()).isBetween(128, 128 + 256);
      }
    }
    clock.advanceMillis(999);
    assertThat(pace.target()).isBetween(128, 256);
  }

  @Test
  void target_handlersBecomeSlow_isForgottenWithinTwoSeconds() {
    for (int part = 0; part < 30; part++) {
      begin(1_000);
      clock.advanceMillis(100);
      pace.target();
    }
    assertThat(pace.target()).isBetween(9_000, 10_000);
    for (int part = 0; part < 20; part++) {
      clock.advanceMillis(100);
      pace.target();
    }
    assertThat(pace.target()).isEqualTo(128);
  }

  @Test
  void target_burstAfterAPause_countsInFull() {
    pace.target();
    clock.advanceMillis(60_000);
    pace.target();

    begin(500);

    assertThat(pace.target()).isEqualTo(628);
  }

  @Test
  void target_onePermit_isEnoughForAClaimWithSharesOfAll() {
    pace = pace(1, 10_000);
    assertThat(pace.target()).isEqualTo(20);
    assertThat(pace(1, 5).target()).isEqualTo(5);
    assertThat(pace(1, 1).target()).isEqualTo(1);
  }

  /** So a claim waits for room for a tenth of a second, about, and no longer. */
  @Test
  void enough_isATenthOfWhatBeganLately() {
    assertThat(pace.enough()).isEqualTo(1);
    begin(99);
    assertThat(pace.enough()).isEqualTo(9);
    begin(4_901);
    assertThat(pace.enough()).isEqualTo(500);
    begin(50_000);
    assertThat(pace.enough()).isEqualTo(1_000);
  }

  @Test
  void hasRoom_slowHandlers_whenAQuarterHasBegun() {
    add(97);
    assertThat(pace.hasRoom()).isFalse();
    due.remove();
    assertThat(pace.hasRoom()).isTrue();
  }

  @Test
  void hasRoom_quickHandlers_whenHalfIsFree() {
    begin(872);
    assertThat(pace.target()).isEqualTo(1_000);
    add(501);
    assertThat(pace.hasRoom()).isFalse();
    due.remove();
    due.remove();
    assertThat(pace.hasRoom()).isTrue();
  }

  @Test
  void hasRoom_moreThanHalfIsHeld_notBeforeThatManyHaveBegun() {
    pace = pace(20, 10_000);
    add(11);

    assertThat(pace.hasRoom()).isFalse();

    assertThat(woken).isEmpty();
    due.remove();
    assertThat(woken).containsExactly(Waker.Role.CLAIMER);
    assertThat(pace.hasRoom()).isTrue();
    assertThat(pace.room()).isEqualTo(11);
  }
}

package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** How often schedules cost a statement. */
class RecurrerTest {
  private static final long AHEAD = 2_000;

  private final SchedulerFixture fixture = new SchedulerFixture();
  private final Recurrer recurrer = new SteppedNode(fixture).engine.recurrer();

  private void rounds(int count, Duration each) {
    for (int i = 0; i < count; i++) {
      recurrer.recur(AHEAD);
      fixture.clock.advance(each);
    }
  }

  @Test
  void recur_nothingDueSoon_asksTheStoreEveryTwentySeconds() {
    long later = TestClock.START.plus(Duration.ofHours(1)).toEpochMilli();
    fixture.earliestSchedule = () -> OptionalLong.of(later);

    rounds(120, Duration.ofMillis(500));

    assertThat(fixture.schedulesAsked).hasValue(3);
  }

  @Test
  void recur_changedOnThisNode_asksAtOnce() {
    rounds(3, Duration.ofMillis(500));
    recurrer.changed();
    rounds(3, Duration.ofMillis(500));

    assertThat(fixture.schedulesAsked).hasValue(2);
  }

  @Test
  void recur_storeFails_asksAgainTheNextTime() {
    StorageException failure = new StorageException("down");
    fixture.earliestSchedule =
        () -> {
          throw failure;
        };
    assertThatThrownBy(() -> recurrer.recur(AHEAD)).isSameAs(failure);
    assertThatThrownBy(() -> recurrer.recur(AHEAD)).isSameAs(failure);

    fixture.earliestSchedule = OptionalLong::empty;
    rounds(3, Duration.ofMillis(500));

    assertThat(fixture.schedulesAsked).hasValue(3);
  }
}

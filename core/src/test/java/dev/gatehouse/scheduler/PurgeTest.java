package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Purging.Purged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What one step of a purge does. */
class PurgeTest {
  private static final int BATCH = 1_000;

  private final SchedulerFixture fixture = new SchedulerFixture();
  private final SteppedNode node = new SteppedNode(fixture);
  private final Purge purge = new Purge(fixture.parts(), node.engine.clock());

  private void cancelled(int count) {
    for (int i = 0; i < count; i++) {
      TaskId id = fixture.scheduleAt(TestClock.START.plusSeconds(3_600).toEpochMilli(), "1");
      fixture.engine().scheduler().cancel(id);
    }
    fixture.clock.advance(Duration.ofDays(40));
  }

  private List<Purged> untilDone() {
    List<Purged> steps = new ArrayList<>();
    do {
      steps.add(purge.get());
    } while (steps.get(steps.size() - 1) == Purged.SOME);
    return steps;
  }

  @Test
  void get_manyBatches_oneEachTimeSoThatOthersHaveTheirTurn() {
    cancelled(2 * BATCH + 1);

    for (int calls = 1; calls <= 5; calls++) {
      assertThat(purge.get()).isEqualTo(Purged.SOME);
      assertThat(fixture.store.calls("purge")).isLessThanOrEqualTo(calls);
    }

    assertThat(purge.get()).isEqualTo(Purged.ALL);
    assertThat(untilDone()).hasSize(4).endsWith(Purged.NOTHING);
  }

  @Test
  void get_nothing_eachKindOnce() {
    assertThat(untilDone()).hasSize(4).endsWith(Purged.NOTHING);
    assertThat(fixture.store.calls("purge")).isEqualTo(3);
  }

  @Test
  void get_oneFails_theOthersHaveTheirTurn() {
    cancelled(1);
    fixture.store.failing("purge");
    assertThatThrownBy(purge::get).isInstanceOf(StorageException.class);
    fixture.store.failing();

    assertThat(untilDone()).hasSize(4).endsWith(Purged.ALL);
  }
}

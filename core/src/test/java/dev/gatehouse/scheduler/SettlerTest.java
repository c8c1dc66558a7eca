package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.error.StorageException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Ends of tasks that wait aside. */
class SettlerTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final SteppedNode node;

  SettlerTest() {
    fixture.handlers.put("work", context -> TaskResult.done("[" + context.content() + "]"));
    node = new SteppedNode(fixture);
  }

  /** The end of one whose result the store has refused until it was set aside. */
  private TaskId setAside() {
    fixture.store.refusing("[-1]");
    TaskId refused = fixture.scheduleAt(fixture.clock.millis(), "-1");
    for (int i = 0; i < 20; i++) {
      fixture.scheduleAt(fixture.clock.millis(), Integer.toString(i));
      try {
        node.round();
      } catch (StorageException e) {
        assertThat(e).hasMessage("result refused");
      }
    }
    assertThat(node.engine.settler().nanosToLook()).isBetween(1L, 2_000_000_000L);
    fixture.store.refusing("nothing");
    return refused;
  }

  /** As of a DataSource that finds no target: the task would stay held until the process ends. */
  @Test
  void flush_uncheckedExceptionWhileOneWaitsAside_itsEndIsNotLost() {
    TaskId refused = setAside();
    fixture.store.failingWith(method -> new IllegalStateException("no target DataSource"));
    fixture.store.failing("settle");
    fixture.clock.advance(Duration.ofMinutes(2));
    node.settle();
    assertThat(node.engine.settler().nanosToLook()).isPositive();

    fixture.store.failing();
    fixture.clock.advance(Duration.ofMinutes(2));
    node.settle();

    assertThat(fixture.status(refused)).isEqualTo(TaskStatus.FINISHED);
    assertThat(node.engine.settler().nanosToLook()).isEqualTo(Long.MAX_VALUE);
    assertThat(node.engine.holdings().isEmpty()).isTrue();
  }

  @Test
  void flush_errorWhileOneWaitsAside_itsEndIsNotLost() {
    TaskId refused = setAside();
    fixture.store.failingWith(NoClassDefFoundError::new);
    fixture.store.failing("settle");
    fixture.clock.advance(Duration.ofMinutes(2));
    boolean failed = false;
    try {
      node.settle();
    } catch (NoClassDefFoundError e) {
      failed = true;
    }
    assertThat(failed).isTrue();

    fixture.store.failing();
    node.settle();

    assertThat(fixture.status(refused)).isEqualTo(TaskStatus.FINISHED);
  }
}

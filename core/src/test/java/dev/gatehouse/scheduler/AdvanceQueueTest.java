package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** How workflows share the settler's thread with the ends of tasks. */
class AdvanceQueueTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final SteppedNode node = new SteppedNode(fixture);

  private void report(int count) {
    LongStream.rangeClosed(1, count).forEach(node.engine.settler().queue()::add);
  }

  @Test
  void advance_manyReported_fewAtATimeSoThatEndsAreWrittenBetween() {
    report(45);
    List<Integer> advanced = new ArrayList<>();
    while (!node.engine.settler().queue().isEmpty()) {
      advanced.add(node.engine.settler().queue().advance());
    }

    assertThat(advanced).containsExactly(20, 20, 5);
  }

  @Test
  void flushMany_manyReported_allAdvanced() {
    report(500);

    assertThat(node.engine.settler().flushMany()).isEqualTo(500);

    assertThat(node.engine.settler().isIdle()).isTrue();
  }
}

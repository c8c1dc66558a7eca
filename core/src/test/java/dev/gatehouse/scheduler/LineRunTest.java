package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LineRunTest {
  private final HeldTasks tasks = new HeldTasks(new TestClock());
  private final HeldTask first = tasks.dueIn(0);
  private final HeldTask second = tasks.dueIn(0);
  private final HeldTask third = tasks.dueIn(0);
  private final AtomicInteger following = new AtomicInteger(10);
  private final LineRun run = new LineRun("line", first, List.of(second, third), following);

  @Test
  void goesOn_oneAfterTheOther_untilNobodyFollows() {
    assertThat(run.after(first)).isSameAs(second);
    assertThat(following).hasValue(12);
    assertThat(run.goesOn(first, second)).isTrue();
    assertThat(following).hasValue(11);
    assertThat(run.after(first)).isNull();
    assertThat(run.goesOn(second, third)).isTrue();
    assertThat(run.after(third)).isNull();
    assertThat(run.breakOff(third)).isEmpty();
    assertThat(run.isBrokenOff()).isFalse();
    assertThat(third.run()).isSameAs(run);
  }

  @Test
  void after_nextWasTakenAway_whoComesBehindIt() {
    second.drop();
    assertThat(run.after(first)).isSameAs(third);
    assertThat(run.goesOn(first, second)).isFalse();
    assertThat(run.goesOn(first, third)).isTrue();
  }

  @Test
  void breakOff_ofTheFirst_leavesThoseThatWait() {
    assertThat(run.breakOff(second)).isEmpty();
    third.drop();
    assertThat(run.breakOff(first)).containsExactly(second);
    assertThat(run.isBrokenOff()).isTrue();
    assertThat(following).hasValue(10);
    assertThat(run.after(first)).isNull();
    assertThat(run.goesOn(first, second)).isFalse();
    assertThat(run.breakOff(first)).isEmpty();
  }
}

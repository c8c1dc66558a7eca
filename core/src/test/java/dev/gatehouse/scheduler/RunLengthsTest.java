package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunLengthsTest {
  private final RunLengths lengths = new RunLengths();
  private long now;

  private int afterwards(int length, Duration took) {
    lengths.begun("line", length, null, now);
    now += took.toNanos();
    return lengths.length("line", now);
  }

  @Test
  void length_quickRuns_twiceAsLongEachTimeUpToTheMost() {
    assertThat(lengths.length("line", now)).isEqualTo(4);
    assertThat(afterwards(4, Duration.ZERO)).isEqualTo(8);
    assertThat(afterwards(8, Duration.ofMillis(250))).isEqualTo(16);
    assertThat(afterwards(200, Duration.ofMillis(1))).isEqualTo(RunLengths.MOST);
    assertThat(lengths.length("other", now)).isEqualTo(4);
  }

  @Test
  void length_slowRuns_whatIsOverInHalfASecond() {
    assertThat(afterwards(100, Duration.ofSeconds(1))).isEqualTo(50);
    assertThat(afterwards(4, Duration.ofMinutes(1))).isEqualTo(1);
    assertThat(afterwards(1, Duration.ofSeconds(30))).isEqualTo(1);
    assertThat(afterwards(1, Duration.ofMillis(1))).isEqualTo(2);
  }

  @Test
  void length_lastRunBrokeOff_aloneAtFirst() {
    HeldTasks tasks = new HeldTasks(new TestClock());
    HeldTask first = tasks.dueIn(0);
    LineRun run =
        new LineRun("line", first, List.of(tasks.dueIn(0), tasks.dueIn(0)), new AtomicInteger());
    lengths.begun("line", 3, run, now);
    assertThat(lengths.length("line", now)).isEqualTo(6);
    assertThat(lengths.lengthOfLeased("line")).isEqualTo(RunLengths.MOST);
    run.breakOff(first);
    assertThat(lengths.length("line", now)).isEqualTo(1);
    assertThat(lengths.lengthOfLeased("line")).isEqualTo(1);
    assertThat(lengths.lengthOfLeased("other")).isEqualTo(RunLengths.MOST);
  }

  @Test
  void length_tensOfThousandsOfLines_onlyTheLastAreRemembered() {
    for (int i = 0; i < 20_000; i++) {
      lengths.begun("line " + i, 100, null, now);
    }
    assertThat(lengths.length("line 0", now)).isEqualTo(4);
    assertThat(lengths.length("line 19999", now)).isEqualTo(200);
  }
}

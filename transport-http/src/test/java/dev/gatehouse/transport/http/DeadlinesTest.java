package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.error.TransportException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(60)
@ExtendWith(Leftovers.class)
class DeadlinesTest {
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final CountDownLatch two = new CountDownLatch(2);
  private final Deadlines deadlines =
      new Deadlines(this::told, task -> new Thread(task, "gatehouse-http-test"));

  private record Ending(String origin, long endNanoTime) implements UnderWay {
    @Override
    public void end(TransportException failure) {
      throw new AssertionError(failure);
    }
  }

  private void told(UnderWay late) {
    if (late.endNanoTime() - System.nanoTime() > 0) {
      told.add("too early");
    }
    told.add(late.origin());
    deadlines.remove(late);
    two.countDown();
  }

  private UnderWay added(String name, Duration left) {
    UnderWay one = new Ending(name, System.nanoTime() + left.toNanos());
    deadlines.add(one);
    return one;
  }

  @AfterEach
  void close() {
    deadlines.close(one -> told.add("closed " + one.origin()));
  }

  @Test
  void add_soonerAndLaterEnds_eachIsToldAfterItsOwn() throws InterruptedException {
    added("hour", Duration.ofHours(1));
    added("later", Duration.ofMillis(40));
    added("sooner", Duration.ofMillis(20));
    deadlines.remove(added("removed", Duration.ofMillis(10)));
    assertThat(two.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(told).containsExactly("sooner", "later");
    close();
    assertThat(told).containsExactly("sooner", "later", "closed hour");
  }

  @Test
  void add_timeIsUp_isToldAtOnce() throws InterruptedException {
    added("past", Duration.ofNanos(-1));
    added("present", Duration.ZERO);
    assertThat(two.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(told).containsExactlyInAnyOrder("past", "present");
  }
}

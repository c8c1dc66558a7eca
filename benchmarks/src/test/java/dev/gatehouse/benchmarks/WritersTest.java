package dev.gatehouse.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WritersTest {
  @Test
  void run_moreWorkThanThreads_eachPieceOnce() throws InterruptedException {
    List<Integer> done = new CopyOnWriteArrayList<>();
    Writers.run(3, 50, done::add);
    assertThat(done).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 50).boxed().toList());
  }

  /** A rate of work that was not done would be the highest of all. */
  @Test
  void run_onePieceFails_fails() {
    assertThatThrownBy(
            () ->
                Writers.run(
                    2,
                    10,
                    number -> {
                      if (number == 7) {
                        throw new IllegalArgumentException("7");
                      }
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("7");
  }
}

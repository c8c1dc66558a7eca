package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The mains check themselves: each throws if anything is not as it should be. */
class MainsTest {
  @Test
  void quickstartAndTwoSites_runToTheirEnd() throws IOException, InterruptedException {
    Quickstart.main(new String[0]);
  }

  @Test
  void firstTask_runsToItsEnd() throws InterruptedException {
    FirstTask.main(new String[0]);
  }

  /** A heap that grew with the rows would hold 20 MiB more of them in the end. */
  @Test
  void largeReading_200000Rows_inMemoryThatDoesNotGrow() throws Exception {
    long[] used = new long[2];
    new LargeReading(
            200_000,
            rows -> {
              if (rows == 50_000 || rows == 200_000) {
                used[rows == 50_000 ? 0 : 1] = usedAfterCollection();
              }
            })
        .run();
    assertThat(used[1] - used[0]).isLessThan(8 << 20);
  }

  private static long usedAfterCollection() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void provenAudit_runsToItsEnd() throws IOException {
    ProvenAudit.main(new String[0]);
  }
}

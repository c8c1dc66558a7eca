package dev.gatehouse.examples;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The mains check themselves: each throws if anything is not as it should be. */
class MainsTest {
  @Test
  void quickstart_runsToItsEnd() throws IOException {
    Quickstart.main(new String[0]);
  }

  @Test
  void firstTask_runsToItsEnd() throws InterruptedException {
    FirstTask.main(new String[0]);
  }

  @Test
  void provenAudit_runsToItsEnd() throws IOException {
    ProvenAudit.main(new String[0]);
  }
}

package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** A server whose process is killed, and another that takes its place. */
class HttpApiServerCrashTest extends ServerOverStorage {
  /** Recovered when the dead process's lease is over, and no sooner. */
  @Test
  void case44_killedDuringARun_runsAgain() throws Exception {
    hanging = true;
    String storage = "h2:" + directory;
    String task;
    try (ServerProcess server = start(storage)) {
      register(server);
      task = member(signed(server, "/task/create", "{\"content\":1}"), "taskId");
      await().atMost(Duration.ofSeconds(20)).until(() -> callbacks.get() == 1);
      assertThat(status(server, task)).isEqualTo("1");
      // H2 writes to its file within half a second of a commit.
      Thread.sleep(1_000);
      server.kill();
    }
    killed.countDown();
    Instant start = Instant.now();
    try (ServerProcess server = start(storage)) {
      awaitDone(server, task);
      assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(15));
      assertThat(callbacks).hasValue(2);
      assertThat(signed(server, "/task/detail", "{\"id\":" + task + "}"))
          .contains("\"outcome\":\"crashed\"", "\"outcome\":\"success\"");
      server.tellToEnd();
      assertThat(server.exitCode()).isZero();
    }
  }
}

package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what became of a send, at most 90 s. */
final class Outcome {
  private Outcome() {}

  static Response answer(CompletionStage<Response> stage) {
    try {
      return stage.toCompletableFuture().get(90, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }

  static TransportException failure(CompletionStage<Response> stage) {
    ExecutionException[] failure = new ExecutionException[1];
    assertThatThrownBy(
            () -> {
              try {
                stage.toCompletableFuture().get(90, TimeUnit.SECONDS);
              } catch (ExecutionException e) {
                failure[0] = e;
                throw e;
              }
            })
        .isInstanceOf(ExecutionException.class);
    assertThat(failure[0].getCause()).isExactlyInstanceOf(TransportException.class);
    return (TransportException) failure[0].getCause();
  }

  /** Long enough for whatever should succeed or fail by itself. */
  static Deadline soon() {
    return Deadline.in(Duration.ofSeconds(60));
  }
}

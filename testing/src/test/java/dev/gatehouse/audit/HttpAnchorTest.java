package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.net.URI;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** An anchor over a transport that gives no answer. */
final class HttpAnchorTest {
  private static final URI WITNESS = URI.create("https://witness.example/heads");
  private static final SignedHead HEAD =
      SignedHead.unsigned("log", 0, new byte[32], Instant.parse("2030-01-01T00:00:00Z"));

  @Test
  void publish_interrupted_endsTheExchangeAndStaysInterrupted() {
    CompletableFuture<Response> exchange = new CompletableFuture<>();
    Transport hanging = (request, deadline) -> exchange;
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> Anchor.http(hanging, WITNESS).publish(HEAD))
        .isInstanceOf(TransportException.class)
        .hasMessage("interrupted while the anchor was asked");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(exchange).isCancelled();
  }

  @Test
  void publish_noRoom_isALimit() {
    RecordingTransport transport = RecordingTransport.create().full();
    assertThatThrownBy(() -> Anchor.http(transport, WITNESS).publish(HEAD))
        .isInstanceOf(LimitException.class);
    Anchor.http(transport, WITNESS).publish(HEAD);
    assertThat(transport.requests()).hasSize(2);
  }
}

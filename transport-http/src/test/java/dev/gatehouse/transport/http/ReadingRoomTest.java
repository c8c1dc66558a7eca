package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.reader.ReaderOptions;
import dev.gatehouse.reader.Reading;
import dev.gatehouse.reader.ReadingState;
import dev.gatehouse.registry.CallOptions;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import dev.gatehouse.transport.BodySource;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.StreamedResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** More readings at once than the transport has streams for. */
@Timeout(60)
@ExtendWith(Leftovers.class)
final class ReadingRoomTest {
  private static final String ROWS = "id,x1\nu1,3\n";

  private static String answer(String head) {
    if (head.contains("/upload")) {
      return "{\"code\":0,\"data\":{\"jobId\":\"J1\"}}";
    }
    return head.contains("/query") ? "{\"status\":\"success\"}" : ROWS;
  }

  private static RawServer featureServer() {
    return new RawServer(
        conversation -> {
          while (conversation.hearNext()) {
            String body = answer(conversation.last().head());
            conversation.say(
                "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
          }
        });
  }

  @Test
  void allStreamsTaken_theSixtyFifthWaitsWithoutFailingAndBlamesNobody() throws Exception {
    KeptRows feed = new KeptRows();
    HttpTransport transport = HttpTransport.builder().allow("127.0.0.0/8").build();
    try (RawServer server = featureServer();
        VirtualGatehouse virtual =
            VirtualGatehouse.create(
                builder ->
                    builder
                        .transport(transport)
                        .reader(
                            ReaderOptions.builder()
                                .feed("kept", feed)
                                .retryPolicy(RetryPolicy.NONE)
                                .build())
                        .registry(
                            options ->
                                options.calls(
                                    CallOptions.DEFAULT
                                        .transport(transport)
                                        .breaker(1, Duration.ofHours(1)))))) {
      virtual.gatehouse().registry().register(Server.named("raw").at("127.0.0.1", server.port()));
      for (String service : List.of("upload", "query", "download")) {
        virtual
            .gatehouse()
            .registry()
            .register(Service.named(service).on("raw").uri("/" + service));
      }
      List<StreamedResponse> held = held(transport, server);
      virtual.gatehouse().reader().read(Reading.of("65").from("raw").by("kept"));
      virtual.advance(Duration.ofMinutes(10));
      ReadingState waiting = virtual.gatehouse().reader().find("65").orElseThrow();
      assertThat(waiting.task().status()).isEqualTo(TaskStatus.WAITING);
      assertThat(server.heard()).hasSize(HttpTransport.MAX_STREAMS);
      held.forEach(StreamedResponse::close);
      virtual.advance(Duration.ofSeconds(5));
      assertThat(feed.endings).containsExactly("complete 1");
    }
  }

  private static List<StreamedResponse> held(HttpTransport transport, RawServer server)
      throws Exception {
    List<StreamedResponse> held = new ArrayList<>();
    for (int i = 0; i < HttpTransport.MAX_STREAMS; i++) {
      held.add(
          transport.stream(
                  Request.get(server.uri("/x")), BodySource.of(new byte[0]), Outcome.soon())
              .toCompletableFuture()
              .get(60, TimeUnit.SECONDS));
    }
    return held;
  }
}

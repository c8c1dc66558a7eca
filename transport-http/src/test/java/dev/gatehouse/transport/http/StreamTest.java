package dev.gatehouse.transport.http;

import static dev.gatehouse.transport.http.Outcome.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.BodySource;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.StreamedResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of any length, against servers that do as they like. */
@ExtendWith(Leftovers.class)
class StreamTest {
  private static final BodySource NOTHING = BodySource.of(new byte[0]);

  private final HttpTransport transport =
      HttpTransport.builder()
          .allow("127.0.0.0/8")
          .streamIdleTimeout(Duration.ofMillis(400))
          .build();

  @AfterEach
  void close() {
    transport.close();
  }

  private CompletionStage<StreamedResponse> get(RawServer server) {
    return transport.stream(Request.get(server.uri("/")), NOTHING, soon());
  }

  private static StreamedResponse answer(CompletionStage<StreamedResponse> stage) {
    try {
      return stage.toCompletableFuture().get(90, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }

  private static Throwable failure(CompletionStage<StreamedResponse> stage) {
    try {
      stage.toCompletableFuture().get(90, TimeUnit.SECONDS);
      throw new AssertionError("an answer");
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no end", e);
    }
  }

  private static RawServer saying(String head, String body) {
    return new RawServer(
        conversation -> {
          conversation.hear();
          conversation.say(head + body);
        });
  }

  @Test
  void TRANSPORT1_largeBodies_goAndComeByteForByte() throws IOException {
    byte[] body = new byte[3 << 20];
    new Random(3).nextBytes(body);
    try (RawServer server =
        new RawServer(
            conversation -> {
              byte[] heard = conversation.hear().body().toByteArray();
              conversation.say("HTTP/1.1 200 OK\r\nContent-Length: " + heard.length + "\r\n\r\n");
              conversation.say(heard);
            })) {
      Request request = Request.of("POST", server.uri("/"));
      try (StreamedResponse answer =
          answer(transport.stream(request, BodySource.of(body), soon()))) {
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().readAllBytes()).isEqualTo(body);
      }
      assertThat(server.heard().get(0).lines()).contains("Content-Length: " + body.length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {206, 302, 404, 416, 500})
  void TRANSPORT2and3_anyStatus_isAnAnswer(int status) throws IOException {
    try (RawServer server =
        saying(
            "HTTP/1.1 " + status + " X\r\nLocation: /other\r\nContent-Length: 4\r\n\r\n", "body")) {
      try (StreamedResponse answer = answer(get(server))) {
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.body().readAllBytes()).asString().isEqualTo("body");
      }
      assertThat(server.heard()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 100\r\n\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"
      })
  void TRANSPORT7_endBeforeItsTime_failsTheReader(String answer) throws IOException {
    try (RawServer server = saying("HTTP/1.1 200 OK\r\n", answer)) {
      try (StreamedResponse response = answer(get(server))) {
        assertThat(response.body().readNBytes(4)).asString().isEqualTo("half");
        assertThatThrownBy(() -> response.body().read())
            .isInstanceOf(IOException.class)
            .hasMessage("no whole answer from http://127.0.0.1:" + server.port());
      }
    }
  }

  @Test
  void TRANSPORT7_moreThanItsLength_isNotRead() throws IOException {
    try (RawServer server =
        saying("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "body and more")) {
      try (StreamedResponse answer = answer(get(server))) {
        assertThat(answer.body().readAllBytes()).asString().isEqualTo("body");
      }
    }
  }

  @Test
  void TRANSPORT9_silence_failsTheReaderBeforeTheDeadline() throws IOException {
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
              conversation.awaitHangUp();
            })) {
      try (StreamedResponse answer = answer(get(server))) {
        assertThat(answer.body().readNBytes(4)).hasSize(4);
        assertThatThrownBy(() -> answer.body().read()).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void TRANSPORT9_slowDrip_failsTheReaderAtTheDeadline() throws IOException {
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
              conversation.drip(".");
            })) {
      CompletionStage<StreamedResponse> stage =
          transport.stream(
              Request.get(server.uri("/")), NOTHING, Deadline.in(Duration.ofMillis(300)));
      try (StreamedResponse answer = answer(stage)) {
        assertThatThrownBy(() -> answer.body().readAllBytes())
            .isInstanceOf(IOException.class)
            .hasMessage("no answer in time from http://127.0.0.1:" + server.port());
      }
    }
  }

  @Test
  void TRANSPORT6_cancelledOrClosedBeforeTheEnd_hangsUp() throws Exception {
    CountDownLatch heard = new CountDownLatch(1);
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              heard.countDown();
              conversation.awaitHangUp();
            })) {
      CompletableFuture<StreamedResponse> future = get(server).toCompletableFuture();
      assertThat(heard.await(60, TimeUnit.SECONDS)).isTrue();
      future.cancel(true);
      assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
    }
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
              conversation.awaitHangUp();
            })) {
      answer(get(server)).close();
      assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void stream_bodyOfAnotherLengthOrThatThrows_failsUnrepeated() throws IOException {
    try (RawServer server = RawServer.friendly()) {
      for (BodySource body :
          List.of(
              body(out -> out.write(new byte[3])),
              body(out -> out.write(new byte[5])),
              body(
                  out -> {
                    throw new IllegalStateException("the host's own");
                  }))) {
        Request request = Request.of("POST", server.uri("/"));
        assertThat(failure(transport.stream(request, body, soon())))
            .isInstanceOf(TransportException.class)
            .hasMessage("no whole answer from http://127.0.0.1:" + server.port());
      }
      assertThat(server.heard()).isEmpty();
      assertThat(failure(transport.stream(Request.get(server.uri("/")), body(out -> {}), soon())))
          .hasMessage("a GET must not have a body");
    }
  }

  private interface Writing {
    void to(OutputStream out) throws IOException;
  }

  private static BodySource body(Writing writing) {
    return new BodySource() {
      @Override
      public long length() {
        return 4;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        writing.to(out);
      }
    };
  }

  @Test
  void stream_moreAtOnceThanThereIsRoomFor_failsUntilOneIsClosed() throws IOException {
    try (RawServer server = saying("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "body")) {
      List<StreamedResponse> open = new ArrayList<>();
      for (int i = 0; i < HttpTransport.MAX_STREAMS; i++) {
        open.add(answer(get(server)));
      }
      assertThat(failure(get(server)))
          .isInstanceOf(LimitException.class)
          .hasMessage("too many streams under way, at most 64");
      open.get(0).body().readAllBytes();
      open.get(0).close();
      open.get(0).close();
      answer(get(server)).close();
      open.forEach(StreamedResponse::close);
    }
  }

  @Test
  void stream_overBeforeItBegan_givesItsPlaceBackOnce() {
    OkHttpClient client = new OkHttpClient();
    okhttp3.Request request =
        new okhttp3.Request.Builder().url(HttpUrl.get("http://192.0.2.1/")).build();
    StreamedExchange exchange =
        new StreamedExchange(client.newCall(request), new Trip(), 0, () -> false);
    AtomicInteger places = new AtomicInteger();
    exchange.end(new TransportException("no answer in time"));
    exchange.start(places::incrementAndGet);
    exchange.end(new TransportException("the transport is closed"));
    client.dispatcher().executorService().shutdown();
    assertThat(places).hasValue(1);
    assertThat(failure(exchange.future())).hasMessage("no answer in time");
  }

  @Test
  void close_whileOneIsRead_failsTheReader() throws IOException {
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
              conversation.awaitHangUp();
            })) {
      try (StreamedResponse answer = answer(get(server))) {
        transport.close();
        assertThatThrownBy(() -> answer.body().readAllBytes()).isInstanceOf(IOException.class);
      }
      assertThat(failure(get(server))).hasMessage("the transport is closed");
    }
  }
}

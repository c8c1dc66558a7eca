package dev.gatehouse.transport.http;

import static dev.gatehouse.transport.http.Outcome.answer;
import static dev.gatehouse.transport.http.Outcome.failure;
import static dev.gatehouse.transport.http.Outcome.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.http.RawServer.Heard;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Leftovers.class)
class HttpTransportTest {
  private final HttpTransport transport = HttpTransport.builder().allow("127.0.0.0/8").build();

  @AfterEach
  void close() {
    transport.close();
  }

  @Test
  void TRANSPORT1_binaryBody_arrivesByteForByte() throws IOException {
    byte[] body = new byte[Request.MAX_BODY];
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    new Random(seed).nextBytes(body);
    try (RawServer server = RawServer.friendly()) {
      answer(transport.send(Request.post(server.uri("/"), body), soon()));
      answer(transport.send(Request.post(server.uri("/"), ""), soon()));

      assertThat(server.heard().get(0).body().toByteArray()).as("seed %d", seed).isEqualTo(body);
      assertThat(server.heard().get(1).body().size()).isZero();
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void TRANSPORT1_answersBody_comesByteForByte() throws IOException {
    byte[] body = new byte[(64 << 10) - 1];
    new Random(7).nextBytes(body);
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
              conversation.say(body);
            })) {
      assertThat(answer(transport.send(Request.get(server.uri("/")), soon())).body())
          .isEqualTo(body);
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {101, 200, 201, 204, 299, 300, 304, 400, 401, 404, 407, 408, 410, 421, 429, 500, 503})
  void TRANSPORT3_anyStatus_isAnAnswer(int status) throws IOException {
    String body = status == 101 || status == 204 || status == 304 ? "" : "body";
    try (RawServer server =
        RawServer.repeating(
            "HTTP/1.1 "
                + status
                + " X\r\nX-One: 1\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body)) {
      for (Request request :
          List.of(Request.get(server.uri("/")), Request.post(server.uri("/"), "question"))) {
        Response response = answer(transport.send(request, soon()));

        assertThat(response.status()).isEqualTo(status);
        assertThat(response.headers().first("x-one")).contains("1");
        assertThat(response.text()).isEqualTo(body);
      }
      assertThat(server.heard()).hasSize(2);
    }
  }

  @Test
  void TRANSPORT4_silentServer_failsAtTheDeadlineAndHangsUp() throws Exception {
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say(RawServer.SUCCESS);
              conversation.awaitHangUp();
            })) {
      answer(transport.send(Request.get(server.uri("/first")), soon()));
      long start = System.nanoTime();

      assertThat(
              failure(
                  transport.send(
                      Request.get(server.uri("/secret")), Deadline.in(Duration.ofMillis(300)))))
          .hasMessage("no answer in time from http://127.0.0.1:" + server.port())
          .hasNoCause();

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(300), Duration.ofSeconds(10));
      assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void TRANSPORT4_waitingForASlot_failsAtTheDeadlineUnsent() throws IOException {
    try (RawServer server = holding()) {
      List<CompletionStage<Response>> held = new ArrayList<>();
      for (int i = 0; i < HttpTransport.MAX_PER_HOST; i++) {
        held.add(transport.send(Request.get(server.uri("/held")), soon()));
      }

      assertThat(
              failure(
                  transport.send(
                      Request.get(server.uri("/late")), Deadline.in(Duration.ofMillis(100)))))
          .hasMessageStartingWith("no answer in time from ");
      assertThat(held).noneMatch(stage -> stage.toCompletableFuture().isDone());
      assertThat(server.heard()).noneMatch(heard -> heard.head().contains("/late"));
    }
  }

  @Test
  void TRANSPORT4_deadlinePassed_failsUnsent() throws IOException {
    try (RawServer server = RawServer.friendly()) {
      Deadline past = Deadline.in(Duration.ofNanos(1));
      while (!past.remaining().isZero()) {
        Thread.onSpinWait();
      }

      assertThat(failure(transport.send(Request.get(server.uri("/")), past)))
          .hasMessageStartingWith("no answer in time from ");
      assertThat(server.connections()).isZero();
    }
  }

  @Test
  void TRANSPORT6_cancelled_hangsUp() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              asked.countDown();
              conversation.awaitHangUp();
            })) {
      CompletionStage<Response> stage = transport.send(Request.get(server.uri("/")), soon());
      assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();

      stage.toCompletableFuture().cancel(true);

      assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void TRANSPORT6_completedByTheCaller_hangsUp() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              asked.countDown();
              conversation.awaitHangUp();
            })) {
      CompletionStage<Response> stage = transport.send(Request.get(server.uri("/")), soon());
      assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();

      stage.toCompletableFuture().complete(Response.of(200, "enough"));

      assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void send_headers_goOutAsGivenAndNothingElse() throws IOException {
    try (RawServer server = RawServer.friendly()) {
      Request request =
          Request.post(server.uri("/a%2Fb/;c?q=%20&r='"), "{}")
              .header("Content-Type", "application/json;charset=utf-8")
              .header("signature", "a=b, c\t d")
              .header("X-Two", "1")
              .header("x-two", "2");

      answer(transport.send(request, soon()));

      Heard heard = server.heard().get(0);
      assertThat(heard.lines().get(0)).isEqualTo("POST /a%2Fb/;c?q=%20&r=%27 HTTP/1.1");
      assertThat(heard.lines().subList(1, heard.lines().size()))
          .containsExactlyInAnyOrder(
              "User-Agent: gatehouse",
              "Accept-Encoding: identity",
              "Content-Type: application/json;charset=utf-8",
              "signature: a=b, c\t d",
              "X-Two: 1",
              "x-two: 2",
              "Content-Length: 2",
              "Host: 127.0.0.1:" + server.port(),
              "Connection: Keep-Alive");
    }
  }

  @Test
  void send_ownUserAgentAndEncoding_replaceTheDefaults() throws IOException {
    try (RawServer server = RawServer.friendly()) {
      Headers headers = Headers.of("user-agent", "billing/1", "accept-encoding", "br");

      answer(transport.send(Request.get(server.uri("/")).headers(headers), soon()));

      assertThat(server.heard().get(0).lines())
          .contains("user-agent: billing/1", "accept-encoding: br")
          .noneMatch(line -> line.contains("gatehouse") || line.contains("identity"));
    }
  }

  @Test
  void send_clientsCookiesAndRedirectsAndTimeouts_areNotTakenOver() throws IOException {
    OkHttpClient client =
        new OkHttpClient.Builder()
            .followRedirects(true)
            .callTimeout(Duration.ofMillis(1))
            .readTimeout(Duration.ofMillis(1))
            .authenticator((route, response) -> response.request())
            .build();
    try (RawServer server =
            new RawServer(
                conversation -> {
                  conversation.hear();
                  TimeUnit.MILLISECONDS.sleep(50);
                  conversation.say("HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n");
                });
        HttpTransport hosts = HttpTransport.builder().client(client).allow("127.0.0.1").build()) {
      assertThat(answer(hosts.send(Request.get(server.uri("/")), soon())).status()).isEqualTo(401);
      assertThat(server.heard()).hasSize(1);
    }
  }

  @Test
  void send_hostsInterceptors_seeTheRealStatus() throws IOException {
    List<Integer> seen = new ArrayList<>();
    okhttp3.Interceptor watching =
        chain -> {
          okhttp3.Response response = chain.proceed(chain.request());
          seen.add(response.code());
          return response;
        };
    OkHttpClient client =
        new OkHttpClient.Builder().addInterceptor(watching).addNetworkInterceptor(watching).build();
    try (RawServer server = RawServer.saying("HTTP/1.1 418 I\r\nContent-Length: 0\r\n\r\n");
        HttpTransport hosts = HttpTransport.builder().client(client).allow("127.0.0.1").build()) {
      answer(hosts.send(Request.get(server.uri("/")), soon()));

      assertThat(seen).containsExactly(418, 418);
    }
  }

  @Test
  void send_sixtyFourAtOnce_allUnderWayTogether() throws IOException {
    CyclicBarrier together = new CyclicBarrier(HttpTransport.MAX_PER_HOST);
    try (RawServer server =
        new RawServer(
            conversation -> {
              String line = conversation.hear().lines().get(0);
              try {
                together.await(60, TimeUnit.SECONDS);
              } catch (java.util.concurrent.BrokenBarrierException
                  | java.util.concurrent.TimeoutException e) {
                throw new IOException(e);
              }
              conversation.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + line);
            })) {
      List<CompletionStage<Response>> stages = new ArrayList<>();
      for (int i = 0; i < HttpTransport.MAX_PER_HOST; i++) {
        stages.add(transport.send(Request.get(server.uri("/" + i)), soon()));
      }

      for (int i = 0; i < stages.size(); i++) {
        assertThat(answer(stages.get(i)).body()).hasSizeGreaterThan(10);
      }
    }
  }

  @Test
  void send_fullHouse_refusedUntilOneIsDone() throws IOException {
    try (RawServer server = holding()) {
      List<CompletionStage<Response>> held = new ArrayList<>();
      for (int i = 0; i < HttpTransport.MAX_PENDING; i++) {
        held.add(transport.send(Request.get(server.uri("/")), Deadline.in(Duration.ofHours(1))));
      }

      assertThat(transport.send(Request.get(server.uri("/")), soon()))
          .failsWithin(Duration.ofSeconds(60))
          .withThrowableThat()
          .havingCause()
          .isExactlyInstanceOf(LimitException.class)
          .withMessage("too many requests under way, at most 4096");

      transport.close();
      for (CompletionStage<Response> stage : held) {
        assertThat(failure(stage)).hasMessage("the transport is closed");
      }
    }
  }

  @Test
  void send_deadlinesOverAndOver_giveTheirSlotsBack() throws IOException {
    try (RawServer silent = holding();
        RawServer server = RawServer.friendly()) {
      for (int round = 0; round < 3; round++) {
        List<CompletionStage<Response>> stages = new ArrayList<>();
        for (int i = 0; i < HttpTransport.MAX_PENDING / 2; i++) {
          stages.add(
              transport.send(Request.get(silent.uri("/")), Deadline.in(Duration.ofMillis(200))));
        }
        stages.forEach(Outcome::failure);
      }

      assertThat(answer(transport.send(Request.get(server.uri("/")), soon())).text())
          .isEqualTo("success");
    }
  }

  @Test
  void close_underWay_failsWhatIsUnderWayAndRefusesMore() throws IOException {
    try (RawServer server = holding()) {
      CompletionStage<Response> stage = transport.send(Request.get(server.uri("/")), soon());

      transport.close();
      transport.close();

      assertThat(failure(stage)).hasMessage("the transport is closed");
      assertThat(failure(transport.send(Request.get(server.uri("/")), soon())))
          .hasMessage("the transport is closed");
    }
  }

  @Test
  void close_hostsClient_staysUsable() throws IOException {
    OkHttpClient client = new OkHttpClient();
    try (RawServer server = RawServer.friendly()) {
      try (HttpTransport hosts =
          HttpTransport.builder().client(client).allow("127.0.0.1").build()) {
        answer(hosts.send(Request.get(server.uri("/")), soon()));
      }

      okhttp3.Request request =
          new okhttp3.Request.Builder().url(server.uri("/").toString()).build();
      try (okhttp3.Response response = client.newCall(request).execute()) {
        assertThat(response.body().string()).isEqualTo("success");
      }
      client.dispatcher().executorService().shutdown();
      client.connectionPool().evictAll();
    }
  }

  @Test
  void build_noSend_startsNoThread() {
    HttpTransport.create().close();
    HttpTransport idle = HttpTransport.create();

    assertThat(Leftovers.ofTransports()).isEmpty();
    idle.close();
  }

  @Test
  void builder_outsideItsLimits_throws() {
    HttpTransport.Builder builder = HttpTransport.builder();

    assertThatThrownBy(() -> builder.allow("10.0.0.1/8"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.ports(443, 0)).hasMessage("port must be in 1..65535, was 0");
    assertThatThrownBy(() -> builder.ports(65_536))
        .hasMessage("port must be in 1..65535, was 65536");
    assertThatThrownBy(() -> builder.connectTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.connectTimeout(Duration.ofSeconds(61)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.maxAnswerBytes(0))
        .hasMessage("maxAnswerBytes must be in 1..16777216, was 0");
    assertThatThrownBy(() -> builder.maxAnswerBytes((16 << 20) + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Hears requests and never answers. */
  private static RawServer holding() {
    return new RawServer(
        conversation -> {
          conversation.hear();
          conversation.awaitHangUp();
        });
  }
}

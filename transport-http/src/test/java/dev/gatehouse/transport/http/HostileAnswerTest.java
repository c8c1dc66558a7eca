package dev.gatehouse.transport.http;

import static dev.gatehouse.transport.http.Outcome.answer;
import static dev.gatehouse.transport.http.Outcome.failure;
import static dev.gatehouse.transport.http.Outcome.soon;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Leftovers.class)
class HostileAnswerTest {
  /** For less than 10 ms after an answer, a connection is taken to live. */
  private static final long BEYOND_TRUST_MILLIS = 20;

  private final HttpTransport transport = HttpTransport.builder().allow("127.0.0.0/8").build();

  @AfterEach
  void close() {
    transport.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 301, 302, 303, 307, 308})
  void TRANSPORT2_redirect_isTheAnswer(int status) throws IOException {
    try (RawServer elsewhere = RawServer.friendly();
        RawServer server =
            RawServer.repeating(
                "HTTP/1.1 "
                    + status
                    + " Go\r\nLocation: "
                    + elsewhere.uri("/")
                    + "\r\nContent-Length: 0\r\n\r\n")) {
      for (Request request :
          List.of(Request.get(server.uri("/")), Request.post(server.uri("/"), "x"))) {
        Response response = answer(transport.send(request, soon()));

        assertThat(response.status()).isEqualTo(status);
        assertThat(response.headers().first("Location")).contains(elsewhere.uri("/").toString());
      }
      assertThat(elsewhere.connections()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "408 Slow",
        "421 Wrong",
        "503 Busy\r\nRetry-After: 0",
        "503 Busy\r\nRetry-After: 1000000000000",
        "503 Busy\r\nRetry-After: -1",
        "503 Busy\r\nRetry-After: Wed, 21 Oct 2099 07:28:00 GMT",
        "401 Who\r\nWWW-Authenticate: Basic realm=\"x\"",
        "407 Who\r\nProxy-Authenticate: Basic realm=\"x\"",
      })
  void send_invitationToRepeat_isAnsweredOnce(String status) throws IOException {
    try (RawServer server =
        RawServer.repeating("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n")) {
      assertThat(answer(transport.send(Request.get(server.uri("/")), soon())).status())
          .isEqualTo(Integer.parseInt(status.substring(0, 3)));
      assertThat(server.heard()).hasSize(1);

      Response response = answer(transport.send(Request.post(server.uri("/"), "x"), soon()));

      assertThat(server.heard()).hasSize(2);
      if (status.startsWith("503")) {
        assertThat(response.headers().first("Retry-After"))
            .contains(status.substring(status.indexOf(": ") + 2));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void send_keptConnectionDroppedUnanswered_isNotRepeated(String method) throws IOException {
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
              conversation.hear();
            })) {
      answer(transport.send(Request.of(method, server.uri("/")), soon()));

      assertThat(failure(transport.send(Request.of(method, server.uri("/")), soon())))
          .hasMessage("no whole answer from http://127.0.0.1:" + server.port());
      assertThat(server.heard()).hasSize(2);
    }
  }

  @Test
  void send_idleConnectionClosedByServer_goesOutOnAnother() throws Exception {
    try (RawServer server =
        RawServer.saying("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess")) {
      for (int i = 1; i <= 3; i++) {
        assertThat(answer(transport.send(Request.post(server.uri("/"), "x"), soon())).text())
            .isEqualTo("success");
        assertThat(server.connections()).isEqualTo(i);
        server.awaitClosed();
        TimeUnit.MILLISECONDS.sleep(BEYOND_TRUST_MILLIS);
      }
      assertThat(server.heard()).hasSize(3);
    }
  }

  /** As servers of the last century do, and small ones of today. */
  @Test
  void send_serverThatClosesBehindHttp10_eachGoesOutOnAnother() throws Exception {
    try (RawServer server =
        RawServer.saying("HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\nsuccess")) {
      for (int i = 1; i <= 200; i++) {
        assertThat(answer(transport.send(Request.post(server.uri("/"), "x"), soon())).text())
            .isEqualTo("success");
      }
      assertThat(server.heard()).hasSize(200);
      assertThat(server.connections()).isEqualTo(200);
    }
  }

  @Test
  void send_idleConnectionStillOpen_isUsedAgain() throws Exception {
    try (RawServer server = RawServer.friendly()) {
      answer(transport.send(Request.post(server.uri("/"), "x"), soon()));
      TimeUnit.MILLISECONDS.sleep(BEYOND_TRUST_MILLIS);

      assertThat(answer(transport.send(Request.post(server.uri("/"), "x"), soon())).text())
          .isEqualTo("success");
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void send_bytesNobodyAskedFor_areNotTakenForTheNextAnswer() throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    CountDownLatch forged = new CountDownLatch(1);
    try (RawServer server =
        new RawServer(
            conversation -> {
              while (conversation.hearNext()) {
                conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess");
                answered.await();
                conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
                forged.countDown();
              }
            })) {
      answer(transport.send(Request.get(server.uri("/")), soon()));
      answered.countDown();
      assertThat(forged.await(60, TimeUnit.SECONDS)).isTrue();
      TimeUnit.MILLISECONDS.sleep(BEYOND_TRUST_MILLIS);

      assertThat(answer(transport.send(Request.get(server.uri("/")), soon())).text())
          .isEqualTo("success");
    }
  }

  @Test
  void send_dripOfHeadersOrBody_cutAtTheDeadline() throws Exception {
    for (String start : List.of("", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\n\r\n")) {
      try (RawServer server =
          new RawServer(
              conversation -> {
                conversation.hear();
                conversation.say(RawServer.SUCCESS);
                conversation.hear();
                conversation.say(start);
                conversation.drip("a");
              })) {
        answer(transport.send(Request.get(server.uri("/first")), soon()));
        assertThat(
                failure(
                    transport.send(
                        Request.get(server.uri("/")), Deadline.in(Duration.ofMillis(300)))))
            .hasMessageStartingWith("no answer in time from ");
        assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Content-Length: 9223372036854775807\r\n"})
  void send_endlessBody_cutAtTheLimit(String length) throws Exception {
    byte[] block = "x".repeat(10_000).getBytes(ISO_8859_1);
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say("HTTP/1.1 200 OK\r\n" + length + "\r\n");
              while (true) {
                conversation.say(block);
              }
            })) {
      Response response = answer(transport.send(Request.get(server.uri("/")), soon()));

      assertThat(response.body()).hasSize(64 << 10).containsOnly('x');
      assertThat(response.isTruncated()).isTrue();
      assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void send_endlessChunks_cutAtTheLimit() throws Exception {
    String chunk = "10\r\n0123456789abcdef\r\n".repeat(100);
    try (RawServer server =
            new RawServer(
                conversation -> {
                  conversation.hear();
                  conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                  while (true) {
                    conversation.say(chunk);
                  }
                });
        HttpTransport small =
            HttpTransport.builder().allow("127.0.0.1").maxAnswerBytes(20).build()) {
      assertThat(answer(small.send(Request.get(server.uri("/")), soon())).text())
          .isEqualTo("0123456789abcdef0123");
      assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void send_bodyOneBelowAtAndOneAboveTheLimit_keptToTheLimit() throws IOException {
    try (HttpTransport small =
        HttpTransport.builder().allow("127.0.0.1").maxAnswerBytes(4).build()) {
      for (String body : List.of("", "abc", "abcd", "abcde")) {
        try (RawServer server =
            RawServer.saying(
                "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)) {
          Response response = answer(small.send(Request.get(server.uri("/")), soon()));
          assertThat(response.text()).isEqualTo(body.substring(0, Math.min(4, body.length())));
          assertThat(response.isTruncated()).isEqualTo(body.length() > 4);
        }
      }
    }
  }

  @Test
  void send_gzipBomb_isNotInflated() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new byte[10 << 20]);
    }
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say(
                  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                      + bomb.size()
                      + "\r\n\r\n");
              conversation.say(bomb.toByteArray());
            })) {
      Response response = answer(transport.send(Request.get(server.uri("/")), soon()));

      assertThat(response.body()).isEqualTo(bomb.toByteArray());
      assertThat(response.headers().first("Content-Encoding")).contains("gzip");
      assertThat(server.heard().get(0).lines()).contains("Accept-Encoding: identity");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\nContent-",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsuccess",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nsuccess\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nsuccess\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nsuccess\r\n0\r\n\r\n",
        "HTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\nsuccess",
        "HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 Odd\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\nsuccess",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "success\r\n",
        "HTTP/1.1 200 OK\r\n: nameless\r\n\r\nsuccess",
        "HTTP/1.1 200 OK\r\nX: a\u0001b\r\n\r\nsuccess",
      })
  void TRANSPORT5_brokenAnswer_failsNamingOnlyTheOrigin(String said) throws IOException {
    try (RawServer server = RawServer.saying(said)) {
      assertThat(failure(transport.send(Request.post(server.uri("/a?b=secret"), "x"), soon())))
          .hasMessage("no whole answer from http://127.0.0.1:" + server.port())
          .hasCauseInstanceOf(Exception.class);
      assertThat(server.heard()).hasSize(1);
    }
  }

  @Test
  void send_contentLengthTooSmall_restIsNotRead() throws IOException {
    try (RawServer server =
        RawServer.saying("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess, or not")) {
      assertThat(answer(transport.send(Request.get(server.uri("/")), soon())).text())
          .isEqualTo("success");
    }
  }

  @Test
  void send_endlessHeaders_failAtTheLimit() throws Exception {
    for (String endless : List.of("X-More: aaaaaaaaaaaaaaaaaaaaaaaa\r\n", "aaaaaaaaaaaaaaaaaa")) {
      String block = endless.repeat(100);
      try (RawServer server =
          new RawServer(
              conversation -> {
                conversation.hear();
                conversation.say("HTTP/1.1 200 OK\r\nX: ");
                while (true) {
                  conversation.say(block);
                }
              })) {
        assertThat(failure(transport.send(Request.get(server.uri("/")), soon())))
            .hasMessageStartingWith("no whole answer from ");
        assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  @Test
  void send_headersAtTheLimit_comeBackAndOneMoreFails() throws IOException {
    String most = "X: y\r\n".repeat(127) + "Content-Length: 0\r\n";
    try (RawServer server = RawServer.saying("HTTP/1.1 200 OK\r\n" + most + "\r\n");
        RawServer oneMore = RawServer.saying("HTTP/1.1 200 OK\r\nX: y\r\n" + most + "\r\n")) {
      assertThat(answer(transport.send(Request.get(server.uri("/")), soon())).headers().all("x"))
          .hasSize(127);
      assertThat(failure(transport.send(Request.get(oneMore.uri("/")), soon())))
          .hasMessageStartingWith("no whole answer from ");
    }
  }

  @Test
  void send_interimAnswers_areSkipped() throws IOException {
    try (RawServer server =
        RawServer.saying(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess")) {
      Response response = answer(transport.send(Request.post(server.uri("/"), "x"), soon()));

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.text()).isEqualTo("success");
      assertThat(response.headers().first("Link")).isEmpty();
    }
  }

  @Test
  void send_interimAnswersForEver_failAtTheLimit() throws IOException {
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              while (true) {
                conversation.say("HTTP/1.1 100 Continue\r\n\r\n".repeat(100));
              }
            })) {
      assertThat(failure(transport.send(Request.post(server.uri("/"), "x"), soon())))
          .hasMessageStartingWith("no whole answer from ");
    }
  }
}

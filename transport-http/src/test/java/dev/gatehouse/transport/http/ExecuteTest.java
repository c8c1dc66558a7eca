package dev.gatehouse.transport.http;

import static dev.gatehouse.transport.http.Outcome.answer;
import static dev.gatehouse.transport.http.Outcome.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import okhttp3.Dns;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is sent on the thread of who waits for the answer. */
@Timeout(60)
@ExtendWith(Leftovers.class)
class ExecuteTest {
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";

  private final HttpTransport transport = HttpTransport.builder().allow("127.0.0.0/8").build();
  private final CountDownLatch heard = new CountDownLatch(1);

  @AfterEach
  void close() {
    transport.close();
  }

  /** Hears a request, says so and that, and waits for the client to hang up. */
  private RawServer holding(String beginning) {
    return new RawServer(
        conversation -> {
          conversation.hear();
          conversation.say(beginning);
          heard.countDown();
          conversation.awaitHangUp();
        });
  }

  private static void assertHungUp(RawServer server) throws InterruptedException {
    assertThat(server.hangUp().await(60, TimeUnit.SECONDS)).isTrue();
  }

  /** A thread that executes, and whether it was interrupted when that was over. */
  private static final class Waiter {
    private final FutureTask<Response> task;
    private final Thread thread;

    Waiter(HttpTransport by, URI target, Deadline deadline) {
      task = new FutureTask<>(() -> by.execute(Request.get(target), deadline));
      thread = new Thread(task, "waiter");
      thread.start();
    }

    void interrupt() {
      thread.interrupt();
    }

    Response answer() throws Exception {
      return task.get(60, TimeUnit.SECONDS);
    }

    void assertInterrupted() {
      assertThatThrownBy(this::answer).hasCauseExactlyInstanceOf(InterruptedException.class);
    }

    void assertFails(String message) {
      assertThatThrownBy(this::answer)
          .cause()
          .isExactlyInstanceOf(TransportException.class)
          .hasMessage(message);
    }
  }

  private Waiter waiter(RawServer server) {
    return new Waiter(transport, server.uri("/"), soon());
  }

  @Test
  void execute_friendlyServer_isAskedByTheCallersThread() throws Exception {
    List<Thread> asking = new ArrayList<>();
    OkHttpClient client =
        new OkHttpClient.Builder()
            .addNetworkInterceptor(
                chain -> {
                  asking.add(Thread.currentThread());
                  return chain.proceed(chain.request());
                })
            .build();
    byte[] body = {0, (byte) 0xff, '\r', '\n'};
    try (RawServer server = RawServer.friendly();
        HttpTransport hosts = HttpTransport.builder().client(client).allow("127.0.0.1").build()) {
      for (int i = 0; i < 2; i++) {
        Response response = hosts.execute(Request.post(server.uri("/a"), body), soon());
        assertThat(response.text()).isEqualTo("success");
      }
      assertThat(asking).containsExactly(Thread.currentThread(), Thread.currentThread());
      assertThat(server.heard().get(0).body().toByteArray()).isEqualTo(body);
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "204 None",
        "302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0",
        "407 Who\r\nContent-Length: 0",
        "408 Late\r\nContent-Length: 0",
        "503 Busy\r\nRetry-After: 0\r\nContent-Length: 0"
      })
  void TRANSPORT2and3_anyStatus_isAnAnswerAndAskedOnce(String answer) throws Exception {
    try (RawServer server = RawServer.repeating("HTTP/1.1 " + answer + "\r\n\r\n")) {
      assertThat(transport.execute(Request.get(server.uri("/")), soon()).status())
          .isEqualTo(Integer.parseInt(answer.substring(0, 3)));
      assertThat(server.heard()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 1000000\r\n\r\n",
        "\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffff\r\n"
      })
  void execute_bodyThatGoesOnWithoutMoreBytes_isCutAtTheLimitAndTheConnectionEnds(String framing)
      throws Exception {
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say("HTTP/1.1 200 OK\r\n" + framing + "x".repeat(65_536));
              conversation.awaitHangUp();
            })) {
      Response response = transport.execute(Request.get(server.uri("/")), soon());
      assertThat(response.body()).hasSize(65_536);
      assertThat(response.isTruncated()).isTrue();
      assertHungUp(server);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 9\r\n\r\nhalf", ""})
  void TRANSPORT5_answerCut_failsNamingOnlyTheOrigin(String answer) throws Exception {
    try (RawServer server = RawServer.saying("HTTP/1.1 200 OK\r\n" + answer)) {
      assertThatThrownBy(() -> transport.execute(Request.get(server.uri("/secret")), soon()))
          .isExactlyInstanceOf(TransportException.class)
          .hasMessage("no whole answer from http://127.0.0.1:" + server.port());
    }
  }

  @Test
  void execute_refusedAddress_readsLikeAClosedPortAndConnectsNowhere() throws IOException {
    try (RawServer server = RawServer.friendly();
        HttpTransport guarded = HttpTransport.create()) {
      assertThatThrownBy(() -> guarded.execute(Request.get(server.uri("/")), soon()))
          .hasMessage("no connection to http://127.0.0.1:" + server.port());
      assertThat(server.connections()).isZero();
    }
  }

  /** The deadline is of the whole, whatever part of it takes too long. */
  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nX-A: 1", HEAD, HEAD + "some"})
  void TRANSPORT4_silence_failsAtTheDeadlineAndHangsUp(String beginning) throws Exception {
    try (RawServer server = holding(beginning)) {
      long begin = System.nanoTime();
      assertThatThrownBy(
              () ->
                  transport.execute(
                      Request.get(server.uri("/secret")), Deadline.in(Duration.ofMillis(60))))
          .isExactlyInstanceOf(TransportException.class)
          .hasMessage("no answer in time from http://127.0.0.1:" + server.port());
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isBetween(Duration.ofMillis(60), Duration.ofSeconds(10));
      assertHungUp(server);
    }
  }

  @Test
  void TRANSPORT4_slowDrip_failsAtTheDeadline() throws Exception {
    try (RawServer server =
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.say(HEAD);
              conversation.drip(".");
            })) {
      new Waiter(transport, server.uri("/"), Deadline.in(Duration.ofMillis(60)))
          .assertFails("no answer in time from http://127.0.0.1:" + server.port());
      assertHungUp(server);
    }
  }

  /** A request that is not read fills the buffers between, and blocks who writes. */
  @Test
  void TRANSPORT4_requestsThatNobodyReads_failAtTheDeadline() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (RawServer server = new RawServer(conversation -> over.await())) {
      Request large = Request.post(server.uri("/"), new byte[Request.MAX_BODY]);
      assertThatThrownBy(() -> transport.execute(large, Deadline.in(Duration.ofMillis(60))))
          .hasMessage("no answer in time from http://127.0.0.1:" + server.port());
      over.countDown();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", HEAD + "some"})
  void TRANSPORT6_interruptedWhileItWaits_hangsUpAtOnce(String beginning) throws Exception {
    try (RawServer server = holding(beginning)) {
      Waiter waiter = waiter(server);
      heard.await();
      waiter.interrupt();
      waiter.assertInterrupted();
      assertHungUp(server);
    }
  }

  @Test
  void TRANSPORT6_interruptedBefore_sendsNothing() throws Exception {
    try (RawServer server = RawServer.friendly()) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> transport.execute(Request.get(server.uri("/")), soon()))
          .isInstanceOf(InterruptedException.class);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThat(server.connections()).isZero();
      assertThat(transport.execute(Request.get(server.uri("/")), soon()).text())
          .isEqualTo("success");
    }
  }

  /** Nothing ends a look-up; who waits for one is let go all the same. */
  @Test
  void nameThatIsNotResolved_deadlineAndInterruptAndClose_letGo() throws Exception {
    CountDownLatch asked = new CountDownLatch(3);
    CountDownLatch never = new CountDownLatch(1);
    Dns hanging =
        name -> {
          asked.countDown();
          while (never.getCount() > 0) {
            try {
              never.await();
            } catch (InterruptedException e) {
              // As a look-up in native code.
            }
          }
          throw new UnknownHostException(name);
        };
    OkHttpClient client = new OkHttpClient.Builder().dns(hanging).build();
    HttpTransport hosts = HttpTransport.builder().client(client).build();
    try {
      URI target = URI.create("http://partner.example/");
      new Waiter(hosts, target, Deadline.in(Duration.ofMillis(60)))
          .assertFails("no answer in time from http://partner.example");
      Waiter interrupted = new Waiter(hosts, target, soon());
      Waiter closed = new Waiter(hosts, target, soon());
      asked.await();
      interrupted.interrupt();
      interrupted.assertInterrupted();
      hosts.close();
      closed.assertFails("the transport is closed");
    } finally {
      hosts.close();
      never.countDown();
    }
  }

  @Test
  void name_isResolvedAndItsAddressesJudged() throws Exception {
    Dns names =
        name -> {
          if (name.equals("broken.example")) {
            throw new IllegalStateException("as told");
          }
          return List.of(
              InetAddress.getByName(name.equals("own.example") ? "127.0.0.1" : "10.0.0.1"));
        };
    OkHttpClient client = new OkHttpClient.Builder().dns(names).build();
    try (RawServer server = RawServer.friendly();
        HttpTransport hosts = HttpTransport.builder().client(client).allow("127.0.0.0/8").build()) {
      URI own = URI.create("http://own.example:" + server.port() + "/");
      assertThat(hosts.execute(Request.get(own), soon()).text()).isEqualTo("success");
      for (String other : List.of("http://other.example", "http://broken.example")) {
        assertThatThrownBy(() -> hosts.execute(Request.get(URI.create(other)), soon()))
            .isExactlyInstanceOf(TransportException.class)
            .hasMessage("no connection to " + other);
      }
    }
  }

  @Test
  void close_whileItWaits_failsAndRefusesMore() throws Exception {
    try (RawServer server = holding(HEAD)) {
      Waiter waiter = waiter(server);
      heard.await();
      transport.close();
      waiter.assertFails("the transport is closed");
      assertThatThrownBy(() -> transport.execute(Request.get(server.uri("/")), soon()))
          .hasMessage("the transport is closed");
    }
  }

  @Test
  void hostsInterceptorThatThrows_failsAndGivesThePlaceBack() throws Exception {
    OkHttpClient client =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain -> {
                  throw new IllegalStateException("as told");
                })
            .build();
    try (HttpTransport hosts =
        HttpTransport.builder().client(client).allow("127.0.0.0/8").build()) {
      for (int i = 0; i < HttpTransport.MAX_PER_HOST + 1; i++) {
        assertThatThrownBy(
                () -> hosts.execute(Request.get(URI.create("http://127.0.0.1/")), soon()))
            .hasMessage("no connection to http://127.0.0.1")
            .hasRootCauseMessage("as told");
      }
    }
  }

  /** Sent and executed requests share the places of a host. */
  @Test
  void hostIsFull_executeWaitsForAPlaceUntilOneIsFreeOrItsTimeIsUp() throws Exception {
    try (RawServer server = holding("")) {
      List<CompletionStage<Response>> held = new ArrayList<>();
      for (int i = 0; i < HttpTransport.MAX_PER_HOST; i++) {
        held.add(transport.send(Request.get(server.uri("/held")), soon()));
      }
      Waiter interrupted = new Waiter(transport, server.uri("/late"), soon());
      new Waiter(transport, server.uri("/late"), Deadline.in(Duration.ofMillis(60)))
          .assertFails("no answer in time from http://127.0.0.1:" + server.port());
      interrupted.interrupt();
      interrupted.assertInterrupted();
      assertThat(server.heard()).noneMatch(one -> one.head().contains("/late"));
      Waiter next = new Waiter(transport, server.uri("/next"), soon());
      held.get(0).toCompletableFuture().cancel(true);
      while (server.heard().stream().noneMatch(one -> one.head().contains("/next"))) {
        TimeUnit.MILLISECONDS.sleep(1);
      }
      next.interrupt();
      next.assertInterrupted();
    }
    try (RawServer friendly = RawServer.friendly()) {
      assertThat(answer(transport.send(Request.get(friendly.uri("/")), soon())).status())
          .isEqualTo(200);
    }
  }

  @Test
  void fullHouse_refusedByLimit() throws Exception {
    try (RawServer server = holding("")) {
      List<CompletionStage<Response>> held = new ArrayList<>();
      for (int i = 0; i < HttpTransport.MAX_PENDING; i++) {
        held.add(transport.send(Request.get(server.uri("/")), soon()));
      }
      assertThatThrownBy(() -> transport.execute(Request.get(server.uri("/")), soon()))
          .isExactlyInstanceOf(LimitException.class)
          .hasMessage("too many requests under way, at most 4096");
    }
  }
}

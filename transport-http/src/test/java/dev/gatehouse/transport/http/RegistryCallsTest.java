package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Balancer;
import dev.gatehouse.registry.CallOptions;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.registry.ServiceCall;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Services called through the registry over sockets, at servers that behave and that do not. */
@Timeout(60)
@ExtendWith(Leftovers.class)
final class RegistryCallsTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String HEALTHY =
      "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{\"code\":\"200\",\"message\":\"fine\"}";
  private static final String BUSY = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

  private final List<RawServer> servers = new ArrayList<>();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private Gatehouse gatehouse;

  @AfterEach
  void close() throws IOException {
    gatehouse.close();
    for (RawServer server : servers) {
      server.close();
    }
  }

  private RawServer server(RawServer server) {
    servers.add(server);
    return server;
  }

  /** Takes a request, and never answers. */
  private RawServer hanging() {
    return server(
        new RawServer(
            conversation -> {
              conversation.hear();
              conversation.awaitHangUp();
            }));
  }

  private RawServer friendly() {
    return server(RawServer.friendly());
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** On a thread of its own, which it keeps. */
  private static CompletableFuture<Response> queryAside(Registry registry) {
    return CompletableFuture.supplyAsync(
        () -> query(registry), task -> new Thread(task, "query").start());
  }

  /** A registry that knows a server with those ports, in turn, and a service to be got there. */
  private Registry registry(UnaryOperator<CallOptions> calls, int... ports) {
    return registry(HttpTransport.builder().allow("127.0.0.0/8").build(), calls, ports);
  }

  /** From the first on, whichever thread asks. */
  private static Balancer inTurn() {
    AtomicInteger turn = new AtomicInteger();
    return (candidates, key) -> turn.getAndIncrement() % candidates.size();
  }

  private Registry registry(
      HttpTransport transport, UnaryOperator<CallOptions> calls, int... ports) {
    gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .transport(transport)
            .nanoTime(nanos::get)
            .listener(
                new GatehouseListener() {
                  @Override
                  public void instanceChanged(String server, String address, String change) {
                    heard.add(address + " " + change);
                  }

                  @Override
                  public void breakerChanged(String server, String service, String state) {
                    heard.add(service + " " + state);
                  }
                })
            .registry(
                options ->
                    options
                        .fleet(options.fleet().balancer(inTurn()))
                        .calls(calls.apply(options.calls().retries(3, Duration.ZERO, 20))))
            .build();
    return offered(gatehouse.registry(), ports);
  }

  private static Registry offered(Registry registry, int... ports) {
    registry.register(
        Server.named("features")
            .at("127.0.0.1", ports[0])
            .metadata(Map.of("health", "/mw/server/health")));
    for (int i = 1; i < ports.length; i++) {
      registry.register(Instance.on("features").at("127.0.0.1", ports[i]));
    }
    registry.register(Service.named("query").on("features").uri("/v1/query").method("GET"));
    registry.register(Service.named("upload").on("features").uri("/v1/upload"));
    return registry;
  }

  private static Response query(Registry registry) {
    return registry.call("features", "query", ServiceCall.EMPTY);
  }

  private static Response once(Registry registry) {
    return registry.call("features", "query", ServiceCall.EMPTY.once());
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  @Test
  void A5_service_isCalledByItsMethodAtItsUriWithWhatWasStored() {
    RawServer server = friendly();
    Registry registry = registry(calls -> calls, server.port());
    registry.register(
        Service.named("UPLOAD")
            .on("FEATURES")
            .uri("/v2/upload")
            .params("{\"a\":\"\u4e2d\"}")
            .data("{\"b\":1}"));
    assertThat(registry.call("features", "upload", ServiceCall.of("{\"c\":2}")).text())
        .isEqualTo("success");
    assertThat(server.heard().get(0).lines())
        .contains(
            "POST /v2/upload?a=%E4%B8%AD HTTP/1.1",
            "Content-Type: application/json", "Host: 127.0.0.1:" + server.port());
    assertThat(server.heard().get(0).body().utf8()).isEqualTo("{\"b\":1,\"c\":2}");
  }

  @Test
  void attemptTimeout_oneHangs_anotherAnswersAndTheConnectionEnds() throws Exception {
    RawServer hanging = hanging();
    RawServer friendly = friendly();
    Registry registry =
        registry(
            calls -> calls.timeouts(Duration.ofMillis(150), HOUR), hanging.port(), friendly.port());
    assertThat(query(registry).text()).isEqualTo("success");
    assertThat(hanging.hangUp().await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(hanging.heard()).hasSize(1);
    assertThat(friendly.heard()).hasSize(1);
  }

  @Test
  void callTimeout_allHang_endsInTimeWithoutNamingMoreThanTheOrigin() {
    RawServer hanging = hanging();
    Registry registry = registry(calls -> calls, hanging.port());
    long begin = System.nanoTime();
    assertThatThrownBy(
            () ->
                registry.call(
                    "features", "query", ServiceCall.EMPTY.within(Duration.ofMillis(200))))
        .isInstanceOf(TransportException.class)
        .hasMessage("no answer in time from http://127.0.0.1:" + hanging.port());
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isBetween(Duration.ofMillis(200), Duration.ofSeconds(5));
  }

  @Test
  void deadInstance_othersTakeOverAndItIsEjected() throws IOException {
    RawServer one = friendly();
    RawServer other = friendly();
    int dead = closedPort();
    Registry registry = registry(calls -> calls, one.port(), dead, other.port());
    for (int call = 0; call < 30; call++) {
      assertThat(query(registry).text()).isEqualTo("success");
    }
    assertThat(heard).containsExactly("127.0.0.1:" + dead + " ejected");
    assertThat(one.heard().size() + other.heard().size()).isEqualTo(30);
  }

  /** An answer that is cut off is none. */
  @Test
  void answerCut_anotherInstanceIsAsked() {
    RawServer cutting =
        server(RawServer.saying("HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\nsuccess"));
    RawServer friendly = friendly();
    Registry registry = registry(calls -> calls, cutting.port(), friendly.port());
    assertThat(query(registry).text()).isEqualTo("success");
    assertThat(cutting.heard()).hasSize(1);
  }

  @Test
  void post_noWholeAnswer_isNotSentTwice() {
    RawServer cutting = server(RawServer.saying("HTTP/1.1 200 OK\r\nContent-Le"));
    RawServer other = server(RawServer.saying("HTTP/1.1 200 OK\r\nContent-Le"));
    Registry registry = registry(calls -> calls, cutting.port(), other.port());
    assertThatThrownBy(() -> registry.call("features", "upload", ServiceCall.of("{\"k\":1}")))
        .isInstanceOf(TransportException.class);
    assertThat(cutting.heard().size() + other.heard().size()).isEqualTo(1);
  }

  @Test
  void retryBudget_everythingBusy_addsAFifthAndWhatWasSavedUp() {
    RawServer busy = server(RawServer.repeating(BUSY));
    Registry registry = registry(calls -> calls.breaker(100, HOUR), busy.port());
    int failed = 0;
    for (int call = 0; call < 50; call++) {
      failed += query(registry).status() == 503 ? 1 : 0;
    }
    assertThat(failed).isEqualTo(50);
    assertThat(busy.heard()).hasSizeBetween(50 + 10, 50 + 10 + 10);
  }

  @Test
  void breaker_busyServer_isLeftAloneAndTriedOnceLater() {
    List<String> answers = new CopyOnWriteArrayList<>(List.of(BUSY));
    RawServer server =
        server(
            new RawServer(
                conversation -> {
                  while (conversation.hearNext()) {
                    conversation.say(answers.get(0));
                  }
                }));
    Registry registry = registry(calls -> calls.breaker(5, HOUR), server.port());
    for (int call = 0; call < 5; call++) {
      assertThat(once(registry).status()).isEqualTo(503);
    }
    assertThatThrownBy(() -> once(registry)).hasMessage("the breaker of service 'query' is open");
    assertThat(server.heard()).hasSize(5);
    answers.set(0, RawServer.SUCCESS);
    nanos.addAndGet(HOUR.toNanos());
    assertThat(once(registry).text()).isEqualTo("success");
    assertThat(heard).containsExactly("query open", "query half-open", "query closed");
  }

  @Test
  void bulkhead_slowServer_refusesMoreAndSendsThemNowhere() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    RawServer slow =
        server(
            new RawServer(
                conversation -> {
                  while (conversation.hearNext()) {
                    answer.await();
                    conversation.say(RawServer.SUCCESS);
                  }
                }));
    Registry registry = registry(calls -> calls.concurrent(2), slow.port());
    CompletableFuture<Response> first = queryAside(registry);
    CompletableFuture<Response> second = queryAside(registry);
    await(() -> slow.heard().size() == 2);
    assertThatThrownBy(() -> query(registry))
        .isInstanceOf(LimitException.class)
        .hasMessage("calls of service 'query' under way must be at most 2");
    answer.countDown();
    assertThat(List.of(first.get().text(), second.get().text())).containsOnly("success");
    assertThat(query(registry).text()).isEqualTo("success");
    assertThat(slow.connections()).isLessThanOrEqualTo(3);
  }

  @Test
  void hedged_oneHangs_theOtherAnswersAndTheFirstIsGivenUp() throws Exception {
    RawServer hanging = hanging();
    RawServer friendly = friendly();
    Registry registry = registry(calls -> calls, hanging.port(), friendly.port());
    ServiceCall hedged = ServiceCall.EMPTY.hedgedAfter(Duration.ofMillis(50));
    assertThat(registry.call("features", "query", hedged).text()).isEqualTo("success");
    assertThat(hanging.heard()).hasSize(1);
    assertThat(hanging.hangUp().await(10, TimeUnit.SECONDS)).isTrue();
  }

  /**
   * The caller waits on its own thread, which a socket does not let go; who goes leaves no trace.
   */
  @Test
  void interrupted_hangsUpAtOnceAndCountsForNothing() throws Exception {
    RawServer hanging = hanging();
    Registry registry = registry(calls -> calls.concurrent(1).breaker(1, HOUR), hanging.port());
    for (int call = 1; call <= 6; call++) {
      int heardThen = call;
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      AtomicBoolean stays = new AtomicBoolean();
      Thread caller =
          new Thread(
              () -> {
                try {
                  query(registry);
                } catch (CancellationException e) {
                  thrown.set(e);
                }
                stays.set(Thread.currentThread().isInterrupted());
              });
      caller.start();
      await(() -> hanging.heard().size() == heardThen);
      caller.interrupt();
      caller.join();
      assertThat(thrown.get()).hasMessage("interrupted during a call");
      assertThat(stays).isTrue();
    }
    assertThat(hanging.hangUp().await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(heard).isEmpty();
  }

  /** XMagital's health interface: GET, no parameters; what the body says counts for nothing. */
  @Test
  void health_badThreeTimes_downAndOnceGood_up() throws Exception {
    List<String> answers = new CopyOnWriteArrayList<>(List.of(BUSY));
    RawServer sick =
        server(
            new RawServer(
                conversation -> {
                  while (conversation.hearNext()) {
                    conversation.say(answers.get(0));
                  }
                }));
    RawServer healthy = server(RawServer.repeating(HEALTHY));
    Registry registry = registry(calls -> calls, sick.port(), healthy.port());
    String address = "127.0.0.1:" + sick.port();
    probeUntil(() -> heard.contains(address + " down"));
    assertThat(sick.heard()).hasSizeGreaterThanOrEqualTo(3);
    assertThat(sick.heard().get(0).head()).startsWith("GET /mw/server/health HTTP/1.1\r\n");
    int before = sick.heard().size();
    for (int call = 0; call < 5; call++) {
      assertThat(query(registry).text()).contains("fine");
    }
    assertThat(sick.heard()).hasSize(before);
    answers.set(0, "HTTP/1.1 204 Fine\r\n\r\n");
    probeUntil(() -> heard.contains(address + " up"));
    assertThat(heard).containsExactly(address + " down", address + " up");
  }

  /** Of three probes that nobody answers, each ends by its own timeout of three seconds. */
  @Test
  void health_hangs_downWhenItsTimeIsUp() throws Exception {
    RawServer hanging = hanging();
    RawServer healthy = server(RawServer.repeating(HEALTHY));
    registry(calls -> calls.timeouts(HOUR, HOUR), hanging.port(), healthy.port());
    long begin = System.nanoTime();
    for (int probe = 1; probe <= 3; probe++) {
      int heardThen = probe;
      while (hanging.heard().size() < heardThen) {
        gatehouse.upkeep().step();
        nanos.addAndGet(Duration.ofSeconds(11).toNanos());
        TimeUnit.MILLISECONDS.sleep(2);
      }
    }
    await(() -> heard.contains("127.0.0.1:" + hanging.port() + " down"));
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(3));
    assertThat(heard).hasSize(1);
    assertThat(hanging.hangUp().await(10, TimeUnit.SECONDS)).isTrue();
  }

  /** Probes go by the rules of the transport, as calls do. */
  @Test
  void health_addressThatMayNotBeCalled_isNotAsked() throws Exception {
    RawServer internal = friendly();
    Registry registry = registry(HttpTransport.create(), calls -> calls, internal.port());
    probeUntil(() -> heard.contains("127.0.0.1:" + internal.port() + " down"));
    assertThatThrownBy(() -> query(registry)).isInstanceOf(TransportException.class);
    assertThat(internal.connections()).isZero();
  }

  /** A round of probes, again and again; time passes once all of a round have been answered. */
  private void probeUntil(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      gatehouse.upkeep().step();
      for (int wait = 0; wait < 20 && !condition.getAsBoolean(); wait++) {
        TimeUnit.MILLISECONDS.sleep(2);
      }
      nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    }
  }

  @Test
  void removed_whileACallIsUnderWay_thatOneStillGetsItsAnswer() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    RawServer slow =
        server(
            new RawServer(
                conversation -> {
                  conversation.hear();
                  answer.await();
                  conversation.say(RawServer.SUCCESS);
                }));
    Registry registry = registry(calls -> calls, slow.port());
    CompletableFuture<Response> call = queryAside(registry);
    await(() -> slow.heard().size() == 1);
    registry.removeServer("features");
    answer.countDown();
    assertThat(call.get().text()).isEqualTo("success");
    assertThatThrownBy(() -> query(registry)).isInstanceOf(NotFoundException.class);
  }

  /** By the system's monotonic clock, over a socket and between two attempts. */
  @Test
  void wallClockSetDuringACall_neitherEndsNorProlongsIt() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2030-01-01T00:00:00Z"));
    gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .transport(HttpTransport.builder().allow("127.0.0.0/8").build())
            .clock(now::get)
            .build();
    CountDownLatch answer = new CountDownLatch(1);
    RawServer slow =
        server(
            new RawServer(
                conversation -> {
                  conversation.hear();
                  answer.await();
                  conversation.say(RawServer.SUCCESS);
                }));
    Registry registry = offered(gatehouse.registry(), slow.port());
    CompletableFuture<Response> call = queryAside(registry);
    await(() -> slow.heard().size() == 1);
    now.updateAndGet(time -> time.plus(HOUR));
    assertThatThrownBy(() -> call.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    answer.countDown();
    assertThat(call.get().text()).isEqualTo("success");

    RawServer hanging = hanging();
    offered(registry, hanging.port());
    long begin = System.nanoTime();
    CompletableFuture<Response> hopeless =
        CompletableFuture.supplyAsync(
            () ->
                registry.call(
                    "features", "query", ServiceCall.EMPTY.within(Duration.ofMillis(300))),
            task -> new Thread(task, "hopeless").start());
    await(() -> hanging.heard().size() == 1);
    now.updateAndGet(time -> time.minus(HOUR.multipliedBy(2)));
    assertThatThrownBy(hopeless::get).hasCauseInstanceOf(TransportException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isBetween(Duration.ofMillis(300), Duration.ofSeconds(20));
  }
}

package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Calls of services: what is sent, what is tried again, and where it ends. */
final class ServiceCallTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final MemoryStorage storage = MemoryStorage.create();
  private final Node node = new Node(storage);
  private final RecordingTransport transport = RecordingTransport.create();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final CallOptions options =
      CallOptions.DEFAULT.transport(transport).retries(3, Duration.ZERO, 20);

  private Registry registry(CallOptions calls, int instances) {
    FleetOptions fleet =
        FleetOptions.DEFAULT
            .balancer(Balancer.roundRobin())
            .listener(
                new GatehouseListener() {
                  @Override
                  public void breakerChanged(String server, String service, String state) {
                    heard.add(service + " " + state);
                  }
                });
    Registry registry =
        Registry.create(
            storage.registry(),
            storage,
            node.audit.log(),
            node,
            node.options().fleet(fleet).calls(calls));
    registry.register(Server.named("s").at("h0", 80));
    for (int i = 1; i < instances; i++) {
      registry.register(Instance.on("s").at("h" + i, 80));
    }
    registry.register(Service.named("get").on("s").uri("/g").method("GET"));
    registry.register(Service.named("post").on("s").uri("/p"));
    return registry;
  }

  private List<String> hosts() {
    return transport.requests().stream().map(request -> request.uri().getHost()).toList();
  }

  @Test
  void call_storedParamsDataHeaders_goWithIt() {
    Registry registry = registry(options, 1);
    registry.register(
        Service.named("full")
            .on("s")
            .uri("/f?x=1")
            .method("put")
            .params("{\"a b\":\"\u4e2d&\",\"n\":1.50,\"l\":[1, 2]}")
            .data("{\"k\":1,\"own\":\"stored\"}")
            .headers(Headers.of("X-A", "stored", "X-B", "stored")));
    Response response =
        registry.call(
            "S", "FULL", ServiceCall.of("{\"own\":2}").headers(Headers.of("x-a", "said")));
    assertThat(response.text()).isEqualTo("success");
    Request sent = transport.lastRequest();
    assertThat(sent.method()).isEqualTo("PUT");
    assertThat(sent.uri()).hasToString("http://h0:80/f?x=1&a+b=%E4%B8%AD%26&n=1.50&l=%5B1%2C2%5D");
    assertThat(new String(sent.body(), StandardCharsets.UTF_8)).isEqualTo("{\"k\":1,\"own\":2}");
    assertThat(sent.headers().all("X-A")).containsExactly("said");
    assertThat(sent.headers().all("X-B")).containsExactly("stored");
    assertThat(sent.headers().all("Content-Type")).containsExactly("application/json");
    registry.call("s", "get", ServiceCall.EMPTY);
    assertThat(transport.lastRequest().body()).isEmpty();
  }

  @Test
  void call_failures_triedAgainElsewhere() {
    Registry registry = registry(options, 3);
    transport.fail().answer(503, "").answer(200, "third");
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).text()).isEqualTo("third");
    assertThat(hosts()).hasSize(3).doesNotHaveDuplicates();
  }

  @Test
  void call_lastAttemptFails_itsAnswerOrFailure() {
    Registry registry = registry(options, 2);
    transport.fail().fail().answer(502, "bad");
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(502);
    transport.answer(502, "").answer(502, "").fail();
    assertThatThrownBy(() -> registry.call("s", "get", ServiceCall.EMPTY))
        .isInstanceOf(TransportException.class)
        .hasMessage("no answer, as told");
    assertThat(transport.requests()).hasSize(6);
  }

  @Test
  void call_post_notRepeatedUnlessSaid() {
    Registry registry = registry(options, 2);
    transport.answer(503, "");
    assertThat(registry.call("s", "post", ServiceCall.of("{}")).status()).isEqualTo(503);
    assertThat(transport.requests()).hasSize(1);
    transport.answer(503, "");
    assertThat(registry.call("s", "post", ServiceCall.of("{}").repeatable()).status())
        .isEqualTo(200);
    transport.answer(404, "");
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).status())
        .as("an answer, not a failure")
        .isEqualTo(404);
    assertThat(transport.requests()).hasSize(4);
  }

  @Test
  void call_everythingFails_retriesStayWithinTheBudget() {
    Registry registry = registry(options.breaker(100, Duration.ofHours(1)), 2);
    transport.always(request -> Response.of(500, ""));
    for (int i = 0; i < 40; i++) {
      assertThat(registry.call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(500);
    }
    assertThat(transport.requests()).as("40 calls, 10 saved, 7 earned").hasSize(57);
    Registry none = registry(options.retries(3, Duration.ZERO, 0), 2);
    none.call("s", "get", ServiceCall.EMPTY);
    assertThat(transport.requests()).hasSize(58);
  }

  @Test
  void call_manyFailures_breakerOpensAndIsHeardOf() {
    Registry registry = registry(options.breaker(5, Duration.ofHours(1)), 1);
    transport.always(request -> Response.of(500, ""));
    for (int i = 0; i < 5; i++) {
      registry.call("s", "post", ServiceCall.EMPTY);
    }
    assertThat(heard).containsExactly("post open");
    assertThatThrownBy(() -> registry.call("s", "post", ServiceCall.EMPTY))
        .isInstanceOf(TransportException.class)
        .hasMessage("the breaker of service 'post' is open");
    assertThat(transport.requests()).hasSize(5);
    transport.always(request -> Response.of(200, ""));
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).status())
        .as("another service has its own")
        .isEqualTo(200);
    registry.removeService("s", "post");
    registry.register(Service.named("post").on("s").uri("/p"));
    assertThat(registry.call("s", "post", ServiceCall.EMPTY).status())
        .as("what was registered anew begins anew")
        .isEqualTo(200);
  }

  @Test
  void call_tooManyUnderWay_refused() throws Exception {
    Registry registry = registry(options.concurrent(1), 1);
    transport.hang();
    Thread first =
        new Thread(
            () ->
                assertThatThrownBy(() -> registry.call("s", "post", ServiceCall.EMPTY))
                    .isInstanceOf(CancellationException.class));
    first.start();
    org.awaitility.Awaitility.await().until(() -> transport.requests().size() == 1);
    assertThatThrownBy(() -> registry.call("s", "post", ServiceCall.EMPTY))
        .isInstanceOf(LimitException.class)
        .hasMessage("calls of service 'post' under way must be at most 1");
    first.interrupt();
    first.join();
    assertThat(registry.call("s", "post", ServiceCall.EMPTY).status())
        .as("the permit came back")
        .isEqualTo(200);
  }

  @Test
  void call_slow_hedgedElsewhereAndFirstGoodAnswerCounts() {
    Registry registry = registry(options, 2);
    transport.hang().answer(200, "second");
    ServiceCall hedged = ServiceCall.EMPTY.hedgedAfter(Duration.ofMillis(1));
    assertThat(registry.call("s", "post", hedged).text()).isEqualTo("second");
    assertThat(hosts()).hasSize(2).doesNotHaveDuplicates();
  }

  @Test
  void call_atAnInstance_goesThereAloneWhateverItsHealth() {
    Registry registry = registry(options.breaker(100, HOUR).retries(3, Duration.ZERO, 100), 3);
    ServiceCall there = ServiceCall.EMPTY.at("H1:80");
    for (int i = 0; i < 6; i++) {
      transport.fail().answer(503, "").answer(200, "third");
      assertThat(registry.call("s", "get", there).text()).isEqualTo("third");
    }
    registry.register(Instance.on("s").at("h1", 80).weight(0));
    registry.call("s", "get", there);
    assertThat(hosts()).hasSize(19).containsOnly("h1");
    assertThatThrownBy(() -> registry.call("s", "get", ServiceCall.EMPTY.at("h9:80")))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("no instance 'h9:80' is registered on server 's'");
    assertThatThrownBy(() -> ServiceCall.EMPTY.at(""))
        .hasMessage("length of address must be in 1..300, was 0");
  }

  @Test
  void call_unknownOrWithoutTransport_refused() {
    Registry registry = registry(options, 1);
    assertThatThrownBy(() -> registry.call("t", "n", ServiceCall.EMPTY))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> registry.call("s", "n", ServiceCall.EMPTY))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> registry(CallOptions.DEFAULT, 1).call("s", "get", ServiceCall.EMPTY))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no transport: services cannot be called here");
    storage.run(
        transaction ->
            assertThatThrownBy(
                    () -> registry.joining(transaction).call("s", "get", ServiceCall.EMPTY))
                .isInstanceOf(IllegalStateException.class));
    assertThatThrownBy(() -> ServiceCall.of("[1]")).hasMessageStartingWith("body must be");
  }

  @Test
  void reportCpu_unknownOrOutOfRange_refused() {
    Registry registry = registry(options, 2);
    registry.reportCpu("S", "H1:80", 5);
    assertThatThrownBy(() -> registry.reportCpu("s", "h9:80", 5))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> registry.reportCpu("s", "h1:80", 101))
        .hasMessage("percent must be in 0..100, was 101");
  }

  @Test
  void call_serverWithOptionsOfItsOwn_isCalledByThem() {
    RegistryOptions chosen =
        node.options()
            .calls(options)
            .callsOf(
                (server, all) ->
                    server.equals("brittle")
                        ? all.retries(1, Duration.ZERO, 0).breaker(1, HOUR)
                        : all);
    Registry registry =
        Registry.create(storage.registry(), storage, node.audit.log(), node, chosen);
    for (String server : List.of("Brittle", "s")) {
      registry.register(Server.named(server).at("h", 80));
      registry.register(Service.named("get").on(server).uri("/").method("GET"));
    }
    transport.answer(503, "").answer(503, "").answer(200, "second");
    assertThat(registry.call("brittle", "get", ServiceCall.EMPTY).status()).isEqualTo(503);
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).text()).isEqualTo("second");
    assertThatThrownBy(() -> registry.call("brittle", "get", ServiceCall.EMPTY))
        .hasMessage("the breaker of service 'get' is open");
    assertThat(transport.requests()).hasSize(3);
  }

  /** One server's options that throw are no matter of the others', nor of probes. */
  @Test
  void call_optionsOfOneServerThrow_thatCallThrows() {
    RegistryOptions chosen =
        node.options()
            .calls(options)
            .callsOf(
                (server, all) -> {
                  if (server.equals("bad")) {
                    throw new IllegalStateException("as told");
                  }
                  return all;
                });
    Registry registry =
        Registry.create(storage.registry(), storage, node.audit.log(), node, chosen);
    for (String server : List.of("bad", "s")) {
      registry.register(Server.named(server).at(server, 80).metadata(Map.of("health", "/up")));
      registry.register(Service.named("get").on(server).uri("/").method("GET"));
    }
    assertThatThrownBy(() -> registry.call("bad", "get", ServiceCall.EMPTY)).hasMessage("as told");
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(200);
    try (RegistryUpkeep upkeep = RegistryUpkeep.create(registry)) {
      upkeep.step();
      node.nanos.addAndGet(Duration.ofSeconds(11).toNanos());
      upkeep.step();
    }
    assertThat(hosts()).containsExactly("s", "s");
    assertThat(transport.lastRequest().uri().getPath()).isEqualTo("/up");
  }
}

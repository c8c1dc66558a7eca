package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Probes that are not answered, or not before what they went to is no more. */
final class ProbesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private record Exchange(String host, long sentAt, CompletableFuture<Response> answer) {}

  private final MemoryStorage storage = MemoryStorage.create();
  private final Node node = new Node(storage);
  private final List<String> heard = new ArrayList<>();
  private final Map<String, Integer> asked = new HashMap<>();
  private final Queue<Exchange> underWay = new ArrayDeque<>();
  private final Registry registry =
      Registry.create(storage.registry(), storage, node.audit.log(), node, options());
  private final RegistryUpkeep upkeep = RegistryUpkeep.create(registry);

  private RegistryOptions options() {
    return node.options()
        .fleet(
            FleetOptions.DEFAULT
                .balancer(Balancer.roundRobin())
                .listener(
                    new GatehouseListener() {
                      @Override
                      public void instanceChanged(String server, String address, String change) {
                        heard.add(address + " " + change);
                      }
                    }))
        .calls(CallOptions.DEFAULT.transport(this::send).retries(1, Duration.ZERO, 0));
  }

  private CompletionStage<Response> send(Request request, Deadline deadline) {
    String host = request.uri().getHost();
    asked.merge(host, 1, Integer::sum);
    Exchange exchange = new Exchange(host, node.nanos.get(), new CompletableFuture<>());
    underWay.add(exchange);
    return exchange.answer();
  }

  @BeforeEach
  void register() {
    registry.register(Server.named("s").at("own", 80).metadata(Map.of("health", "/up")));
    registry.register(Service.named("n").on("s").uri("/"));
  }

  @AfterEach
  void close() {
    upkeep.close();
  }

  private void pass(int seconds, Consumer<Exchange> answering) {
    for (int second = 0; second < seconds; second++) {
      node.nanos.addAndGet(SECOND.toNanos());
      upkeep.step();
      List.copyOf(underWay).forEach(answering);
      underWay.removeIf(exchange -> exchange.answer().isDone());
    }
  }

  private void failAfterThreeSeconds(Exchange exchange) {
    if (node.nanos.get() - exchange.sentAt() >= 3 * SECOND.toNanos()) {
      exchange.answer().completeExceptionally(new IllegalStateException("as told"));
    }
  }

  private static void failAtOnce(Exchange exchange) {
    exchange.answer().complete(Response.of(500, ""));
  }

  /** Those that come first and never answer would be asked again and again, the others never. */
  @Test
  void manyDoNotAnswer_everyOneIsAskedAllTheSame() {
    Set<String> hosts = new HashSet<>(Set.of("own"));
    for (int i = 0; i < 299; i++) {
      registry.register(Instance.on("s").at("h" + i, 80));
      hosts.add("h" + i);
    }
    pass(180, this::failAfterThreeSeconds);
    assertThat(asked.keySet()).isEqualTo(hosts);
    assertThat(heard).as("each three times").hasSize(300);
    int least = asked.values().stream().mapToInt(Integer::intValue).min().orElseThrow();
    int most = asked.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
    assertThat(most - least).as("in turn").isLessThanOrEqualTo(1);
  }

  @Test
  void instanceRemovedWhileAProbeIsUnderWay_nothingIsTold() {
    registry.register(Instance.on("s").at("gone", 80));
    Exchange third = third();
    registry.removeInstance("s", third.host() + ":80");
    failAtOnce(third);
    assertThat(heard).isEmpty();
    registry.register(Instance.on("s").at("gone", 80));
    assertThat(registry.resolve("s", "n")).isNotNull();
    pass(12, exchange -> exchange.answer().complete(Response.of(200, "")));
    assertThat(heard).isEmpty();
  }

  @Test
  void serverRemovedWhileAProbeIsUnderWay_nothingIsTold() {
    registry.register(Instance.on("s").at("gone", 80));
    Exchange third = third();
    registry.removeServer("s");
    failAtOnce(third);
    assertThat(heard).isEmpty();
  }

  /** The third probe of the instance, which nobody has answered. */
  private Exchange third() {
    while (asked.getOrDefault("gone", 0) < 3) {
      pass(1, this::failUnlessThird);
    }
    return underWay.remove();
  }

  private void failUnlessThird(Exchange exchange) {
    if (!exchange.host().equals("gone")) {
      exchange.answer().complete(Response.of(200, ""));
    } else if (asked.get("gone") < 3) {
      failAtOnce(exchange);
    }
  }
}

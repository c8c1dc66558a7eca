package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** However a call ends, what it held is free again; and what is removed leaves nothing behind. */
@Timeout(60)
final class CallPermitsTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final ServiceCall ONCE = ServiceCall.EMPTY.once();

  private final Node node = new Node(MemoryStorage.create());
  private final List<Duration> deadlines = new CopyOnWriteArrayList<>();
  private final AtomicInteger sent = new AtomicInteger();
  private volatile Sending sending = CallPermitsTest::answered;
  private final CallOptions options =
      CallOptions.DEFAULT
          .transport(this::send)
          .retries(1, Duration.ZERO, 0)
          .timeouts(HOUR, HOUR)
          .concurrent(1);

  private interface Sending {
    CompletionStage<Response> to(Request request);
  }

  private CompletionStage<Response> send(Request request, Deadline deadline) {
    sent.incrementAndGet();
    deadlines.add(deadline.remaining());
    return sending.to(request);
  }

  private static CompletionStage<Response> answered(Request request) {
    return CompletableFuture.completedFuture(Response.of(200, "fine"));
  }

  private static CompletionStage<Response> failed(Throwable failure) {
    return CompletableFuture.failedFuture(failure);
  }

  /** Ways in which a call ends, none of them well. */
  private static Map<String, Runnable> endings(CallPermitsTest test, Registry registry) {
    Map<String, Runnable> endings = new LinkedHashMap<>();
    endings.put(
        "no answer",
        () -> test.ending(registry, request -> failed(new TransportException("none")), ONCE));
    endings.put(
        "any exception",
        () -> test.ending(registry, request -> failed(new IllegalStateException("any")), ONCE));
    endings.put(
        "an error",
        () -> test.ending(registry, request -> failed(new StackOverflowError("any")), ONCE));
    endings.put(
        "the transport throws",
        () ->
            test.ending(
                registry,
                request -> {
                  throw new IllegalStateException("as told");
                },
                ONCE));
    endings.put(
        "the transport dies",
        () ->
            test.ending(
                registry,
                request -> {
                  throw new StackOverflowError("as told");
                },
                ONCE));
    endings.put(
        "timeout",
        () ->
            test.ending(
                registry,
                request -> new CompletableFuture<Response>().orTimeout(5, TimeUnit.MILLISECONDS),
                ONCE));
    endings.put(
        "cancelled by the transport",
        () ->
            test.ending(
                registry,
                request -> {
                  CompletableFuture<Response> cancelled = new CompletableFuture<>();
                  cancelled.cancel(true);
                  return cancelled;
                },
                ONCE));
    endings.put(
        "interrupted",
        () -> {
          Thread.currentThread().interrupt();
          test.ending(registry, request -> new CompletableFuture<>(), ONCE);
          assertThat(Thread.interrupted()).as("stays interrupted").isTrue();
        });
    endings.put("no request can be made", () -> test.ending(registry, null, unmakeable()));
    return endings;
  }

  private static ServiceCall unmakeable() {
    return ServiceCall.by(
            endpoint -> {
              throw new IllegalArgumentException("as told");
            })
        .once();
  }

  private void ending(Registry registry, Sending how, ServiceCall call) {
    sending = how == null ? CallPermitsTest::answered : how;
    assertThatThrownBy(() -> registry.call("s", "get", call)).isInstanceOf(Throwable.class);
    sending = CallPermitsTest::answered;
  }

  private Registry registry(CallOptions calls) {
    return registry(calls, Balancer.roundRobin());
  }

  private Registry registry(CallOptions calls, Balancer balancer) {
    Registry registry =
        Registry.create(
            node.storage.registry(),
            node.storage,
            node.audit.log(),
            node,
            node.options().fleet(FleetOptions.DEFAULT.balancer(balancer)).calls(calls));
    register(registry);
    return registry;
  }

  private static void register(Registry registry) {
    registry.register(Server.named("s").at("h", 80).metadata(Map.of("health", "/up")));
    registry.register(Service.named("get").on("s").uri("/g").method("GET"));
  }

  private static Response call(Registry registry) {
    return registry.call("s", "get", ONCE);
  }

  @Test
  void bulkhead_howeverACallEnds_thereIsRoomForTheNext() {
    Registry registry = registry(options.breaker(100, HOUR));
    endings(this, registry)
        .forEach(
            (how, ending) -> {
              ending.run();
              assertThat(call(registry).text()).as(how).isEqualTo("fine");
            });
  }

  @Test
  void callsUnderWay_howeverACallEnds_areCountedDown() {
    List<Integer> underWay = new CopyOnWriteArrayList<>();
    Registry registry =
        registry(
            options.breaker(100, HOUR),
            (candidates, key) -> {
              underWay.add(candidates.inFlight(0) + candidates.inFlight(1));
              return 0;
            });
    registry.register(Instance.on("s").at("other", 80));
    endings(this, registry).values().forEach(Runnable::run);
    registry.resolve("s", "get");
    assertThat(underWay).isNotEmpty().containsOnly(0);
  }

  /** Breakers of other libraries stay half open for ever when a trial ends in some other way. */
  @Test
  void breaker_howeverATrialEnds_anotherIsMade() {
    Registry registry = registry(options.breaker(1, HOUR));
    endings(this, registry)
        .forEach(
            (how, ending) -> {
              ending(registry, request -> failed(new TransportException("none")), ONCE);
              assertThatThrownBy(() -> call(registry))
                  .as(how)
                  .hasMessage("the breaker of service 'get' is open");
              node.nanos.addAndGet(HOUR.toNanos());
              ending.run();
              node.nanos.addAndGet(HOUR.toNanos());
              assertThat(call(registry).text()).as(how).isEqualTo("fine");
            });
  }

  @Test
  void breaker_serviceOrServerRemoved_isForgottenWithIt() {
    Registry registry = registry(options.breaker(1, HOUR));
    ending(registry, request -> failed(new TransportException("none")), ONCE);
    assertThatThrownBy(() -> call(registry)).isInstanceOf(TransportException.class);
    registry.removeService("s", "get");
    register(registry);
    assertThat(call(registry).text()).isEqualTo("fine");
    ending(registry, request -> failed(new TransportException("none")), ONCE);
    assertThatThrownBy(() -> call(registry)).isInstanceOf(TransportException.class);
    registry.removeServer("s");
    register(registry);
    assertThat(call(registry).text()).isEqualTo("fine");
  }

  /** A transport that is full says nothing of who would have been asked. */
  @Test
  void transportWithoutRoom_callsFailAndNobodyElseIsBlamed() {
    Registry registry = registry(options.breaker(1, HOUR));
    registry.register(Instance.on("s").at("other", 80));
    sending = request -> failed(new LimitException("no room"));
    for (ServiceCall call : List.of(ONCE, ServiceCall.EMPTY.hedgedAfter(Duration.ofMillis(1)))) {
      for (int i = 0; i < 12; i++) {
        assertThatThrownBy(() -> registry.call("s", "get", call))
            .isExactlyInstanceOf(LimitException.class)
            .hasMessage("no room");
      }
    }
    assertThat(sent).hasValue(24);
    try (RegistryUpkeep upkeep = RegistryUpkeep.create(registry)) {
      for (int round = 0; round < 5; round++) {
        upkeep.step();
        node.nanos.addAndGet(Duration.ofSeconds(11).toNanos());
      }
    }
    assertThat(sent).as("and probes").hasValue(24 + 2 * 4);
    sending = CallPermitsTest::answered;
    assertThat(call(registry).text()).isEqualTo("fine");
  }

  @Test
  void atAnInstance_isNotHedgedElsewhere() {
    Registry registry = registry(options);
    registry.register(Instance.on("s").at("other", 80));
    sending = request -> new CompletableFuture<Response>().orTimeout(20, TimeUnit.MILLISECONDS);
    ServiceCall hedged = ServiceCall.EMPTY.at("h:80").hedgedAfter(Duration.ofMillis(1));
    assertThatThrownBy(() -> registry.call("s", "get", hedged))
        .isInstanceOf(TransportException.class);
    assertThat(sent).hasValue(1);
  }

  /** The wall clock is set back and forth; what is measured is measured otherwise. */
  @Test
  void wallClockJumps_neitherEjectionNorBreakerNorSnapshotCare() {
    Registry registry = registry(options.breaker(5, HOUR).concurrent(100));
    registry.register(Instance.on("s").at("bad", 80));
    sending =
        request ->
            request.uri().getHost().equals("bad")
                ? failed(new TransportException("none"))
                : answered(request);
    int failures = 0;
    for (int call = 0; call < 100 && failures < 5; call++) {
      try {
        call(registry);
      } catch (TransportException e) {
        failures++;
      }
    }
    for (Duration jump : List.of(Duration.ofDays(400), Duration.ofDays(-800))) {
      node.clock.advance(jump);
      assertThatThrownBy(() -> call(registry)).hasMessage("the breaker of service 'get' is open");
      for (int i = 0; i < 20; i++) {
        assertThat(registry.resolve("s", "get").uri().getHost()).isEqualTo("h");
      }
    }
  }

  @Test
  void probe_deadline_isThreeSecondsWhateverCallsMayTake() {
    Registry registry = registry(options);
    try (RegistryUpkeep upkeep = RegistryUpkeep.create(registry)) {
      upkeep.step();
      node.nanos.addAndGet(Duration.ofSeconds(11).toNanos());
      upkeep.step();
    }
    assertThat(deadlines)
        .singleElement()
        .satisfies(
            left -> assertThat(left).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(3)));
  }

  /** A pick goes by one snapshot: what another thread removes meanwhile is there or is not. */
  @Test
  void instancesComeAndGo_whileOthersPick_everyPickIsOfOneThatWasThere() throws Exception {
    Registry registry = registry(options.concurrent(100));
    AtomicBoolean over = new AtomicBoolean();
    Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    List<Thread> picking =
        IntStream.range(0, 3)
            .mapToObj(
                number ->
                    new Thread(
                        () -> {
                          while (!over.get()) {
                            try {
                              String host =
                                  registry.resolve("s", "get", "k" + number).uri().getHost();
                              assertThat(host).matches("h|i[0-9]");
                              assertThat(call(registry).status()).isEqualTo(200);
                            } catch (NotFoundException e) {
                              assertThat(e).hasMessageContaining("'s'");
                            } catch (Throwable e) {
                              wrong.add(e);
                              return;
                            }
                          }
                        }))
            .toList();
    picking.forEach(Thread::start);
    for (int change = 0; change < 300; change++) {
      String host = "i" + change % 10;
      registry.register(Instance.on("s").at(host, 80).weight(change % 3 * 50));
      if (change % 3 == 0) {
        registry.removeInstance("s", host + ":80");
      }
      if (change % 50 == 49) {
        registry.removeServer("s");
        register(registry);
      }
    }
    over.set(true);
    for (Thread thread : picking) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
    assertThat(sent.get()).isPositive();
  }
}

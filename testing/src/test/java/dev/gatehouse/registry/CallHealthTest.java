package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.RegistryOptions.Addressing;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What calls teach the balancer and the breaker, and what they do when little time is left. */
@Timeout(60)
final class CallHealthTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final MemoryStorage storage = MemoryStorage.create();
  private final Node node = new Node(storage);
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<CompletableFuture<Response>> exchanges = new CopyOnWriteArrayList<>();
  private volatile Function<String, CompletableFuture<Response>> answers = host -> answer(200);
  private final Transport transport = this::send;
  private final CallOptions options =
      CallOptions.DEFAULT.transport(transport).retries(3, Duration.ZERO, 100);

  private CompletionStage<Response> send(Request request, Deadline deadline) {
    asked.add(request.uri().getHost());
    CompletableFuture<Response> exchange = answers.apply(request.uri().getHost());
    exchanges.add(exchange);
    return exchange;
  }

  private static CompletableFuture<Response> answer(int status) {
    return CompletableFuture.completedFuture(Response.of(status, "" + status));
  }

  private static CompletableFuture<Response> answerAfter(Duration time) {
    return CompletableFuture.supplyAsync(
        () -> Response.of(200, "late"),
        CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS));
  }

  private RegistryOptions options(CallOptions calls) {
    FleetOptions fleet =
        FleetOptions.DEFAULT
            .balancer(Balancer.roundRobin())
            .listener(
                new GatehouseListener() {
                  @Override
                  public void breakerChanged(String server, String service, String state) {
                    heard.add(service + " " + state);
                  }

                  @Override
                  public void instanceChanged(String server, String address, String change) {
                    heard.add(address + " " + change);
                  }
                });
    return node.options().fleet(fleet).calls(calls);
  }

  private Registry registry(RegistryOptions chosen, int instances) {
    Registry registry =
        Registry.create(storage.registry(), storage, node.audit.log(), node, chosen);
    registry.register(Server.named("s").at("h0", 80).metadata(Map.of("health", "/up")));
    for (int i = 1; i < instances; i++) {
      registry.register(Instance.on("s").at("h" + i, 80));
    }
    registry.register(Service.named("get").on("s").uri("/g").method("GET"));
    registry.register(Service.named("more").on("s").uri("/m").method("GET"));
    return registry;
  }

  private Registry registry(CallOptions calls, int instances) {
    return registry(options(calls), instances);
  }

  private static ServiceCall hedged() {
    return ServiceCall.EMPTY.hedgedAfter(Duration.ofMillis(1));
  }

  /** A black hole that only hedged calls see would stay for ever, and look fast. */
  @Test
  void hedged_oneNeverAnswers_ejectedAndItsExchangesCancelled() {
    Registry registry = registry(options, 3);
    answers = host -> host.equals("h1") ? new CompletableFuture<>() : answer(200);
    for (int call = 0; call < 40; call++) {
      assertThat(registry.call("s", "get", hedged()).status()).isEqualTo(200);
    }
    assertThat(heard).containsExactly("h1:80 ejected");
    assertThat(asked.stream().filter("h1"::equals)).hasSize(5);
    assertThat(exchanges.stream().filter(CompletableFuture::isCancelled)).hasSize(5);
  }

  @Test
  void hedged_noOtherPlace_sentOnce() {
    answers = host -> answerAfter(Duration.ofMillis(50));
    assertThat(registry(options, 1).call("s", "get", hedged()).text()).isEqualTo("late");
    Registry fixed = registry(options(options).addressing(Addressing.AT_REGISTRATION), 3);
    assertThat(fixed.call("s", "get", hedged()).text()).isEqualTo("late");
    assertThat(asked).hasSize(2);
  }

  @Test
  void hedged_everythingSlow_staysWithinTheBudget() {
    Registry registry = registry(options.retries(1, Duration.ZERO, 1), 2);
    answers = host -> answerAfter(Duration.ofMillis(10));
    for (int call = 0; call < 20; call++) {
      registry.call("s", "get", hedged());
    }
    assertThat(asked).as("20 calls, 10 saved").hasSize(30);
  }

  @Test
  void hedged_secondCannotBeSent_firstCounts() {
    Registry registry = registry(options, 2);
    AtomicReference<String> first = new AtomicReference<>();
    answers =
        host -> {
          if (first.compareAndSet(null, host)) {
            return answerAfter(Duration.ofMillis(50));
          }
          throw new IllegalStateException("as told");
        };
    assertThat(registry.call("s", "get", hedged()).text()).isEqualTo("late");
    assertThat(heard).isEmpty();
  }

  @Test
  void hedged_bothFail_lastFailure() {
    Registry registry = registry(options.retries(1, Duration.ZERO, 100), 2);
    AtomicReference<String> first = new AtomicReference<>();
    answers =
        host ->
            first.compareAndSet(null, host)
                ? answerAfter(Duration.ofMillis(50)).thenApply(ok -> Response.of(503, "first"))
                : answer(500);
    assertThat(registry.call("s", "get", hedged()).text()).isEqualTo("first");
    assertThat(asked).hasSize(2);
  }

  /** A breaker that opened by calls that went nowhere would hold after the instance is back. */
  @Test
  void allDown_callsFailAtOnceAndTheBreakerStaysClosed() {
    Registry registry = registry(options, 1);
    try (RegistryUpkeep upkeep = RegistryUpkeep.create(registry)) {
      answers = host -> answer(500);
      steps(upkeep, 40);
      assertThat(heard).containsExactly("h0:80 down");
      int before = asked.size();
      for (int call = 0; call < 200; call++) {
        assertThatThrownBy(() -> registry.call("s", "get", ServiceCall.EMPTY))
            .isInstanceOf(TransportException.class)
            .hasMessage("no instance of server 's' is up");
      }
      assertThat(asked).hasSize(before);
      answers = host -> answer(200);
      steps(upkeep, 12);
      assertThat(registry.call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(200);
      assertThat(heard).containsExactly("h0:80 down", "h0:80 up");
    }
  }

  private void steps(RegistryUpkeep upkeep, int seconds) {
    for (int second = 0; second < seconds; second++) {
      node.nanos.addAndGet(Duration.ofSeconds(1).toNanos());
      upkeep.step();
    }
  }

  @Test
  void request_cannotBeMadeOrSent_noMatterOfTheBreaker() {
    Registry registry = registry(options.breaker(5, HOUR), 2);
    ServiceCall large =
        ServiceCall.by(
            endpoint -> Request.of("POST", endpoint.uri()).body(new byte[Request.MAX_BODY + 1]));
    for (int call = 0; call < 20; call++) {
      assertThatThrownBy(() -> registry.call("s", "get", large))
          .isInstanceOf(IllegalArgumentException.class);
    }
    answers =
        host -> {
          throw new IllegalStateException("as told");
        };
    for (int call = 0; call < 20; call++) {
      assertThatThrownBy(() -> registry.call("s", "get", ServiceCall.EMPTY))
          .isInstanceOf(IllegalStateException.class);
    }
    answers = host -> answer(200);
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(200);
    assertThat(heard).isEmpty();
  }

  @Test
  void breaker_halfOpen_oneTrialDecides() throws Exception {
    Registry registry = registry(options.breaker(5, HOUR), 1);
    ServiceCall once = ServiceCall.EMPTY.once();
    answers = host -> answer(500);
    for (int call = 0; call < 5; call++) {
      registry.call("s", "get", once);
    }
    node.nanos.addAndGet(HOUR.toNanos());
    answers = host -> new CompletableFuture<>();
    Thread trial = new Thread(() -> registry.call("s", "get", once.within(HOUR)));
    trial.setUncaughtExceptionHandler((thread, expected) -> heard.add("trial ended"));
    trial.start();
    await().until(() -> asked.size() == 6);
    assertThatThrownBy(() -> registry.call("s", "get", once))
        .as("while the one is tried")
        .isInstanceOf(TransportException.class);
    exchanges.get(5).complete(Response.of(500, ""));
    trial.join();
    node.nanos.addAndGet(HOUR.toNanos() - 1);
    assertThatThrownBy(() -> registry.call("s", "get", once))
        .hasMessage("the breaker of service 'get' is open");
    node.nanos.addAndGet(1);
    answers = host -> answer(200);
    registry.call("s", "get", once);
    answers = host -> answer(500);
    registry.call("s", "get", once);
    assertThat(asked).hasSize(8);
    assertThat(heard)
        .containsExactly("get open", "get half-open", "get open", "get half-open", "get closed");
  }

  /** A dead service's callers wait for long; their ends come in while it is tried anew. */
  @Test
  void breaker_attemptFromBeforeItOpened_decidesNothing() throws Exception {
    Duration delay = Duration.ofMinutes(30);
    Registry registry = registry(options.breaker(1, delay), 1);
    ServiceCall once = ServiceCall.EMPTY.once().within(HOUR);
    answers = host -> new CompletableFuture<>();
    List<Thread> early = List.of(calling(registry, once, 1), calling(registry, once, 2));
    answers = host -> answer(500);
    registry.call("s", "get", once);
    node.nanos.addAndGet(delay.toNanos());
    answers = host -> new CompletableFuture<>();
    Thread trial = calling(registry, once, 4);
    exchanges.get(0).complete(Response.of(200, ""));
    exchanges.get(1).complete(Response.of(500, ""));
    for (Thread caller : early) {
      caller.join();
    }
    assertThat(heard).containsExactly("get open", "get half-open");
    assertThatThrownBy(() -> registry.call("s", "get", once))
        .as("the one is still tried")
        .isInstanceOf(TransportException.class);
    exchanges.get(3).complete(Response.of(200, ""));
    trial.join();
    assertThat(heard).containsExactly("get open", "get half-open", "get closed");
  }

  private Thread calling(Registry registry, ServiceCall call, int sent) {
    Thread caller = new Thread(() -> registry.call("s", "get", call));
    caller.start();
    await().until(() -> exchanges.size() == sent);
    return caller;
  }

  @Test
  void breaker_trialInterrupted_anotherIsMadeLater() throws Exception {
    Registry registry = registry(options.breaker(1, HOUR), 1);
    answers = host -> answer(500);
    registry.call("s", "get", ServiceCall.EMPTY.once());
    node.nanos.addAndGet(HOUR.toNanos());
    answers = host -> new CompletableFuture<>();
    interruptWhen(registry, ServiceCall.EMPTY, 2);
    node.nanos.addAndGet(HOUR.toNanos());
    answers = host -> answer(200);
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(200);
  }

  private void interruptWhen(Registry registry, ServiceCall call, int sent) throws Exception {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller = new Thread(() -> registry.call("s", "get", call));
    caller.setUncaughtExceptionHandler((thread, failure) -> thrown.set(failure));
    caller.start();
    await().until(() -> asked.size() == sent);
    caller.interrupt();
    caller.join();
    assertThat(thrown.get()).isInstanceOf(CancellationException.class);
  }

  @Test
  void interrupted_betweenAttempts_cancelled() throws Exception {
    CallOptions slow = options.retries(3, Duration.ofMinutes(1), 100).timeouts(HOUR, HOUR);
    answers = host -> answer(503);
    interruptWhen(registry(slow, 1), ServiceCall.EMPTY, 1);
  }

  @Test
  void retry_pauseLongerThanWhatIsLeft_lastAnswerAtOnce() {
    CallOptions slow =
        options
            .retries(3, Duration.ofMinutes(1), 20)
            .timeouts(Duration.ofSeconds(20), Duration.ofSeconds(20));
    answers = host -> answer(503);
    long start = System.nanoTime();
    assertThat(registry(slow, 2).call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(503);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    assertThat(asked).hasSize(1);
  }

  @Test
  void retry_breakerOpensMeanwhile_lastAnswer() {
    Registry registry = registry(options.breaker(1, HOUR), 2);
    answers = host -> answer(502);
    assertThat(registry.call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(502);
    assertThat(asked).hasSize(1);
  }

  @Test
  void retry_whatTheReceiverWillNeverDo_isAnAnswer() {
    Registry registry = registry(options, 2);
    for (int status : new int[] {429, 501, 505}) {
      answers = host -> answer(status);
      assertThat(registry.call("s", "get", ServiceCall.EMPTY).status()).isEqualTo(status);
    }
    assertThat(asked).hasSize(3);
  }

  @Test
  void retryBudget_ofTwoServices_isTheServers() {
    CallOptions scarce = options.retries(3, Duration.ZERO, 1).breaker(100, HOUR);
    Registry registry = registry(scarce, 2);
    answers = host -> answer(500);
    for (int call = 0; call < 5; call++) {
      registry.call("s", "get", ServiceCall.EMPTY);
      registry.call("s", "more", ServiceCall.EMPTY);
    }
    assertThat(asked).as("10 calls, 10 saved").hasSize(20);
  }

  @Test
  void retry_allTried_anyOfTheOthersIsChosen() {
    CallOptions four = options.retries(2, Duration.ZERO, 100).breaker(100, HOUR);
    FleetOptions stubborn =
        FleetOptions.DEFAULT
            .balancer((candidates, key) -> 0)
            .ejecting(1_000, Duration.ofSeconds(30), 10);
    Registry registry = registry(node.options().fleet(stubborn).calls(four), 5);
    answers = host -> answer(host.equals("h0") ? 500 : 200);
    for (int call = 0; call < 40; call++) {
      registry.call("s", "get", ServiceCall.EMPTY);
    }
    assertThat(asked).contains("h1", "h2", "h3", "h4");
  }

  @Test
  void call_ofHostOnly_anApplicationsServerIsNone() {
    Registry registry = registry(options, 1);
    IntStream.range(0, 2)
        .forEach(
            i ->
                storage
                    .registry()
                    .put(
                        Server.named("t" + i)
                            .at("evil", 1)
                            .ownedBy(i)
                            .registered(node.clock.instant(), node.clock.instant())));
    registry.register(Service.named("get").on("t0").uri("/"));
    registry.register(Service.named("get").on("t1").uri("/"));
    assertThat(registry.call("t0", "get", ServiceCall.EMPTY.ofHost()).status()).isEqualTo(200);
    assertThat(registry.call("t1", "get", ServiceCall.EMPTY).status()).isEqualTo(200);
    assertThatThrownBy(() -> registry.call("t1", "get", ServiceCall.EMPTY.ofHost()))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("no server 't1' is registered");
    assertThatThrownBy(
            () ->
                ServiceCall.by(endpoint -> Request.get(endpoint.uri()))
                    .headers(dev.gatehouse.transport.Headers.NONE))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void balancers_throwForOneServer_othersServe() {
    FleetOptions hostile =
        FleetOptions.DEFAULT.balancers(
            server -> {
              if (server.equals("s")) {
                throw new IllegalArgumentException("as told");
              }
              return Balancer.random();
            });
    Registry registry = registry(node.options().fleet(hostile).calls(options), 2);
    Application application = registry.register(Application.named("a"));
    assertThat(application.secret()).isPresent();
    assertThat(registry.findApplication("a")).isPresent();
    assertThatThrownBy(() -> registry.resolve("s", "get")).hasMessage("as told");
  }

  /** Instances that swallow probes would else fill the transport that calls go through. */
  @Test
  void probes_withoutAnswer_fewUnderWayAndTheOthersComeLater() {
    Registry registry = registry(options, 50);
    answers = host -> new CompletableFuture<>();
    try (RegistryUpkeep upkeep = RegistryUpkeep.create(registry)) {
      steps(upkeep, 30);
      assertThat(asked).hasSize(32);
      exchanges.forEach(exchange -> exchange.complete(Response.of(200, "")));
      answers = host -> answer(200);
      steps(upkeep, 12);
      assertThat(asked).containsAll(IntStream.range(0, 50).mapToObj(i -> "h" + i).toList());
    }
  }

  /** One that the transport refuses to ask keeps none behind it from being asked. */
  @Test
  void probes_oneCannotBeSent_othersAre() {
    Registry registry = registry(options, 8);
    answers =
        host -> {
          if (host.equals("h3")) {
            throw new IllegalStateException("as told");
          }
          return answer(500);
        };
    try (RegistryUpkeep upkeep = RegistryUpkeep.create(registry)) {
      steps(upkeep, 45);
    }
    assertThat(heard).hasSize(7).allMatch(event -> event.endsWith("down"));
  }
}

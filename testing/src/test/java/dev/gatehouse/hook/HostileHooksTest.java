package dev.gatehouse.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.permission.PermissionChecker;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Balancer;
import dev.gatehouse.registry.FleetOptions;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks whose server, transport or callers mean harm: whatever happens, they refuse. */
@Timeout(60)
final class HostileHooksTest {
  private static final String FORM = "application/x-www-form-urlencoded";

  private static final FleetOptions TURNS =
      FleetOptions.DEFAULT.balancer(Balancer.roundRobin()).slowStart(Duration.ZERO);

  private final List<Request> asked = new CopyOnWriteArrayList<>();
  private final List<CompletableFuture<Response>> exchanges = new CopyOnWriteArrayList<>();
  private volatile Function<Request, CompletableFuture<Response>> answers = request -> answer("");
  private final Gatehouse gatehouse =
      Gatehouse.builder()
          .storage(MemoryStorage.create())
          .transport(this::send)
          .registry(options -> options.fleet(TURNS))
          .build();
  private final Registry registry = gatehouse.registry();
  private final Hooks hooks = Hooks.create(registry, this::send, "third", "9999");

  private CompletionStage<Response> send(Request request, Deadline deadline) {
    asked.add(request);
    CompletableFuture<Response> exchange = answers.apply(request);
    exchanges.add(exchange);
    return exchange;
  }

  private static CompletableFuture<Response> answer(String blanks) {
    return CompletableFuture.completedFuture(
        Response.of(200, "{\"code\":0,\"data\":\"S\"}" + blanks));
  }

  @BeforeEach
  void register() {
    offerHooks(registry);
  }

  private static void offerHooks(Registry by) {
    by.register(Server.named("third").at("h0", 80));
    for (Hook hook : Hook.values()) {
      by.register(Service.named(hook.service()).on("third").uri("/" + hook.service()));
    }
  }

  @AfterEach
  void close() {
    gatehouse.close();
  }

  private static Request request(String body) {
    return Request.post(URI.create("/v1/x"), body).header("src_party_id", "10000");
  }

  private static JobRequest job(String dsl) {
    return new JobRequest(
        null,
        null,
        "host",
        "9999",
        "{}",
        "{}",
        List.of(),
        List.of(),
        new JobRequest.Configuration("{}", dsl, "{}"));
  }

  /** Whoever may attach would be the site's authenticator, and see all that it signs. */
  @Test
  void server_attachedByAnApplication_neverAsked() {
    registry.removeServer("third");
    Application evil = registry.register(Application.named("evil"));
    offerHooks(registry.attachedBy(evil.appKey(), evil.secret().orElseThrow()));

    refused(() -> hooks.authenticateSite(request("{}")));
    refused(() -> hooks.authenticateClient(request("{}")));
    assertThatThrownBy(() -> hooks.check(job("{}"))).isInstanceOf(HookException.class);
    assertThatThrownBy(() -> hooks.signer().sign(Request.post(URI.create("http://p/"), "{}")))
        .isInstanceOf(HookException.class)
        .hasMessage("signature error: no found server third service signature");
    assertThat(asked).isEmpty();
    assertThat(hooks.areClientsAsked()).as("and so nobody passes unasked").isTrue();
  }

  private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable asking) {
    assertThatExceptionOfType(HookRefusedException.class)
        .isThrownBy(asking)
        .satisfies(e -> assertThat(e.retcode()).isEqualTo(100));
  }

  @Test
  void oneOfTwoInstancesDead_ejectedAfterFive() {
    registry.register(Instance.on("third").at("dead", 80));
    answers =
        request ->
            request.uri().getHost().equals("dead")
                ? CompletableFuture.failedFuture(new TransportException("as told"))
                : answer("");
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      try {
        hooks.authenticateClient(request("{}"));
      } catch (HookRefusedException e) {
        refused++;
      }
    }
    assertThat(refused).isEqualTo(5);
  }

  @Test
  void neverAnswers_breakerOpensAndNobodyWaitsAnyMore() {
    answers = request -> CompletableFuture.failedFuture(new TransportException("as told"));
    for (int i = 0; i < 60; i++) {
      refused(() -> hooks.authenticateClient(request("{}")));
    }
    assertThat(asked).hasSize(50);
  }

  @Test
  void interrupted_exchangeIsCancelledAndTheThreadStaysInterrupted() throws Exception {
    answers = request -> new CompletableFuture<>();
    List<Object> seen = new CopyOnWriteArrayList<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                hooks.authenticateClient(request("{}"));
              } catch (HookRefusedException e) {
                seen.add(Thread.currentThread().isInterrupted());
              }
            });
    caller.start();
    await().until(() -> exchanges.size() == 1);
    caller.interrupt();
    caller.join();
    assertThat(seen).containsExactly(true);
    assertThat(exchanges.get(0)).isCancelled();
  }

  @Test
  void transportBreaksItsRules_refused() {
    answers =
        request -> {
          throw new IllegalStateException("as told");
        };
    refused(() -> hooks.authenticateClient(request("{}")));
    answers =
        request -> {
          CompletableFuture<Response> cancelled = new CompletableFuture<>();
          cancelled.cancel(false);
          return cancelled;
        };
    refused(() -> hooks.authenticateClient(request("{}")));
    answers = request -> CompletableFuture.failedFuture(new IllegalStateException("as told"));
    refused(() -> hooks.authenticateSite(request("{}")));
  }

  private static String array(int size) {
    return "{\"a\":[" + ("\"" + "x".repeat(65_530) + "\",").repeat(size) + "1]}";
  }

  @Test
  void bodyTooLargeForTheHook_refused() {
    String half = array(9);
    refused(() -> hooks.authenticateClient(request(half)));
    String dsl = array(16);
    assertThatThrownBy(() -> hooks.check(job(dsl))).isInstanceOf(HookException.class);
    assertThat(asked).isEmpty();
    hooks.authenticateSite(request(half));
    PermissionChecker checker = hooks.permissionChecker("host");
    answers =
        request -> {
          throw new IllegalArgumentException("as told");
        };
    assertThat(checker.check(Subject.party("1"), "use", Resource.component("c")).allowed())
        .isFalse();
  }

  /** A transport cuts an answer at its limit; what was cut may pass as JSON. */
  @Test
  void answerCutByTheTransport_refused() {
    String passing = "{\"code\":0,\"data\":\"S\"}";
    answers = request -> answer(" ".repeat((64 << 10) - passing.length()));
    refused(() -> hooks.authenticateClient(request("{}")));
    answers = request -> answer(" ".repeat((64 << 10) - passing.length() - 1));
    hooks.authenticateClient(request("{}"));
    answers =
        request ->
            CompletableFuture.completedFuture(
                Response.of(
                    200,
                    Headers.of("Content-Length", "5000"),
                    passing.getBytes(StandardCharsets.UTF_8)));
    refused(() -> hooks.authenticateClient(request("{}")));
  }

  /** The handler reads JSON whatever the type says; the hook would be told of a form. */
  @ParameterizedTest
  @ValueSource(
      strings = {"{\"job\":1}", " \r\n\t{\"job\":1}", "\uFEFF{}", "[1]", "{\"a\":1,\"a\":2}"})
  void formByTypeAndJsonByContent_refused(String body) {
    malformed(request(body).header("Content-Type", FORM));
    malformed(request(body).header("Content-Type", FORM.toUpperCase(java.util.Locale.ROOT)));
    malformed(
        Request.of("POST", URI.create("/v1/x"))
            .header("Content-Type", FORM + ";charset=utf-16")
            .body(body.getBytes(StandardCharsets.UTF_16LE)));
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=1&a=2", "a=1&%61=2", "a&b=1&a", "a=%zz"})
  void formThatRepeatsAFieldOrIsNone_refused(String body) {
    malformed(request(body).header("Content-Type", FORM));
  }

  private void malformed(Request request) {
    assertThatExceptionOfType(HookRefusedException.class)
        .isThrownBy(() -> hooks.authenticateClient(request))
        .satisfies(
            e ->
                assertThat(e.reason())
                    .isEqualTo(dev.gatehouse.error.AuthenticationException.Reason.MALFORMED));
  }

  @Test
  void headersThatAreAlike_toldAsOne() {
    hooks.authenticateClient(
        request("{}").header("X-Key", "1").header("x_key", "2").header("x-KEY", "3"));
    assertThat(new String(asked.get(0).body(), StandardCharsets.UTF_8))
        .contains("\"X-Key\":\"1, 2, 3\"")
        .doesNotContain("x_key", "x-KEY");
  }

  /** Whoever has its name later is another. */
  @Test
  void clientVerifier_applicationReplaced_isNotTheNewOnes() {
    Verifier verifier = hooks.clientVerifier(registry.register(Application.named("client")));
    assertThat(verifier.verify(request("{}")).application().name()).isEqualTo("client");
    registry.removeApplication("client");
    registry.register(Application.named("client"));
    assertThatThrownBy(() -> verifier.verify(request("{}")))
        .isInstanceOf(HookRefusedException.class);
  }

  @Test
  void siteVerifier_partyOfOtherCase_isAnother() {
    registry.register(Application.named("Site-A"));
    Verifier verifier = hooks.siteVerifier();
    Request lower = Request.post(URI.create("/v1/x"), "{}").header("src_party_id", "site-a");
    assertThatThrownBy(() -> verifier.verify(lower)).isInstanceOf(HookRefusedException.class);
    Request exact = Request.post(URI.create("/v1/x"), "{}").header("src_party_id", "Site-A");
    assertThat(verifier.verify(exact).application().name()).isEqualTo("Site-A");
  }

  @Test
  void timeout_isOfTheHookAndNotOfTheRegistry() {
    answers =
        request ->
            new CompletableFuture<Response>()
                .orTimeout(100, java.util.concurrent.TimeUnit.MILLISECONDS);
    Hooks hasty = Hooks.create(registry, this::send, "third", "9999", Duration.ofMillis(100));
    refused(() -> hasty.authenticateClient(request("{}")));
    assertThat(asked).as("once").hasSize(1);
  }
}

package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.hook.HookException;
import dev.gatehouse.hook.HookOutcome;
import dev.gatehouse.hook.HookRefusedException;
import dev.gatehouse.hook.Hooks;
import dev.gatehouse.hook.JobRequest;
import dev.gatehouse.permission.FatePermissions.Dataset;
import dev.gatehouse.permission.PermissionChecker;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.http.HttpTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks against a third party on a loopback socket, by the cases of FATE Flow's contract. */
class HooksTest {
  private record Told(int status, String body) {}

  private final HttpTransport transport = HttpTransport.builder().allow("127.0.0.0/8").build();
  private final Gatehouse gatehouse =
      Gatehouse.builder().storage(MemoryStorage.create()).transport(transport).build();
  private final Map<String, Told> answers = new ConcurrentHashMap<>();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<Map<String, List<String>>> partnersHeaders = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Hooks hooks = Hooks.create(gatehouse.registry(), transport, "Third", "9999");
  private HttpServer server;

  @BeforeEach
  void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          if (path.equals("/partner")) {
            partnersHeaders.add(exchange.getRequestHeaders());
          } else {
            heard.add(exchange.getRequestMethod() + " " + path + " " + body);
          }
          Told told = answers.getOrDefault(path, new Told(200, "{\"code\":0}"));
          if (told.status() == 0) {
            awaitEnd();
          }
          if (told.status() == 302) {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
          }
          byte[] bytes = told.body().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(Math.max(200, told.status()), bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    gatehouse.registry().register(Server.named("third").at("127.0.0.1", port()));
  }

  private void awaitEnd() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int port() {
    return server.getAddress().getPort();
  }

  @AfterEach
  void close() {
    end.countDown();
    gatehouse.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private void offers(String service) {
    gatehouse.registry().register(Service.named(service).on("third").uri("/" + service));
  }

  private void answers(String service, int status, String body) {
    answers.put("/" + service, new Told(status, body));
  }

  private Request toPartner(String body) {
    return Request.post(URI.create("http://127.0.0.1:" + port() + "/partner"), body);
  }

  private static Request from(String party, String signature, String body) {
    return Request.post(URI.create("/v1/party/1/guest/9999/create"), body)
        .header("SRC-PARTY-ID", party)
        .header("site_signature", signature);
  }

  @Test
  void A13_signature_dataOfTheAnswer_goesOutInTheHeaders() throws Exception {
    offers("signature");
    answers("signature", 200, "{\"code\":0,\"data\":\"S1\"}");
    Request request =
        toPartner("{\"k\":1}").header("DEST-PARTY-ID", "10000").header("SRC-ROLE", "guest");
    Request signed = hooks.signer().sign(request).addTo(request);
    transport.send(signed, Deadline.in(Duration.ofSeconds(10))).toCompletableFuture().get();
    assertThat(heard).containsExactly("POST /signature {\"party_id\":\"9999\",\"body\":{\"k\":1}}");
    Map<String, List<String>> headers = partnersHeaders.get(0);
    assertThat(headers.get("Site-signature")).containsExactly("S1");
    assertThat(headers.get("Src-party-id")).containsExactly("9999");
    assertThat(headers.get("Dest-party-id")).containsExactly("10000");
    assertThat(headers.get("Src-role")).containsExactly("guest");
  }

  @Test
  void signature_asTheDocumentsSay_takenToo() {
    offers("signature");
    answers("signature", 200, "{\"code\":0,\"site_signature\":\"S2\"}");
    assertThat(hooks.signer().sign(toPartner("")).headers().first("SITE-SIGNATURE")).contains("S2");
    assertThat(heard).containsExactly("POST /signature {\"party_id\":\"9999\",\"body\":null}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"code\":0}",
        "{\"code\":0,\"data\":\"\"}",
        "{\"code\":0,\"data\":7}",
        "{\"code\":0,\"data\":null,\"site_signature\":\"S\"}",
        "{\"code\":0,\"data\":\"a\\r\\nX: y\"}",
        "{\"code\":1,\"msg\":\"e\",\"data\":\"S\"}",
        "{\"code\":false,\"data\":\"S\"}",
        "{\"code\":\"0\",\"data\":\"S\"}",
        "{\"data\":\"S\"}",
        "[]",
        "x"
      })
  void A14_signature_noneOrNotPassed_nothingIsSent(String answer) {
    offers("signature");
    answers("signature", 200, answer);
    assertThatThrownBy(() -> hooks.signer().sign(toPartner("{}")))
        .isInstanceOf(HookException.class)
        .hasMessageStartingWith("signature error: request signature url failed, ");
  }

  @Test
  void A14_signature_error500OrNotRegistered_nothingIsSent() {
    Signer signer = hooks.signer();
    assertThatThrownBy(() -> signer.sign(toPartner("{}")))
        .isInstanceOf(HookException.class)
        .hasMessage("signature error: no found server Third service signature");
    offers("signature");
    answers("signature", 500, "{\"code\":0,\"data\":\"S\"}");
    assertThatThrownBy(() -> signer.sign(toPartner("{}")))
        .isInstanceOf(HookException.class)
        .hasMessage("signature error: request signature url failed, status code 500");
    answers("signature", 200, "{\"code\":1,\"msg\":\"e\"}");
    assertThatThrownBy(() -> signer.sign(toPartner("{}")))
        .hasMessage("signature error: request signature url failed, result: {code: 1, msg: e}");
    assertThatThrownBy(() -> signer.sign(toPartner("{").header("src_party_id", "9999")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> signer.sign(toPartner("{}").header("SRC_PARTY_ID", "1")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(partnersHeaders).isEmpty();
  }

  @Test
  void storedData_mergedWhereTheContractSaysAndComputedFieldsWin() {
    for (String service : List.of("signature", "site_authentication", "permission")) {
      gatehouse
          .registry()
          .register(
              Service.named(service)
                  .on("third")
                  .uri("/" + service)
                  .data("{\"party_id\":\"stored\",\"body\":\"stored\",\"more\":1}"));
    }
    answers("signature", 200, "{\"code\":0,\"data\":\"S\"}");
    hooks.signer().sign(toPartner("{}"));
    hooks.authenticateSite(from("1", "s", "{}"));
    hooks.check(job("reader"));
    assertThat(heard.get(0))
        .isEqualTo("POST /signature {\"party_id\":\"9999\",\"body\":{},\"more\":1}");
    assertThat(heard.get(1)).contains("\"more\":1", "\"body\":{}", "\"src_party_id\":\"1\"");
    assertThat(heard.get(2)).doesNotContain("more");
  }

  @Test
  void A15_siteAuthentication_code_isTheRetcodeWithItsMessage() {
    offers("site_authentication");
    answers("site_authentication", 200, "{\"code\":7,\"msg\":\"bad sig\"}");
    assertThatExceptionOfType(HookRefusedException.class)
        .isThrownBy(() -> hooks.authenticateSite(from("10000", "S", "{\"b\":1}")))
        .withMessage("bad sig")
        .satisfies(e -> assertThat(e.retcode()).isEqualTo(7))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.SIGNATURE));
    assertThat(heard)
        .containsExactly(
            "POST /site_authentication {\"src_party_id\":\"10000\",\"site_signature\":\"S\","
                + "\"body\":{\"b\":1}}");
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 204, 302, 404, 500})
  void A16_siteAuthentication_otherStatus_retcode100(int status) {
    offers("site_authentication");
    answers("site_authentication", status, status == 204 ? "" : "{\"code\":0}");
    assertThatExceptionOfType(HookRefusedException.class)
        .isThrownBy(() -> hooks.authenticateSite(from("1", "S", "{}")))
        .withMessage(
            "site authentication error: request site_authentication url failed, status code "
                + status)
        .satisfies(e -> assertThat(e.retcode()).isEqualTo(100))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.UNVERIFIABLE));
    assertThat(heard).as("no redirect is followed").hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"code\":false}",
        "{\"code\":\"0\"}",
        "{\"code\":0.0}",
        "{\"code\":null}",
        "{\"code\":99999999999}",
        "{}"
      })
  void siteAuthentication_codeThatIsNotTheInteger0_refusedWith109(String answer) {
    offers("site_authentication");
    answers("site_authentication", 200, answer);
    assertThatExceptionOfType(HookRefusedException.class)
        .isThrownBy(() -> hooks.authenticateSite(from("1", "S", "{}")))
        .satisfies(e -> assertThat(e.retcode()).isEqualTo(109));
  }

  @Test
  void siteAuthentication_absentOrTooMuch_failsClosed() {
    Request request = from("1", "S", "{}");
    assertThatThrownBy(() -> hooks.authenticateSite(request))
        .isInstanceOf(HookRefusedException.class)
        .hasMessage("site authentication error: no found server Third service site_authentication");
    offers("site_authentication");
    for (String answer :
        List.of("", "null", "x", "{\"code\":0", "{\"code\":0}" + " ".repeat(70_000))) {
      answers("site_authentication", 200, answer);
      assertThatThrownBy(() -> hooks.authenticateSite(request))
          .isInstanceOf(HookRefusedException.class)
          .hasMessageStartingWith(
              "site authentication error: request site_authentication url failed, the answer ");
    }
    int before = heard.size();
    assertThatThrownBy(() -> hooks.authenticateSite(from("1", "S", "{\"a\":1,\"a\":2}")))
        .as("what the hook would read otherwise than the handler")
        .isInstanceOf(HookRefusedException.class);
    assertThatThrownBy(() -> hooks.authenticateSite(request.header("SITE-SIGNATURE", "another")))
        .isInstanceOf(HookRefusedException.class);
    assertThat(heard).hasSize(before);
  }

  @Test
  void siteAuthentication_anotherServersHook_isNotAsked() {
    gatehouse.registry().register(Server.named("other").at("127.0.0.1", port()));
    gatehouse
        .registry()
        .register(Service.named("site_authentication").on("other").uri("/site_authentication"));
    assertThatThrownBy(() -> hooks.authenticateSite(from("1", "S", "{}")))
        .isInstanceOf(HookRefusedException.class);
    assertThat(heard).isEmpty();
  }

  @Test
  void siteAuthentication_noAnswerOrNobodyThere_endsInTime() {
    offers("site_authentication");
    answers("site_authentication", 0, "{\"code\":0}");
    Hooks hasty =
        Hooks.create(gatehouse.registry(), transport, "third", "9999", Duration.ofMillis(200));
    assertThatExceptionOfType(HookRefusedException.class)
        .isThrownBy(() -> hasty.authenticateSite(from("1", "S", "{}")))
        .satisfies(e -> assertThat(e.retcode()).isEqualTo(100));
    end.countDown();
    server.stop(0);
    assertThatThrownBy(() -> hooks.authenticateSite(from("1", "S", "{}")))
        .isInstanceOf(HookRefusedException.class);
  }

  @Test
  void siteAuthentication_partyUnsaid_isThisSiteItself() {
    offers("site_authentication");
    Request bare = Request.post(URI.create("/v1/party/x"), "");
    assertThat(hooks.authenticateSite(bare)).isEqualTo("9999");
    assertThat(hooks.authenticateSite(bare.header("src_party_id", "0"))).isEqualTo("9999");
    assertThat(hooks.authenticateSite(bare.header("SRC_party-ID", "7"))).isEqualTo("7");
    assertThat(heard.get(0))
        .isEqualTo(
            "POST /site_authentication"
                + " {\"src_party_id\":\"9999\",\"site_signature\":null,\"body\":null}");
  }

  @Test
  void siteVerifier_partyThatIsAnApplication_verified() {
    offers("site_authentication");
    Application site = gatehouse.registry().register(Application.named("10000"));
    Verifier verifier = hooks.siteVerifier();
    assertThat(verifier.verify(from("10000", "S", "{}")).application().id()).isEqualTo(site.id());
    assertThatThrownBy(() -> verifier.verify(from("10001", "S", "{}")))
        .isInstanceOf(HookRefusedException.class);
    Application other = gatehouse.registry().register(Application.named("other"));
    assertThatThrownBy(() -> verifier.from(other).verify(from("10000", "S", "{}")))
        .isInstanceOf(HookRefusedException.class);
    gatehouse.registry().register(site.toDraft().status(Application.Status.DISABLED));
    assertThatThrownBy(() -> verifier.verify(from("10000", "S", "{}")))
        .isInstanceOf(HookRefusedException.class);
  }

  @Test
  void clientAuthentication_everythingOfTheRequest_told() {
    offers("client_authentication");
    Application client = gatehouse.registry().register(Application.named("client"));
    Request request =
        Request.post(URI.create("/v1/job/submit?a=b"), "{\"j\":[1]}").header("APP_KEY", "k");
    assertThat(hooks.clientVerifier(client).verify(request).application()).isEqualTo(client);
    assertThat(heard)
        .containsExactly(
            "POST /client_authentication {\"full_path\":\"/v1/job/submit?a=b\","
                + "\"headers\":{\"APP_KEY\":\"k\"},\"form\":{},\"data\":\"{\\\"j\\\":[1]}\","
                + "\"json\":{\"j\":[1]}}");
    hooks.authenticateClient(
        Request.post(URI.create("/x"), "a=1&b=%E4%B8%AD")
            .header("Content-Type", "application/x-www-form-urlencoded"));
    assertThat(heard.get(1)).contains("\"form\":{\"a\":\"1\",\"b\":\"\u4e2d\"}", "\"json\":null");
    answers("client_authentication", 200, "{\"code\":3,\"msg\":\"no\"}");
    assertThatExceptionOfType(HookRefusedException.class)
        .isThrownBy(() -> hooks.authenticateClient(request))
        .withMessage("no")
        .satisfies(e -> assertThat(e.retcode()).isEqualTo(3));
    answers("client_authentication", 500, "");
    assertThatThrownBy(() -> hooks.authenticateClient(request))
        .hasMessage(
            "client authentication error: request authentication url failed, status code 500");
  }

  private static JobRequest job(String... components) {
    return new JobRequest(
        "guest",
        "10000",
        "host",
        "9999",
        "{\"role\":\"guest\",\"party_id\":10000}",
        "{\"guest\":[10000],\"host\":[9999]}",
        List.of(components),
        List.of(new Dataset("experiment", "breast")),
        new JobRequest.Configuration(
            "{\"dsl_version\":2}", "{\"components\":{}}", "{\"reader\":[{}]}"));
  }

  @Test
  void A19_permission_answer_isTheOutcomeAndTheBodyHasElevenKeys() {
    offers("permission");
    answers("permission", 200, "{\"code\":2,\"msg\":\"nope\"}");
    assertThat(hooks.check(job("reader", "reader"))).isEqualTo(new HookOutcome(2, "nope"));
    answers("permission", 200, "{\"code\":0}");
    assertThat(hooks.check(job()).code()).isZero();
    assertThat(heard.get(0))
        .isEqualTo(
            "POST /permission {\"src_role\":\"guest\",\"src_party_id\":\"10000\",\"role\":\"host\","
                + "\"party_id\":\"9999\",\"initiator\":{\"role\":\"guest\",\"party_id\":10000},"
                + "\"roles\":{\"guest\":[10000],\"host\":[9999]},"
                + "\"component_list\":[\"reader\",\"reader\"],"
                + "\"dataset_list\":[{\"namespace\":\"experiment\",\"name\":\"breast\"}],"
                + "\"run_time_conf\":{\"dsl_version\":2},\"dsl\":{\"components\":{}},"
                + "\"component_parameters\":{\"reader\":[{}]}}");
  }

  @Test
  void permission_withoutCodeOrAnswer_denied() {
    assertThatThrownBy(() -> hooks.check(job()))
        .isInstanceOf(HookException.class)
        .hasMessage("permission check error: no found server Third service permission");
    offers("permission");
    answers("permission", 200, "{}");
    assertThat(hooks.check(job())).isEqualTo(new HookOutcome(108, null));
    answers("permission", 500, "");
    assertThatThrownBy(() -> hooks.check(job()))
        .hasMessage("permission check error: request permission url failed, status code 500");
  }

  @Test
  void permissionChecker_oneThingAtATime_askedOrDenied() {
    offers("permission");
    PermissionChecker checker = hooks.permissionChecker("host");
    Subject party = Subject.party("10000");
    assertThat(checker.check(party, "use", Resource.component("reader")).allowed()).isTrue();
    assertThat(checker.check(party, "use", Resource.dataset("ns", "n")).allowed()).isTrue();
    assertThat(heard.get(0)).contains("\"component_list\":[\"reader\"],\"dataset_list\":[]");
    assertThat(heard.get(1)).contains("\"dataset_list\":[{\"namespace\":\"ns\",\"name\":\"n\"}]");
    assertThat(checker.check(party, "drop", Resource.component("reader")).allowed()).isFalse();
    assertThat(checker.check(Subject.user("u"), "use", Resource.component("r")).allowed())
        .isFalse();
    assertThat(heard).hasSize(2);
    answers("permission", 200, "{\"code\":2,\"msg\":\"nope\"}");
    assertThatThrownBy(() -> checker.require(party, "use", Resource.component("reader")))
        .isInstanceOf(DeniedException.class)
        .hasMessage("permission check failed: 2 nope");
    server.stop(0);
    assertThat(checker.check(party, "use", Resource.component("reader")).allowed()).isFalse();
    assertThatThrownBy(() -> checker.require(party, "use", Resource.component("reader")))
        .isInstanceOf(DeniedException.class);
  }
}

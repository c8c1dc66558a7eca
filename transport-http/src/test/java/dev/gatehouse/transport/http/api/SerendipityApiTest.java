package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.SignedHeaders;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.http.HttpTransport;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The acceptance cases of Serendipity-job that HTTP can reach, by their numbers, over a socket and
 * in virtual time: it is 1700000100, and the application {@code billing-worker} exists.
 */
class SerendipityApiTest {
  private static final String SECRET = "nE3wS8hYdL5uJ1fGk6oT0pCiVbMxWqRz";
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_100);
  private static final String B5 =
      "{\"taskNo\":\"order-1001\",\"content\":{\"class\":\"http\",\"_params\":{\"id\":7}},"
          + "\"timeout\":60000,\"name\":\"charge\",\"runtime\":\"2030-01-01 00:00:00\"}";
  private static final String V1_SIGNATURE =
      "NzAyODljNWYxNzgyZDY2MzJiZWIxNTVhODc3Y2JkZmY0ZGM0MDgxNjBiMDQ1ZmEwM2Q3ODBlN2Q2YjkxOTFiOQ==";
  private static final String V5_SIGNATURE =
      "YTkxNzlhMDQ5MTJiZjFhYzBlZTY1YzAyMDk3YmIxNGU0ODhkYjIyNjA5NTYzOGIwYjY4NTFiNDgzMTU0ZGFlNw==";
  private static final String SEED_APPLICATION =
      "{\"appName\":\"帅的批爆1\",\"step\":10,\"retryTotal\":0,\"linkUrl\":\"http://127.0.0.1\","
          + "\"remark\":\"呵呵\"}";
  private static final String SEED_TASK =
      "{\"taskNo\":\"taskNo82\",\"content\":{\"class\":\"\\\\Serendipity\\\\Job\\\\Job\\\\SimpleJob\","
          + "\"_params\":{\"startDate\":\"2021-07-27 17:50:50\",\"endDate\":\"2021-07-27 17:50:50\"}},"
          + "\"timeout\":60000,\"name\":\"name\",\"runtime\":\"2021-07-27 17:30:30\"}";

  /** What the handler was given, in the order in which it ran. */
  private final List<String> ran = new CopyOnWriteArrayList<>();

  private final VirtualGatehouse virtual =
      VirtualGatehouse.startingAt(
          NOW.minusSeconds(100),
          builder ->
              builder.handler(
                  "local",
                  context -> {
                    ran.add(context.content());
                    return dev.gatehouse.scheduler.TaskResult.done();
                  }));
  private final HttpTransport guard = HttpTransport.builder().allow("127.0.0.0/8").build();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Application billing;

  @BeforeEach
  void register() {
    billing = application("billing-worker", RetryPolicy.linear(Duration.ofSeconds(5), 3));
    virtual.gatehouse().keys().importKey(billing.id(), Secret.of(SECRET));
    virtual.advance(Duration.ofSeconds(100));
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    guard.close();
    virtual.close();
  }

  private Application application(String name, RetryPolicy policy) {
    return virtual
        .gatehouse()
        .registry()
        .register(
            Application.named(name).callback("https://billing.example/done").retryPolicy(policy));
  }

  private ApiServer strict() {
    return server(SerendipityScheme.strict());
  }

  private ApiServer compat() {
    return server(SerendipityScheme.compat());
  }

  private ApiServer server(SerendipityScheme scheme) {
    Workflow diamond =
        Workflow.of(
            "diamond",
            node("A"),
            node("B").after("A"),
            node("C").after("A"),
            node("D").after("B", "C"));
    SerendipityApi adapter =
        SerendipityApi.builder(virtual.gatehouse())
            .scheme(scheme)
            .clock(virtual.clock())
            .callable(guard::permits)
            .workflow(7, "billing-worker", diamond)
            .build();
    ApiServer server =
        new ApiServer(
            HttpApi.builder(virtual.gatehouse())
                .serve(adapter)
                .administrators(AdminAuthenticator.token("administrator"))
                .clock(virtual.clock())
                .build());
    open.add(server);
    return server;
  }

  private static WorkflowNode node(String name) {
    return WorkflowNode.of(name, Task.unnumbered().handler("local").content("\"" + name + "\""));
  }

  private String[] v1(String signature) {
    return new String[] {
      "app_key", billing.appKey(),
      "nonce", "aB3dE5fG7hI9jK1L",
      "timestamps", "1700000000",
      "payload", "9509a13ffc6c94e38b6bc91f4e163e04",
      "signature", signature
    };
  }

  private String[] v5() {
    return new String[] {
      "app_key", billing.appKey(),
      "nonce", "Body0Nonce0Hash1",
      "timestamps", "1700000002",
      "payload", "0d738f2872c5bcea7bdd6ee1b2bd68a7",
      "signature", V5_SIGNATURE
    };
  }

  /** What the application itself sends, signed with what it was told when it was registered. */
  private ApiServer.Answer send(ApiServer server, String method, String path, String body) {
    return send(server, billing, SECRET, method, path, body);
  }

  private ApiServer.Answer send(
      ApiServer server, Application by, String secret, String method, String path, String body) {
    KeyMaterial material =
        KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, secret.getBytes(StandardCharsets.US_ASCII));
    Signer signer = Signer.of(by.appKey(), material, SerendipityScheme.strict(), virtual.clock());
    Request request = Request.of(method, URI.create(path));
    SignedHeaders signed =
        signer.sign(body == null ? request : request.body(body.getBytes(StandardCharsets.UTF_8)));
    return server.send(method, path, body, flat(signed.headers()));
  }

  private static String[] flat(Headers headers) {
    return headers.fields().stream()
        .flatMap(field -> List.of(field.name(), field.value()).stream())
        .toArray(String[]::new);
  }

  private ApiServer.Answer post(ApiServer server, String path, String body) {
    return send(server, "POST", path, body);
  }

  private long create(ApiServer server, String body) {
    ApiServer.Answer answer = post(server, "/task/create", body);
    assertThat(answer.at("/code").asInt()).as(answer.text()).isZero();
    assertThat(answer.at("/data/taskId").isIntegralNumber()).isTrue();
    return answer.at("/data/taskId").asLong();
  }

  private TaskDetail task(long id) {
    return virtual.gatehouse().scheduler().task(new TaskId(id));
  }

  private static void assertFailure(ApiServer.Answer answer, String msg) {
    assertThat(answer.status()).isEqualTo(200);
    ObjectNode expected = Json.object().put("code", 1).put("msg", msg);
    expected.putArray("data");
    assertThat(answer.json()).isEqualTo(expected);
  }

  private static void assertUnauthorized(ApiServer.Answer answer) {
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.json())
        .isEqualTo(Json.parse("{\"code\":1,\"msg\":\"UNAUTHORIZED\",\"data\":[]}", "expected"));
  }

  @Test
  void case01_compat_headersOfV1_accepted() {
    ApiServer server = compat();
    assertThat(server.post("/task/create", B5, v1(V1_SIGNATURE)).at("/code").asInt()).isZero();
    assertThat(server.get("/task/detail?id=1", v1(V1_SIGNATURE)).status()).isEqualTo(200);
    assertThat(server.post("/task/cancel", "{\"id\":1}", v1(V1_SIGNATURE)).status()).isEqualTo(200);
    assertThat(server.post("/nsq/publish", "{\"task_id\":1}", v1(V1_SIGNATURE)).status())
        .isEqualTo(200);
    assertThat(server.post("/task/dag", "{\"workflow_id\":1}", v1(V1_SIGNATURE)).status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cCicXxeC1mMr6xVah3y9/03ECBYLBF+gPXgOfWuRkbk=",
        "NzAyODlDNUYxNzgyRDY2MzJCRUIxNTVBODc3Q0JERkY0REM0MDgxNjBCMDQ1RkEwM0Q3ODBFN0Q2QjkxOTFCOQ==",
        "ZjM0ZDE2MDU2MmQwZWE4OWM4ZTBmODQyNjFmNjBiZWFkZmEyM2E1ODZmNDY4ZTVhYTZiYmM0YmQ1ZjFkNDUxOA==",
        "YjI3NTkyODBlYjBhNWEyMmM1MTVhYTdjNmM4MTA2YjU1ZTE0OTBmNjE1Nzk0MDdlOTlhMjJkYzAzZWEwNWFjNQ=="
      })
  void case02_compat_wrongSignatures_unauthorized(String signature) {
    assertUnauthorized(compat().post("/task/create", B5, v1(signature)));
  }

  @Test
  void case03_unknownAppKey_unauthorized() {
    String[] headers = v1(V1_SIGNATURE);
    headers[1] = "nope";
    assertUnauthorized(compat().post("/task/create", B5, headers));
    assertUnauthorized(strict().post("/task/create", B5, headers));
  }

  @Test
  void case04_anyHeaderMissing_unauthorized() {
    ApiServer server = compat();
    for (int missing = 0; missing < 10; missing += 2) {
      List<String> headers = new ArrayList<>(List.of(v1(V1_SIGNATURE)));
      headers.remove(missing);
      headers.remove(missing);
      assertUnauthorized(server.post("/task/create", B5, headers.toArray(String[]::new)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1544480100,MTkxZGMxNzZmZGVkNmYyZTJhNTBmYjI2MzA2MDM2ZDhmNGVjMDYwNDYwOWNjNTdiZDFmOWNjNDk0Njc2YjAxMA==,200",
    "1544480099,ZWQyODhkNmE0NGRjZjIyM2FhNWI4Mzk3M2JhOWUyZTMxNTA5OThjZmZlNmNlMDE2NjJkZTc2MzhiNjA2YTQ5Mw==,401"
  })
  void case06_compat1800Days_ageAtItsEdge(String timestamp, String signature, int status) {
    String[] headers = v1(signature);
    headers[5] = timestamp;
    ApiServer server = server(SerendipityScheme.compat(SerendipityScheme.MAX_AGE));
    assertThat(server.post("/task/create", B5, headers).status()).isEqualTo(status);
  }

  @Test
  void case08_datedIn2030_unauthorized() {
    KeyMaterial material =
        KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, SECRET.getBytes(StandardCharsets.US_ASCII));
    Instant later = Instant.ofEpochSecond(1_893_456_000);
    Request request = Request.post(URI.create("/task/create"), B5);
    String[] headers =
        flat(
            Signer.of(billing.appKey(), material, SerendipityScheme.strict(), () -> later)
                .sign(request)
                .headers());
    assertUnauthorized(compat().post("/task/create", B5, headers));
    assertUnauthorized(strict().post("/task/create", B5, headers));
  }

  @Test
  void case09_10_11_strict_bodyOfV5_acceptedOnce_andUnchangedOnly() {
    ApiServer server = strict();
    assertUnauthorized(server.post("/task/create", B5.replace("charge", "chargf"), v5()));
    ApiServer.Answer first = server.post("/task/create", B5, v5());
    assertThat(first.at("/code").asInt()).isZero();
    assertThat(first.at("/msg").asText()).isEqualTo("ok!");
    assertThat(first.at("/data/taskId").isIntegralNumber()).isTrue();
    assertUnauthorized(server.post("/task/create", B5, v5()));
  }

  @Test
  void case12_strict_headersOfV1_unauthorized() {
    assertUnauthorized(strict().post("/task/create", B5, v1(V1_SIGNATURE)));
  }

  @Test
  void case14_applicationDisabledOrRemoved_unauthorizedAtOnce() {
    ApiServer server = strict();
    create(server, "{\"content\":1}");
    virtual.gatehouse().registry().register(billing.toDraft().status(Application.Status.DISABLED));
    assertUnauthorized(post(server, "/task/create", "{\"content\":1}"));
    virtual.gatehouse().registry().register(billing.toDraft());
    create(server, "{\"content\":1}");
    virtual.gatehouse().registry().removeApplication("billing-worker");
    assertUnauthorized(post(server, "/task/create", "{\"content\":1}"));
  }

  private ApiServer.Answer admin(ApiServer server, String body) {
    return server.post("/application/create", body, "Authorization", "Bearer administrator");
  }

  @Test
  void case15_createApplication_seedsBody_isSignedUnderItsSecret() {
    ApiServer.Answer answer = admin(strict(), SEED_APPLICATION);
    assertThat(answer.at("/code").asInt()).as(answer.text()).isZero();
    assertThat(answer.at("/msg").asText()).isEqualTo("Ok!");
    JsonNode data = answer.at("/data");
    assertThat(data.path("appKey").asText()).matches("[A-Za-z0-9]{16}");
    assertThat(data.path("nonce").asText()).matches("[A-Za-z0-9]{16}");
    assertThat(data.path("secretKey").asText()).matches("[A-Za-z0-9]{32}");
    assertThat(data.path("timestamps").isTextual()).isTrue();
    assertThat(data.path("timestamps").asText()).isEqualTo("1700000100");
    assertThat(data.path("payload").asText()).isEqualTo("57bcd60eefcac9701fd2407080a5a7b0");
    assertSignedUnderItsSecret(data);
  }

  /** By upstream's formula, written out. */
  private static void assertSignedUnderItsSecret(JsonNode data) {
    try {
      javax.crypto.Mac mac = javax.crypto.Mac.getInstance("HmacSHA256");
      byte[] secret = data.path("secretKey").asText().getBytes(StandardCharsets.US_ASCII);
      mac.init(new javax.crypto.spec.SecretKeySpec(secret, "HmacSHA256"));
      String message =
          data.path("timestamps").asText()
              + data.path("nonce").asText()
              + data.path("payload").asText();
      String hex =
          java.util.HexFormat.of().formatHex(mac.doFinal(message.getBytes(StandardCharsets.UTF_8)));
      assertThat(data.path("signature").asText())
          .isEqualTo(
              java.util.Base64.getEncoder()
                  .encodeToString(hex.getBytes(StandardCharsets.US_ASCII)));
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void case15_createApplication_again_refused_andTheFirstStays() {
    ApiServer server = strict();
    admin(server, SEED_APPLICATION);
    Application first = virtual.gatehouse().registry().application("帅的批爆1");
    assertFailure(admin(server, SEED_APPLICATION.replace(":10", ":11")), "创建应用失败!");
    assertThat(virtual.gatehouse().registry().application("帅的批爆1")).isEqualTo(first);
  }

  @Test
  void case15_createApplication_withoutAdministrator_unauthorized() {
    ApiServer server = strict();
    assertUnauthorized(server.post("/application/create", SEED_APPLICATION));
    assertUnauthorized(
        server.post(
            "/application/create", SEED_APPLICATION, "Authorization", "Bearer administrators"));
    assertUnauthorized(
        server.post("/application/create", SEED_APPLICATION, "X-Admin-Token", "administratoR"));
    assertThat(
            server
                .post("/application/create", SEED_APPLICATION, "X-Admin-Token", "administrator")
                .at("/code")
                .asInt())
        .isZero();
  }

  @Test
  void case16_createApplication_defaults() {
    admin(strict(), "{\"appName\":\"plain\",\"linkUrl\":\"https://plain.example/\"}");
    Application plain = virtual.gatehouse().registry().application("plain");
    assertThat(plain.retryPolicy()).isEqualTo(RetryPolicy.linear(Duration.ofSeconds(5), 5));
    assertThat(plain.remark()).isEqualTo("2023-11-15 06:15:00");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"step\":3601}",
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"step\":-1}",
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"step\":\"5\"}",
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"step\":1.5}",
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"retryTotal\":11}",
        "{\"appName\":\"x\",\"linkUrl\":\"ftp://x\"}",
        "{\"appName\":\"x\",\"linkUrl\":\"http://user@x.example/\"}",
        "{\"appName\":\"x\",\"linkUrl\":\"http://x.example:25/\"}",
        "{\"appName\":\"x\",\"linkUrl\":7}",
        "{\"appName\":\"x\"}",
        "{\"appName\":\"\",\"linkUrl\":\"https://x.example/\"}",
        "{\"appName\":[\"x\"],\"linkUrl\":\"https://x.example/\"}",
        "{\"linkUrl\":\"https://x.example/\"}",
        "[]",
        "nonsense",
        ""
      })
  void case17_createApplication_brokenRules_nothingStored(String body) {
    assertFailure(admin(strict(), body), "创建应用失败!");
    assertThat(virtual.gatehouse().registry().applications("", 100)).containsExactly(billing);
  }

  @Test
  void case17_createApplication_nameOf101Chars_nothingStored() {
    String body = "{\"appName\":\"" + "n".repeat(101) + "\",\"linkUrl\":\"https://x.example/\"}";
    assertFailure(admin(strict(), body), "创建应用失败!");
    assertThat(virtual.gatehouse().registry().applications("", 100)).containsExactly(billing);
  }

  @Test
  void case18_createApplication_greatestFigures_storedExactly() {
    admin(
        strict(),
        "{\"appName\":\"slow\",\"linkUrl\":\"https://s.example/\",\"step\":3600,\"retryTotal\":10}");
    assertThat(virtual.gatehouse().registry().application("slow").retryPolicy())
        .isEqualTo(RetryPolicy.linear(Duration.ofHours(1), 10));
  }

  @Test
  void case19_refresh_rightSecret_newNonce() {
    ApiServer server = strict();
    JsonNode first = admin(server, SEED_APPLICATION).at("/data");
    String body =
        Json.write(
            Json.object()
                .put("app_key", first.path("appKey").asText())
                .put("secret_key", first.path("secretKey").asText()));
    ApiServer.Answer answer = server.post("/application/refresh-signature", body);
    assertThat(answer.at("/code").asInt()).as(answer.text()).isZero();
    JsonNode data = answer.at("/data");
    assertThat(data.path("appKey")).isEqualTo(first.path("appKey"));
    assertThat(data.path("secretKey")).isEqualTo(first.path("secretKey"));
    assertThat(data.path("payload")).isEqualTo(first.path("payload"));
    assertThat(data.path("nonce")).isNotEqualTo(first.path("nonce"));
    assertSignedUnderItsSecret(data);
  }

  @Test
  void case19_refresh_wrongSecretOrKey_unknown() {
    ApiServer server = strict();
    for (String body :
        List.of(
            "{\"app_key\":\"" + billing.appKey() + "\",\"secret_key\":\"" + SECRET + "x\"}",
            "{}",
            "nonsense",
            "{\"app_key\":\"aaaaaaaaaaaaaaaa\",\"secret_key\":\"" + SECRET + "\"}",
            "{\"app_key\":\"' OR 1=1 --\",\"secret_key\":\"" + SECRET + "\"}",
            "{\"app_key\":\"" + billing.appKey() + "\",\"secret_key\":\"\"}")) {
      assertFailure(
          server.post("/application/refresh-signature", body), "Unknown Application Key#");
    }
    assertFailure(post(server, "/task/cancel", "{}"), "参数错误!");
    assertFailure(post(server, "/task/cancel", "{\"id\":77}"), "Unknown!");
    assertThat(audited())
        .contains("the key or secret of an application is malformed")
        .contains("the application has no such thing");
  }

  private String audited() {
    return virtual
        .gatehouse()
        .audit()
        .find(AuditQuery.between(NOW.minusSeconds(1), NOW.plusSeconds(1)).maxSize(100))
        .json();
  }

  @Test
  void case21_createTask_seedsBody_dueAtOnce() {
    long id = create(strict(), SEED_TASK);
    TaskDetail task = task(id);
    assertThat(task.status()).isEqualTo(TaskStatus.WAITING);
    assertThat(task.dueAt()).isEqualTo(Instant.parse("2021-07-27T09:30:30Z"));
    // Copied with the task: whoever changes the application later changes no task of before.
    virtual
        .gatehouse()
        .registry()
        .register(billing.toDraft().retryPolicy(RetryPolicy.linear(Duration.ofSeconds(9), 3)));
    virtual.transport().answer(500, "no");
    virtual.runDue();
    assertThat(task(id).attempts()).hasSize(1);
    assertThat(task(id).dueAt()).isEqualTo(NOW.plusSeconds(5));
    virtual.advance(Duration.ofSeconds(5));
    assertThat(task(id).status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(task(id).attempts()).extracting(Attempt::number).containsExactly(1, 2);
  }

  @Test
  void case22_23_sameNumber_refusedInOneApplication_acceptedInAnother() {
    ApiServer server = strict();
    create(server, SEED_TASK);
    assertFailure(post(server, "/task/create", SEED_TASK), "请勿重复提交!");
    Application other = application("other", RetryPolicy.DEFAULT);
    String secret = other.secret().orElseThrow().reveal();
    assertThat(send(server, other, secret, "POST", "/task/create", SEED_TASK).at("/code").asInt())
        .isZero();
  }

  @Test
  void case25_noNumber_isUuid() {
    long id = create(strict(), "{\"content\":{}}");
    assertThat(task(id).taskNo().orElseThrow())
        .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    assertThat(task(id).content()).isEqualTo("{}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1700007300",
        "\"1700007300\"",
        "\"2023-11-15 08:15:00\"",
        "\"2023-11-15T08:15:00+08:00\"",
        "\"2023-11-15T00:15:00Z\""
      })
  void case26_runtime_runsThen_alsoAfterARestart(String runtime) {
    long id = create(strict(), "{\"content\":{\"n\":1},\"runtime\":" + runtime + "}");
    virtual.advance(Duration.ofHours(1));
    virtual.restart();
    virtual.advance(Duration.ofHours(1).minusMillis(1));
    assertThat(virtual.transport().requests()).isEmpty();
    virtual.advance(Duration.ofMillis(1));
    assertThat(task(id).attempts().get(0).startedAt())
        .isEqualTo(Instant.ofEpochSecond(1_700_007_300));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"garbage\"",
        "\"2023-02-30 00:00:00\"",
        "\"tomorrow\"",
        "{}",
        "[]",
        "true",
        "1.5",
        "99999999999999999",
        "-1"
      })
  void case28_runtimeNoTime_nothingStored(String runtime) {
    ApiServer server = strict();
    String body = "{\"taskNo\":\"n\",\"content\":1,\"runtime\":" + runtime + "}";
    ApiServer.Answer answer = post(server, "/task/create", body);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.at("/code").asInt()).isEqualTo(1);
    assertThat(answer.at("/data").isArray()).isTrue();
    assertThat(virtual.gatehouse().scheduler().as(billing).findTask("n")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"taskNo\":\"n\"}",
        "{\"taskNo\":\"n\",\"content\":null}",
        "{\"taskNo\":\"n\",\"content\":1,\"timeout\":0}",
        "{\"taskNo\":\"n\",\"content\":1,\"timeout\":3600001}",
        "{\"taskNo\":\"n\",\"content\":1,\"timeout\":\"60\"}",
        "{\"taskNo\":\"n\",\"taskNo\":\"m\",\"content\":1}",
        "{\"taskNo\":7,\"content\":1}",
        "nonsense",
        "[]"
      })
  void createTask_brokenRules_nothingStored(String body) {
    ApiServer.Answer answer = post(strict(), "/task/create", body);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.at("/code").asInt()).isEqualTo(1);
    assertThat(answer.at("/msg").asText()).isEqualTo("参数错误!");
    assertThat(virtual.gatehouse().scheduler().as(billing).findTask("n")).isEmpty();
  }

  @Test
  void createTask_nameOf300Chars_nothingStored() {
    String body = "{\"taskNo\":\"n\",\"content\":1,\"name\":\"" + "x".repeat(300) + "\"}";
    assertThat(post(strict(), "/task/create", body).at("/code").asInt()).isEqualTo(1);
    assertThat(virtual.gatehouse().scheduler().as(billing).findTask("n")).isEmpty();
  }

  @Test
  void case30_publishUnknown() {
    assertFailure(post(strict(), "/nsq/publish", "{\"task_id\":999999}"), "Unknown Task [999999]#");
    assertFailure(post(strict(), "/nsq/publish", "{\"task_id\":\"x\"}"), "Unknown Task [x]#");
    assertFailure(post(strict(), "/nsq/publish", "{}"), "Unknown Task []#");
  }

  @Test
  void case31_publishWaiting_oneRun() {
    ApiServer server = strict();
    long id = create(server, "{\"content\":1,\"runtime\":1700000200}");
    ApiServer.Answer answer = post(server, "/nsq/publish", "{\"task_id\":" + id + "}");
    assertThat(answer.json())
        .isEqualTo(Json.parse("{\"code\":0,\"msg\":\"Ok!\",\"data\":[]}", "expected"));
    virtual.advance(Duration.ofMinutes(5));
    assertThat(virtual.transport().requests()).hasSize(1);
  }

  @Test
  void case31_publishEnded_failedRunsAgain_finishedOnlyByForce() {
    ApiServer server = strict();
    long id = create(server, "{\"content\":1}");
    virtual.runDue();
    assertFailure(post(server, "/nsq/publish", "{\"task_id\":" + id + "}"), "推送nsq失败!");
    String force = "{\"task_id\":" + id + ",\"force\":true}";
    assertThat(post(server, "/nsq/publish", force).at("/code").asInt()).isZero();
    virtual.runDue();
    assertThat(virtual.transport().requests()).hasSize(2);
  }

  @Test
  void case33_cancelUnknown_orAnothers() {
    ApiServer server = strict();
    assertFailure(post(server, "/task/cancel", "{\"id\":999999}"), "Unknown!");
    Application other = application("other", RetryPolicy.DEFAULT);
    long id =
        virtual
            .gatehouse()
            .scheduler()
            .schedule(Task.of("theirs").application(other).in(Duration.ofHours(1)))
            .value();
    assertFailure(post(server, "/task/cancel", "{\"id\":" + id + "}"), "Unknown!");
    assertFailure(post(server, "/task/detail", "{\"id\":" + id + "}"), "Unknown!");
    assertFailure(
        post(server, "/nsq/publish", "{\"task_id\":" + id + "}"), "Unknown Task [" + id + "]#");
    assertThat(task(id).status()).isEqualTo(TaskStatus.WAITING);
  }

  @Test
  void case34_cancelWaiting_byIdOnly_neverRuns() {
    ApiServer server = strict();
    long id = create(server, "{\"content\":1,\"runtime\":1700000200}");
    ApiServer.Answer answer = post(server, "/task/cancel", "{\"id\":\"" + id + "\"}");
    assertThat(answer.json())
        .isEqualTo(Json.parse("{\"code\":0,\"msg\":\"Killed\",\"data\":[]}", "expected"));
    virtual.advance(Duration.ofHours(1));
    assertThat(task(id).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(virtual.transport().requests()).isEmpty();
    assertThat(post(server, "/task/cancel", "{\"id\":" + id + "}").at("/msg").asText())
        .isEqualTo("Killed");
  }

  @Test
  void case35_36_cancelRunning_endsCancelled_andDetailTellsOnTheWay() {
    ApiServer server = strict();
    long id = create(server, "{\"content\":1,\"timeout\":5000}");
    virtual.transport().hang();
    virtual.runDue();
    JsonNode data = send(server, "GET", "/task/detail?id=" + id, null).at("/data");
    assertThat(data.path("state").asText()).isEqualTo("running");
    assertThat(data.path("status").asInt()).isEqualTo(1);
    assertThat(Json.parse(data.path("trace_list").textValue(), "trace_list").isArray()).isTrue();
    for (String key :
        List.of(
            "state",
            "trace_list",
            "executed_file_name",
            "executed_function_name",
            "executed_function_line",
            "vars",
            "round",
            "elapsed")) {
      assertThat(data.has(key)).as(key).isTrue();
    }
    ApiServer.Answer answer = post(server, "/task/cancel", "{\"id\":" + id + "}");
    assertThat(answer.at("/msg").asText()).isIn("Killed", "Not fully killed, try again later...");
    virtual.advance(Duration.ofSeconds(10));
    assertThat(task(id).status()).isEqualTo(TaskStatus.CANCELLED);
    virtual.advance(Duration.ofMinutes(10));
    assertThat(task(id).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(virtual.transport().requests()).hasSize(1);
  }

  @Test
  void case36_detail_byPostAndByQuery_theSame_logsToldOfEnded() {
    ApiServer server = strict();
    virtual.transport().answer(500, "no");
    long id = create(server, "{\"content\":1}");
    virtual.advance(Duration.ofSeconds(10));
    JsonNode data =
        send(server, "GET", "/task/detail?service_id=s&coroutine_id=9&id=" + id, null).at("/data");
    assertThat(post(server, "/task/detail", "{\"id\":" + id + "}").at("/data")).isEqualTo(data);
    assertThat(data.path("status").asInt()).isEqualTo(2);
    assertThat(data.path("attempts").asInt()).isEqualTo(2);
    assertThat(data.path("logs")).hasSize(2);
    assertThat(data.at("/logs/0/outcome").asText()).isEqualTo("failure");
    assertThat(data.at("/logs/0/httpStatus").asInt()).isEqualTo(500);
    assertThat(data.at("/logs/0/startedAt").asLong()).isEqualTo(NOW.toEpochMilli());
    assertThat(data.at("/logs/1/outcome").asText()).isEqualTo("success");
  }

  @ParameterizedTest
  @ValueSource(strings = {"success", "SUCCESS", "success\n"})
  void case37_callbackSaysSuccess_finished(String answer) {
    virtual.transport().answer(200, answer);
    long id = create(strict(), "{\"content\":1}");
    virtual.runDue();
    assertThat(task(id).status().code()).isEqualTo(2);
  }

  @Test
  void case39_callbackAlwaysFails_fourAttempts() {
    virtual.transport().always(request -> Response.of(500, "no"));
    ApiServer server = strict();
    long id = create(server, "{\"content\":1}");
    virtual.advance(Duration.ofHours(1));
    assertThat(task(id).attempts())
        .extracting(Attempt::startedAt)
        .containsExactly(NOW, NOW.plusSeconds(5), NOW.plusSeconds(15), NOW.plusSeconds(30));
    JsonNode data = send(server, "GET", "/task/detail?id=" + id, null).at("/data");
    assertThat(data.path("status").asInt()).isEqualTo(4);
    assertThat(data.path("logs")).hasSize(4);
    assertThat(post(server, "/nsq/publish", "{\"task_id\":" + id + "}").at("/code").asInt())
        .isZero();
  }

  @Test
  void case40_noRetries_oneAttempt() {
    ApiServer server = strict();
    JsonNode created = admin(server, SEED_APPLICATION).at("/data");
    Application seed = virtual.gatehouse().registry().application("帅的批爆1");
    virtual.transport().always(request -> Response.of(500, "no"));
    long id =
        send(server, seed, created.path("secretKey").asText(), "POST", "/task/create", SEED_TASK)
            .at("/data/taskId")
            .asLong();
    virtual.advance(Duration.ofHours(1));
    assertThat(task(id).attempts()).hasSize(1);
    assertThat(task(id).status().code()).isEqualTo(4);
  }

  @Test
  void case41_callbackHangs_endsAtItsTimeout_andIsRetried() {
    virtual.transport().hang();
    long id = create(strict(), "{\"content\":1,\"timeout\":1500}");
    virtual.advance(Duration.ofMinutes(1));
    Attempt first = task(id).attempts().get(0);
    assertThat(Duration.between(first.startedAt(), first.endedAt()).toMillis())
        .isBetween(1_300L, 1_700L);
    assertThat(first.outcome()).isEqualTo(Attempt.Outcome.TIMEOUT);
    assertThat(task(id).attempts()).hasSize(2);
  }

  @Test
  void case42_callback_isSignedUnderTheSecret_eachTimeAnew() {
    virtual.transport().answer(500, "no");
    create(strict(), "{\"content\":{\"class\":\"http\",\"_params\":{\"id\":7}}}");
    virtual.advance(Duration.ofMinutes(1));
    List<Request> sent = virtual.transport().requests();
    assertThat(sent).hasSize(2);
    Verifier verifier = virtual.gatehouse().verifier(SerendipityScheme.strict());
    for (Request request : sent) {
      assertThat(new String(request.body(), StandardCharsets.UTF_8))
          .isEqualTo("{\"data\":{\"class\":\"http\",\"_params\":{\"id\":7}}}");
      assertThat(request.headers().first("payload").orElseThrow())
          .isEqualTo("5b6170270b580526edfb9aa626cc0919");
      assertThat(verifier.verify(request).application()).isEqualTo(billing);
    }
    assertThat(sent.get(0).headers().first("nonce"))
        .isNotEqualTo(sent.get(1).headers().first("nonce"));
  }

  /** Whose signature is right gets as far as what its body lacks; whose is not, does not. */
  @Test
  void case43_headersOfV8_accepted_exactlyThose() {
    String body = "{\"data\":{\"class\":\"http\",\"_params\":{\"id\":7}}}";
    String signature =
        "N2NmOGQ4ZmM2YzI4M2MwNzE5M2JkNGE2ZGZhMTcwYmE2ZjA5ZTlmNTIzY2Y3YmJkZTRhMjZmYjJiYTE5ZjFjNg==";
    ApiServer server = strict();
    String[] headers = {
      "app_key", billing.appKey(),
      "nonce", "CallbackNonce001",
      "timestamps", "1700000010",
      "payload", "5b6170270b580526edfb9aa626cc0919",
      "signature", signature.replace("jFjNg", "jFjNw")
    };
    assertUnauthorized(server.post("/task/create", body, headers));
    headers[9] = signature;
    assertFailure(server.post("/task/create", body, headers), "参数错误!");
    assertUnauthorized(server.post("/task/create", body, headers));
  }

  @Test
  void case46_wrongMethodAndUnknownPath_inJson() {
    ApiServer server = strict();
    ApiServer.Answer wrong = server.get("/task/create");
    assertThat(wrong.status()).isEqualTo(405);
    assertThat(wrong.headers().get("Allow")).isEqualTo("POST");
    assertThat(wrong.json())
        .isEqualTo(
            Json.parse("{\"code\":1,\"msg\":\"METHOD_NOT_ALLOWED\",\"data\":[]}", "expected"));
    ApiServer.Answer unknown = server.post("/nope", "{}");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.json())
        .isEqualTo(Json.parse("{\"code\":1,\"msg\":\"NOT_FOUND\",\"data\":[]}", "expected"));
    assertThat(server.send("HEAD", "/task/detail?id=1", null).status()).isEqualTo(401);
  }

  @Test
  void case47_unknownWorkflow() {
    assertFailure(
        post(strict(), "/task/dag", "{\"workflow_id\":999}"),
        "Unknown Workflow [999] Or Workflow Is Finished#");
  }

  @Test
  void case48_diamond_runs() {
    ApiServer server = strict();
    ApiServer.Answer answer = post(server, "/task/dag", "{\"workflow_id\":7}");
    assertThat(answer.json())
        .isEqualTo(
            Json.parse("{\"code\":0,\"msg\":\"ok!\",\"data\":{\"workflowId\":7}}", "expected"));
    assertThat(ran).isEmpty();
    virtual.advance(Duration.ofMinutes(1));
    // B and C wait for A alone, D for both.
    assertThat(ran).hasSize(4).startsWith("\"A\"").endsWith("\"D\"").contains("\"B\"", "\"C\"");
    Application other = application("other", RetryPolicy.DEFAULT);
    String secret = other.secret().orElseThrow().reveal();
    assertFailure(
        send(server, other, secret, "POST", "/task/dag", "{\"workflow_id\":7}"),
        "Unknown Workflow [7] Or Workflow Is Finished#");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://[fd00:ec2::254]/"
      })
  void case49_linkUrlToPrivateAddresses_refused(String link) {
    assertFailure(admin(strict(), "{\"appName\":\"x\",\"linkUrl\":\"" + link + "\"}"), "创建应用失败!");
  }

  @Test
  void refusals_areAudited_withoutSecrets() {
    ApiServer server = strict();
    server.post("/application/create", SEED_APPLICATION);
    server.get("/task/create?token=verysecret");
    String page =
        virtual
            .gatehouse()
            .audit()
            .find(
                AuditQuery.between(NOW.minusSeconds(1), NOW.plusSeconds(1))
                    .maxSize(100)
                    .fields(List.of("content", "service", "ext")))
            .json();
    assertThat(page).contains("NOT_ADMINISTRATOR", "WRONG_METHOD", "/application/create");
    assertThat(page).doesNotContain("verysecret");
  }
}

package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.SignedHeaders;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
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

/**
 * The interface of Serendipity-job over a socket and in virtual time, for its acceptance cases by
 * their numbers: it is 1700000100, and the application {@code billing-worker} exists.
 */
abstract class SerendipityOverHttp {
  static final String SECRET = "nE3wS8hYdL5uJ1fGk6oT0pCiVbMxWqRz";
  static final Instant NOW = Instant.ofEpochSecond(1_700_000_100);
  static final String SEED_APPLICATION =
      "{\"appName\":\"帅的批爆1\",\"step\":10,\"retryTotal\":0,\"linkUrl\":\"http://127.0.0.1\","
          + "\"remark\":\"呵呵\"}";
  static final String SEED_TASK =
      "{\"taskNo\":\"taskNo82\",\"content\":{\"class\":\"\\\\Serendipity\\\\Job\\\\Job\\\\SimpleJob\","
          + "\"_params\":{\"startDate\":\"2021-07-27 17:50:50\",\"endDate\":\"2021-07-27 17:50:50\"}},"
          + "\"timeout\":60000,\"name\":\"name\",\"runtime\":\"2021-07-27 17:30:30\"}";

  /** What the handler was given, in the order in which it ran. */
  final List<String> ran = new CopyOnWriteArrayList<>();

  final VirtualGatehouse virtual =
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
  Application billing;

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

  Application application(String name, RetryPolicy policy) {
    return virtual
        .gatehouse()
        .registry()
        .register(
            Application.named(name).callback("https://billing.example/done").retryPolicy(policy));
  }

  ApiServer strict() {
    return server(SerendipityScheme.strict());
  }

  ApiServer server(SerendipityScheme scheme) {
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

  /** What the application itself sends, signed with what it was told when it was registered. */
  ApiServer.Answer send(ApiServer server, String method, String path, String body) {
    return send(server, billing, SECRET, method, path, body);
  }

  ApiServer.Answer send(
      ApiServer server, Application by, String secret, String method, String path, String body) {
    KeyMaterial material =
        KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, secret.getBytes(StandardCharsets.US_ASCII));
    Signer signer = Signer.of(by.appKey(), material, SerendipityScheme.strict(), virtual.clock());
    Request request = Request.of(method, URI.create(path));
    SignedHeaders signed =
        signer.sign(body == null ? request : request.body(body.getBytes(StandardCharsets.UTF_8)));
    return server.send(method, path, body, flat(signed.headers()));
  }

  static String[] flat(Headers headers) {
    return headers.fields().stream()
        .flatMap(field -> List.of(field.name(), field.value()).stream())
        .toArray(String[]::new);
  }

  ApiServer.Answer post(ApiServer server, String path, String body) {
    return send(server, "POST", path, body);
  }

  long create(ApiServer server, String body) {
    ApiServer.Answer answer = post(server, "/task/create", body);
    assertThat(answer.at("/code").asInt()).as(answer.text()).isZero();
    assertThat(answer.at("/data/taskId").isIntegralNumber()).isTrue();
    return answer.at("/data/taskId").asLong();
  }

  TaskDetail task(long id) {
    return virtual.gatehouse().scheduler().task(new TaskId(id));
  }

  static void assertFailure(ApiServer.Answer answer, String msg) {
    assertThat(answer.status()).isEqualTo(200);
    ObjectNode expected = Json.object().put("code", 1).put("msg", msg);
    expected.putArray("data");
    assertThat(answer.json()).isEqualTo(expected);
  }

  static void assertUnauthorized(ApiServer.Answer answer) {
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.json())
        .isEqualTo(Json.parse("{\"code\":1,\"msg\":\"UNAUTHORIZED\",\"data\":[]}", "expected"));
  }

  ApiServer.Answer admin(ApiServer server, String body) {
    return server.post("/application/create", body, "Authorization", "Bearer administrator");
  }

  String audited() {
    return virtual
        .gatehouse()
        .audit()
        .find(AuditQuery.between(NOW.minusSeconds(1), NOW.plusSeconds(1)).maxSize(100))
        .json();
  }
}

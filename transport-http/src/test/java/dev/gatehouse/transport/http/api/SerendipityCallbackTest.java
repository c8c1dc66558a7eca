package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.http.HttpTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cases of Serendipity-job that need a receiver: from a client's socket to the receiver's. */
class SerendipityCallbackTest {
  private static final String B8 = "{\"data\":{\"class\":\"http\",\"_params\":{\"id\":7}}}";

  private static final Workflow DIAMOND =
      Workflow.of(
          "diamond",
          node("A"),
          node("B").after("A"),
          node("C").after("A"),
          node("D").after("B", "C"));

  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final BlockingQueue<Integer> statuses = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> ran = new LinkedBlockingQueue<>();
  private final CountDownLatch side = new CountDownLatch(2);
  private final HttpServer receiver = receiver();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** What the receiver was sent. */
  private record Heard(com.sun.net.httpserver.Headers headers, byte[] body) {
    String header(String name) {
      return headers.getFirst(name);
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    receiver.stop(0);
  }

  private HttpServer receiver() {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            try (exchange) {
              heard.add(
                  new Heard(
                      exchange.getRequestHeaders(), exchange.getRequestBody().readAllBytes()));
              Integer status = statuses.poll();
              byte[] answer = "success".getBytes(StandardCharsets.US_ASCII);
              exchange.sendResponseHeaders(status == null ? 200 : status, answer.length);
              exchange.getResponseBody().write(answer);
            }
          });
      server.start();
      return server;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private ApiServer server(HttpTransport transport) {
    Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .transport(transport)
            .handler("node", this::runNode)
            .build();
    gatehouse.start();
    ApiServer server =
        new ApiServer(
            HttpApi.builder(gatehouse)
                .serve(
                    SerendipityApi.builder(gatehouse)
                        .callable(transport::permits)
                        .workflow(7, "worker", DIAMOND)
                        .build())
                .administrators(AdminAuthenticator.EVERYBODY)
                .build());
    open.add(server);
    open.add(gatehouse);
    open.add(transport);
    return server;
  }

  private static WorkflowNode node(String name) {
    return WorkflowNode.of(name, Task.unnumbered().handler("node").content("\"" + name + "\""));
  }

  /** B and C end when both have begun. */
  private TaskResult runNode(TaskContext context) {
    String name = context.content();
    ran.add(name);
    if (name.equals("\"B\"") || name.equals("\"C\"")) {
      side.countDown();
      try {
        if (!side.await(20, TimeUnit.SECONDS)) {
          ran.add(name + " was alone");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return TaskResult.done();
  }

  private static ApiServer.Answer create(ApiServer server, String link) {
    return server.post(
        "/application/create",
        "{\"appName\":\"worker\",\"step\":1,\"retryTotal\":1,\"linkUrl\":\"" + link + "\"}");
  }

  private static JsonNode send(ApiServer server, JsonNode application, String path, String body) {
    KeyMaterial material =
        KeyMaterial.secret(
            Key.Algorithm.HMAC_SHA256,
            application.path("secretKey").asText().getBytes(StandardCharsets.US_ASCII));
    Signer signer =
        Signer.of(
            application.path("appKey").asText(),
            material,
            SerendipityScheme.strict(),
            InstantSource.system());
    String[] headers =
        signer.sign(Request.post(URI.create(path), body)).headers().fields().stream()
            .flatMap(field -> List.of(field.name(), field.value()).stream())
            .toArray(String[]::new);
    JsonNode answer = server.post(path, body, headers).json();
    assertThat(answer.path("code").asInt()).as(answer.toString()).isZero();
    return answer.path("data");
  }

  private Heard next() throws InterruptedException {
    Heard next = heard.poll(20, TimeUnit.SECONDS);
    assertThat(next).as("a callback within 20 s").isNotNull();
    return next;
  }

  @Test
  void case42_eachAttempt_isSignedUnderTheSecret_byTheFormula()
      throws InterruptedException, GeneralSecurityException {
    ApiServer server = server(HttpTransport.builder().allow("127.0.0.0/8").build());
    JsonNode application = create(server, url("127.0.0.1", "/done")).at("/data");
    statuses.add(500);
    JsonNode task =
        send(
            server,
            application,
            "/task/create",
            "{\"content\":{\"class\":\"http\",\"_params\":{\"id\":7}}}");
    Heard first = next();
    Heard second = next();
    for (Heard each : List.of(first, second)) {
      assertThat(new String(each.body(), StandardCharsets.UTF_8)).isEqualTo(B8);
      assertThat(each.header("app_key")).isEqualTo(application.path("appKey").asText());
      assertThat(each.header("payload"))
          .isEqualTo(
              HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(each.body())));
      assertThat(each.header("signature"))
          .isEqualTo(
              signature(
                  application.path("secretKey").asText(),
                  each.header("timestamps") + each.header("nonce") + each.header("payload")));
      assertThat(each.header("Idempotency-Key")).isEqualTo(task.path("taskId").asText());
    }
    assertThat(first.header("nonce")).isNotEqualTo(second.header("nonce"));
  }

  private static String signature(String secret, String message) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
    String hex = HexFormat.of().formatHex(mac.doFinal(message.getBytes(StandardCharsets.US_ASCII)));
    return Base64.getEncoder().encodeToString(hex.getBytes(StandardCharsets.US_ASCII));
  }

  private String url(String host, String path) {
    return "http://" + host + ":" + receiver.getAddress().getPort() + path;
  }

  @Test
  void case48_diamond_bothSidesAtTheSameTime() throws InterruptedException {
    ApiServer server = server(HttpTransport.builder().allow("127.0.0.0/8").build());
    JsonNode application = create(server, url("127.0.0.1", "/done")).at("/data");

    JsonNode data = send(server, application, "/task/dag", "{\"workflow_id\":7}");

    assertThat(data.path("workflowId").isInt()).isTrue();
    List<String> order = new ArrayList<>();
    while (!order.contains("\"D\"")) {
      String next = ran.poll(30, TimeUnit.SECONDS);
      assertThat(next).as("after " + order).isNotNull();
      order.add(next);
    }
    assertThat(order)
        .containsExactlyInAnyOrder("\"A\"", "\"B\"", "\"C\"", "\"D\"")
        .startsWith("\"A\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/",
        "http://127.0.0.1:9764/cancel",
        "http://127.1:9764/cancel",
        "http://0x7f000001:9764/cancel",
        "http://[::ffff:127.0.0.1]:9764/cancel",
        "http://0.0.0.0:9764/cancel"
      })
  void case49_linkUrlToTheServersOwnNetwork_refused(String link) {
    ApiServer.Answer answer = create(server(HttpTransport.create()), link);
    assertThat(answer.at("/code").asInt()).isEqualTo(1);
    assertThat(answer.at("/data").size()).isZero();
  }

  /** A name is judged by what it stands for when it is called. */
  @Test
  void case49_nameThatResolvesThere_isNotCalled() throws InterruptedException {
    ApiServer server = server(HttpTransport.create());
    JsonNode application = create(server, url("localhost", "/cancel")).at("/data");
    JsonNode task = send(server, application, "/task/create", "{\"content\":1}");
    String detail = "{\"id\":" + task.path("taskId").asText() + "}";
    JsonNode data = send(server, application, "/task/detail", detail);
    for (long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        data.path("status").asInt() != 4 && System.nanoTime() < end;
        data = send(server, application, "/task/detail", detail)) {
      Thread.sleep(100);
    }
    assertThat(data.path("status").asInt()).as(data.toString()).isEqualTo(4);
    assertThat(data.path("logs")).hasSize(2);
    assertThat(data.at("/logs/0/outcome").asText()).isEqualTo("failure");
    assertThat(data.at("/logs/0/httpStatus").isInt()).isFalse();
    assertThat(heard).isEmpty();
  }

  @Test
  void case49_rangeThatIsAllowed_isCalled() throws InterruptedException {
    ApiServer server = server(HttpTransport.builder().allow("127.0.0.0/8", "::1/128").build());
    JsonNode application = create(server, url("localhost", "/done")).at("/data");
    send(server, application, "/task/create", "{\"content\":1}");
    assertThat(new String(next().body(), StandardCharsets.UTF_8)).isEqualTo("{\"data\":1}");
  }
}

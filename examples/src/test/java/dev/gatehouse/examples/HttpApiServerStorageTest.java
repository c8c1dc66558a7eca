package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server's main over each storage that outlives it, from a client's socket to a receiver's. */
class HttpApiServerStorageTest {
  private static final String ALL_TIME =
      "{\"startTime\":0,\"endTime\":9999999999999,\"maxSize\":1000}";

  @TempDir Path directory;

  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicInteger callbacks = new AtomicInteger();
  private final CountDownLatch killed = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile boolean hanging;
  private HttpServer receiver;
  private String appKey = "";
  private String secret = "";

  @BeforeEach
  void receive() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.setExecutor(threads);
    receiver.createContext(
        "/",
        exchange -> {
          try (exchange) {
            if (callbacks.incrementAndGet() == 1 && hanging) {
              killed.await(60, TimeUnit.SECONDS);
              return;
            }
            byte[] answer = "success".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    receiver.start();
  }

  @AfterEach
  void close() {
    killed.countDown();
    receiver.stop(0);
    threads.shutdownNow();
  }

  private static ServerProcess start(String storage) throws IOException {
    return ServerProcess.start(
        "--storage", storage, "--open", "--allow-callbacks-to", "127.0.0.0/8", "--lease", "5");
  }

  private String post(ServerProcess server, String path, String body) throws Exception {
    return send(server, path, body, Headers.NONE);
  }

  private String signed(ServerProcess server, String path, String body) throws Exception {
    KeyMaterial material =
        KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, secret.getBytes(StandardCharsets.US_ASCII));
    Signer signer = Signer.of(appKey, material, SerendipityScheme.strict(), InstantSource.system());
    return send(server, path, body, signer.sign(Request.post(URI.create(path), body)).headers());
  }

  private String send(ServerProcess server, String path, String body, Headers headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofString(body));
    headers.fields().forEach(field -> request.header(field.name(), field.value()));
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  private static String member(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\":\"?([^\",}]+)").matcher(json);
    assertThat(found.find()).as(json).isTrue();
    return found.group(1);
  }

  private void register(ServerProcess server) throws Exception {
    String answer =
        post(
            server,
            "/application/create",
            "{\"appName\":\"订单中心\",\"linkUrl\":\"http://127.0.0.1:"
                + receiver.getAddress().getPort()
                + "/done\"}");
    appKey = member(answer, "appKey");
    secret = member(answer, "secretKey");
  }

  private String status(ServerProcess server, String task) throws Exception {
    return member(signed(server, "/task/detail", "{\"id\":" + task + "}"), "status");
  }

  private void awaitDone(ServerProcess server, String task) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> status(server, task).equals("2"));
  }

  /** All adapters write and read, a task is done, and all of it is there after a restart. */
  private void servesAndKeeps(String storage) throws Exception {
    String task;
    try (ServerProcess server = start(storage)) {
      register(server);
      String create = "{\"taskNo\":\"n-1\",\"content\":{\"text\":\"中/\\u0001 \\ud83d\\ude00\"}}";
      task = member(signed(server, "/task/create", create), "taskId");
      awaitDone(server, task);
      assertThat(callbacks).hasValue(1);
      assertThat(signed(server, "/task/create", create)).contains("请勿重复提交!");
      assertThat(post(server, "/v1/server/s/register", "{\"host\":\"10.0.0.3\",\"port\":80}"))
          .contains("\"retcode\":0");
      String record =
          "{\"optType\":1,\"resultType\":0,\"content\":\"记录\",\"sourceNode\":\"n\","
              + "\"namespace\":\"\",\"severity\":\"low\"}";
      assertThat(post(server, "/mw/v1/audit/write", record)).contains("\"status\":200");
      textsThatDatabasesChokeOn_refusedOrKept(server);
      server.tellToEnd();
      assertThat(server.exitCode()).isZero();
    }
    try (ServerProcess server = start(storage)) {
      assertThat(status(server, task)).isEqualTo("2");
      assertThat(post(server, "/v1/server/S/get", "{}")).contains("\"host\":\"10.0.0.3\"");
      assertThat(post(server, "/mw/v1/audit/find", ALL_TIME)).contains("记录");
      assertThat(post(server, "/mw/server/health", "")).contains("\"405\"");
      server.tellToEnd();
      assertThat(server.exitCode()).isZero();
    }
  }

  /** Nothing that a client says is the storage's fault: 500 and 503 are told to nobody for it. */
  private void textsThatDatabasesChokeOn_refusedOrKept(ServerProcess server) throws Exception {
    for (String text :
        List.of("\\u0000", "\\ud800", "\\udfff", "\\uffff", "\\ud83d\\ude00", "'\\\"%_\\\\")) {
      for (String body :
          List.of(
              "{\"content\":\"@\"}",
              "{\"taskNo\":\"@\",\"content\":1}",
              "{\"content\":{\"@\":1}}",
              "{\"name\":\"@\",\"content\":1}")) {
        assertThat(signed(server, "/task/create", body.replace("@", text)))
            .containsPattern("\"msg\":\"(?:ok!|参数错误!)\"");
      }
      String name = "{\"appName\":\"x@\",\"linkUrl\":\"http://127.0.0.1/\",\"remark\":\"@\"}";
      assertThat(post(server, "/application/create", name.replace("@", text)))
          .containsPattern("\"msg\":\"(?:Ok!|创建应用失败!)\"");
      String record =
          "{\"optType\":1,\"resultType\":0,\"content\":\"@\",\"sourceNode\":\"@\","
              + "\"namespace\":\"@\",\"severity\":\"@\",\"ext\":{\"@\":\"@\"}}";
      assertThat(post(server, "/mw/v1/audit/write", record.replace("@", text)))
          .containsPattern("\"status\":[24]00");
      String event = "{\"message\":{\"eventId\":\"e@\",\"x\":\"@\"}}";
      assertThat(post(server, "/mw/v1/event/write", event.replace("@", text)))
          .containsPattern("\"status\":[24]00");
      String find =
          "{\"startTime\":0,\"endTime\":9999999999999,\"filter\":{\"expr\":[{\"field\":\"severity\","
              + "\"operator\":\"Like\",\"value\":[\"@\"]}]}}";
      assertThat(post(server, "/mw/v1/audit/find", find.replace("@", text)))
          .containsPattern("\"code\":[24]00");
      String service =
          "{\"server_name\":\"s\",\"service_name\":\"@\",\"uri\":\"/@\",\"data\":{\"@\":\"@\"}}";
      assertThat(post(server, "/v1/service/registry", service.replace("@", text)))
          .contains("\"retcode\":")
          .doesNotContain("internal error", "not available");
      assertThat(post(server, "/v1/service/query", "{\"service_name\":\"@\"}".replace("@", text)))
          .contains("\"retcode\":")
          .doesNotContain("internal error", "not available");
    }
  }

  @Test
  void postgres_servesAndKeeps() throws Exception {
    try (EmbeddedPostgres postgres =
        EmbeddedPostgres.builder().setServerConfig("fsync", "off").start()) {
      servesAndKeeps(postgres.getJdbcUrl("postgres", "postgres"));
    }
  }

  @Test
  @Tag("mariadb")
  void mariaDb_servesAndKeeps() throws Exception {
    try (MariaDbProcess database = MariaDbProcess.start(directory)) {
      servesAndKeeps(database.url());
    }
  }

  /** Recovered when the dead process's lease is over, and no sooner. */
  @Test
  void case44_killedDuringARun_runsAgain() throws Exception {
    hanging = true;
    String storage = "h2:" + directory;
    String task;
    try (ServerProcess server = start(storage)) {
      register(server);
      task = member(signed(server, "/task/create", "{\"content\":1}"), "taskId");
      await().atMost(Duration.ofSeconds(20)).until(() -> callbacks.get() == 1);
      assertThat(status(server, task)).isEqualTo("1");
      // H2 writes to its file within half a second of a commit.
      Thread.sleep(1_000);
      server.kill();
    }
    killed.countDown();
    Instant start = Instant.now();
    try (ServerProcess server = start(storage)) {
      awaitDone(server, task);
      assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(15));
      assertThat(callbacks).hasValue(2);
      assertThat(signed(server, "/task/detail", "{\"id\":" + task + "}"))
          .contains("\"outcome\":\"crashed\"", "\"outcome\":\"success\"");
      server.tellToEnd();
      assertThat(server.exitCode()).isZero();
    }
  }
}

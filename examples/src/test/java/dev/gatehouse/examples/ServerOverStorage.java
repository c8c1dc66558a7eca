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
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server's main over a storage that outlives it, its client and a receiver of its callbacks. */
abstract class ServerOverStorage {
  @TempDir Path directory;

  private final HttpClient client = HttpClient.newHttpClient();
  final AtomicInteger callbacks = new AtomicInteger();
  final CountDownLatch killed = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  volatile boolean hanging;
  private HttpServer receiver;
  private String appKey = "";
  private String secret = "";

  @BeforeEach
  final void receive() throws IOException {
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
  final void close() {
    killed.countDown();
    receiver.stop(0);
    threads.shutdownNow();
  }

  static ServerProcess start(String storage) throws IOException {
    return ServerProcess.start(
        "--storage", storage, "--open", "--allow-callbacks-to", "127.0.0.0/8", "--lease", "5");
  }

  final String post(ServerProcess server, String path, String body) throws Exception {
    return send(server, path, body, Headers.NONE);
  }

  final String signed(ServerProcess server, String path, String body) throws Exception {
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

  static String member(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\":\"?([^\",}]+)").matcher(json);
    assertThat(found.find()).as(json).isTrue();
    return found.group(1);
  }

  final void register(ServerProcess server) throws Exception {
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

  final String status(ServerProcess server, String task) throws Exception {
    return member(signed(server, "/task/detail", "{\"id\":" + task + "}"), "status");
  }

  final void awaitDone(ServerProcess server, String task) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> status(server, task).equals("2"));
  }
}

package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.gatehouse.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** An API on the JDK's server on loopback, and a client of it. */
final class ApiServer implements AutoCloseable {
  static final int THREADS = 8;

  private final HttpServer server;
  private final JdkHttpMount mount;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final OkHttpClient client =
      new OkHttpClient.Builder()
          .callTimeout(Duration.ofSeconds(30))
          .retryOnConnectionFailure(false)
          .build();

  ApiServer(HttpApi api) {
    try {
      server = JdkHttpMount.server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    mount = JdkHttpMount.of(api);
    server.setExecutor(mount.executor(threads));
    server.createContext("/", mount);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** An answer. */
  record Answer(int status, Headers headers, String text) {
    JsonNode json() {
      return Json.parse(text, "answer");
    }

    JsonNode at(String pointer) {
      return json().at(pointer);
    }
  }

  Answer post(String path, String body, String... headers) {
    return send("POST", path, body, headers);
  }

  Answer get(String path, String... headers) {
    return send("GET", path, null, headers);
  }

  Answer send(String method, String path, String body, String... headers) {
    Request request =
        new Request.Builder()
            .url("http://127.0.0.1:" + port() + path)
            .headers(Headers.of(headers))
            .method(
                method,
                body == null
                    ? null
                    : RequestBody.create(body.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
            .build();
    try (Response response = client.newCall(request).execute()) {
      return new Answer(response.code(), response.headers(), response.body().string());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    client.connectionPool().evictAll();
    server.stop(0);
    mount.close();
    threads.shutdownNow();
    client.dispatcher().executorService().shutdown();
  }
}

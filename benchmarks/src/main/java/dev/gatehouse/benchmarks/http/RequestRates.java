package dev.gatehouse.benchmarks.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.H2Databases;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import dev.gatehouse.transport.http.api.AdminAuthenticator;
import dev.gatehouse.transport.http.api.HttpApi;
import dev.gatehouse.transport.http.api.JdkHttpMount;
import dev.gatehouse.transport.http.api.SerendipityApi;
import dev.gatehouse.transport.http.api.XmagitalApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Requests answered in a second over eight connections that are kept. */
final class RequestRates {
  private static final int CONNECTIONS = 8;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Metric metric;
  private final Plan plan;

  RequestRates(Plan plan, String name) {
    this.plan = plan;
    metric = new Metric("requests/s " + name, "1/s");
  }

  List<Metric> metrics() {
    return List.of(metric);
  }

  /** Makes requests. */
  interface Requests {
    List<byte[]> make(Gatehouse gatehouse, int count);
  }

  /** Measures against the API. */
  Measurement gatehouse(Requests requests) throws SQLException, InterruptedException {
    return overH2(requests, (gatehouse, load) -> rate(mount(gatehouse), load));
  }

  /** Measures against a handler that answers what the API has answered to the first request. */
  Measurement bare(Requests requests) throws SQLException, InterruptedException {
    return overH2(
        requests,
        (gatehouse, load) -> {
          String answer = withServer(mount(gatehouse), port -> one(port, load.get(0)));
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          return rate(exchange -> answer(exchange, body), load);
        });
  }

  private static void answer(HttpExchange exchange, byte[] body) throws IOException {
    try (exchange) {
      MAPPER.readTree(exchange.getRequestBody().readAllBytes());
      exchange.getResponseHeaders().add("Content-Type", "application/json; charset=utf-8");
      byte[] answer = MAPPER.writeValueAsBytes(MAPPER.readTree(body));
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private interface Work {
    double rate(Gatehouse gatehouse, List<byte[]> load) throws InterruptedException;
  }

  private Measurement overH2(Requests requests, Work work)
      throws SQLException, InterruptedException {
    try (Database database = H2Databases.create();
        HikariDataSource pool = database.pool(CONNECTIONS + 8);
        Gatehouse gatehouse = Gatehouse.builder().storage(JdbcStorage.of(pool)).build()) {
      List<byte[]> load = requests.make(gatehouse, plan.pick(40_000, 250_000));
      return new Measurement().with(metric, work.rate(gatehouse, load));
    }
  }

  private static JdkHttpMount mount(Gatehouse gatehouse) {
    return JdkHttpMount.of(
        HttpApi.builder(gatehouse)
            .serve(SerendipityApi.builder(gatehouse).build())
            .serve(XmagitalApi.builder(gatehouse).build())
            .administrators(AdminAuthenticator.EVERYBODY)
            .build());
  }

  private interface Client<T> {
    T call(int port) throws InterruptedException;
  }

  private static <T> T withServer(HttpHandler handler, Client<T> client)
      throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
    HttpServer server;
    try {
      server = JdkHttpMount.server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", handler);
    server.start();
    try {
      return client.call(server.getAddress().getPort());
    } finally {
      server.stop(0);
      threads.shutdownNow();
      if (handler instanceof JdkHttpMount mount) {
        mount.close();
      }
    }
  }

  private static String one(int port, byte[] request) {
    try (KeptConnection connection = new KeptConnection(port)) {
      return connection.exchange(request);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Four fifths of the load warm both sides up, the rest counts: the API is a lot of code, which
   * the JVM still compiles after tens of thousands of requests.
   */
  private static double rate(HttpHandler handler, List<byte[]> load) throws InterruptedException {
    return withServer(
        handler,
        port -> {
          // The first one is what the bare side's answer was made of.
          int warm = load.size() / 5 * 4;
          send(port, load.subList(1, warm));
          long start = System.nanoTime();
          send(port, load.subList(warm, load.size()));
          return (load.size() - warm) * 1e9 / (System.nanoTime() - start);
        });
  }

  private static void send(int port, List<byte[]> load) throws InterruptedException {
    ExecutorService clients = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      List<Callable<Void>> parts = new ArrayList<>();
      int share = (load.size() + CONNECTIONS - 1) / CONNECTIONS;
      for (int from = 0; from < load.size(); from += share) {
        List<byte[]> part = load.subList(from, Math.min(load.size(), from + share));
        parts.add(() -> sendAll(port, part));
      }
      for (Future<Void> done : clients.invokeAll(parts)) {
        done.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a request failed", e);
    } finally {
      clients.shutdown();
      clients.awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private static Void sendAll(int port, List<byte[]> load) throws IOException {
    try (KeptConnection connection = new KeptConnection(port)) {
      for (byte[] request : load) {
        String answer = connection.exchange(request);
        if (!answer.startsWith("{\"code\":0,") && !answer.startsWith("{\"code\":200,")) {
          throw new IllegalStateException("a request was refused: " + answer);
        }
      }
    }
    return null;
  }
}

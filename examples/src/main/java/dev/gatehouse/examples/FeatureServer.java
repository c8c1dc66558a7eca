package dev.gatehouse.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A third party that knows something of every id, as FATE Flow's ApiReader expects it: it takes
 * ids, is done with them after a while, and gives a row for each, whose value is its id's number
 * squared.
 */
final class FeatureServer implements AutoCloseable {
  private static final int PATIENCE = 2;
  private static final int FRAME_LINES = 6;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicLong ids = new AtomicLong();

  FeatureServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/upload", this::upload);
    server.createContext("/query", this::query);
    server.createContext("/download", this::download);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** How often it was asked whether it is done. */
  int asked() {
    return asked.get();
  }

  /** How many ids it was sent. */
  long ids() {
    return ids.get();
  }

  /** Counts lines: those of the form around the file, the name of the column, and the ids. */
  private void upload(HttpExchange exchange) throws IOException {
    long lines = 0;
    byte[] buffer = new byte[64 << 10];
    InputStream body = exchange.getRequestBody();
    for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
      for (int i = 0; i < count; i++) {
        lines += buffer[i] == '\n' ? 1 : 0;
      }
    }
    ids.set(lines - FRAME_LINES - 1);
    answer(exchange, "{\"code\":0,\"data\":{\"jobId\":\"J1\"}}");
  }

  private void query(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    String status = asked.incrementAndGet() > PATIENCE ? "SUCCESS" : "RUNNING";
    answer(exchange, "{\"code\":0,\"data\":{\"status\":\"" + status + "\"}}");
  }

  private void download(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = new BufferedOutputStream(exchange.getResponseBody(), 64 << 10)) {
      out.write(ascii("id,square\n"));
      for (long i = 1; i <= ids.get(); i++) {
        out.write(ascii("u" + i + "," + i * i + "\n"));
      }
    }
  }

  private static void answer(HttpExchange exchange, String json) throws IOException {
    byte[] bytes = ascii(json);
    exchange.sendResponseHeaders(200, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}

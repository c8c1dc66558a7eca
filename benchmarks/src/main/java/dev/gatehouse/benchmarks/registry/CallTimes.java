package dev.gatehouse.benchmarks.registry;

import com.sun.net.httpserver.HttpServer;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.transport.http.api.JdkHttpMount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How long a side takes for a call of a server of the JDK's in this process, one call after the
 * other on one thread, over a connection that is kept. Not safe: confine to one thread.
 */
final class CallTimes implements AutoCloseable {
  /** Turns a round. */
  static final int TURNS = 20;

  private static final byte[] ANSWER = "{\"code\":0}".getBytes(StandardCharsets.UTF_8);

  private final Plan plan;
  private final Metric half;
  private final Metric most;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<CallSide> sides = new ArrayList<>();
  private @Nullable HttpServer server;

  CallTimes(Plan plan, String name) {
    this.plan = plan;
    half = new Metric(name, "ns");
    most = new Metric(name + " p99", "ns");
  }

  List<Metric> metrics() {
    return List.of(half, most);
  }

  /** A side that stays open, and warm, from its first turn on. */
  Subject subject(String who, CallSide.Opener opener) {
    AtomicReference<@Nullable CallSide> warm = new AtomicReference<>();
    return new Subject(
        who,
        () -> {
          CallSide side = warm.get();
          if (side == null) {
            side = opener.open(port());
            sides.add(side);
            measure(side, plan.pick(12_000, 20_000));
            warm.set(side);
          }
          return measure(side, plan.pick(300, 1_000));
        });
  }

  /** Where the server is, which this starts. */
  int port() {
    return server().getAddress().getPort();
  }

  private HttpServer server() {
    HttpServer running = server;
    if (running == null) {
      try {
        running = JdkHttpMount.server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      running.setExecutor(threads);
      running.createContext(
          CallSide.PATH,
          exchange -> {
            try (exchange) {
              exchange.getRequestBody().readAllBytes();
              exchange.getResponseHeaders().add("Content-Type", "application/json");
              exchange.sendResponseHeaders(200, ANSWER.length);
              exchange.getResponseBody().write(ANSWER);
            }
          });
      running.start();
      server = running;
    }
    return running;
  }

  private Measurement measure(CallSide side, int calls) throws InterruptedException {
    long[] nanos = new long[calls];
    try {
      for (int i = 0; i < calls; i++) {
        long begin = System.nanoTime();
        int length = side.post();
        nanos[i] = System.nanoTime() - begin;
        if (length != ANSWER.length) {
          throw new IllegalStateException("an answer had " + length + " bytes");
        }
      }
    } catch (IOException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
    Arrays.sort(nanos);
    return new Measurement()
        .with(half, (double) nanos[calls / 2])
        .with(most, (double) nanos[calls * 99 / 100]);
  }

  @Override
  public void close() {
    sides.forEach(CallSide::close);
    if (server != null) {
      server.stop(0);
    }
    threads.shutdownNow();
  }
}

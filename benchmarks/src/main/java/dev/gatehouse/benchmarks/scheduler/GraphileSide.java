package dev.gatehouse.benchmarks.scheduler;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Graphile Worker, the fastest worker over PostgreSQL that could be found in any language, each
 * node a process of Node.js. It does not come with the build: {@value #HOME} names a folder in
 * which {@code npm install graphile-worker} was run. Its jobs are scheduled by its function in SQL,
 * and it is set up for throughput as its documentation advises.
 */
final class GraphileSide implements Side {
  static final String NAME = "graphile worker";

  /** The system property that names the folder. */
  static final String HOME = "graphile.worker";

  private static final String SCRIPT = "graphile-worker.js";

  /** The fastest of what was tried. */
  private static final String OPTIONS =
      "{\"concurrentJobs\":24,\"maxPoolSize\":10,\"completeJobBatchDelay\":0,"
          + "\"failJobBatchDelay\":0,\"localQueue\":{\"size\":2000}}";

  private static final String ADD =
      "SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(SELECT ROW('bench', t.payload::json, NULL,"
          + " t.due, NULL, NULL, NULL, NULL)::graphile_worker.job_spec"
          + " FROM unnest(?::text[], ?::timestamptz[]) AS t(payload, due)))";

  private static final String DUE =
      "SELECT EXISTS(SELECT 1 FROM graphile_worker._private_jobs WHERE run_at <= ?)";

  private static final long PATIENCE_SECONDS = 20;

  private final Setting setting;
  private final HikariDataSource pool;
  private final List<Node> nodes = new ArrayList<>();

  private GraphileSide(Setting setting) {
    this.setting = setting;
    pool = setting.database().pool(1);
  }

  /** Where it is installed, if anywhere. */
  static Optional<Path> home() {
    return Optional.ofNullable(System.getProperty(HOME)).map(Path::of);
  }

  /** Its version, as its package tells it. */
  static String version(Path home) {
    File description = home.resolve("node_modules/graphile-worker/package.json").toFile();
    try {
      return new ObjectMapper().readTree(description).path("version").asText();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "-D" + HOME + " names no folder with Graphile Worker in it", e);
    }
  }

  static Opener in(Path home) {
    return setting -> {
      GraphileSide side = new GraphileSide(setting);
      try {
        side.open(home.toFile());
      } catch (IOException e) {
        side.close();
        throw new UncheckedIOException(e);
      }
      return side;
    };
  }

  private void open(File home) throws IOException {
    String url = url();
    Process schema = process(home, "schema", url);
    expectEnd(schema);
    for (int i = 0; i < setting.nodes(); i++) {
      nodes.add(new Node(process(home, "work", url), setting.ran()));
    }
    for (Node node : nodes) {
      node.awaitReady();
    }
  }

  private String url() {
    URI at = URI.create(pool.getJdbcUrl().substring("jdbc:".length()));
    return "postgres://" + pool.getUsername() + "@127.0.0.1:" + at.getPort() + at.getPath();
  }

  private static Process process(File home, String what, String url) throws IOException {
    return new ProcessBuilder("node", "-e", script(), what, url, OPTIONS)
        .directory(home)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static String script() throws IOException {
    try (InputStream in = GraphileSide.class.getResourceAsStream(SCRIPT)) {
      if (in == null) {
        throw new IllegalStateException(SCRIPT + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void schedule(Tasks tasks) throws SQLException {
    add(tasks, BATCH);
  }

  @Override
  public void scheduleSingly(Tasks tasks) throws SQLException {
    add(tasks, 1);
  }

  private void add(Tasks tasks, int batch) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement insert = connection.prepareStatement(ADD)) {
      for (int from = tasks.from(); from < tasks.until(); from += batch) {
        int until = Math.min(from + batch, tasks.until());
        insert.setArray(1, connection.createArrayOf("text", payloads(from, until)));
        insert.setArray(2, connection.createArrayOf("timestamptz", dues(tasks, from, until)));
        insert.execute();
      }
    }
  }

  private Object[] payloads(int from, int until) {
    return IntStream.range(from, until)
        .mapToObj(index -> Payload.of(index, setting.payload()))
        .toArray();
  }

  private static Object[] dues(Tasks tasks, int from, int until) {
    return IntStream.range(from, until)
        .mapToObj(index -> Timestamp.from(tasks.due().apply(index)))
        .toArray();
  }

  @Override
  public void start() {
    nodes.forEach(Node::start);
  }

  @Override
  public boolean isDrained(Instant due) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement query = connection.prepareStatement(DUE)) {
      query.setTimestamp(1, Timestamp.from(due));
      try (ResultSet results = query.executeQuery()) {
        results.next();
        return !results.getBoolean(1);
      }
    }
  }

  @Override
  public String table() {
    return "graphile_worker._private_jobs";
  }

  @Override
  public void close() {
    nodes.forEach(Node::stop);
    pool.close();
  }

  /** Waits until a process has ended well, and ends it if it does not. */
  private static void expectEnd(Process process) {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("Graphile Worker did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
      throw new IllegalStateException("interrupted while Graphile Worker was to end", e);
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException("Graphile Worker ended with " + process.exitValue());
    }
  }

  /** One process, and the thread that reads what it ran. */
  private static final class Node {
    private final Process process;
    private final BufferedReader lines;
    private final Thread reader;

    Node(Process process, IntConsumer ran) {
      this.process = process;
      lines = process.inputReader(StandardCharsets.UTF_8);
      reader = new Thread(() -> lines.lines().mapToInt(Integer::parseInt).forEach(ran), "graphile");
      reader.setDaemon(true);
    }

    void awaitReady() throws IOException {
      String line = lines.readLine();
      if (!"ready".equals(line)) {
        process.destroyForcibly();
        throw new IllegalStateException("Graphile Worker said " + line);
      }
    }

    void start() {
      reader.start();
      try {
        OutputStream in = process.getOutputStream();
        in.write('\n');
        in.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void stop() {
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        process.destroyForcibly();
      }
      expectEnd(process);
    }
  }
}

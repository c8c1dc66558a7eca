package dev.gatehouse.storage.jdbc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.awaitility.Awaitility;

/** A database server in a folder of its own, both of which end with this process. */
final class ServerProcess {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path folder;
  private final List<String> command;
  private final DataSource connections;
  private volatile Process process;

  private ServerProcess(Path folder, List<String> command, DataSource connections)
      throws IOException {
    this.folder = folder;
    this.command = command;
    this.connections = connections;
    process = launch();
  }

  /**
   * Starts one, and waits until it answers.
   *
   * @param folder that is deleted in the end, with the server's log in it
   * @param connections to it
   */
  static ServerProcess start(Path folder, List<String> command, DataSource connections)
      throws IOException {
    ServerProcess server = new ServerProcess(folder, command, connections);
    Runtime.getRuntime().addShutdownHook(new Thread(server::end));
    server.awaitReady();
    return server;
  }

  /** Ends it as a loss of power would the process, and starts it again. */
  void crash() {
    try {
      kill();
      process = launch();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitReady();
  }

  private Process launch() throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  private void awaitReady() {
    Awaitility.await("the server to start, see " + folder.resolve("log"))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> !process.isAlive() || isReady());
    if (!process.isAlive()) {
      throw new IllegalStateException("the server did not start:\n" + log());
    }
  }

  private boolean isReady() {
    try (Connection connection = connections.getConnection()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void kill() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void end() {
    kill();
    try {
      delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes a folder and what is in it, if it is there. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> file.delete());
    }
  }
}

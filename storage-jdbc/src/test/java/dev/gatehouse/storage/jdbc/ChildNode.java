package dev.gatehouse.storage.jdbc;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A node in a process of its own, which ends with {@link #close} at the latest. */
final class ChildNode implements AutoCloseable {
  private final Process process;

  private ChildNode(Process process) {
    this.process = process;
  }

  /** Starts one on H2; what it prints goes to the file {@code child.log} beside the ledger. */
  static ChildNode start(String kind, String url, Ledger ledger, Duration lease)
      throws IOException {
    return start(
        ledger.file().resolveSibling("child.log"),
        CrashingNode.class,
        List.of(kind, url, ledger.file().toString(), Long.toString(lease.toMillis())));
  }

  /** Starts one of that class; what it prints goes to the file. */
  static ChildNode start(Path log, Class<?> main, List<String> arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // it lives for seconds, most of which would be its start
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(arguments);
    return new ChildNode(
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start());
  }

  /** Ends it as the loss of its machine would. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      throw new IllegalStateException("process " + process.pid() + " cannot be killed");
    }
  }

  /** Stops all its threads where they are. */
  void freeze() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** Lets a thread that waits for its standard input go on. */
  void release() throws IOException {
    process.getOutputStream().close();
  }

  /** Lets it go on. */
  void thaw() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder(List.of("kill", name, Long.toString(process.pid()))).start();
    if (kill.waitFor() != 0) {
      throw new IllegalStateException("kill " + name + " ended with " + kill.exitValue());
    }
  }

  /** How it ended by itself. */
  int exitValue() {
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    try {
      kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

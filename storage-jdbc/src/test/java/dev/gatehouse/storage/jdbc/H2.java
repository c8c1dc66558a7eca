package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/** New, empty H2 databases for tests. */
final class H2 {
  private H2() {}

  /** A storage in a database in memory, which lives as long as the storage's process. */
  static Storage memory(InstantSource clock) {
    return JdbcStorage.of(memoryDataSource(), clock);
  }

  /** A storage in a database in a new file of the directory. */
  static Storage file(Path directory, InstantSource clock) {
    return JdbcStorage.of(fileDataSource(directory), clock);
  }

  static DataSource memoryDataSource() {
    return dataSource("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
  }

  static DataSource fileDataSource(Path directory) {
    return dataSource(
        "jdbc:h2:file:"
            + directory.resolve(UUID.randomUUID().toString()).toAbsolutePath()
            + ";DB_CLOSE_DELAY=5");
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
}

package dev.gatehouse.benchmarks.database;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The servers of an area, each started when it is first asked for. Not safe: confine to one thread.
 */
public final class Servers implements AutoCloseable {
  private @Nullable PostgresServer postgres;
  private @Nullable MariaDbServer mariaDb;

  /** No server yet. */
  public Servers() {}

  /** An empty database on PostgreSQL. */
  public Database postgres() throws SQLException {
    if (postgres == null) {
      postgres = PostgresServer.start();
    }
    return postgres.create();
  }

  /** An empty database on MariaDB. */
  public Database mariaDb() throws SQLException {
    if (mariaDb == null) {
      mariaDb = MariaDbServer.start();
    }
    return mariaDb.create();
  }

  /** Versions and settings of those that were started. */
  public Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    if (postgres != null) {
      versions.putAll(postgres.settings());
    }
    if (mariaDb != null) {
      versions.putAll(mariaDb.settings());
    }
    return versions;
  }

  @Override
  public void close() {
    try {
      if (postgres != null) {
        postgres.close();
      }
    } finally {
      if (mariaDb != null) {
        mariaDb.close();
      }
    }
  }
}

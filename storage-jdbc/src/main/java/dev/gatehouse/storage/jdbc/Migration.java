package dev.gatehouse.storage.jdbc;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import dev.gatehouse.error.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * Brings the tables up to date, once, before first use, on two connections of their own: one holds
 * the lock row of {@code gh_schema}, so that nodes that start at once take turns, the other changes
 * the tables. Version <i>n</i> is the script number <i>n</i> of {@link #SCRIPTS}; {@code gh_schema}
 * holds the versions that were applied, and 0 for the lock row.
 */
final class Migration {
  static final List<String> SCRIPTS =
      List.of(
          "0001-registry.sql",
          "0002-signing.sql",
          "0003-permission.sql",
          "0004-scheduler.sql",
          "0005-audit.sql",
          "0006-schedule.sql");

  /**
   * How often the lock is asked for, each time for as long as the database lets a statement wait.
   */
  private static final RetryPolicy<Object> PATIENCE =
      RetryPolicy.builder().handleIf(Database::isTransient).withMaxAttempts(30).build();

  private boolean done;

  /** Applies what is missing; refuses a schema newer than this library. */
  synchronized void ensure(Jdbi jdbi) {
    if (done) {
      return;
    }
    try {
      jdbi.useHandle(Migration::makeLockRow);
      Failsafe.with(PATIENCE).run(() -> jdbi.useTransaction(lock -> migrate(lock, jdbi)));
    } catch (JdbiException e) {
      throw new StorageException("the tables could not be brought up to date", e);
    }
    done = true;
  }

  private static void makeLockRow(Handle handle) {
    handle.execute(
        "CREATE TABLE IF NOT EXISTS gh_schema(version INT PRIMARY KEY, script VARCHAR(80) NOT NULL)");
    try {
      handle.execute(
          "INSERT INTO gh_schema(version, script) "
              + "SELECT 0, 'lock' WHERE NOT EXISTS (SELECT 1 FROM gh_schema WHERE version = 0)");
    } catch (JdbiException e) {
      if (!Database.isDuplicate(e)) {
        throw e;
      }
    }
  }

  private static void migrate(Handle lock, Jdbi jdbi) {
    lock.createQuery("SELECT version FROM gh_schema WHERE version = 0 FOR UPDATE")
        .mapTo(Integer.class)
        .one();
    // Not useHandle, which on this thread gives the lock's own connection, whose lock DDL would
    // end.
    try (Handle handle = jdbi.open()) {
      apply(handle);
    }
  }

  private static void apply(Handle handle) {
    int version =
        handle.createQuery("SELECT MAX(version) FROM gh_schema").mapTo(Integer.class).one();
    if (version > SCRIPTS.size()) {
      throw new StorageException(
          "the schema is at version "
              + version
              + ", this library knows versions up to "
              + SCRIPTS.size());
    }
    for (int next = version + 1; next <= SCRIPTS.size(); next++) {
      String script = SCRIPTS.get(next - 1);
      handle.createScript(text(script)).execute();
      handle.execute("INSERT INTO gh_schema(version, script) VALUES (?, ?)", next, script);
    }
  }

  private static String text(String script) {
    try (InputStream in = Migration.class.getResourceAsStream("h2/" + script)) {
      if (in == null) {
        throw new IllegalStateException("missing resource h2/" + script);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("unreadable resource h2/" + script, e);
    }
  }
}

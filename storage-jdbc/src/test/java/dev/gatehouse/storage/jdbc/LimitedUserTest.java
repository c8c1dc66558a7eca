package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.mysql.cj.jdbc.MysqlDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Task;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What an administrator made by the scripts in the jar serves users who may make nothing. */
class LimitedUserTest {
  private static final SignedHead HEAD =
      SignedHead.parse(
          "log\n7\n"
              + Base64.getEncoder().encodeToString(new byte[32])
              + "\ntime 2026-01-01T00:00:00Z\n\n");

  abstract static class OverDatabase {
    /** Of a user who may do everything. */
    abstract DataSource administrator();

    /** The same database, of a new user who may do nothing. */
    abstract DataSource user(String name);

    abstract Dialect dialect();

    private final String name = "limited" + Long.toString(System.nanoTime(), 36);

    /** As a host's own migration would. */
    private void run(String script) {
      Jdbi.create(administrator())
          .useHandle(handle -> handle.createScript(dialect().script(script)).execute());
    }

    private void grant(String rights, String... tables) {
      Jdbi.create(administrator())
          .useHandle(
              handle -> {
                for (String table : tables) {
                  grant(handle, rights, table, name);
                }
              });
    }

    void grant(Handle handle, String rights, String table, String user) {
      handle.execute("GRANT " + rights + " ON " + table + " TO " + user);
    }

    private static void assertMakesNoTable(DataSource user) {
      assertThatExceptionOfType(UnableToExecuteStatementException.class)
          .isThrownBy(
              () -> Jdbi.create(user).useHandle(handle -> handle.execute("CREATE TABLE x(i INT)")));
    }

    @Test
    void storage_tablesMadeByTheScripts_worksWithoutTheRightToMakeAny() {
      DataSource user = user(name);
      run("0000-schema.sql");
      Migration.SCRIPTS.forEach(this::run);
      run("versions.sql");
      List<String> tables = new ArrayList<>(Schema.of(dialect(), NamedTables.STANDARD).tables());
      tables.add("gh_schema");
      grant("SELECT, INSERT, UPDATE, DELETE", tables.toArray(String[]::new));
      assertMakesNoTable(user);

      try (JdbcStorage storage = JdbcStorage.of(user)) {
        storage.check();
        assertThat(storage.validate()).isEmpty();
        Gatehouse gatehouse = Gatehouse.builder().storage(storage).build();
        gatehouse.registry().register(Application.named("shop"));
        gatehouse.scheduler().schedule(Task.of("one").handler("none"));
        assertThat(gatehouse.status().scheduler().tasks().orElseThrow().due()).isOne();
      }
    }

    /** What the library writes when it runs them, and no more when they are run again. */
    @Test
    void versions_byHand_areThoseThatTheLibraryWrites() {
      JdbcStorage.of(administrator()).check();
      List<String> own = versions();
      run("0000-schema.sql");
      run("versions.sql");
      assertThat(versions()).isEqualTo(own);
      Jdbi.create(administrator()).useHandle(handle -> handle.execute("DELETE FROM gh_schema"));
      run("0000-schema.sql");
      run("versions.sql");
      assertThat(versions()).isEqualTo(own);
    }

    private List<String> versions() {
      return Jdbi.create(administrator())
          .withHandle(
              handle ->
                  handle
                      .createQuery("SELECT version, script FROM gh_schema ORDER BY version")
                      .map((row, context) -> row.getInt(1) + " " + row.getString(2))
                      .list());
    }

    @Test
    void anchor_tableMadeByTheScript_needsRightsToInsertAndSelectOnly() {
      DataSource user = user(name);
      run("anchor.sql");
      grant("SELECT, INSERT", "gh_audit_anchor");
      assertMakesNoTable(user);

      Anchor anchor = JdbcStorage.anchor(user);
      assertThat(anchor.heads()).isEmpty();
      anchor.publish(HEAD);
      anchor.publish(HEAD);
      assertThat(JdbcStorage.anchor(user).heads())
          .extracting(SignedHead::note)
          .containsExactly(HEAD.note());
    }

    @Test
    void anchor_tableMissingAndNoRightToMakeIt_isTold() {
      DataSource user = user(name);
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> JdbcStorage.anchor(user).publish(HEAD))
          .withMessage("the anchor's database cannot be written");
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> JdbcStorage.anchor(user).heads())
          .withMessage("the anchor's database cannot be read");
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    private final String url = "jdbc:h2:mem:" + UUID.randomUUID();
    private final DataSource administrator = dataSource("sa", ";DB_CLOSE_DELAY=-1");

    private DataSource dataSource(String user, String settings) {
      JdbcDataSource dataSource = new JdbcDataSource();
      dataSource.setURL(url + settings);
      dataSource.setUser(user);
      dataSource.setPassword("");
      return dataSource;
    }

    @Override
    Dialect dialect() {
      return Dialect.H2;
    }

    @Override
    DataSource administrator() {
      return administrator;
    }

    @Override
    DataSource user(String name) {
      Jdbi.create(administrator)
          .useHandle(handle -> handle.execute("CREATE USER " + name + " PASSWORD ''"));
      return dataSource(name, "");
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    private final PGSimpleDataSource administrator = Postgres.unpooledDataSource();

    @Override
    Dialect dialect() {
      return Dialect.POSTGRESQL;
    }

    @Override
    DataSource administrator() {
      return administrator;
    }

    @Override
    DataSource user(String name) {
      Postgres.use(
          handle -> {
            handle.execute("CREATE ROLE " + name + " LOGIN");
            return handle.execute(
                "GRANT USAGE ON SCHEMA " + administrator.getCurrentSchema() + " TO " + name);
          });
      PGSimpleDataSource limited = new PGSimpleDataSource();
      limited.setUrl(administrator.getURL());
      limited.setUser(name);
      return limited;
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    private final MysqlDataSource administrator = MySql.unpooledDataSource("");

    @Override
    Dialect dialect() {
      return Dialect.MYSQL;
    }

    @Override
    DataSource administrator() {
      return administrator;
    }

    @Override
    DataSource user(String name) {
      Jdbi.create(administrator)
          .useHandle(
              handle -> {
                handle.execute("CREATE USER " + name);
                // A database may be connected to by who has a right to anything in it.
                handle.execute("CREATE TABLE unused(id INT)");
                grant(handle, "SELECT", "unused", name);
              });
      MysqlDataSource limited = new MysqlDataSource();
      limited.setUrl(administrator.getUrl());
      limited.setUser(name);
      return limited;
    }
  }

  /** The shared server asks nobody for rights. */
  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    private final String database = "limited" + Long.toString(System.nanoTime(), 36);

    @Override
    Dialect dialect() {
      return Dialect.MARIADB;
    }

    @BeforeEach
    void makeDatabase() {
      Jdbi.create(Guarded.SERVER.dataSource("mysql", ""))
          .useHandle(handle -> handle.execute("CREATE DATABASE " + database));
    }

    @Override
    DataSource administrator() {
      return Guarded.SERVER.dataSource(database, "");
    }

    @Override
    DataSource user(String name) {
      Jdbi.create(administrator())
          .useHandle(
              handle -> {
                handle.execute("CREATE USER " + name);
                // A database may be connected to by who has a right to anything in it.
                handle.execute("CREATE TABLE unused(id INT)");
                grant(handle, "SELECT", "unused", name);
              });
      MariaDbDataSource limited = Guarded.SERVER.dataSource(database, "");
      try {
        limited.setUser(name);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      return limited;
    }
  }

  /** Made when first asked for. */
  private static final class Guarded {
    private static final MariaDbServer SERVER = start();

    /** Without a table of rights at the start, there are no users to know the password of. */
    private static MariaDbServer start() {
      MariaDbServer server = MariaDbServer.start();
      Jdbi.create(server.dataSource("mysql", ""))
          .useHandle(
              handle -> {
                handle.execute("FLUSH PRIVILEGES");
                handle.execute("CREATE OR REPLACE USER root@'127.0.0.1'");
                handle.execute("GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION");
              });
      return server;
    }
  }
}

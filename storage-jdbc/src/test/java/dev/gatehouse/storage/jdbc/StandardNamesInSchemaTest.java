package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.permission.PermissionStore.Role;
import java.util.Locale;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tables that keep their prefix and lie in a schema of the host's: a name that is put in twice
 * would be qualified twice.
 */
class StandardNamesInSchemaTest {
  abstract static class OverDatabase {
    final DataSource host = newDataSource();

    abstract DataSource newDataSource();

    /** Makes a schema of that name; answers the query for the names of its tables. */
    abstract String make(String schema);

    private long tables(String query) {
      return Jdbi.create(host)
          .withHandle(handle -> handle.createQuery(query).mapTo(String.class).list())
          .stream()
          .filter(name -> name.toLowerCase(Locale.ROOT).startsWith("gh_"))
          .count();
    }

    private void assertWorksIn(String schema, JdbcStorage plain) {
      String query = make(schema);
      try (JdbcStorage storage = plain.withTables(TableNames.STANDARD.inSchema(schema))) {
        storage.check();
        assertThat(storage.validate()).isEmpty();
        storage.permissions().insertRole(new Role(1, "role"));
        assertThat(storage.permissions().findRole("role")).hasValue(new Role(1, "role"));
        assertThat(tables(query)).isGreaterThan(40);
        assertThat(plain.validate()).contains("table gh_task");
      }
    }

    @Test
    void check_standardPrefixInASchema_makesTheTablesThere() {
      assertWorksIn("jobs" + Long.toString(System.nanoTime(), 36), JdbcStorage.of(host));
    }

    @Test
    void check_schemaNamedAsATable_makesTheTablesThere() {
      assertWorksIn("gh_x" + Long.toString(System.nanoTime(), 36), JdbcStorage.of(host));
    }

    @Test
    void check_withAuditTerms_makesTheTablesThere() {
      assertWorksIn(
          "gh_t" + Long.toString(System.nanoTime(), 36), JdbcStorage.of(host).withAuditTerms());
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.memoryDataSource();
    }

    @Override
    String make(String schema) {
      Jdbi.create(host).useHandle(handle -> handle.execute("CREATE SCHEMA " + schema));
      return "SELECT table_name FROM information_schema.tables WHERE table_schema = '"
          + schema.toUpperCase(Locale.ROOT)
          + "'";
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.dataSource();
    }

    @Override
    String make(String schema) {
      Postgres.use(handle -> handle.execute("CREATE SCHEMA " + schema));
      return "SELECT tablename FROM pg_tables WHERE schemaname = '" + schema + "'";
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MariaDb.dataSource();
    }

    @Override
    String make(String schema) {
      MariaDb.use(handle -> handle.execute("CREATE DATABASE " + schema));
      return "SELECT table_name FROM information_schema.tables WHERE table_schema = '"
          + schema
          + "'";
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MySql.dataSource();
    }

    @Override
    String make(String schema) {
      MySql.use(handle -> handle.execute("CREATE DATABASE " + schema));
      return "SELECT table_name FROM information_schema.tables WHERE table_schema = '"
          + schema
          + "'";
    }
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.AuditFindContract;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

class JdbcAuditFindTest {
  @Nested
  class H2InMemory extends AuditFindContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }

    @Override
    protected int queries() {
      return 50;
    }
  }

  @Nested
  @Tag("h2file")
  class H2InFile extends AuditFindContract {
    @TempDir Path directory;

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.file(directory, leaseClock);
    }

    @Override
    protected int queries() {
      return 40;
    }
  }

  @Nested
  class OnPostgres extends AuditFindContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }

    @Override
    protected int queries() {
      return 30;
    }
  }

  @Nested
  class OnPostgresWithTerms extends AuditFindContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return JdbcStorage.of(Postgres.dataSource(), leaseClock).withAuditTerms();
    }

    @Override
    protected int queries() {
      return 40;
    }

    @Override
    protected boolean findsWords() {
      return true;
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends AuditFindContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }

    @Override
    protected int queries() {
      return 30;
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends AuditFindContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }

    @Override
    protected int queries() {
      return 40;
    }
  }
}

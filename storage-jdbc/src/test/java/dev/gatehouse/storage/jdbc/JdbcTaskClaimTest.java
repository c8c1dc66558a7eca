package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.TaskClaimContract;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

class JdbcTaskClaimTest {
  @Nested
  class H2InMemory extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  @Tag("h2file")
  class H2InFile extends TaskClaimContract {
    @TempDir private Path directory;

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.file(directory, leaseClock);
    }
  }

  @Nested
  class OnPostgres extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }
  }
}

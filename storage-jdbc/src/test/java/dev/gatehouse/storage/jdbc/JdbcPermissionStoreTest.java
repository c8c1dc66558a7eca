package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.PermissionStoreContract;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

class JdbcPermissionStoreTest {
  @Nested
  class H2InMemory extends PermissionStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  @Tag("h2file")
  class H2InFile extends PermissionStoreContract {
    @TempDir Path directory;

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.file(directory, leaseClock);
    }
  }

  @Nested
  class OnPostgres extends PermissionStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends PermissionStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends PermissionStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.RegistryChangesContract;
import dev.gatehouse.testing.contract.RegistryInstancesContract;
import dev.gatehouse.testing.contract.RegistryStoreContract;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

final class JdbcRegistryStoreTest {
  @Nested
  class H2InMemory extends RegistryStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  @Tag("h2file")
  class H2InFile extends RegistryStoreContract {
    @TempDir Path directory;

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.file(directory, leaseClock);
    }
  }

  @Nested
  class OnPostgres extends RegistryStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends RegistryStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends RegistryStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }
  }

  @Nested
  class ChangesOnPostgres extends RegistryChangesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class ChangesOnMariaDb extends RegistryChangesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  class ChangesH2InMemory extends RegistryChangesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  @Tag("h2file")
  class ChangesH2InFile extends RegistryChangesContract {
    @TempDir Path directory;

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.file(directory, leaseClock);
    }
  }

  @Nested
  class InstancesOnPostgres extends RegistryInstancesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class InstancesOnMariaDb extends RegistryInstancesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  class InstancesH2InMemory extends RegistryInstancesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  @Tag("h2file")
  class InstancesH2InFile extends RegistryInstancesContract {
    @TempDir Path directory;

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.file(directory, leaseClock);
    }
  }
}

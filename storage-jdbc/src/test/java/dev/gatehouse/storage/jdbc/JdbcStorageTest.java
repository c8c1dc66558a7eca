package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.StorageContract;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

final class JdbcStorageTest {
  @Nested
  class H2InMemory extends StorageContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }

    @Override
    protected Optional<Storage> openUnusable() {
      return Optional.of(JdbcStorage.of(H2.missingDataSource()));
    }
  }

  @Nested
  @Tag("h2file")
  class H2InFile extends StorageContract {
    @TempDir Path directory;

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.file(directory, leaseClock);
    }
  }

  @Nested
  class OnPostgres extends StorageContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }

    @Override
    protected Optional<Storage> openUnusable() {
      return Optional.of(JdbcStorage.of(Postgres.missingDataSource()));
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends StorageContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }

    @Override
    protected Optional<Storage> openUnusable() {
      return Optional.of(JdbcStorage.of(MariaDb.missingDataSource()));
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends StorageContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }

    @Override
    protected Optional<Storage> openUnusable() {
      return Optional.of(JdbcStorage.of(MySql.missingDataSource()));
    }
  }
}

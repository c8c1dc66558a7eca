package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.PermissionsContract;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;

class JdbcPermissionsTest {
  @Nested
  class OnH2 extends PermissionsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  class OnPostgres extends PermissionsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }
}

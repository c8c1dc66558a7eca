package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.AutomaticRecordsContract;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

class JdbcAutomaticRecordsTest {
  @Nested
  class H2InMemory extends AutomaticRecordsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  class OnPostgres extends AutomaticRecordsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends AutomaticRecordsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends AutomaticRecordsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }
  }
}

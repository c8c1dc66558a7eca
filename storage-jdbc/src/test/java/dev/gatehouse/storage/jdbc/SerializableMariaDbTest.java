package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.ScheduleStoreContract;
import dev.gatehouse.testing.contract.TaskChangeContract;
import dev.gatehouse.testing.contract.TaskClaimContract;
import dev.gatehouse.testing.contract.TaskLeaseContract;
import dev.gatehouse.testing.contract.TaskRecoveryContract;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * As {@link SerializableTest}, on MariaDB, for the stores that nodes contend for; not where tests
 * read beside an open transaction, for whose end such reads wait there.
 */
@Tag("serializable")
@Tag("mariadb")
@ExtendWith(Storms.class)
class SerializableMariaDbTest {
  @Nested
  class TaskLease extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class TaskRecovery extends TaskRecoveryContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class TaskClaim extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class TaskChange extends TaskChangeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class ScheduleStore extends ScheduleStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.stormyStorage(leaseClock, Storms.seed());
    }
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.AuditTreeContract;
import dev.gatehouse.testing.contract.KeyStoreContract;
import dev.gatehouse.testing.contract.PermissionUsesContract;
import dev.gatehouse.testing.contract.ScheduleStoreContract;
import dev.gatehouse.testing.contract.TaskChangeContract;
import dev.gatehouse.testing.contract.TaskClaimContract;
import dev.gatehouse.testing.contract.TaskLeaseContract;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The contracts of stores on a database whose transactions are serializable, and that ends one in
 * ten by asking for another try, as those do that are spread over many machines. Those whose tests
 * take note of what they do within a transaction, do much in one, or set many threads on one row,
 * are not among them.
 */
@Tag("serializable")
class SerializableTest {
  private static final AtomicLong SEED =
      new AtomicLong(Long.getLong("gatehouse.seed", System.nanoTime()));

  private static Storage stormy(InstantSource leaseClock) {
    long seed = SEED.getAndIncrement();
    System.out.println("gatehouse.seed=" + seed);
    return Postgres.stormyStorage(leaseClock, seed);
  }

  @Nested
  class KeyStore extends KeyStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return stormy(leaseClock);
    }
  }

  @Nested
  class PermissionUses extends PermissionUsesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return stormy(leaseClock);
    }
  }

  @Nested
  class TaskClaim extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return stormy(leaseClock);
    }
  }

  @Nested
  class TaskChange extends TaskChangeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return stormy(leaseClock);
    }
  }

  @Nested
  class TaskLease extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return stormy(leaseClock);
    }
  }

  @Nested
  class ScheduleStore extends ScheduleStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return stormy(leaseClock);
    }
  }

  @Nested
  class AuditTree extends AuditTreeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return stormy(leaseClock);
    }
  }
}

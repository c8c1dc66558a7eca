package dev.gatehouse.storage.jdbc;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.AuditStoreContract;
import dev.gatehouse.testing.contract.AuditTreeContract;
import dev.gatehouse.testing.contract.KeyStoreContract;
import dev.gatehouse.testing.contract.PermissionUsesContract;
import dev.gatehouse.testing.contract.RegistryChangesContract;
import dev.gatehouse.testing.contract.RegistryInstancesContract;
import dev.gatehouse.testing.contract.RegistryStoreContract;
import dev.gatehouse.testing.contract.ScheduleStoreContract;
import dev.gatehouse.testing.contract.TaskChangeContract;
import dev.gatehouse.testing.contract.TaskClaimContract;
import dev.gatehouse.testing.contract.TaskLeaseContract;
import dev.gatehouse.testing.contract.TaskRecoveryContract;
import dev.gatehouse.testing.contract.TaskStoreContract;
import dev.gatehouse.testing.contract.WorkflowStoreContract;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The contracts of stores on a database whose transactions are serializable, and that ends one in
 * ten by asking for another try, as those do that are spread over many machines. Those whose tests
 * take note of what they do within a transaction, or do much in one, are not among them: {@link
 * SerializableRunTest} goes through those stores.
 */
@Tag("serializable")
@ExtendWith(Storms.class)
class SerializableTest {
  @Nested
  class KeyStore extends KeyStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class PermissionUses extends PermissionUsesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class RegistryStore extends RegistryStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class RegistryChanges extends RegistryChangesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class RegistryInstances extends RegistryInstancesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class TaskStore extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class TaskClaim extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class TaskChange extends TaskChangeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class TaskLease extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class TaskRecovery extends TaskRecoveryContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class ScheduleStore extends ScheduleStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class WorkflowStore extends WorkflowStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class AuditStore extends AuditStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }

  @Nested
  class AuditTree extends AuditTreeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.stormyStorage(leaseClock, Storms.seed());
    }
  }
}

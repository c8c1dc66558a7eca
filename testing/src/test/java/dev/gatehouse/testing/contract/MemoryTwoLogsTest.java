package dev.gatehouse.testing.contract;

import dev.gatehouse.audit.LogName;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;

class MemoryTwoLogsTest {
  @Nested
  class Both extends TwoLogsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MemoryStorage.create(leaseClock);
    }
  }

  @Nested
  class EventLog extends AuditStoreContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return MemoryStorage.create(leaseClock);
    }
  }

  @Nested
  class EventTree extends AuditTreeContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return MemoryStorage.create(leaseClock);
    }
  }
}

package dev.gatehouse.testing.contract;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;

final class MemoryRegistryStoreTest {
  @Nested
  class Rows extends RegistryStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MemoryStorage.create(leaseClock);
    }
  }

  @Nested
  class Changes extends RegistryChangesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MemoryStorage.create(leaseClock);
    }
  }

  @Nested
  class Instances extends RegistryInstancesContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MemoryStorage.create(leaseClock);
    }
  }
}

package dev.gatehouse.testing.contract;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.InstantSource;

class MemoryPermissionsTest extends PermissionsContract {
  @Override
  protected Storage open(InstantSource leaseClock) {
    return MemoryStorage.create(leaseClock);
  }
}

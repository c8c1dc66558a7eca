package dev.gatehouse.testing.contract;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.InstantSource;

class MemoryTaskRecoveryTest extends TaskRecoveryContract {
  @Override
  protected Storage open(InstantSource leaseClock) {
    return MemoryStorage.create(leaseClock);
  }
}

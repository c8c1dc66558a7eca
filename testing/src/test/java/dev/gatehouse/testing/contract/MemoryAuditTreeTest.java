package dev.gatehouse.testing.contract;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.InstantSource;

class MemoryAuditTreeTest extends AuditTreeContract {
  @Override
  protected Storage open(InstantSource leaseClock) {
    return MemoryStorage.create(leaseClock);
  }
}

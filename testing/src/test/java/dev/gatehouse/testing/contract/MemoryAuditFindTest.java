package dev.gatehouse.testing.contract;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.InstantSource;

class MemoryAuditFindTest extends AuditFindContract {
  @Override
  protected Storage open(InstantSource leaseClock) {
    return MemoryStorage.create(leaseClock);
  }

  @Override
  protected int queries() {
    return 1_000;
  }
}

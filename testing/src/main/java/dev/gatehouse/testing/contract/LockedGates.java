package dev.gatehouse.testing.contract;

import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.storage.Storage;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** Transactions that have all gates locked that they want, however often others have one. */
record LockedGates(Storage storage, GateStore gates) {
  /**
   * Runs one.
   *
   * @param again counts tries of transactions beyond the first
   */
  void run(
      Collection<String> names,
      AtomicInteger again,
      BiConsumer<GateStore, Map<String, Long>> work) {
    boolean done = false;
    while (!done) {
      again.decrementAndGet();
      done =
          storage.<Boolean>call(
              transaction -> {
                again.incrementAndGet();
                GateStore joined = gates.joining(transaction);
                Map<String, Long> locked = joined.lock(names);
                boolean all = locked.size() == names.size();
                if (all) {
                  work.accept(joined, locked);
                }
                return all;
              });
    }
  }
}

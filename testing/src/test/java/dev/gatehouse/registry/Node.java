package dev.gatehouse.registry;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** A registry with all that it needs, as one node of several over one storage. */
final class Node implements KeyIssuer {
  static final Duration STALENESS = Duration.ofSeconds(1);

  private static final AtomicLong IDS = new AtomicLong();

  final ManualClock clock = new ManualClock(Instant.parse("2030-01-01T00:00:00.123456Z"));
  final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10);
  final RecordingAudit audit = new RecordingAudit();
  final List<Long> revoked = new CopyOnWriteArrayList<>();
  final WatchedStore watched;
  final Storage storage;
  final Registry registry;
  volatile boolean refusingKeys;

  Node(Storage storage) {
    this.storage = storage;
    watched = new WatchedStore(storage.registry());
    registry = Registry.create(watched.store(), storage, audit.log(), this, options());
  }

  RegistryOptions options() {
    return RegistryOptions.of(clock, IDS::incrementAndGet)
        .staleness(STALENESS)
        .nanoTime(nanos::get);
  }

  /** Makes the snapshot as old as the bound allows no more. */
  void age() {
    nanos.addAndGet(STALENESS.toNanos());
  }

  @Override
  public Secret issue(Transaction transaction, long applicationId, String appKey) {
    if (refusingKeys) {
      throw new IllegalStateException("no key, as told");
    }
    return Secret.of("secret-of-application-" + applicationId);
  }

  @Override
  public void revoke(Transaction transaction, long applicationId) {
    transaction.afterCommit(() -> revoked.add(applicationId));
  }
}

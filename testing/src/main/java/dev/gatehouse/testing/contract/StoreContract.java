package dev.gatehouse.testing.contract;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What the contracts of all stores share: each test gets a new, empty storage. A store author
 * extends the contract of each role and says how to open the storage; every test must pass.
 */
public abstract class StoreContract {
  /** When the clock starts. */
  static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  /** The clock by which the storage's leases run, and from which tests take the time. */
  protected final ManualClock clock = new ManualClock(START);

  private @Nullable Storage storage;

  /** A contract of a store. */
  protected StoreContract() {}

  /** A new, empty storage whose leases run by the clock. The contract closes it. */
  protected abstract Storage open(InstantSource leaseClock);

  /** The storage under test. */
  protected final Storage storage() {
    return requireNonNull(storage, "storage");
  }

  /** The clock's time in epoch milliseconds. */
  protected final long now() {
    return clock.millis();
  }

  @BeforeEach
  final void openStorage() {
    storage = open(clock);
  }

  @AfterEach
  final void closeStorage() {
    storage().close();
  }
}

package dev.gatehouse.permission;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Forgets what has been history for long enough, a few rows to a transaction. */
final class History {
  private static final Logger LOG = LoggerFactory.getLogger(History.class);
  private static final Duration PAUSE = Duration.ofHours(1);

  /** So few that whoever makes a change does not wait long for what it clears away. */
  private static final int FEW = 500;

  private final Transactions transactions;
  private final PermissionStore store;
  private final Permissions.Settings settings;

  /** When it was last looked for something to forget, by the settings' monotonic time. */
  private final AtomicLong lookedNanos;

  History(Transactions transactions, PermissionStore store, Permissions.Settings settings) {
    this(
        transactions,
        store,
        settings,
        new AtomicLong(settings.nanoTime().getAsLong() - PAUSE.toNanos()));
  }

  private History(
      Transactions transactions,
      PermissionStore store,
      Permissions.Settings settings,
      AtomicLong lookedNanos) {
    this.transactions = transactions;
    this.store = store;
    this.settings = settings;
    this.lookedNanos = lookedNanos;
  }

  History joining(Transactions transactions, PermissionStore store) {
    return new History(transactions, store, settings, lookedNanos);
  }

  /** Forgets every state before the one that held at that time. */
  void forget(Instant before) {
    while (forget(before, PermissionStore.MAX_PAGE)) {
      // The rest, in a transaction of its own.
    }
  }

  /** True if there may be more. */
  private boolean forget(Instant before, int limit) {
    long version = store.versionAt(before.toEpochMilli());
    if (version == 0) {
      return false;
    }
    return transactions.call(transaction -> store.joining(transaction).forget(version, limit))
        == limit;
  }

  /** Once in a while, forgets some of what is older than the settings' history. Never throws. */
  void forgetNowAndThen() {
    long now = settings.nanoTime().getAsLong();
    long last = lookedNanos.get();
    if (now - last < PAUSE.toNanos() || !lookedNanos.compareAndSet(last, now)) {
      return;
    }
    try {
      if (forget(settings.clock().instant().minus(settings.history()), FEW)) {
        lookedNanos.set(last); // The next change takes the next few.
      }
    } catch (GatehouseException e) {
      LOG.warn("Earlier versions of permissions could not be cleared away; tried again later", e);
    }
  }
}

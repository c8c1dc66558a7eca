package dev.gatehouse.permission;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Forgets what has been history for long enough, a few rows of a kind to a transaction. */
final class History {
  private static final Logger LOG = LoggerFactory.getLogger(History.class);
  private static final Duration PAUSE = Duration.ofHours(1);

  /** So few that whoever makes a change does not wait long for what it clears away. */
  private static final int FEW = 1_000;

  private final Transactions transactions;
  private final PermissionStore store;
  private final Permissions.Settings settings;

  /** When it was last looked for something to forget, by the settings' monotonic time. */
  private final AtomicLong lookedNanos;

  History(Transactions transactions, PermissionStore store, Permissions.Settings settings) {
    this.transactions = transactions;
    this.store = store;
    this.settings = settings;
    lookedNanos = new AtomicLong(settings.nanoTime().getAsLong() - PAUSE.toNanos());
  }

  /** Forgets every state before the one that held at that time. */
  static void forget(Instant before, Transactions transactions, PermissionStore store) {
    while (forget(before, FEW, transactions, store)) {
      // The rest, in a transaction of its own.
    }
  }

  /** True if there may be more. */
  private static boolean forget(
      Instant before, int limit, Transactions transactions, PermissionStore store) {
    long version = store.versionAt(before.toEpochMilli());
    return version > 0
        && transactions.call(transaction -> store.joining(transaction).forget(version, limit))
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
      Instant before = settings.clock().instant().minus(settings.history());
      if (forget(before, FEW, transactions, store)) {
        lookedNanos.set(last); // The next change takes the next few.
      }
    } catch (GatehouseException e) {
      LOG.warn("Earlier versions of permissions could not be cleared away; tried again later", e);
    }
  }
}

package dev.gatehouse.permission;

import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import dev.gatehouse.transaction.Transactions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;

/**
 * Reads a store whole, page by page. The version is read before and after: if it is the same, no
 * change was committed in between, since each brings a version of its own, so that the pages show
 * one state. After a few tries it holds the version, which keeps writers waiting for once.
 */
record SnapshotLoader(Transactions transactions, PermissionStore store) {
  private static final int TRIES = 3;

  /** A snapshot of one committed state, at least as new as the call. */
  Snapshot load() {
    return new Snapshot(rows());
  }

  /** The rows of one committed state, at least as new as the call. */
  Snapshot.Rows rows() {
    for (int i = 0; i < TRIES; i++) {
      Snapshot.Rows rows = read(store, store.version());
      if (store.version().equals(rows.version())) {
        return rows;
      }
    }
    return transactions.call(
        transaction -> {
          PermissionStore joined = store.joining(transaction);
          return read(joined, joined.lock());
        });
  }

  private static Snapshot.Rows read(PermissionStore store, Version version) {
    return new Snapshot.Rows(
        version,
        all(store::roles, Role::id),
        all(store::memberships, Membership::id),
        all(store::grants, Grant::id),
        new HashSet<>(all(store::usedUp, Long::longValue)));
  }

  /** All rows behind pages. */
  static <T> List<T> all(BiFunction<Long, Integer, List<T>> pages, ToLongFunction<T> id) {
    List<T> rows = new ArrayList<>();
    List<T> page;
    long after = 0;
    do {
      page = pages.apply(after, PermissionStore.MAX_PAGE);
      rows.addAll(page);
      after = page.isEmpty() ? after : id.applyAsLong(page.get(page.size() - 1));
    } while (page.size() == PermissionStore.MAX_PAGE);
    return rows;
  }
}

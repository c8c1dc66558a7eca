package dev.gatehouse.permission;

import dev.gatehouse.permission.PermissionStore.Change;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.RecordedChange;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import dev.gatehouse.transaction.Transactions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Reads a store whole, page by page, or what has changed in it. The version is read before and
 * after: if it is the same, no change was committed in between, since each brings a version of its
 * own, so that the pages show one state. After a few tries it holds the version, which keeps
 * writers waiting for once.
 */
record SnapshotLoader(Transactions transactions, PermissionStore store) {
  private static final int TRIES = 3;

  /** After more changes than that it is faster to read all. */
  private static final int MAX_CHANGES = 1_000;

  /** So much of a snapshot may be of no use whatever its size. */
  private static final int MAX_WASTE = 1 << 16;

  /** A snapshot of one committed state, at least as new as the call. */
  Snapshot load() {
    return steady(SnapshotLoader::read);
  }

  /** The rows of one committed state, at least as new as the call. */
  Snapshot.Rows rows() {
    return steady(SnapshotLoader::readRows);
  }

  private <T> T steady(BiFunction<PermissionStore, Version, T> reader) {
    for (int i = 0; i < TRIES; i++) {
      Version version = store.version();
      T read = reader.apply(store, version);
      if (store.version().equals(version)) {
        return read;
      }
    }
    return transactions.call(
        transaction -> {
          PermissionStore joined = store.joining(transaction);
          return reader.apply(joined, joined.lock());
        });
  }

  private static Snapshot.Rows readRows(PermissionStore store, Version version) {
    return new Snapshot.Rows(
        version,
        all(store::roles, Role::id),
        all(store::memberships, Membership::id),
        all(store::grants, Grant::id),
        new HashSet<>(all(store::usedUp, Long::longValue)));
  }

  /**
   * As {@link #load}, out of a snapshot of an earlier state and the changes since, if the store has
   * them all and they are few.
   */
  Snapshot load(Snapshot known) {
    for (int i = 0; i < TRIES; i++) {
      Version version = store.version();
      if (version.equals(known.version())) {
        return known;
      }
      Optional<Snapshot> next = follow(known, version);
      if (next.isEmpty()) {
        return load();
      }
      if (store.version().equals(version)) {
        return next.get();
      }
    }
    return load();
  }

  /** Empty if the snapshot is not one of the version's past, or what has changed is too much. */
  private Optional<Snapshot> follow(Snapshot known, Version version) {
    long before = known.version().number();
    long missed = version.number() - before;
    if (missed <= 0 || missed > MAX_CHANGES || !mayFollow(known.parts(), (int) missed)) {
      return Optional.empty();
    }
    List<RecordedChange> changes = store.changes(Math.max(0, before - 1), (int) missed + 1);
    if (!leadsFrom(known.version(), version, changes)) {
      return Optional.empty();
    }
    SnapshotEditor editor = new SnapshotEditor(known.parts());
    for (RecordedChange change : changes) {
      if (change.number() > before && !apply(change.change(), editor)) {
        return Optional.empty();
      }
    }
    return Optional.of(editor.snapshot(version)).filter(snapshot -> snapshot.parts().whole());
  }

  private static boolean mayFollow(Snapshot.Parts parts, int missed) {
    return parts.whole()
        && parts.waste() <= MAX_WASTE + parts.holders().size()
        && parts.roleKeys().size() + missed < Roles.LIMIT;
  }

  /** Whether these are all the changes from the one version to the other, and both are theirs. */
  private static boolean leadsFrom(Version from, Version to, List<RecordedChange> changes) {
    long first = from.number() == 0 ? 1 : from.number();
    if (changes.size() != to.number() - first + 1) {
      return false;
    }
    for (int i = 0; i < changes.size(); i++) {
      if (changes.get(i).number() != first + i) {
        return false;
      }
    }
    boolean known = from.number() == 0 || changes.get(0).change().id() == from.changeId();
    return known && changes.get(changes.size() - 1).change().id() == to.changeId();
  }

  /**
   * A row that is gone was removed by a later change, and never was, to whoever missed both. False
   * if the change does not tell its rows.
   */
  private boolean apply(Change change, SnapshotEditor editor) {
    long row = change.rowId();
    switch (change.operation()) {
      case ROLE_ADDED -> only(store.roles(row - 1, 1), Role::id, row, editor::add);
      case ROLE_REMOVED -> editor.removeRole(row);
      case MEMBERSHIP_ADDED ->
          only(store.memberships(row - 1, 1), Membership::id, row, editor::add);
      case MEMBERSHIP_REMOVED -> editor.removeMembership(row);
      case GRANT_ADDED -> store.findGrant(row).ifPresent(editor::add);
      case GRANT_REMOVED -> editor.removeGrant(row);
      case GRANT_USED_UP -> editor.useUp(row);
      case BATCH_LOADED -> {
        return false;
      }
    }
    return true;
  }

  private static <T> void only(List<T> page, ToLongFunction<T> id, long row, Consumer<T> consumer) {
    page.stream().filter(found -> id.applyAsLong(found) == row).forEach(consumer);
  }

  private static Snapshot read(PermissionStore store, Version version) {
    SnapshotEditor editor = new SnapshotEditor(Snapshot.Parts.EMPTY);
    each(store::roles, Role::id, editor::add);
    each(store::memberships, Membership::id, editor::add);
    each(store::grants, Grant::id, editor::add);
    each(store::usedUp, Long::longValue, editor::useUp);
    return editor.snapshot(version);
  }

  /** All rows behind pages. */
  static <T> List<T> all(BiFunction<Long, Integer, List<T>> pages, ToLongFunction<T> id) {
    List<T> rows = new ArrayList<>();
    each(pages, id, rows::add);
    return rows;
  }

  private static <T> void each(
      BiFunction<Long, Integer, List<T>> pages, ToLongFunction<T> id, Consumer<T> consumer) {
    List<T> page;
    long after = 0;
    do {
      page = pages.apply(after, PermissionStore.MAX_PAGE);
      page.forEach(consumer);
      after = page.isEmpty() ? after : id.applyAsLong(page.get(page.size() - 1));
    } while (page.size() == PermissionStore.MAX_PAGE);
  }
}

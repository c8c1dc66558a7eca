package dev.gatehouse.permission;

import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.PermissionStore.Change;
import dev.gatehouse.permission.PermissionStore.Difference;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.RecordedChange;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a version of a store whole, page by page, or what it has that an earlier one has not. No
 * lock is needed: what a version holds stays as it was, whatever is committed meanwhile.
 */
record SnapshotLoader(PermissionStore store) {
  private static final int TRIES = 3;

  /** After more changes than that it is faster to read all. */
  private static final int MAX_CHANGES = 1_000;

  /** With more rows of a kind than that it is faster to read all; a batch has no more. */
  private static final int MAX_ROWS = PermissionBatch.MAX_ROWS;

  /** So much of a snapshot may be of no use whatever its size, beside half of its rows. */
  private static final int MAX_WASTE = 1 << 16;

  private static final Set<Change.Operation> ROLES =
      EnumSet.of(
          Change.Operation.ROLE_ADDED,
          Change.Operation.ROLE_REMOVED,
          Change.Operation.BATCH_LOADED);
  private static final Set<Change.Operation> MEMBERSHIPS =
      EnumSet.of(
          Change.Operation.MEMBERSHIP_ADDED,
          Change.Operation.MEMBERSHIP_REMOVED,
          Change.Operation.ROLE_REMOVED,
          Change.Operation.BATCH_LOADED);
  private static final Set<Change.Operation> GRANTS =
      EnumSet.of(
          Change.Operation.GRANT_ADDED,
          Change.Operation.GRANT_REMOVED,
          Change.Operation.ROLE_REMOVED,
          Change.Operation.BATCH_LOADED);

  /** A snapshot of the latest version. */
  Snapshot load() {
    return latest(this::read);
  }

  /** The rows of the latest version. */
  Snapshot.Rows rows() {
    return latest(this::readRows);
  }

  /** Only if the history is cut behind the latest version while it is read, this takes two. */
  private <T> T latest(Function<Version, T> reader) {
    for (int i = 0; i < TRIES; i++) {
      Version version = store.version();
      T read = reader.apply(version);
      if (store.oldest() <= version.number()) {
        return read;
      }
    }
    throw new StorageException("versions of permissions are dropped while they are read");
  }

  /**
   * A snapshot of an earlier version, as far as it is known.
   *
   * @throws NotFoundException if there is no such version, or it has been dropped
   */
  Snapshot load(long number) {
    Version latest = store.version();
    if (number > latest.number()) {
      throw new NotFoundException(
          "there is no version "
              + number
              + " of the permissions yet, the latest is "
              + latest.number());
    }
    requireKept(number);
    Snapshot read = read(number == latest.number() ? latest : version(number));
    requireKept(number);
    return read;
  }

  private void requireKept(long number) {
    long oldest = store.oldest();
    if (number < oldest) {
      throw new NotFoundException(
          "version " + number + " of the permissions is forgotten, the oldest is " + oldest);
    }
  }

  private Version version(long number) {
    return store.changes(Math.max(0, number - 1), 1).stream()
        .filter(change -> change.number() == number)
        .map(change -> new Version(number, change.change().id(), change.change().atMillis()))
        .findFirst()
        .orElse(Version.NONE);
  }

  /**
   * The latest snapshot, and when the first change was made that the one before does not know of.
   */
  record News(Snapshot snapshot, long firstMillis) {
    static News of(Snapshot snapshot) {
      return new News(snapshot, snapshot.version().changedAtMillis());
    }
  }

  /**
   * As {@link #load()}, out of a snapshot of an earlier version and what has changed since, if the
   * store knows and that is little.
   */
  Snapshot load(Snapshot known) {
    return news(known).snapshot();
  }

  /** As {@link #load(Snapshot)}, with when the news began, as far as that is known. */
  News news(@Nullable Snapshot known) {
    if (known == null) {
      return News.of(load());
    }
    Version version = store.version();
    if (version.equals(known.version())) {
      return News.of(known);
    }
    return follow(known, version).orElseGet(() -> News.of(load()));
  }

  /** Empty if the snapshot is not one of the version's past, or what has changed is too much. */
  private Optional<News> follow(Snapshot known, Version version) {
    long before = known.version().number();
    long missed = version.number() - before;
    if (missed <= 0 || missed > MAX_CHANGES || !mayFollow(known.parts())) {
      return Optional.empty();
    }
    List<RecordedChange> changes = store.changes(Math.max(0, before - 1), (int) missed + 1);
    if (!leadsFrom(known.version(), version, changes)) {
      return Optional.empty();
    }
    Set<Change.Operation> done = EnumSet.noneOf(Change.Operation.class);
    changes.stream()
        .filter(change -> change.number() > before)
        .forEach(change -> done.add(change.change().operation()));
    Difference<Role> roles = difference(done, ROLES, store::roleDifference, before, version);
    Difference<Membership> memberships =
        difference(done, MEMBERSHIPS, store::membershipDifference, before, version);
    Difference<Grant> grants = difference(done, GRANTS, store::grantDifference, before, version);
    if (Math.max(roles.size(), Math.max(memberships.size(), grants.size())) > MAX_ROWS
        || known.parts().roleKeys().size() + roles.added().size() > Roles.LIMIT
        || store.oldest() > before) {
      return Optional.empty();
    }
    SnapshotEditor editor = new SnapshotEditor(known.parts());
    editor.removeGrants(Ids.of(grants.removed()));
    editor.removeMemberships(Ids.of(memberships.removed()));
    editor.removeRoles(Ids.of(roles.removed()));
    roles.added().forEach(editor::add);
    memberships.added().forEach(editor::add);
    grants.added().forEach(editor::add);
    editor.useUp(
        changes.stream()
            .filter(change -> change.number() > before)
            .map(RecordedChange::change)
            .filter(change -> change.operation() == Change.Operation.GRANT_USED_UP)
            .map(Change::rowId)
            .collect(Collectors.toSet()));
    Snapshot snapshot = editor.snapshot(version);
    long first = changes.get(changes.size() - (int) missed).change().atMillis();
    return snapshot.parts().whole() ? Optional.of(new News(snapshot, first)) : Optional.empty();
  }

  /** What differs between two versions of a store, in one kind of row. */
  private interface Differences<T> {
    Difference<T> find(long before, long version, int limit);
  }

  private static <T> Difference<T> difference(
      Set<Change.Operation> done,
      Set<Change.Operation> ofKind,
      Differences<T> differences,
      long before,
      Version version) {
    return done.stream().noneMatch(ofKind::contains)
        ? new Difference<>(List.of(), List.of())
        : differences.find(before, version.number(), MAX_ROWS + 1);
  }

  private static boolean mayFollow(Snapshot.Parts parts) {
    int rows = parts.memberIds().size() + parts.roleIds().size() + parts.entries().ids().size();
    return parts.whole() && parts.waste() <= MAX_WASTE + rows / 2;
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

  private Snapshot read(Version version) {
    SnapshotEditor editor = new SnapshotEditor(Snapshot.Parts.EMPTY);
    each(store::roles, version, Role::id, editor::add);
    each(store::memberships, version, Membership::id, editor::add);
    each(store::grants, version, Grant::id, editor::add);
    Set<Long> usedUp = new HashSet<>();
    each(store::usedUp, version, Long::longValue, usedUp::add);
    editor.useUp(usedUp);
    return editor.snapshot(version);
  }

  private Snapshot.Rows readRows(Version version) {
    List<Role> roles = new ArrayList<>();
    List<Membership> memberships = new ArrayList<>();
    List<Grant> grants = new ArrayList<>();
    Set<Long> usedUp = new HashSet<>();
    each(store::roles, version, Role::id, roles::add);
    each(store::memberships, version, Membership::id, memberships::add);
    each(store::grants, version, Grant::id, grants::add);
    each(store::usedUp, version, Long::longValue, usedUp::add);
    return new Snapshot.Rows(version, roles, memberships, grants, usedUp);
  }

  /** Pages of the rows of a version. */
  private interface Pages<T> {
    List<T> page(long version, long afterId, int limit);
  }

  private static <T> void each(
      Pages<T> pages, Version version, ToLongFunction<T> id, Consumer<T> consumer) {
    each((after, limit) -> pages.page(version.number(), after, limit), id, consumer);
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

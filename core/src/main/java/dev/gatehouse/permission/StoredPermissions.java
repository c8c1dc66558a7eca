package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Permissions of a store: changes go through a {@link PermissionWriter} in a transaction each,
 * checks read a snapshot. Inside a transaction the snapshot is its own, read again whenever the
 * version that the transaction sees is another.
 */
final class StoredPermissions implements Permissions {
  private static final Instant FIRST_MOMENT = Instant.parse("0000-01-01T00:00:00Z");
  private static final Instant LAST_MOMENT = FIRST_MOMENT.plus(Duration.ofDays(3_652_425));

  private final Transactions transactions;
  private final PermissionStore store;
  private final AuditLog audit;
  private final LongSupplier ids;
  private final Settings settings;
  private final FreshSnapshot shared;
  private final DecisionLog log;
  private final Snapshots snapshots;
  private final SnapshotChecker checker;
  private final History history;
  private final boolean joined;

  private StoredPermissions(
      StoredPermissions of, Transactions transactions, PermissionStore store, Transaction joined) {
    this.transactions = transactions;
    this.store = store;
    this.audit = of.audit.joining(joined);
    this.ids = of.ids;
    this.settings = of.settings;
    this.shared = of.shared;
    this.log = of.log.joining(joined);
    this.snapshots = new OwnSnapshot(new SnapshotLoader(store), of.shared);
    this.checker = checker(snapshots);
    this.history = of.history;
    this.joined = true;
  }

  private StoredPermissions(
      Transactions transactions,
      PermissionStore store,
      AuditLog audit,
      LongSupplier ids,
      Settings settings) {
    this.transactions = requireNonNull(transactions, "transactions");
    this.store = requireNonNull(store, "store");
    this.audit = requireNonNull(audit, "audit");
    this.ids = requireNonNull(ids, "ids");
    this.settings = requireNonNull(settings, "settings");
    this.shared = new FreshSnapshot(new SnapshotLoader(store), settings);
    this.log = new DecisionLog(audit, settings);
    this.snapshots = shared;
    this.checker = checker(snapshots);
    this.history = new History(transactions, store, settings);
    this.joined = false;
  }

  static Permissions create(
      Transactions transactions,
      PermissionStore store,
      AuditLog audit,
      LongSupplier ids,
      Settings settings) {
    return new StoredPermissions(transactions, store, audit, ids, settings);
  }

  private SnapshotChecker checker(Snapshots snapshots) {
    return new SnapshotChecker(
        snapshots, Consistency.SNAPSHOT, settings.clock(), log, this::takeUse);
  }

  @Override
  public Decision check(Subject subject, String action, Resource resource, Attributes attributes) {
    return checker.check(subject, action, resource, attributes);
  }

  @Override
  public List<Decision> checkAll(
      Subject subject, List<PermissionView.Request> requests, Attributes attributes) {
    return checker.checkAll(subject, requests, attributes);
  }

  @Override
  public void require(Subject subject, String action, Resource resource, Attributes attributes) {
    checker.require(subject, action, resource, attributes);
  }

  @Override
  public Explanation explain(
      Subject subject, String action, Resource resource, Attributes attributes) {
    return checker.explain(subject, action, resource, attributes);
  }

  @Override
  public PermissionChecker with(Consistency consistency) {
    return checker.with(consistency);
  }

  @Override
  public long version() {
    return store.version().number();
  }

  @Override
  public Status status() {
    return shared.status();
  }

  @Override
  public OptionalLong usesLeft(long grantId) {
    return store.usesLeft(grantId);
  }

  /**
   * While more than one use is left, only the grant's own row is locked; who takes the last one
   * makes a version, so that checks know of it.
   */
  private Optional<Grant> takeUse(UseTaker.Wanted wanted) {
    Optional<Grant> taken =
        transactions.call(
            transaction ->
                UseTaker.takeOneOfMany(
                    store.joining(transaction), audit.joining(transaction), wanted));
    return taken.isPresent() ? taken : change(writer -> writer.use(wanted));
  }

  @Override
  public Grant grant(Grant.Terms terms) {
    requireNonNull(terms, "terms");
    return change(writer -> writer.grant(terms));
  }

  @Override
  public PermissionBatch.Loaded load(PermissionBatch batch) {
    requireNonNull(batch, "batch");
    return change(BatchWriter::new, writer -> writer.write(batch));
  }

  @Override
  public PermissionBatch.Loaded load(PermissionSet set) {
    requireNonNull(set, "set");
    return change(BatchWriter::new, writer -> writer.write(set));
  }

  @Override
  public boolean revoke(long grantId) {
    return change(writer -> writer.revoke(grantId));
  }

  @Override
  public boolean revoke(Grant.Terms terms) {
    requireNonNull(terms, "terms");
    return change(writer -> writer.revoke(terms));
  }

  @Override
  public boolean defineRole(String role) {
    Names.name(role, "role");
    return change(writer -> writer.defineRole(role));
  }

  @Override
  public boolean removeRole(String role) {
    Names.name(role, "role");
    return change(writer -> writer.removeRole(role));
  }

  @Override
  public boolean inherit(String role, String inherited) {
    Subject heir = Subject.role(role);
    Names.name(inherited, "role");
    return change(writer -> writer.inherit(heir, inherited));
  }

  @Override
  public boolean disinherit(String role, String inherited) {
    Subject heir = Subject.role(role);
    Names.name(inherited, "role");
    return change(writer -> writer.unassign(heir, inherited));
  }

  @Override
  public boolean assign(Subject subject, String role) {
    noRole(subject);
    Names.name(role, "role");
    return change(writer -> writer.assign(subject, role));
  }

  @Override
  public boolean unassign(Subject subject, String role) {
    noRole(subject);
    Names.name(role, "role");
    return change(writer -> writer.unassign(subject, role));
  }

  static Subject noRole(Subject subject) {
    Check.that(
        !requireNonNull(subject, "subject").isRole(),
        "subject must not be a role: a role inherits, was " + Check.shown(subject.toString()));
    return subject;
  }

  @Override
  public List<Grant> grants(Subject holder, long afterId, int limit) {
    requireNonNull(holder, "holder");
    Check.range(afterId, 0, Long.MAX_VALUE, "afterId");
    Check.range(limit, 1, PermissionStore.MAX_PAGE, "limit");
    return store.grants(holder, afterId, limit);
  }

  @Override
  public List<String> roles(Subject subject) {
    requireNonNull(subject, "subject");
    return SnapshotLoader.all(
            (after, limit) -> store.memberships(subject, after, limit), Membership::id)
        .stream()
        .map(Membership::role)
        .toList();
  }

  @Override
  public PermissionSet export() {
    return PermissionSet.of(new SnapshotLoader(store).rows());
  }

  @Override
  public List<Flaw> lint(int limit) {
    Check.range(limit, 1, MAX_LISTED, "limit");
    return Lint.of(new SnapshotLoader(store).rows(), settings.clock().instant(), limit);
  }

  @Override
  public List<Flip> dryRun(List<PermissionChange> changes, Attributes attributes, int limit) {
    List<PermissionChange> all = List.copyOf(changes);
    Check.range(all.size(), 1, MAX_TRIED, "number of changes");
    requireNonNull(attributes, "attributes");
    Check.range(limit, 1, MAX_LISTED, "limit");
    Snapshot.Rows before = new SnapshotLoader(store).rows();
    return DryRun.of(before, all, attributes, settings.clock().instant(), limit);
  }

  @Override
  public PermissionView view() {
    Snapshot snapshot = snapshots.find(Consistency.SNAPSHOT);
    if (snapshot == null) {
      throw new StorageException(
          "permissions are older than " + settings.maxStaleness() + " and cannot be read");
    }
    return new PermissionView(snapshot, settings.clock());
  }

  @Override
  public PermissionView viewAt(long version, Instant moment) {
    Check.range(version, 0, Long.MAX_VALUE, "version");
    moment(moment, "moment");
    Snapshot snapshot = new SnapshotLoader(store).load(version);
    return new PermissionView(snapshot, InstantSource.fixed(moment));
  }

  @Override
  public PermissionView viewAt(Instant moment) {
    return viewAt(store.versionAt(moment(moment, "moment").toEpochMilli()), moment);
  }

  /** A time that epoch milliseconds can tell. */
  private static Instant moment(Instant moment, String name) {
    Check.that(
        !moment.isBefore(FIRST_MOMENT) && moment.isBefore(LAST_MOMENT),
        name + " must be in the years 0..9999, was " + moment);
    return moment;
  }

  @Override
  public void forget(Instant before) {
    History.forget(moment(before, "before"), transactions, store);
  }

  /** Keeps other changes out until the transaction ends, which this is inside. */
  void lock() {
    store.lock();
  }

  @Override
  public Permissions joining(Transaction transaction) {
    return new StoredPermissions(
        this, Transactions.joining(transaction), store.joining(transaction), transaction);
  }

  private <T> T change(Function<PermissionWriter, T> change) {
    return change(PermissionWriter::new, change);
  }

  /** Makes a writer of one transaction. */
  private interface Writers<W> {
    W in(PermissionStore store, AuditLog audit, LongSupplier ids, long nowMillis);
  }

  private <W, T> T change(Writers<W> writers, Function<W, T> change) {
    return changeIn(
        transaction ->
            change.apply(
                writers.in(
                    store.joining(transaction),
                    audit.joining(transaction),
                    ids,
                    settings.clock().millis())));
  }

  /**
   * A commit that this instance hears of is read before anybody else hears of it; one whose end it
   * does not know outdates the snapshot, and a change that did not get so far does not.
   */
  private <T> T changeIn(Function<Transaction, T> change) {
    if (joined) {
      return transactions.call(
          transaction -> {
            transaction.afterCommit(shared::changed);
            return change.apply(transaction);
          });
    }
    AtomicBoolean tried = new AtomicBoolean();
    T result;
    try {
      result =
          transactions.call(
              transaction -> {
                tried.set(false);
                T made = change.apply(transaction);
                tried.set(true);
                return made;
              });
    } catch (RuntimeException | Error e) {
      if (tried.get()) {
        shared.changed();
      }
      throw e;
    }
    shared.readChange();
    history.forgetNowAndThen();
    return result;
  }
}

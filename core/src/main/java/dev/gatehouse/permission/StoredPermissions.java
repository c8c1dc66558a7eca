package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Version;
import dev.gatehouse.refusal.RefusalLog;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Permissions of a store: changes go through a {@link PermissionWriter} in a transaction each,
 * checks read a snapshot. Inside a transaction the snapshot is its own, read again whenever the
 * version that the transaction sees is another.
 */
final class StoredPermissions implements Permissions {
  private static final RefusalLog.Kind ACTIONS =
      new RefusalLog.Kind("permission", Operation.AUTHORIZE, "Actions");

  private final Transactions transactions;
  private final PermissionStore store;
  private final AuditLog audit;
  private final LongSupplier ids;
  private final Settings settings;
  private final FreshSnapshot shared;
  private final RefusalLog<Decision.Reason> refusals;
  private final Supplier<@Nullable Snapshot> snapshots;
  private final boolean joined;

  private StoredPermissions(
      StoredPermissions of, Transactions transactions, PermissionStore store, AuditLog audit) {
    this.transactions = transactions;
    this.store = store;
    this.audit = audit;
    this.ids = of.ids;
    this.settings = of.settings;
    this.shared = of.shared;
    this.refusals = of.refusals;
    this.snapshots = new OwnSnapshot(new SnapshotLoader(transactions, store), of.shared);
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
    this.shared = new FreshSnapshot(new SnapshotLoader(transactions, store), settings);
    this.refusals = new RefusalLog<>(Decision.Reason.class, ACTIONS, audit, settings.clock());
    this.snapshots = shared::find;
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

  @Override
  public Decision check(Subject subject, String action, Resource resource) {
    Snapshot snapshot = snapshots.get();
    return snapshot == null
        ? stale(subject, action, resource)
        : snapshot.decide(subject, action, resource, settings.clock());
  }

  @Override
  public void require(Subject subject, String action, Resource resource) {
    Decision decision = check(subject, action, resource);
    if (!joined) {
      refusals.settle();
    }
    if (!decision.allowed()) {
      refused(subject, action, resource, decision);
      throw new DeniedException(Explanation.sentence(subject, action, resource, decision));
    }
  }

  /** A storage that cannot be read is not written either. */
  private void refused(Subject subject, String action, Resource resource, Decision decision) {
    if (decision.reason() == Decision.Reason.STALE) {
      return;
    }
    ObjectNode ext =
        Json.object()
            .put("subject", subject.toString())
            .put("action", action)
            .put("resource", resource.toString())
            .put("version", decision.version());
    decision.grantIds().forEach(id -> ext.put("grantId", Long.toString(id)));
    String content =
        "Action '"
            + action
            + "' of "
            + subject
            + " on "
            + resource
            + " refused: "
            + decision.reason();
    if (joined) {
      refusals.add(decision.reason(), content, ext, audit);
    } else {
      refusals.add(decision.reason(), content, ext);
    }
  }

  @Override
  public Explanation explain(Subject subject, String action, Resource resource) {
    Snapshot snapshot = snapshots.get();
    return snapshot == null
        ? new Explanation(subject, action, resource, stale(subject, action, resource), List.of())
        : Derivation.explain(snapshot, subject, action, resource, settings.clock());
  }

  private Decision stale(Subject subject, String action, Resource resource) {
    requireNonNull(subject, "subject");
    requireNonNull(resource, "resource");
    Names.action(action);
    return new Decision.Denied(Decision.Reason.STALE, shared.lastVersion(), List.of());
  }

  @Override
  public Grant grant(Grant.Terms terms) {
    requireNonNull(terms, "terms");
    return change(writer -> writer.grant(terms));
  }

  @Override
  public PermissionBatch.Loaded load(PermissionBatch batch) {
    requireNonNull(batch, "batch");
    return changeIn(
        transaction ->
            new BatchWriter(
                    store.joining(transaction),
                    audit.joining(transaction),
                    ids,
                    settings.clock().millis())
                .write(batch));
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
    requireNoRole(subject);
    Names.name(role, "role");
    return change(writer -> writer.assign(subject, role));
  }

  @Override
  public boolean unassign(Subject subject, String role) {
    requireNoRole(subject);
    Names.name(role, "role");
    return change(writer -> writer.unassign(subject, role));
  }

  private static void requireNoRole(Subject subject) {
    Check.that(
        !requireNonNull(subject, "subject").isRole(),
        "subject must not be a role: a role inherits, was " + Check.shown(subject.toString()));
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
  public PermissionView view() {
    Snapshot snapshot = snapshots.get();
    if (snapshot == null) {
      throw new StorageException(
          "permissions are older than " + settings.maxStaleness() + " and cannot be read");
    }
    return new PermissionView(snapshot, settings.clock());
  }

  @Override
  public Permissions joining(Transaction transaction) {
    return new StoredPermissions(
        this,
        Transactions.joining(transaction),
        store.joining(transaction),
        audit.joining(transaction));
  }

  private <T> T change(Function<PermissionWriter, T> change) {
    return changeIn(
        transaction ->
            change.apply(
                new PermissionWriter(
                    store.joining(transaction),
                    audit.joining(transaction),
                    ids,
                    settings.clock().millis())));
  }

  /** A commit that this instance hears of, or whose end it does not know, outdates the snapshot. */
  private <T> T changeIn(Function<Transaction, T> change) {
    try {
      return transactions.call(
          transaction -> {
            if (joined) {
              transaction.afterCommit(shared::changed);
            }
            return change.apply(transaction);
          });
    } finally {
      if (!joined) {
        shared.changed();
      }
    }
  }

  /** The snapshot of one transaction: the shared one, if that is what the transaction sees. */
  private static final class OwnSnapshot implements Supplier<@Nullable Snapshot> {
    private final SnapshotLoader loader;
    private final FreshSnapshot shared;
    private @Nullable Snapshot last;

    OwnSnapshot(SnapshotLoader loader, FreshSnapshot shared) {
      this.loader = loader;
      this.shared = shared;
    }

    @Override
    public Snapshot get() {
      Version version = loader.store().version();
      if (last == null || !last.version().equals(version)) {
        Snapshot base = last == null ? shared.last().orElse(null) : last;
        last = base == null ? loader.load() : loader.load(base);
      }
      return last;
    }
  }
}

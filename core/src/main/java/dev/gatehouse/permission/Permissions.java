package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.check.Check;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Grants and roles, and the answers that follow from them.
 *
 * <p>Each change is one transaction with its audit record and a new version of the permissions. It
 * holds for every check on this instance that begins after the change returned, and on other nodes
 * within {@link Settings#freshness} and the time of a read. A change that changes nothing succeeds,
 * and leaves neither a version nor an audit record. Changes of one storage take place one after
 * another.
 *
 * <p>Each change throws {@link dev.gatehouse.error.StorageException} if the storage fails, and then
 * nothing was changed, unless the failure hit the commit itself. Safe for use by multiple threads,
 * but for what {@link #joining} returns.
 */
public interface Permissions extends PermissionChecker {
  /** Most flaws or flips of one answer. */
  int MAX_LISTED = 10_000;

  /** Most changes that are tried at once. */
  int MAX_TRIED = 1_000;

  /** Most decisions that are compared to try changes. */
  int MAX_ASKED = 5_000_000;

  /**
   * Grants. Terms that are granted already stay as they are, be they expired or used up; with
   * another expiry, condition or number of uses, a new grant takes the place of the old, with all
   * its uses.
   *
   * @return the grant that now stands
   * @throws dev.gatehouse.error.NotFoundException if the holder is a role that is not defined
   */
  Grant grant(Grant.Terms terms);

  /**
   * Adds many rows at once, under one version and with one audit record, and another for each grant
   * that is replaced. What is there already stays as it is; a grant with another expiry, condition
   * or number of uses takes the place of the old. All or nothing.
   *
   * @throws dev.gatehouse.error.NotFoundException if a role is neither in the batch nor defined
   * @throws dev.gatehouse.error.ConflictException if roles would inherit in a circle
   * @throws dev.gatehouse.error.LimitException if there would be more than {@value
   *     PermissionStore#MAX_ROLES} roles, or they would inherit more than {@value
   *     PermissionStore#MAX_INHERITED} others in all
   */
  PermissionBatch.Loaded load(PermissionBatch batch);

  /**
   * As {@link #load(PermissionBatch)}, for a set of any size. Takes nothing away but the grants
   * that others of the same terms take the place of.
   */
  PermissionBatch.Loaded load(PermissionSet set);

  /** Takes back the grant of that id; false if there is none. */
  boolean revoke(long grantId);

  /** Takes back the grant of those terms, whatever its limits; false if there is none. */
  boolean revoke(Grant.Terms terms);

  /**
   * Defines a role, named as a {@link Subject} is. Any role must be defined before it is used.
   *
   * @return false if it is defined already
   * @throws dev.gatehouse.error.LimitException if there are {@value PermissionStore#MAX_ROLES}
   *     roles
   */
  boolean defineRole(String role);

  /** Removes a role with its grants, its members and its inheritance; false if there is none. */
  boolean removeRole(String role);

  /**
   * Lets a role have whatever another has.
   *
   * @return false if it inherits directly from it already
   * @throws dev.gatehouse.error.NotFoundException if one of them is not defined
   * @throws dev.gatehouse.error.ConflictException if a role would inherit from itself; the message
   *     names the circle
   * @throws dev.gatehouse.error.LimitException if roles would inherit more than {@value
   *     PermissionStore#MAX_INHERITED} others in all, directly and through others
   */
  boolean inherit(String role, String inherited);

  /** Ends what {@link #inherit} began; false if the role does not inherit directly from it. */
  boolean disinherit(String role, String inherited);

  /**
   * Gives a subject a role.
   *
   * @param subject no role: roles {@link #inherit}
   * @return false if it has that role directly already
   * @throws dev.gatehouse.error.NotFoundException if the role is not defined
   */
  boolean assign(Subject subject, String role);

  /** Takes a role from a subject; false if it does not have it directly. */
  boolean unassign(Subject subject, String role);

  /**
   * The grants that a subject or role holds directly, expired ones included, read from the storage,
   * by id.
   *
   * @param afterId the id after which to begin; 0 for the beginning
   * @param limit 1..{@value PermissionStore#MAX_PAGE}
   */
  List<Grant> grants(Subject holder, long afterId, int limit);

  /**
   * The roles that a subject has, or a role inherits from, directly; read from the storage, in the
   * order in which they were given.
   */
  List<String> roles(Subject subject);

  /**
   * How many uses of the grant are left, read from the storage; empty if it counts none, or there
   * is no such grant.
   */
  OptionalLong usesLeft(long grantId);

  /**
   * The number of the latest version, read from the storage: at least that of every change that
   * returned before. With {@link Consistency#atLeast} it makes another node know of them. When
   * joined, the version that the transaction makes, if it commits.
   */
  long version();

  /** What checks of this instance go by, and how old that is; for metrics. Does no I/O. */
  Status status();

  /**
   * The same answers with another consistency than {@link Consistency#SNAPSHOT}: {@code
   * permissions.with(STRICT).check(...)}. A check that what is known is not consistent enough for
   * is denied as {@link Decision.Reason#STALE}. When joined, every consistency sees what the
   * transaction sees.
   */
  PermissionChecker with(Consistency consistency);

  /**
   * All that is stored, of one version, with all grants' uses as if none was taken. Reads
   * everything.
   */
  PermissionSet export();

  /**
   * What is stored without effect, or cannot be meant. Reads everything.
   *
   * @param limit 1..{@value #MAX_LISTED}; beyond, flaws are not told
   */
  List<Flaw> lint(int limit);

  /**
   * What the changes, one after another, would allow or deny that is not so now. Reads everything,
   * writes nothing, and gives the changes no ids.
   *
   * <p>Asked is every subject that is no role, for every action and every resource that a grant
   * names, before or after; for an action that none names, shown as {@code *}, and, of each pattern
   * with wildcards, for a resource that it covers and that shares no step with any that is named,
   * shown as that pattern.
   *
   * @param changes 1..{@value #MAX_TRIED}
   * @param attributes what conditions are judged by, before and after
   * @param limit 1..{@value #MAX_LISTED}; beyond, flips are not told
   * @throws dev.gatehouse.error.GatehouseException that the first change would throw which cannot
   *     be made
   * @throws dev.gatehouse.error.LimitException if more than {@value #MAX_ASKED} decisions would
   *     have to be compared
   */
  List<Flip> dryRun(List<PermissionChange> changes, Attributes attributes, int limit);

  /**
   * What the permissions say now, as fresh as {@link #check} has it, for any number of answers.
   *
   * @throws dev.gatehouse.error.StorageException if what is known is too old to decide by, and the
   *     storage cannot be read
   */
  PermissionView view();

  /**
   * What the permissions of an earlier version said at a moment: with the version, the time and the
   * attributes of a decision, {@link PermissionView#explain why} it was made. Counted grants have
   * uses left unless the version knows of the last one. Reads everything.
   *
   * @param version a version's number; 0 for nothing granted
   * @param moment expiry and times of day are judged by it
   * @throws dev.gatehouse.error.NotFoundException if there is no such version, or it is forgotten
   */
  PermissionView viewAt(long version, Instant moment);

  /**
   * As {@link #viewAt(long, Instant)}, of the version that held then, as the clocks of the nodes
   * told that made versions.
   */
  PermissionView viewAt(Instant moment);

  /**
   * Forgets every version but the one that held at that time and those after it, in many short
   * transactions. Whoever changes something in a transaction of its own now and then forgets a
   * little of what is older than {@link Settings#history}; only hosts that always {@link #joining
   * join} need this.
   */
  void forget(Instant before);

  /**
   * These permissions inside the transaction: changes stand or fall with it, and answers see them.
   * Other answers see them once it has committed: on this instance at once if the storage opened
   * the transaction, else within {@link Settings#freshness}.
   */
  Permissions joining(Transaction transaction);

  /**
   * Permissions over a store. Does no I/O.
   *
   * @param ids makes ids: positive, growing, never the same twice
   */
  static Permissions create(
      Transactions transactions,
      PermissionStore store,
      AuditLog audit,
      LongSupplier ids,
      Settings settings) {
    return StoredPermissions.create(transactions, store, audit, ids, settings);
  }

  /**
   * What checks go by. Immutable.
   *
   * @param version the number of the latest version that was read; 0 if there is none
   * @param age how long ago the storage was last asked whether it is the latest; empty if none was
   *     ever read. Above {@link Settings#maxStaleness}, checks are denied
   */
  record Status(long version, Optional<Duration> age) {
    /** Checks that nothing is missing. */
    public Status {
      requireNonNull(age, "age");
    }
  }

  /**
   * A decision that a change would turn. Immutable.
   *
   * @param subject whose
   * @param action for what; {@code *} stands for an action that no grant names
   * @param resource on what; with wildcards, on what the pattern covers and no grant names
   * @param before the decision now
   * @param after the decision then; ids of grants that are not made yet mean nothing
   */
  record Flip(
      Subject subject, String action, ResourcePattern resource, Decision before, Decision after) {
    /** Checks that nothing is missing. */
    public Flip {
      requireNonNull(subject, "subject");
      requireNonNull(action, "action");
      requireNonNull(resource, "resource");
      requireNonNull(before, "before");
      requireNonNull(after, "after");
    }
  }

  /**
   * How permissions are kept fresh, and what is told of them. Immutable.
   *
   * @param clock judges whether grants have expired
   * @param nanoTime measures ages; monotonic, in nanoseconds
   * @param freshness after how long a check asks the storage whether anything has changed, 0..1
   *     minute, default 500 ms; while one thread asks, others decide by what is known
   * @param maxStaleness how old the last answer of the storage may be while it cannot be asked;
   *     beyond, every check is denied as {@link Decision.Reason#STALE}. 1 second..1 day and no
   *     shorter than the freshness, default 30 s. Nothing lets checks go on without bound: what was
   *     taken back would hold for ever
   * @param listener hears of changes that took effect, and how long that took
   * @param audited which allowances are audited, default none
   * @param history how long {@link #viewAt} finds a version that is not the latest, 1 hour..10,000
   *     days, default 90 days
   */
  record Settings(
      InstantSource clock,
      LongSupplier nanoTime,
      Duration freshness,
      Duration maxStaleness,
      GatehouseListener listener,
      DecisionAudit audited,
      Duration history) {
    /** Checks the durations. */
    public Settings {
      requireNonNull(clock, "clock");
      requireNonNull(nanoTime, "nanoTime");
      Check.range(freshness, Duration.ZERO, Duration.ofMinutes(1), "freshness");
      Check.range(maxStaleness, Duration.ofSeconds(1), Duration.ofDays(1), "maxStaleness");
      Check.that(
          maxStaleness.compareTo(freshness) >= 0,
          "maxStaleness must not be shorter than freshness, was " + maxStaleness);
      requireNonNull(listener, "listener");
      requireNonNull(audited, "audited");
      Check.range(history, Duration.ofHours(1), Duration.ofDays(10_000), "history");
    }

    /** These, by other clocks, and with another listener and other allowances audited. */
    public Settings with(
        InstantSource newClock,
        LongSupplier newNanoTime,
        GatehouseListener newListener,
        DecisionAudit newAudited) {
      return new Settings(
          newClock, newNanoTime, freshness, maxStaleness, newListener, newAudited, history);
    }

    /** The defaults: the system's clocks, and a listener that hears nothing. */
    public static Settings defaults() {
      return new Settings(
          InstantSource.system(),
          System::nanoTime,
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          GatehouseListener.NONE,
          DecisionAudit.DENIALS,
          Duration.ofDays(90));
    }
  }
}

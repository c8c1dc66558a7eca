package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * SPI: keeps roles, memberships and grants under one version that grows with each change, and what
 * earlier versions held. A store does not judge: that roles exist and do not inherit in a circle is
 * its caller's to see to, under the lock of {@link #lock}. Names are kept exactly, upper and lower
 * case apart.
 *
 * <ol>
 *   <li>{@code PERMISSION-1}: an empty store has version {@link Version#NONE}, and no rows.
 *   <li>{@code PERMISSION-2}: {@link #lock} and {@link #advance} keep every other transaction from
 *       both until theirs ends, so that versions are committed in their order. Readers do not wait
 *       for them, unless the store's transactions are serial anyway.
 *   <li>{@code PERMISSION-3}: {@link #advance} makes the version's number one more, and records the
 *       change under it.
 *   <li>{@code PERMISSION-4}: an insertion of what is there already (a role of that name, that
 *       member in that role, a grant of those terms whatever its limits) answers false and changes
 *       nothing; a deletion of what is not there likewise. Of rows that are inserted together, each
 *       is inserted as if it came after those before it.
 *   <li>{@code PERMISSION-5}: deleting a role deletes its grants, its members and its inheritance,
 *       and nothing else.
 *   <li>{@code PERMISSION-6}: pages hold rows of ids above the given one, in order of id, as many
 *       as there are up to the limit.
 *   <li>{@code PERMISSION-7}: what is read is what was written, for every text and number that the
 *       values allow.
 *   <li>{@code PERMISSION-8}: outside its transaction, a change and its version are seen together
 *       once it has committed, and never before or after a rollback. A store that cannot tell a
 *       thread's own open changes from committed ones answers that thread with a {@link
 *       dev.gatehouse.error.StorageException}.
 *   <li>{@code PERMISSION-9}: of a grant that counts uses, so many are taken as were granted and
 *       not one more, however many transactions take them at a time; a rollback gives them back.
 *   <li>{@code PERMISSION-10}: rows that a transaction adds, removes or uses up are so from the
 *       version on that its next {@link #advance} makes. What a version holds stays as it was,
 *       whatever is committed while it is read, until {@link #forget} drops it.
 *   <li>{@code PERMISSION-11}: {@link #forget} drops rows that no version from the given one on
 *       holds, and the changes before it, and nothing else; {@link #oldest} tells of it before
 *       anything is gone.
 *   <li>{@code PERMISSION-12}: {@link #versionAt} goes by the times that changes were given, whose
 *       clocks may differ: it is the last version before the first that was made later.
 * </ol>
 *
 * <p>Safe for use by multiple threads, but for what {@link #joining} returns.
 */
public interface PermissionStore {
  /** Most roles of one store. */
  int MAX_ROLES = 65_536;

  /**
   * Most others that the roles of one store inherit in all, directly and through others: each costs
   * up to four bytes in memory.
   */
  long MAX_INHERITED = 1 << 24;

  /** Largest page. */
  int MAX_PAGE = 10_000;

  /** In place of a version: what is there now, or, when joined, what the transaction sees. */
  long LATEST = Long.MAX_VALUE - 1;

  /** The version as committed, or, when joined, as the transaction sees it. */
  Version version();

  /** As {@link #version}, and holds it until the transaction ends. Only when joined. */
  Version lock();

  /** Makes the next version and records its change. Only when joined. */
  Version advance(Change change);

  /**
   * The latest changes, whose version is above the given number, in order of version.
   *
   * @param limit 1..{@value #MAX_PAGE}
   */
  List<RecordedChange> changes(long afterNumber, int limit);

  /** Adds a role; false if there is one of that name. */
  boolean insertRole(Role role);

  /** As {@link #insertRole} for each, in few round trips; those that were added. */
  default List<Role> insertRoles(List<Role> roles) {
    return roles.stream().filter(this::insertRole).toList();
  }

  /** Removes the role with its grants, members and inheritance; false if there is none. */
  boolean deleteRole(String name);

  /** The role of that name. */
  Optional<Role> findRole(String name);

  /** How many roles there are. */
  int countRoles();

  /** A page of the roles of a version. */
  List<Role> roles(long version, long afterId, int limit);

  /**
   * The roles that one version has and the other has not.
   *
   * @param limit most rows, 1 or more
   */
  Difference<Role> roleDifference(long before, long version, int limit);

  /** Adds a membership; false if the member is in that role already. */
  boolean insertMembership(Membership membership);

  /** As {@link #insertMembership} for each, in few round trips; those that were added. */
  default List<Membership> insertMemberships(List<Membership> memberships) {
    return memberships.stream().filter(this::insertMembership).toList();
  }

  /** Removes a membership; false if there is none of that id. */
  boolean deleteMembership(long id);

  /** The membership of that member in that role. */
  Optional<Membership> findMembership(Subject member, String role);

  /** A page of the memberships of a version. */
  List<Membership> memberships(long version, long afterId, int limit);

  /** As {@link #roleDifference}, of memberships. */
  Difference<Membership> membershipDifference(long before, long version, int limit);

  /** A page of the latest memberships of that member. */
  List<Membership> memberships(Subject member, long afterId, int limit);

  /** A page of the latest memberships whose members are roles. */
  List<Membership> inheritances(long afterId, int limit);

  /** Adds a grant with all its uses; false if there is one of the same unlimited terms. */
  boolean insertGrant(Grant grant);

  /** As {@link #insertGrant} for each, in few round trips; those that were added. */
  default List<Grant> insertGrants(List<Grant> grants) {
    return grants.stream().filter(this::insertGrant).toList();
  }

  /** Removes a grant, and the count of its uses; false if there is none of that id. */
  boolean deleteGrant(long id);

  /** The grant of that id. */
  Optional<Grant> findGrant(long id);

  /** The grant of those terms, whatever their limits. */
  Optional<Grant> findGrant(Grant.Terms terms);

  /** The grants of those terms, whatever their limits, in few round trips. */
  default List<Grant> findGrants(List<Grant.Terms> terms) {
    return terms.stream().flatMap(each -> findGrant(each).stream()).toList();
  }

  /** A page of the grants of a version. */
  List<Grant> grants(long version, long afterId, int limit);

  /** As {@link #roleDifference}, of grants. */
  Difference<Grant> grantDifference(long before, long version, int limit);

  /** A page of the latest grants of that holder. */
  List<Grant> grants(Subject holder, long afterId, int limit);

  /**
   * Takes one of a grant's uses, if at least {@code keep} are left after it. Only when joined.
   *
   * @param keep 0 or more
   * @return how many are left; empty if none was taken, or the grant counts none, or is not there
   */
  OptionalLong use(long grantId, long keep);

  /** How many uses of a grant are left; empty if it counts none, or is not there. */
  OptionalLong usesLeft(long grantId);

  /** A page of the ids of the grants of a version that count uses and have none left then. */
  List<Long> usedUp(long version, long afterId, int limit);

  /** The number of the version that held at that time; 0 if there was none. */
  long versionAt(long epochMillis);

  /** The number of the oldest version that is still held whole; 0 if nothing was dropped. */
  long oldest();

  /**
   * Makes that version the oldest, unless an older one is gone already, and drops what only earlier
   * ones held. Only when joined.
   *
   * @param version at most the committed version's number
   * @param limit how many rows of a kind it drops at most, 1..{@value #MAX_PAGE}
   * @return the largest number of rows of a kind; less than the limit if nothing is left to drop
   */
  int forget(long version, int limit);

  /** This store inside the transaction. */
  PermissionStore joining(Transaction transaction);

  /**
   * How one version differs from an earlier one. Immutable.
   *
   * @param added rows that only the later has
   * @param removed ids of rows that only the earlier has
   */
  record Difference<T>(List<T> added, List<Long> removed) {
    /** Copies the lists. */
    public Difference {
      added = List.copyOf(added);
      removed = List.copyOf(removed);
    }

    /** How many rows there are. */
    public int size() {
      return added.size() + removed.size();
    }
  }

  /**
   * A version of the permissions. Two are the same only if number and change are: a number alone
   * may come again after a rollback or a restored backup. Immutable.
   *
   * @param number how many changes there were
   * @param changeId the id of the change that made it
   * @param changedAtMillis when, in epoch milliseconds
   */
  record Version(long number, long changeId, long changedAtMillis) {
    /** The version of an empty store. */
    public static final Version NONE = new Version(0, 0, 0);
  }

  /**
   * What was done to a row. Immutable.
   *
   * @param id the id of the change, never used twice
   * @param operation what was done
   * @param rowId the id of the role, membership or grant
   * @param atMillis when, in epoch milliseconds
   */
  record Change(long id, Operation operation, long rowId, long atMillis) {
    /** What can be done. */
    public enum Operation {
      /** A role was defined. */
      ROLE_ADDED,
      /** A role was removed, and its grants, members and inheritance with it. */
      ROLE_REMOVED,
      /** A subject was given a role, or a role inherits from another. */
      MEMBERSHIP_ADDED,
      /** A role was taken from a subject, or a role inherits no more. */
      MEMBERSHIP_REMOVED,
      /** Something was granted. */
      GRANT_ADDED,
      /** A grant was taken back. */
      GRANT_REMOVED,
      /** The last use of a grant was taken. */
      GRANT_USED_UP,
      /** Many rows were added at once; the row's id is that of the change. */
      BATCH_LOADED
    }

    /** A change. */
    public Change {
      Check.range(id, 1, Long.MAX_VALUE, "id");
      requireNonNull(operation, "operation");
    }
  }

  /**
   * A change and the version that it made. Immutable.
   *
   * @param number the version's number
   * @param change the change
   */
  record RecordedChange(long number, Change change) {}

  /**
   * A role. Immutable.
   *
   * @param id 1 or more
   * @param name 1..200 characters
   */
  record Role(long id, String name) {
    /** Checks id and name. */
    public Role {
      Check.range(id, 1, Long.MAX_VALUE, "id");
      Names.name(name, "role");
    }
  }

  /**
   * A subject has a role, or a role inherits from another. Immutable.
   *
   * @param id 1 or more
   * @param member who has it
   * @param role what it has
   */
  record Membership(long id, Subject member, String role) {
    /** Checks id and role. */
    public Membership {
      Check.range(id, 1, Long.MAX_VALUE, "id");
      requireNonNull(member, "member");
      Names.name(role, "role");
    }
  }
}

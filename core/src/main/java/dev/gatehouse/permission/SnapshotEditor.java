package dev.gatehouse.permission;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.hash.Fingerprint;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;

/**
 * Makes a snapshot out of another, or out of none, and of rows that were added or removed. It
 * copies the pages that it touches and shares all others; what it reads stays as it is. Rows that
 * name a role that is not defined are left out. Not safe: confine to one thread.
 *
 * <p>The second word of a holder and of a resource is its number and, in the lower half, how many
 * rows name it; what none names is unknown, as if it were not there. The first word of a holder
 * tells its {@link Roles}, of which a role has itself alone; that of a resource, whether it holds
 * wildcards.
 */
final class SnapshotEditor {
  private static final int NONE = -1;

  private final Snapshot.Parts base;
  private final SlotTable.Editor holders;
  private final Column.Editor<String> roleKeys;
  private final LongColumn.Editor roleIds;
  private final Column.Editor<String> subjectKeys;
  private final LongColumn.Editor memberIds;
  private final LongColumn.Editor members;
  private final LongColumn.Editor lists;
  private final SlotTable.Editor resources;
  private final Column.Editor<String> resourceKeys;
  private final PatternTrie.Editor patterns;
  private final ActionTable.Editor actions;
  private final EntryEditor entries;

  /** Pairs of a subject and a role that it got, or has lost if the number is odd. */
  private final LongColumn.Editor moves = new LongColumn.Editor(LongColumn.EMPTY);

  private boolean hierarchyTouched;
  private boolean whole;
  private int waste;

  SnapshotEditor(Snapshot.Parts base) {
    this.base = base;
    holders = new SlotTable.Editor(base.holders());
    roleKeys = new Column.Editor<>(base.roleKeys());
    roleIds = new LongColumn.Editor(base.roleIds());
    subjectKeys = new Column.Editor<>(base.subjectKeys());
    memberIds = new LongColumn.Editor(base.memberIds());
    members = new LongColumn.Editor(base.members());
    lists = new LongColumn.Editor(base.entries().lists());
    resources = new SlotTable.Editor(base.resources());
    resourceKeys = new Column.Editor<>(base.resourceKeys());
    patterns = new PatternTrie.Editor(base.patterns());
    actions = new ActionTable.Editor(base.actions());
    entries = new EntryEditor(base, resourceKeys);
    whole = base.whole();
    waste = base.waste();
  }

  void add(Role role) {
    String key = Subject.ROLE + ":" + role.name();
    Fingerprint fingerprint = Fingerprint.of(key);
    int place = holders.place(fingerprint);
    int number = number(place);
    if (holders.first(place) == 0) {
      number = roleKeys.add(key);
      if (number >= Roles.LIMIT) {
        throw new StorageException("there must be at most " + Roles.LIMIT + " roles, are more");
      }
      roleIds.add(0);
    }
    roleIds.set(number, role.id());
    long own = Roles.inline(new int[] {number});
    holders.set(place, own, (long) number << 32 | 1);
  }

  /** Removes the roles of those rows, of which no other row tells any more, in one look at all. */
  void removeRoles(Ids ids) {
    LongColumn standing = base.roleIds();
    for (int role = 0; role < standing.size() && !ids.isEmpty(); role++) {
      long id = standing.get(role);
      if (id != 0 && ids.contains(id) && roleIds.get(role) == id) {
        removeRole(role);
      }
    }
  }

  private void removeRole(int role) {
    roleIds.set(role, 0);
    int place = holders.find(Fingerprint.of(roleKeys.get(role)));
    holders.set(place, holders.first(place), (long) role << 32);
    waste++;
  }

  void add(Membership membership) {
    int role = role(Fingerprint.of(Subject.ROLE + ":" + membership.role()));
    Subject member = membership.member();
    int holder = role == NONE ? NONE : holder(member);
    if (holder == NONE) {
      whole = false;
      return;
    }
    memberIds.add(membership.id());
    members.add((long) holder << 32 | role);
    if (member.isRole()) {
      hierarchyTouched = true;
    } else {
      use(member, 1);
      moves.add((long) holder << 32 | (long) role << 1);
    }
  }

  /** Removes the memberships of those rows, in one look at all. */
  void removeMemberships(Ids ids) {
    LongColumn standing = base.memberIds();
    for (int index = 0; index < standing.size() && !ids.isEmpty(); index++) {
      long id = standing.get(index);
      if (id != 0 && ids.contains(id) && memberIds.get(index) == id) {
        removeMember(index);
      }
    }
  }

  private void removeMember(int index) {
    long pair = members.get(index);
    int holder = (int) (pair >>> 32);
    memberIds.set(index, 0);
    waste++;
    if (holder < Roles.LIMIT) {
      hierarchyTouched = true;
    } else {
      useHolder(holder, -1);
      moves.add((long) holder << 32 | (pair & 0xffff) << 1 | 1);
    }
  }

  /** Notes that grants have no uses left. */
  void useUp(Set<Long> grantIds) {
    waste += entries.useUp(grantIds);
  }

  void add(Grant grant) {
    int holder = holder(grant.holder());
    if (holder == NONE) {
      whole = false;
      return;
    }
    use(grant.holder(), 1);
    ResourcePattern pattern = grant.resource();
    Fingerprint fingerprint = Fingerprint.of(pattern.key());
    int place = resources.place(fingerprint);
    if (resources.first(place) == 0) {
      long number = resourceKeys.add(pattern.key());
      resources.set(place, pattern.isExact() ? Snapshot.EXACT : Snapshot.PATTERN, number << 32);
      if (!pattern.isExact()) {
        patterns.add(pattern, fingerprint);
      }
    }
    resources.set(place, resources.first(place), resources.second(place) + 1);
    int resource = (int) (resources.second(place) >>> 32);
    int action = actions.number(grant.action());
    actions.use(action, 1);
    entries.add(fingerprint.with(action), resource, action, holder, grant);
  }

  /** Removes the grants of those rows. */
  void removeGrants(Ids ids) {
    entries.find(ids).forEach(this::removeEntry);
  }

  private void removeEntry(int entry) {
    long header = entries.remove(entry);
    int holder = base.entries().holder(entry);
    if (holder >= Roles.LIMIT) {
      useHolder(holder, -1);
    }
    int place = resources.find(Fingerprint.of(resourceKeys.get((int) (header >>> 32))));
    resources.set(place, resources.first(place), resources.second(place) - 1);
    actions.use((int) header, -1);
    waste++;
  }

  private int number(int place) {
    return (int) (holders.second(place) >>> 32);
  }

  /** The number of a role that is defined, or -1. */
  private int role(Fingerprint fingerprint) {
    int place = holders.find(fingerprint);
    return place == SlotTable.NONE || (int) holders.second(place) == 0 ? NONE : number(place);
  }

  /** The number of the holder, a new one if it is a subject that has none; -1 for no such role. */
  private int holder(Subject subject) {
    Fingerprint fingerprint = new Fingerprint(subject.low(), subject.high());
    if (subject.isRole()) {
      return role(fingerprint);
    }
    int place = holders.place(fingerprint);
    if (holders.second(place) == 0) {
      long number = Roles.LIMIT + (long) subjectKeys.add(subject.key());
      holders.set(place, 0, number << 32);
    }
    return number(place);
  }

  /** Notes that so many more rows name the subject; a role is named by its definition alone. */
  private void use(Subject subject, int more) {
    if (!subject.isRole()) {
      use(holders.find(new Fingerprint(subject.low(), subject.high())), more);
    }
  }

  private void useHolder(int number, int more) {
    use(holders.find(Fingerprint.of(subjectKeys.get(number - Roles.LIMIT))), more);
  }

  private void use(int place, int more) {
    holders.set(place, holders.first(place), holders.second(place) + more);
  }

  /** What came of it; the editor is of no use any more. */
  Snapshot snapshot(Version version) {
    move();
    entries.write();
    RoleTable roles = hierarchyTouched ? hierarchy() : base.entries().roles();
    return new Snapshot(
        new Snapshot.Parts(
            version,
            holders.table(),
            roleKeys.column(),
            roleIds.column(),
            subjectKeys.column(),
            memberIds.column(),
            members.column(),
            resources.table(),
            resourceKeys.column(),
            patterns.trie(),
            actions.table(),
            entries.accesses(),
            entries.entries(lists.column(), roles),
            whole,
            entries.dead(),
            waste));
  }

  private RoleTable hierarchy() {
    long[] pairs = new long[members.size()];
    int size = 0;
    for (int index = 0; index < pairs.length; index++) {
      if (memberIds.get(index) != 0 && members.get(index) >>> 32 < Roles.LIMIT) {
        pairs[size++] = members.get(index);
      }
    }
    long[] found = Arrays.copyOf(pairs, size);
    Arrays.sort(found);
    return new RoleTable(roleKeys.size(), found);
  }

  /** Gives subjects the roles that they got, and takes those that they lost. */
  private void move() {
    long[] sorted = moves.toArray();
    Arrays.sort(sorted);
    for (int from = 0; from < sorted.length; ) {
      int until = from + 1;
      while (until < sorted.length && sorted[until] >>> 32 == sorted[from] >>> 32) {
        until++;
      }
      move((int) (sorted[from] >>> 32), sorted, from, until);
      from = until;
    }
  }

  private void move(int holder, long[] sorted, int from, int until) {
    int place = holders.find(Fingerprint.of(subjectKeys.get(holder - Roles.LIMIT)));
    long held = holders.first(place);
    LongColumn before = base.entries().lists();
    waste += Roles.inlineCount(held) <= Roles.INLINE ? 0 : Roles.count(held, before);
    int[] numbers = held == 0 ? got(sorted, from, until) : moved(held, sorted, from, until);
    long word = 0;
    if (numbers.length > Roles.INLINE) {
      word = Roles.list(numbers, lists);
    } else if (numbers.length > 0) {
      word = Roles.inline(numbers);
    }
    holders.set(place, word, holders.second(place));
  }

  /** The roles that some moves give, in order: what most holders have when all is read anew. */
  private static int[] got(long[] sorted, int from, int until) {
    int[] roles = new int[until - from];
    int size = 0;
    for (int i = from; i < until; i++) {
      int role = (int) sorted[i] >>> 1;
      if ((sorted[i] & 1) == 0 && (size == 0 || roles[size - 1] != role)) {
        roles[size++] = role;
      }
    }
    return Arrays.copyOf(roles, size);
  }

  /** The roles that a holder has after some moves, in order. */
  private int[] moved(long held, long[] sorted, int from, int until) {
    BitSet roles = new BitSet();
    Roles.forEach(held, base.entries().lists(), roles::set);
    for (int i = from; i < until; i++) {
      if ((sorted[i] & 1) != 0) {
        roles.clear((int) sorted[i] >>> 1);
      }
    }
    for (int i = from; i < until; i++) {
      if ((sorted[i] & 1) == 0) {
        roles.set((int) sorted[i] >>> 1);
      }
    }
    return roles.stream().toArray();
  }
}

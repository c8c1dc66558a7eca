package dev.gatehouse.permission;

import dev.gatehouse.hash.Fingerprint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Adds grants to accesses, and takes some away. The grants of an access that is touched are written
 * anew behind all others; what stood there before is dead, and left behind when half of all is. Not
 * safe: confine to one thread.
 */
final class EntryEditor {
  private static final int NONE = -1;
  private static final long DENIAL = Long.MIN_VALUE;
  private static final long UPPER = 0xffff_ffff_0000_0000L;
  private static final long LOWER = 0xffff_ffffL;

  /** So much may be dead whatever there is. */
  private static final int SLACK = 1 << 16;

  private final Entries base;
  private final Column.Editor<String> resourceKeys;
  private final SlotTable.Editor accesses;
  private final Column.Editor<Limit> limits;
  private final BitSet removed = new BitSet();
  private final LongColumn.Editor addedLow = new LongColumn.Editor(LongColumn.EMPTY);
  private final LongColumn.Editor addedHigh = new LongColumn.Editor(LongColumn.EMPTY);
  private final LongColumn.Editor addedIds = new LongColumn.Editor(LongColumn.EMPTY);
  private final LongColumn.Editor addedHolders = new LongColumn.Editor(LongColumn.EMPTY);
  private final Set<Long> usedUp = new HashSet<>();
  private LongColumn.Editor ids;
  private LongColumn.Editor holders;
  private int dead;

  EntryEditor(Snapshot.Parts parts, Column.Editor<String> resourceKeys) {
    this.base = parts.entries();
    this.resourceKeys = resourceKeys;
    this.accesses = new SlotTable.Editor(parts.accesses());
    this.limits = new Column.Editor<>(base.limits());
    this.ids = new LongColumn.Editor(base.ids());
    this.holders = new LongColumn.Editor(base.holders());
    this.dead = parts.dead();
  }

  /** Adds a grant of the holder on the access, whose resource and action have these numbers. */
  void add(Fingerprint access, int resource, int action, int holder, Grant grant) {
    int place = accesses.place(access);
    if (accesses.second(place) == 0) {
      accesses.set(place, (long) resource << 32 | action, 0);
    }
    long word = (long) holder << 32;
    Limit limit = Limit.of(grant);
    if (limit != null) {
      word |= limits.add(limit) + 1;
    }
    touch(access, grant.id(), grant.effect() == Effect.DENY ? word | DENIAL : word);
  }

  /** Notes that grants have no uses left; how many of them are among those that stood before. */
  int useUp(Set<Long> ids) {
    usedUp.addAll(ids);
    List<Integer> found = find(Ids.of(ids));
    found.forEach(entry -> touch(access(base.ids().get(base.startOf(entry) - 1)), 0, 0));
    return found.size();
  }

  private void touch(Fingerprint access, long id, long word) {
    addedLow.add(access.low());
    addedHigh.add(access.high());
    addedIds.add(id);
    addedHolders.add(word);
  }

  /** The grants of those ids among those that stood before, in one look at all. */
  List<Integer> find(Ids ids) {
    List<Integer> found = new ArrayList<>();
    for (int entry = 0; entry < base.ids().size() && !ids.isEmpty(); entry++) {
      if (ids.contains(base.ids().get(entry)) && isLive(entry)) {
        found.add(entry);
      }
    }
    return found;
  }

  private boolean isLive(int entry) {
    if (base.holders().get(entry) < 0 || removed.get(entry)) {
      return false;
    }
    int start = base.startOf(entry);
    int place = accesses.find(access(base.ids().get(start - 1)));
    return place != NONE
        && Entries.start(accesses.second(place)) == start
        && entry < start + count(place);
  }

  private int count(int place) {
    return Entries.count(accesses.first(place), accesses.second(place));
  }

  private Fingerprint access(long header) {
    return Fingerprint.of(resourceKeys.get((int) (header >>> 32))).with((int) header);
  }

  /** Takes away a grant that stood before; answers the number of its resource and its action. */
  long remove(int entry) {
    removed.set(entry);
    long header = base.ids().get(base.startOf(entry) - 1);
    touch(access(header), 0, 0);
    return header;
  }

  /** Writes anew what was touched. */
  void write() {
    int size = addedIds.size();
    long[] order = new long[size];
    for (int i = 0; i < size; i++) {
      Fingerprint access = new Fingerprint(addedLow.get(i), addedHigh.get(i));
      order[i] = (long) accesses.find(access) << 32 | i;
    }
    Arrays.sort(order);
    for (int from = 0; from < size; ) {
      int until = from + 1;
      while (until < size && order[until] >>> 32 == order[from] >>> 32) {
        until++;
      }
      write(order, from, until);
      from = until;
    }
    if (dead > ids.size() - dead + SLACK) {
      compact();
    }
  }

  /** Writes the grants of one access: those that stay, and those added. */
  private void write(long[] order, int from, int until) {
    int place = (int) (order[from] >>> 32);
    long first = accesses.first(place);
    long second = accesses.second(place);
    int start = Entries.start(second);
    int count = count(place);
    int middle = start + Entries.denials(first);
    long header = second == 0 ? first : ids.get(start - 1);
    long[] words = new long[count + until - from];
    long[] grants = new long[words.length];
    int size = 0;
    for (int entry = start; second != 0 && entry < start + count; entry++) {
      if (!removed.get(entry)) {
        grants[size] = ids.get(entry);
        words[size] = limited(holders.get(entry), grants[size]) | (entry < middle ? DENIAL : 0);
        size++;
      }
    }
    for (int i = from; i < until; i++) {
      int added = (int) order[i];
      if (addedIds.get(added) != 0) {
        grants[size] = addedIds.get(added);
        words[size] = limited(addedHolders.get(added), grants[size]);
        size++;
      }
    }
    dead += second == 0 ? 0 : count + 1;
    write(place, header, Arrays.copyOf(words, size), grants);
  }

  /** The word of a grant, with another limit if it has no uses left. */
  private long limited(long word, long id) {
    if ((int) word == 0 || !usedUp.contains(id)) {
      return word;
    }
    return (word & UPPER) | (limits.add(limits.get((int) word - 1).inVain()) + 1);
  }

  private void write(int place, long header, long[] words, long[] grants) {
    int size = words.length;
    long[] sorted = new long[size];
    for (int i = 0; i < size; i++) {
      sorted[i] = (words[i] & UPPER) | i;
    }
    Arrays.sort(sorted);
    long start = ids.add(header) + 1L;
    holders.add(Entries.HEADER);
    int denials = 0;
    boolean plain = size > 0 && size <= Entries.MOST_PLAIN;
    int[] roles = new int[size];
    for (int i = 0; i < size; i++) {
      int from = (int) sorted[i];
      long word = words[from] & ~DENIAL;
      ids.add(grants[from]);
      holders.add(word);
      denials += words[from] < 0 ? 1 : 0;
      roles[i] = (int) (word >>> 32);
      plain &= words[from] >= 0 && roles[i] < Roles.LIMIT && (int) word == 0;
    }
    if (plain) {
      accesses.set(place, Entries.plain(roles), Entries.plain(roles, (int) start));
    } else {
      accesses.set(place, denials, start << 32 | size);
    }
  }

  private void compact() {
    LongColumn.Editor oldIds = ids;
    LongColumn.Editor oldHolders = holders;
    ids = new LongColumn.Editor(LongColumn.EMPTY);
    holders = new LongColumn.Editor(LongColumn.EMPTY);
    for (int place = 0; place < accesses.places(); place++) {
      if (accesses.isUsed(place)) {
        int start = Entries.start(accesses.second(place));
        int count = count(place);
        long moved = ids.size() + 1L;
        for (int entry = start - 1; entry < start + count; entry++) {
          ids.add(oldIds.get(entry));
          holders.add(oldHolders.get(entry));
        }
        long rest = accesses.second(place) & LOWER;
        accesses.set(place, accesses.first(place), moved << 32 | rest);
      }
    }
    dead = 0;
  }

  /** How much is dead once all is written. */
  int dead() {
    return dead;
  }

  SlotTable accesses() {
    return accesses.table();
  }

  Entries entries(LongColumn lists, RoleTable roles) {
    return new Entries(ids.column(), holders.column(), limits.column(), lists, roles);
  }
}

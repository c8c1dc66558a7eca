package dev.gatehouse.permission;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * All roles that holders of many roles have, those that their roles inherit included: one set for
 * each combination of roles, found by the word of {@link Roles}, worked out when it is first asked
 * for and kept from then on. So a check looks into one set instead of one row of {@link RoleTable}
 * for each role, and holders of the same roles share it. Where no role inherits, a holder's own
 * roles are the set, and nothing is kept here.
 *
 * <p>Sets live and die with their snapshot, and there are only as many as there is room for: with a
 * hundred thousand users of whom no two have the same roles, or with as many as somebody likes to
 * make, what is over the bound is answered by the rows, as right and not as fast.
 *
 * <p>A set is an array of words: the word of the holder's roles, then either the roles in order,
 * four to a word, or one bit for each role, which the sign of the first word tells. Safe for use by
 * multiple threads; one at a time adds sets, and whoever comes meanwhile goes on without.
 */
final class EffectiveRoles {
  /** Room for the sets of a snapshot. */
  static final long MOST_BYTES = 32 << 20;

  private static final VarHandle SET = MethodHandles.arrayElementVarHandle(long[][].class);
  private static final long BITS = Long.MIN_VALUE;
  private static final int PER_WORD = 4;
  private static final int FIRST = 64;

  /** So many places are looked at, so that no choice of roles makes a search long. */
  private static final int LONGEST = 32;

  /** Of a holder of more roles than that no set is made: to make it takes too long for a check. */
  private static final int MOST_HELD = 1_000;

  /** Sets of so many words are looked through from end to end. */
  private static final int FEW = 9;

  /** What an array takes beside its words. */
  private static final int HEADER = 16;

  private final LongColumn lists;
  private final RoleTable roles;
  private final long most;
  private final AtomicBoolean taken = new AtomicBoolean();
  private volatile long[] @Nullable [] table = new long[FIRST][];
  private volatile boolean full;

  // Of whoever has taken.
  private long bytes = HEADER + (long) FIRST * Integer.BYTES;
  private int count;

  /**
   * No set yet.
   *
   * @param lists of roles that fit into no word
   * @param roles what roles inherit
   * @param mostBytes how much room there is
   */
  EffectiveRoles(LongColumn lists, RoleTable roles, long mostBytes) {
    this.lists = lists;
    this.roles = roles;
    this.most = mostBytes;
  }

  /** How many bytes the sets take, with the table in which they are found. */
  long bytes() {
    return bytes;
  }

  /** The set of a holder of these roles, one or more; null if there is none and no room for it. */
  long @Nullable [] find(long held) {
    long[] @Nullable [] known = table;
    for (int tried = 0; tried < LONGEST; tried++) {
      long[] set = (long[]) SET.getAcquire(known, place(held, tried, known.length - 1));
      if (set == null) {
        return full ? null : make(held);
      }
      if (isOf(set, held)) {
        return set;
      }
    }
    return null;
  }

  /** The place where the set may stand if it does not at those before. */
  private static int place(long held, int tried, int mask) {
    long mixed = held * 0x9E37_79B9_7F4A_7C15L;
    return (int) ((mixed >>> 32) + tried * (mixed >>> 48 | 1)) & mask;
  }

  private static boolean isOf(long[] set, long held) {
    return (set[0] & ~BITS) == held;
  }

  private long @Nullable [] make(long held) {
    if (Roles.count(held, lists) > MOST_HELD || !taken.compareAndSet(false, true)) {
      return null;
    }
    try {
      return add(set(held));
    } finally {
      taken.set(false);
    }
  }

  /** Keeps the set if there is room; returns it all the same. */
  private long[] add(long[] set) {
    long[] @Nullable [] known = table;
    boolean larger = (count + 1) * 2 > known.length;
    long place = larger ? (long) known.length * Integer.BYTES : 0;
    long cost = HEADER + (long) set.length * Long.BYTES;
    if (bytes + place + cost > most) {
      full = true;
      return set;
    }
    known = larger ? grown(known) : known;
    bytes += place;
    if (put(known, set)) {
      bytes += cost;
      count++;
    }
    table = known;
    return set;
  }

  private static long[] @Nullable [] grown(long[] @Nullable [] table) {
    long[] @Nullable [] larger = new long[table.length * 2][];
    for (long[] set : table) {
      if (set != null) {
        put(larger, set);
      }
    }
    return larger;
  }

  /** False if there is one of the same roles already, or no place. */
  private static boolean put(long[] @Nullable [] table, long[] set) {
    for (int tried = 0; tried < LONGEST; tried++) {
      int place = place(set[0] & ~BITS, tried, table.length - 1);
      long[] there = table[place];
      if (there == null) {
        SET.setRelease(table, place, set);
        return true;
      }
      if (isOf(there, set[0] & ~BITS)) {
        return false;
      }
    }
    return false;
  }

  private long[] set(long held) {
    int number = Roles.count(held, lists);
    int size = roles.size();
    for (int i = 0; i < number; i++) {
      size = Math.max(size, Roles.at(held, i, lists) + 1);
    }
    long[] bits = new long[(size + Long.SIZE - 1) / Long.SIZE];
    for (int i = 0; i < number; i++) {
      int role = Roles.at(held, i, lists);
      if ((bits[role >> 6] & 1L << role) == 0) {
        roles.reach(role, bits);
      }
    }
    int all = Arrays.stream(bits).mapToInt(Long::bitCount).sum();
    return (all + PER_WORD - 1) / PER_WORD < bits.length
        ? inOrder(held, bits, all)
        : wide(held, bits);
  }

  private static long[] wide(long held, long[] bits) {
    long[] set = new long[bits.length + 1];
    set[0] = held | BITS;
    System.arraycopy(bits, 0, set, 1, bits.length);
    return set;
  }

  private static long[] inOrder(long held, long[] bits, int all) {
    int[] numbers = new int[all];
    int found = 0;
    for (int word = 0; word < bits.length; word++) {
      for (long left = bits[word]; left != 0; left &= left - 1) {
        numbers[found++] = (word << 6) + Long.numberOfTrailingZeros(left);
      }
    }
    long[] set = new long[1 + (all + PER_WORD - 1) / PER_WORD];
    set[0] = held;
    for (int word = 1; word < set.length; word++) {
      set[word] = Roles.four(numbers, (word - 1) * PER_WORD);
    }
    return set;
  }

  /** Whether the role is in the set. */
  static boolean contains(long[] set, int role) {
    if (set[0] < 0) {
      int at = 1 + (role >> 6);
      return at < set.length && (set[at] & 1L << role) != 0;
    }
    if (set.length > FEW) {
      return Roles.holds(set[wordOf(set, role)], role);
    }
    boolean found = false;
    for (int word = 1; word < set.length; word++) {
      found |= Roles.holds(set[word], role);
    }
    return found;
  }

  /** How many roles there are, up to three too many; a very great number if they are bits. */
  static int most(long[] set) {
    return set[0] < 0 ? Integer.MAX_VALUE : (set.length - 1) * PER_WORD;
  }

  /** One of the roles below {@link #most}, in order; the last may come again. */
  static int at(long[] set, int index) {
    return (int) (set[1 + index / PER_WORD] >>> (index % PER_WORD * 16)) & 0xffff;
  }

  /** The last word whose first role is not beyond the role, or the first of all. */
  private static int wordOf(long[] set, int role) {
    int low = 1;
    int high = set.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if ((set[middle] & 0xffff) <= role) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}

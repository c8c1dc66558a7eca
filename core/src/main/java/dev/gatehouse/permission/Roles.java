package dev.gatehouse.permission;

import java.util.function.IntConsumer;

/**
 * The roles of one holder in a word: up to three of them, of 16 bits each, or where in a column the
 * list of more begins. The top 16 bits tell how many there are. Free places repeat the first role,
 * so that a comparison with all three needs no count.
 */
final class Roles {
  /** Roles are numbered below, all other holders from here on. */
  static final int LIMIT = PermissionStore.MAX_ROLES;

  static final int INLINE = 3;
  private static final int BITS = 16;
  private static final int COUNT_SHIFT = 48;
  private static final int PER_WORD = 4;
  private static final long EACH = 0x0001_0001_0001_0001L;
  private static final long TOPS = 0x8000_8000_8000_8000L;

  private Roles() {}

  /** The first three of 1 or more roles, or as many as there are. */
  static long inline(int[] roles) {
    int count = Math.min(roles.length, INLINE);
    long word = (long) count << COUNT_SHIFT;
    for (int i = 0; i < INLINE; i++) {
      word |= (long) roles[i < count ? i : 0] << (i * BITS);
    }
    return word;
  }

  /**
   * Up to four roles from an index on, the last of all repeated in free places, without a count.
   */
  static long four(int[] roles, int from) {
    long word = 0;
    for (int k = 0; k < PER_WORD; k++) {
      word |= (long) roles[Math.min(from + k, roles.length - 1)] << (k * BITS);
    }
    return word;
  }

  /** A list of more roles, which is appended to the column. */
  static long list(int[] roles, LongColumn.Editor lists) {
    int count = roles.length;
    long start = lists.add(count);
    for (int i = 0; i < count; i += PER_WORD) {
      lists.add(four(roles, i));
    }
    return (long) (INLINE + 1) << COUNT_SHIFT | start;
  }

  /** How many there are if they stand in the word, else more than {@link #INLINE}. */
  static int inlineCount(long word) {
    return (int) (word >>> COUNT_SHIFT);
  }

  static int count(long word, LongColumn lists) {
    int count = inlineCount(word);
    return count <= INLINE ? count : (int) lists.get((int) word);
  }

  static int at(long word, int index, LongColumn lists) {
    if (inlineCount(word) <= INLINE) {
      return (int) (word >>> (index * BITS)) & 0xffff;
    }
    long lane = lists.get((int) word + 1 + index / PER_WORD);
    return (int) (lane >>> (index % PER_WORD * BITS)) & 0xffff;
  }

  static void forEach(long word, LongColumn lists, IntConsumer roles) {
    int count = count(word, lists);
    for (int i = 0; i < count; i++) {
      roles.accept(at(word, i, lists));
    }
  }

  /** Whether the word itself holds one role or more. */
  static boolean isInline(long word) {
    int count = inlineCount(word);
    return count > 0 && count <= INLINE;
  }

  /**
   * The first place of a word of {@link #four} whose role the other word holds, up to three of them
   * in itself, or -1. All pairs are compared at once, since which of them are alike is nothing that
   * a processor could guess. The lowest lane that becomes 0 is found as in Hacker's Delight, 6-1.
   */
  static int common(long four, long held) {
    long zeros =
        zeros(four ^ ((held & 0xffff) * EACH))
            | zeros(four ^ (((held >>> BITS) & 0xffff) * EACH))
            | zeros(four ^ (((held >>> (2 * BITS)) & 0xffff) * EACH));
    return zeros == 0 ? -1 : Long.numberOfTrailingZeros(zeros) >>> 4;
  }

  /**
   * Whether one of the other word's roles, as of {@link #common}, is in either word of {@link
   * #four}. Without a branch: a processor that guessed would often guess wrong, and then could not
   * go on with the next question while the words of this one are on their way.
   */
  static boolean meet(long four, long other, long held) {
    long first = (held & 0xffff) * EACH;
    long second = ((held >>> BITS) & 0xffff) * EACH;
    long third = ((held >>> (2 * BITS)) & 0xffff) * EACH;
    long any =
        zeros(four ^ first)
            | zeros(four ^ second)
            | zeros(four ^ third)
            | zeros(other ^ first)
            | zeros(other ^ second)
            | zeros(other ^ third);
    return any != 0;
  }

  /** Whether one of the four is the role. */
  static boolean holds(long four, int role) {
    return zeros(four ^ (role * EACH)) != 0;
  }

  /** Whether the role is one of those that the word tells, which stand in order. */
  static boolean holds(long word, int role, LongColumn lists) {
    int low = 0;
    int high = count(word, lists) - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int found = at(word, middle, lists);
      if (found == role) {
        return true;
      }
      if (found < role) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return false;
  }

  private static long zeros(long lanes) {
    return (lanes - EACH) & ~lanes & TOPS;
  }
}

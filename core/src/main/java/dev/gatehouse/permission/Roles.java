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
  private static final long EACH = 0x0001_0001_0001L;
  private static final long TOPS = 0x8000_8000_8000L;
  private static final long LANES = 0xffff_ffff_ffffL;

  private Roles() {}

  /** Up to three roles, 1 or more. */
  static long inline(int[] roles) {
    int count = roles.length;
    long word = (long) count << COUNT_SHIFT;
    for (int i = 0; i < INLINE; i++) {
      word |= (long) roles[i < count ? i : 0] << (i * BITS);
    }
    return word;
  }

  /** A list of more roles, which is appended to the column. */
  static long list(int[] roles, LongColumn.Editor lists) {
    int count = roles.length;
    long start = lists.add(count);
    for (int i = 0; i < count; i += PER_WORD) {
      long word = 0;
      for (int k = 0; k < PER_WORD; k++) {
        word |= (long) roles[Math.min(i + k, count - 1)] << (k * BITS);
      }
      lists.add(word);
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

  /**
   * The first place at which a word of up to three holds the role, or -1. The lowest lane that
   * becomes 0 is found as in Hacker's Delight, 6-1.
   */
  static int find(long word, int role) {
    long differences = (word & LANES) ^ (role * EACH);
    long zeros = (differences - EACH) & ~differences & TOPS;
    return zeros == 0 ? -1 : Long.numberOfTrailingZeros(zeros) >>> 4;
  }
}

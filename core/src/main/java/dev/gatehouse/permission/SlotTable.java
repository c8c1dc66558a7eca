package dev.gatehouse.permission;

import dev.gatehouse.hash.Fingerprint;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Two words of data by fingerprint, in pages of their own, so that a change copies one page and no
 * search leaves its page. A slot is four words side by side, the fingerprint and the data, half a
 * cache line. Nothing is ever removed. Immutable; an {@link Editor} makes the next one.
 *
 * <p>At the head of a page stands a tag of eight bits for each slot, 0 for a free one, and a search
 * compares the eight tags of a group at once (as Abseil's "Swiss tables" do,
 * https://abseil.io/about/design/swisstables). The tags of a hundred thousand slots stay in the
 * second-level cache while the slots do not. So the first slot that a search reads is the right one
 * but for one in eighty or so, and the processor, which guesses that it is, goes on with the next
 * search while this slot is on its way; tried one after the other, every fourth guess would be
 * wrong and the wait for memory be spent for nothing. A fingerprint that is not there is mostly
 * told by the tags alone. Tags also let a table be fuller, and so smaller, without longer searches.
 *
 * <p>A place is the number of a slot; it holds until the table grows.
 */
final class SlotTable {
  /** No place. */
  static final int NONE = -1;

  private static final int WORD_BITS = 2;
  private static final int WORDS = 1 << WORD_BITS;
  private static final int GROUP_BITS = 3;
  private static final int FIRST_BITS = 4;
  private static final int LAST_BITS = 11;
  private static final int TAG_SHIFT = 32;
  private static final long EACH = 0x0101_0101_0101_0101L;
  private static final long TOPS = 0x8080_8080_8080_8080L;

  /** The share of slots in use beyond which the table grows. */
  private static final double FULL = 0.8;

  /** Whoever would stand further from its first group than so many makes the table grow. */
  private static final int LONGEST = 32;

  static final SlotTable EMPTY = new SlotTable(free(1, FIRST_BITS), FIRST_BITS, 0);

  private final long[][] pages;
  private final int pageShift;
  private final int slotBits;
  private final int groups;
  private final int size;

  private SlotTable(long[][] pages, int slotBits, int size) {
    this.pages = pages;
    this.pageShift = 64 - Integer.numberOfTrailingZeros(pages.length);
    this.slotBits = slotBits;
    this.groups = groups(slotBits);
    this.size = size;
  }

  private static int groups(int slotBits) {
    return 1 << (slotBits - GROUP_BITS);
  }

  /** How many slots are in use. */
  int size() {
    return size;
  }

  /** One more than the greatest place. */
  int places() {
    return pages.length << slotBits;
  }

  /** That many pages of free slots; an editor copies them before it writes. */
  private static long[][] free(int pages, int slotBits) {
    long[][] free = new long[pages][];
    Arrays.fill(free, new long[groups(slotBits) + (WORDS << slotBits)]);
    return free;
  }

  /** The place of the fingerprint, or {@link #NONE}. */
  int find(long low, long high) {
    int number = pageOf(low);
    int at = find(pages[number], low, high);
    return at == NONE ? NONE : number << slotBits | (at - groups) >>> WORD_BITS;
  }

  /** The page in which the fingerprint stands if it is there; to be read, not kept. */
  long[] page(long low) {
    return pageAt(pageOf(low));
  }

  /** The page of that number; to be read, not kept. */
  long[] pageAt(int number) {
    return pages[number];
  }

  /** How many pages there are. */
  int pageCount() {
    return pages.length;
  }

  /** Where in its page the fingerprint stands, with its data two and three further on, or -1. */
  int find(long[] page, long low, long high) {
    long tags = tag(low) * EACH;
    int group = groupOf(low);
    for (int tried = 0; tried < groups; tried++) {
      long found = page[group];
      for (long alike = zeros(found ^ tags); alike != 0; alike &= alike - 1) {
        int at = at(group, alike);
        if (isAt(page, at, low, high)) {
          return at;
        }
      }
      if (zeros(found) != 0) {
        return NONE;
      }
      group = (group + 1) & (groups - 1);
    }
    return NONE;
  }

  /**
   * Where in its page the fingerprint most likely stands, or -1: told by a tag alone, without a
   * look at the slot, so that the work that follows need not wait for it. It may be there and not
   * be found. Whether it is, {@link #isAt} tells.
   */
  int guess(long[] page, long low) {
    int group = groupOf(low);
    long alike = zeros(page[group] ^ tag(low) * EACH);
    return alike == 0 ? NONE : at(group, alike);
  }

  /** Whether tags alone tell that the fingerprint, for which there is no guess, is not there. */
  boolean isAbsent(long[] page, long low) {
    return zeros(page[groupOf(low)]) != 0;
  }

  static boolean isAt(long[] page, int at, long low, long high) {
    return page[at] == low && page[at + 1] == high;
  }

  /**
   * The top bit of each byte that is 0, and perhaps of some above the lowest of them; see Hacker's
   * Delight, 6-1.
   */
  private static long zeros(long bytes) {
    return (bytes - EACH) & ~bytes & TOPS;
  }

  /** Where the slot of the lowest of the bits stands. */
  private int at(int group, long bits) {
    int slot = group << GROUP_BITS | Long.numberOfTrailingZeros(bits) >>> GROUP_BITS;
    return groups + (slot << WORD_BITS);
  }

  /** The number of that page: the top bits; of one page there are no bits to look at. */
  int pageOf(long low) {
    return pages.length == 1 ? 0 : (int) (low >>> pageShift);
  }

  private int groupOf(long low) {
    return (int) low & (groups - 1);
  }

  private static long tag(long low) {
    long tag = (low >>> TAG_SHIFT) & 0xff;
    return tag == 0 ? 1 : tag;
  }

  boolean isUsed(int place) {
    return low(place) != 0;
  }

  long low(int place) {
    return word(place, 0);
  }

  long high(int place) {
    return word(place, 1);
  }

  long first(int place) {
    return word(place, 2);
  }

  long second(int place) {
    return word(place, 3);
  }

  private long word(int place, int index) {
    return pages[place >>> slotBits][at(place) + index];
  }

  private int at(int place) {
    return groups + ((place & ((1 << slotBits) - 1)) << WORD_BITS);
  }

  /** Changes a copy of a table, of which it copies what it touches. Not safe: for one thread. */
  static final class Editor {
    private final BitSet own = new BitSet();
    private SlotTable table;
    private int size;

    Editor(SlotTable table) {
      this.table = new SlotTable(table.pages.clone(), table.slotBits, table.size);
      this.size = table.size;
    }

    int find(Fingerprint fingerprint) {
      return table.find(fingerprint.low(), fingerprint.high());
    }

    long first(int place) {
      return table.first(place);
    }

    long second(int place) {
      return table.second(place);
    }

    int places() {
      return table.places();
    }

    boolean isUsed(int place) {
      return table.isUsed(place);
    }

    /** The place of the fingerprint, which is added with data of 0 if it has none. */
    int place(Fingerprint fingerprint) {
      int found = find(fingerprint);
      return found == NONE ? add(fingerprint.low(), fingerprint.high(), 0, 0) : found;
    }

    void set(int place, long first, long second) {
      long[] page = own(place >>> table.slotBits);
      int at = table.at(place);
      page[at + 2] = first;
      page[at + 3] = second;
    }

    private int add(long low, long high, long first, long second) {
      int number = table.pageOf(low);
      int group = size < table.places() * FULL ? freeGroup(table.pages[number], low) : NONE;
      if (group == NONE) {
        grow();
        return add(low, high, first, second);
      }
      long[] page = own(number);
      long free = Long.lowestOneBit(zeros(page[group]));
      int at = table.at(group, free);
      page[group] |= tag(low) << (Long.numberOfTrailingZeros(free) & -8);
      page[at] = low;
      page[at + 1] = high;
      page[at + 2] = first;
      page[at + 3] = second;
      size++;
      return number << table.slotBits | (at - table.groups) >>> WORD_BITS;
    }

    /**
     * The first group with a free slot; none if it is a long way off, as in a page that is full.
     */
    private int freeGroup(long[] page, long low) {
      int group = table.groupOf(low);
      for (int i = 0; i < LONGEST && i < table.groups; i++) {
        if (zeros(page[group]) != 0) {
          return group;
        }
        group = (group + 1) & (table.groups - 1);
      }
      return NONE;
    }

    private void grow() {
      SlotTable old = table;
      boolean more = old.slotBits == LAST_BITS;
      table =
          more
              ? new SlotTable(free(old.pages.length * 2, LAST_BITS), LAST_BITS, 0)
              : new SlotTable(free(1, old.slotBits + 1), old.slotBits + 1, 0);
      own.clear();
      size = 0;
      for (long[] page : old.pages) {
        for (int at = old.groups; at < page.length; at += WORDS) {
          if (page[at] != 0) {
            add(page[at], page[at + 1], page[at + 2], page[at + 3]);
          }
        }
      }
    }

    private long[] own(int number) {
      long[][] pages = table.pages;
      if (!own.get(number)) {
        pages[number] = pages[number].clone();
        own.set(number);
      }
      return pages[number];
    }

    /** What came of it; the editor is of no use any more. */
    SlotTable table() {
      return new SlotTable(table.pages, table.slotBits, size);
    }
  }
}

package dev.gatehouse.permission;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Two words of data by fingerprint: open addressing with linear probing in pages of their own, so
 * that a change copies one page and no probe leaves its page. A slot is four words side by side,
 * the fingerprint and the data, half a cache line. Pages are long enough that their heads, which
 * hold the lengths, stay in the cache; a table that is small has a single shorter one. Nothing is
 * ever removed. Immutable; an {@link Editor} makes the next one.
 *
 * <p>A place is the number of a slot; it holds until the table grows.
 */
final class SlotTable {
  /** No place. */
  static final int NONE = -1;

  private static final int WORD_BITS = 2;
  private static final int WORDS = 1 << WORD_BITS;
  private static final int FIRST_BITS = 4;
  private static final int LAST_BITS = 11;

  /** The share of slots in use beyond which the table grows. */
  private static final double FULL = 0.6;

  /** Whoever would stand further from its first place than so many slots makes the table grow. */
  private static final int LONGEST = 256;

  static final SlotTable EMPTY = new SlotTable(free(1, FIRST_BITS), FIRST_BITS, 0);

  private final long[][] pages;
  private final int pageShift;
  private final int slotBits;
  private final int mask;
  private final int size;

  private SlotTable(long[][] pages, int slotBits, int size) {
    this.pages = pages;
    this.pageShift = 64 - Integer.numberOfTrailingZeros(pages.length);
    this.slotBits = slotBits;
    this.mask = (WORDS << slotBits) - 1;
    this.size = size;
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
    Arrays.fill(free, new long[WORDS << slotBits]);
    return free;
  }

  /** The place of the fingerprint, or {@link #NONE}. */
  int find(long low, long high) {
    int number = pageOf(low);
    int at = find(pages[number], low, high);
    return at == NONE ? NONE : number << slotBits | at >>> WORD_BITS;
  }

  /** The page in which the fingerprint stands if it is there; to be read, not kept. */
  long[] page(long low) {
    return pages[pageOf(low)];
  }

  /** Where in its page the fingerprint stands, with its data two and three further on, or -1. */
  int find(long[] page, long low, long high) {
    int at = startOf(low);
    while (true) {
      long found = page[at];
      if (found == low && page[at + 1] == high) {
        return at;
      }
      if (found == 0) {
        return NONE;
      }
      at = (at + WORDS) & mask;
    }
  }

  /** The top bits choose the page; of one page there are no bits to look at. */
  private int pageOf(long low) {
    return pages.length == 1 ? 0 : (int) (low >>> pageShift);
  }

  private int startOf(long low) {
    return ((int) low * WORDS) & mask;
  }

  boolean isUsed(int place) {
    return low(place) != 0;
  }

  long low(int place) {
    return pages[place >>> slotBits][(place * WORDS) & mask];
  }

  long high(int place) {
    return pages[place >>> slotBits][((place * WORDS) & mask) + 1];
  }

  long first(int place) {
    return pages[place >>> slotBits][((place * WORDS) & mask) + 2];
  }

  long second(int place) {
    return pages[place >>> slotBits][((place * WORDS) & mask) + 3];
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
      int at = (place * WORDS) & table.mask;
      page[at + 2] = first;
      page[at + 3] = second;
    }

    private int add(long low, long high, long first, long second) {
      int number = table.pageOf(low);
      if (size >= table.places() * FULL || !hasRoom(table.pages[number], low)) {
        grow();
        return add(low, high, first, second);
      }
      long[] page = own(number);
      int at = table.startOf(low);
      while (page[at] != 0) {
        at = (at + WORDS) & table.mask;
      }
      page[at] = low;
      page[at + 1] = high;
      page[at + 2] = first;
      page[at + 3] = second;
      size++;
      return number << table.slotBits | at >>> WORD_BITS;
    }

    /** Whether there is a free slot near the first; a long way to one means a page that is full. */
    private boolean hasRoom(long[] page, long low) {
      int at = table.startOf(low);
      for (int i = 0; i < LONGEST && i << WORD_BITS < table.mask; i++) {
        if (page[at] == 0) {
          return true;
        }
        at = (at + WORDS) & table.mask;
      }
      return false;
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
        for (int at = 0; at <= old.mask; at += WORDS) {
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

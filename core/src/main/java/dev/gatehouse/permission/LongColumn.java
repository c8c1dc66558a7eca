package dev.gatehouse.permission;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Numbers in a row, in pages of their own, so that a change copies one page. Immutable; an {@link
 * Editor} makes the next one.
 */
final class LongColumn {
  static final LongColumn EMPTY = new LongColumn(new long[0][], 0);

  private static final int BITS = 12;
  private static final int MASK = (1 << BITS) - 1;

  /** The length of a page that holds little. */
  private static final int FIRST = 16;

  private final long[][] pages;
  private final int size;

  private LongColumn(long[][] pages, int size) {
    this.pages = pages;
    this.size = size;
  }

  int size() {
    return size;
  }

  long get(int index) {
    return pages[index >>> BITS][index & MASK];
  }

  /** Changes a copy of a column, of which it copies what it touches. Not safe: for one thread. */
  static final class Editor {
    private long[][] pages;
    private final BitSet own = new BitSet();
    private int size;

    Editor(LongColumn column) {
      pages = column.pages.clone();
      size = column.size;
    }

    int size() {
      return size;
    }

    long get(int index) {
      return pages[index >>> BITS][index & MASK];
    }

    void set(int index, long value) {
      page(index >>> BITS)[index & MASK] = value;
    }

    /** Appends; returns where. */
    int add(long value) {
      int index = size++;
      int number = index >>> BITS;
      int at = index & MASK;
      if (number == pages.length) {
        pages = Arrays.copyOf(pages, number + 1 + number / 2);
      }
      long[] page = pages[number];
      if (page == null || at == page.length) {
        int longer = Math.min(Math.max(FIRST, at * 2), MASK + 1);
        pages[number] = page == null ? new long[longer] : Arrays.copyOf(page, longer);
        own.set(number);
      }
      page(number)[at] = value;
      return index;
    }

    private long[] page(int number) {
      if (!own.get(number)) {
        pages[number] = pages[number].clone();
        own.set(number);
      }
      return pages[number];
    }

    long[] toArray() {
      long[] all = new long[size];
      for (int page = 0; page << BITS < size; page++) {
        int from = page << BITS;
        System.arraycopy(pages[page], 0, all, from, Math.min(size - from, MASK + 1));
      }
      return all;
    }

    /** What came of it; the editor is of no use any more. */
    LongColumn column() {
      return new LongColumn(Arrays.copyOf(pages, (size + MASK) >>> BITS), size);
    }
  }
}

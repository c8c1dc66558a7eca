package dev.gatehouse.permission;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Values in a row, in pages of their own, so that to append one copies one page. Immutable; an
 * {@link Editor} makes the next one.
 */
final class Column<T> {
  private static final int BITS = 8;
  private static final int MASK = (1 << BITS) - 1;
  private static final Column<?> EMPTY = new Column<>(new Object[0][], 0);

  private final Object[][] pages;
  private final int size;

  private Column(Object[][] pages, int size) {
    this.pages = pages;
    this.size = size;
  }

  /** Only read from, a column of nothing is one of anything. */
  @SuppressWarnings("unchecked")
  static <T> Column<T> empty() {
    return (Column<T>) EMPTY;
  }

  int size() {
    return size;
  }

  @SuppressWarnings("unchecked")
  T get(int index) {
    return (T) pages[index >>> BITS][index & MASK];
  }

  /**
   * Appends to a copy of a column, of which it copies what it touches. Not safe: for one thread.
   */
  static final class Editor<T> {
    private @Nullable Object[][] pages;
    private boolean[] own;
    private int size;

    Editor(Column<T> column) {
      pages = column.pages.clone();
      own = new boolean[pages.length];
      size = column.size;
    }

    int size() {
      return size;
    }

    @SuppressWarnings("unchecked")
    T get(int index) {
      return (T) pages[index >>> BITS][index & MASK];
    }

    /** Appends; returns where. */
    int add(T value) {
      int index = size++;
      int page = index >>> BITS;
      if (page == pages.length) {
        int more = Math.max(1, page / 2);
        pages = Arrays.copyOf(pages, page + more);
        own = Arrays.copyOf(own, page + more);
      }
      if (!own[page]) {
        Object[] before = pages[page];
        pages[page] = before == null ? new Object[1 << BITS] : before.clone();
        own[page] = true;
      }
      pages[page][index & MASK] = value;
      return index;
    }

    /** What came of it; the editor is of no use any more. */
    Column<T> column() {
      return new Column<>(Arrays.copyOf(pages, (size + MASK) >>> BITS), size);
    }
  }
}

package dev.gatehouse.permission;

import dev.gatehouse.error.StorageException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What roles inherit, worked out once, parents before children (Kahn), so that no check walks the
 * hierarchy and a deep one costs no stack. A row is a sorted array while that is smaller than a bit
 * for each role, and bits beyond; a role that inherits nothing has none. Immutable.
 */
final class RoleTable {
  static final RoleTable EMPTY = new RoleTable(0, new long[0]);

  private final int roles;
  private final boolean flat;
  private final int[] parentStart;
  private final int[] parents;
  private final int[] @Nullable [] sorted;
  private final long[] @Nullable [] bits;
  private final long inherited;

  /**
   * A table of that many roles.
   *
   * @param pairs of a role in the upper and one that it inherits in the lower half, sorted
   */
  RoleTable(int roles, long[] pairs) {
    this(roles, pairs, Long.MAX_VALUE);
  }

  /**
   * A table of that many roles, worked out until roles inherit more than that in all; then it is of
   * no use but for {@link #reach()}.
   */
  RoleTable(int roles, long[] pairs, long mostInherited) {
    this.roles = roles;
    flat = pairs.length == 0;
    parentStart = new int[roles + 1];
    parents = new int[pairs.length];
    for (int i = 0; i < pairs.length; i++) {
      parentStart[(int) (pairs[i] >>> 32) + 1]++;
      parents[i] = (int) pairs[i];
    }
    for (int role = 0; role < roles; role++) {
      parentStart[role + 1] += parentStart[role];
    }
    sorted = new int[roles][];
    bits = new long[roles][];
    inherited = close(mostInherited);
  }

  /** Whether no role inherits any. */
  boolean isFlat() {
    return flat;
  }

  /** Whether a role is another, or inherits it. One that came after the table inherits none. */
  boolean reaches(int role, int other) {
    if (role == other) {
      return true;
    }
    if (role >= roles || parentStart[role] == parentStart[role + 1]) {
      return false;
    }
    long[] wide = bits[role];
    if (wide != null) {
      return other < roles && (wide[other >> 6] & 1L << other) != 0;
    }
    int[] row = sorted[role];
    return row != null && Arrays.binarySearch(row, other) >= 0;
  }

  /** How many roles it is or inherits; a very great number if they cannot be told one by one. */
  int reach(int role) {
    if (role >= roles || parentStart[role] == parentStart[role + 1]) {
      return 1;
    }
    int[] row = sorted[role];
    return row == null ? Integer.MAX_VALUE : row.length;
  }

  /** One of the roles that it is or inherits, below {@link #reach}, in order of number. */
  int reached(int role, int index) {
    int[] row = role < roles ? sorted[role] : null;
    return row == null ? role : row[index];
  }

  /** Sets the bits of all roles that it is or inherits. */
  void reach(int role, long[] all) {
    all[role >> 6] |= 1L << role;
    int[] narrow = role < roles ? sorted[role] : null;
    long[] wide = role < roles ? bits[role] : null;
    for (int k = 0; narrow != null && k < narrow.length; k++) {
      all[narrow[k] >> 6] |= 1L << narrow[k];
    }
    for (int k = 0; wide != null && k < wide.length; k++) {
      all[k] |= wide[k];
    }
  }

  /** One more than the greatest role that may inherit. */
  int size() {
    return roles;
  }

  /** The roles that it inherits directly. */
  int[] parents(int role) {
    return role < roles
        ? Arrays.copyOfRange(parents, parentStart[role], parentStart[role + 1])
        : new int[0];
  }

  /** How many others roles inherit in all, directly and through others. */
  long reach() {
    return inherited;
  }

  private long close(long most) {
    int[] waiting = new int[roles];
    int[] childStart = new int[roles + 1];
    for (int parent : parents) {
      childStart[parent + 1]++;
    }
    for (int role = 0; role < roles; role++) {
      childStart[role + 1] += childStart[role];
    }
    int[] children = new int[parents.length];
    int[] fill = Arrays.copyOf(childStart, roles);
    int[] order = new int[roles];
    int ready = 0;
    for (int role = 0; role < roles; role++) {
      waiting[role] = parentStart[role + 1] - parentStart[role];
      if (waiting[role] == 0) {
        order[ready++] = role;
      }
      for (int i = parentStart[role]; i < parentStart[role + 1]; i++) {
        children[fill[parents[i]]++] = role;
      }
    }
    int[] seen = new int[roles];
    long found = 0;
    for (int done = 0; done < ready && found <= most; done++) {
      int role = order[done];
      found += closeRow(role, seen, done + 1);
      for (int i = childStart[role]; i < childStart[role + 1]; i++) {
        if (--waiting[children[i]] == 0) {
          order[ready++] = children[i];
        }
      }
    }
    if (ready < roles && found <= most) {
      throw new StorageException("the stored roles inherit in a circle; no permission can be told");
    }
    return found;
  }

  /**
   * Fills the row of a role whose parents have theirs; marks what it has seen with the stamp.
   *
   * @return how many others it inherits
   */
  private int closeRow(int role, int[] seen, int stamp) {
    if (parentStart[role] == parentStart[role + 1]) {
      return 0;
    }
    int[] row = new int[8];
    int size = 0;
    row[size++] = role;
    boolean wide = false;
    for (int i = parentStart[role]; i < parentStart[role + 1] && !wide; i++) {
      int parent = parents[i];
      int[] has = sorted[parent];
      wide = bits[parent] != null;
      for (int k = 0; !wide && k < (has == null ? 1 : has.length); k++) {
        int next = has == null ? parent : has[k];
        if (seen[next] != stamp) {
          seen[next] = stamp;
          row = size == row.length ? Arrays.copyOf(row, size * 2) : row;
          row[size++] = next;
          wide = size > Math.max(8, roles / 32);
        }
      }
    }
    if (!wide) {
      sorted[role] = Arrays.copyOf(row, size);
      Arrays.sort(sorted[role]);
      return size - 1;
    }
    long[] all = wideRow(role);
    bits[role] = all;
    return Arrays.stream(all).mapToInt(Long::bitCount).sum() - 1;
  }

  private long[] wideRow(int role) {
    long[] row = new long[(roles + 63) / 64];
    row[role >> 6] |= 1L << role;
    for (int i = parentStart[role]; i < parentStart[role + 1]; i++) {
      int parent = parents[i];
      row[parent >> 6] |= 1L << parent;
      long[] wide = bits[parent];
      int[] narrow = sorted[parent];
      for (int k = 0; wide != null && k < row.length; k++) {
        row[k] |= wide[k];
      }
      for (int k = 0; narrow != null && k < narrow.length; k++) {
        row[narrow[k] >> 6] |= 1L << narrow[k];
      }
    }
    return row;
  }
}

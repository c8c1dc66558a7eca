package dev.gatehouse.permission;

import dev.gatehouse.error.StorageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which roles each holder has. Holders are numbered: roles first, then subjects.
 *
 * <p>What a role has by inheritance is worked out once, parents before children (Kahn), so that no
 * check walks the hierarchy and a deep one costs no stack. A row is a sorted array while that is
 * smaller than a bit for each role, and bits beyond; a role that inherits nothing has none. Rows of
 * subjects are not flattened: subjects that have the same roles share one list of them.
 */
final class RoleTable {
  private static final int NONE = -1;

  private final int roles;
  private final int[] parentStart;
  private final int[] parents;
  private final int[] @Nullable [] sorted;
  private final long[] @Nullable [] bits;
  private final int[] setOf;
  private final int[] setStart;
  private final int[] setRoles;

  /**
   * A table of {@code roles} roles and {@code holders} holders.
   *
   * @param members pairs of a holder in the upper and a role in the lower half, sorted
   */
  RoleTable(int roles, int holders, long[] members) {
    this.roles = roles;
    int[] start = new int[holders + 1];
    int[] of = new int[members.length];
    for (int i = 0; i < members.length; i++) {
      start[(int) (members[i] >>> 32) + 1]++;
      of[i] = (int) members[i];
    }
    for (int holder = 0; holder < holders; holder++) {
      start[holder + 1] += start[holder];
    }
    parentStart = Arrays.copyOf(start, roles + 1);
    parents = Arrays.copyOf(of, parentStart[roles]);
    sorted = new int[roles][];
    bits = new long[roles][];
    close();
    Map<List<Integer>, Integer> sets = new HashMap<>();
    List<List<Integer>> lists = new ArrayList<>();
    setOf = new int[holders - roles];
    for (int holder = roles; holder < holders; holder++) {
      List<Integer> set = new ArrayList<>();
      for (int i = start[holder]; i < start[holder + 1]; i++) {
        set.add(of[i]);
      }
      Integer known = sets.putIfAbsent(set, lists.size());
      if (known == null) {
        lists.add(set);
      }
      setOf[holder - roles] = known == null ? lists.size() - 1 : known;
    }
    setStart = new int[lists.size() + 1];
    for (int set = 0; set < lists.size(); set++) {
      setStart[set + 1] = setStart[set] + lists.get(set).size();
    }
    setRoles = lists.stream().flatMap(List::stream).mapToInt(Integer::intValue).toArray();
  }

  /** How many roles there are. */
  int roles() {
    return roles;
  }

  /** Where the direct roles of a subject begin; see {@link #directRole}. */
  int directStart(int subject) {
    return setStart[setOf[subject - roles]];
  }

  int directEnd(int subject) {
    return setStart[setOf[subject - roles] + 1];
  }

  int directRole(int index) {
    return setRoles[index];
  }

  /** What the role has, sorted; null if bits say it, or if it has nothing but itself. */
  int @Nullable [] sorted(int role) {
    return sorted[role];
  }

  /** What the role has, a bit for each; null if an array says it, or if it has only itself. */
  long @Nullable [] bits(int role) {
    return bits[role];
  }

  /** A shortest way from the holder to the role, both included; empty if there is none. */
  List<Integer> path(int holder, int target) {
    Map<Integer, Integer> cameFrom = new HashMap<>();
    Deque<Integer> queue = new ArrayDeque<>();
    cameFrom.put(holder, NONE);
    queue.add(holder);
    while (!queue.isEmpty()) {
      int at = queue.remove();
      if (at == target) {
        List<Integer> path = new ArrayList<>();
        for (int step = at; step != NONE; step = cameFrom.getOrDefault(step, NONE)) {
          path.add(step);
        }
        Collections.reverse(path);
        return path;
      }
      boolean role = at < roles;
      int end = role ? parentStart[at + 1] : directEnd(at);
      for (int i = role ? parentStart[at] : directStart(at); i < end; i++) {
        int next = role ? parents[i] : setRoles[i];
        if (cameFrom.putIfAbsent(next, at) == null) {
          queue.add(next);
        }
      }
    }
    return List.of();
  }

  /** Whether the target is the holder, or a role that it has. */
  boolean reaches(int holder, int target) {
    if (holder == target) {
      return true;
    }
    if (target < 0 || target >= roles) {
      return false;
    }
    if (holder < roles) {
      return inherits(holder, target);
    }
    int end = directEnd(holder);
    for (int i = directStart(holder); i < end; i++) {
      if (setRoles[i] == target || inherits(setRoles[i], target)) {
        return true;
      }
    }
    return false;
  }

  private boolean inherits(int role, int target) {
    long[] wide = bits[role];
    if (wide != null) {
      return (wide[target >> 6] & (1L << target)) != 0;
    }
    int[] narrow = sorted[role];
    return narrow != null && Arrays.binarySearch(narrow, target) >= 0;
  }

  private void close() {
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
    for (int done = 0; done < ready; done++) {
      int role = order[done];
      closeRow(role, seen, done + 1);
      for (int i = childStart[role]; i < childStart[role + 1]; i++) {
        if (--waiting[children[i]] == 0) {
          order[ready++] = children[i];
        }
      }
    }
    if (ready < roles) {
      throw new StorageException("the stored roles inherit in a circle; no permission can be told");
    }
  }

  /** Fills the row of a role whose parents have theirs; marks what it has seen with the stamp. */
  private void closeRow(int role, int[] seen, int stamp) {
    if (parentStart[role] == parentStart[role + 1]) {
      return;
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
    if (wide) {
      bits[role] = wideRow(role);
    } else {
      sorted[role] = Arrays.copyOf(row, size);
      Arrays.sort(sorted[role]);
    }
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

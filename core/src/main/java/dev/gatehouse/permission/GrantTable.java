package dev.gatehouse.permission;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * All grants of one effect. An entry is a grant; those of one permission, which is a pair of action
 * and resource, stand together, sorted by holder: roles first, then subjects. No two of them have
 * the same holder.
 */
final class GrantTable {
  /** No entry. */
  static final int NONE = -1;

  /** No entry that counts, but one that has expired. */
  static final int EXPIRED = -2;

  /** The expiry of what never expires. */
  static final long NEVER = Long.MAX_VALUE;

  private final int[] start;
  private final int[] firstSubject;
  private final int[] holders;
  private final long[] ids;
  private final long[] expiries;

  /** Made on first use: racy, but a decision is immutable and any of two equal ones will do. */
  private final @Nullable Decision[] decisions;

  /**
   * A table of the grants.
   *
   * @param permissions how many permissions there are
   * @param roles how many roles there are
   * @param permissionOf the permission of each grant
   * @param holderOf the holder of each grant
   * @param idOf the id of each grant
   * @param expiryOf the expiry of each grant
   */
  GrantTable(
      int permissions,
      int roles,
      int[] permissionOf,
      int[] holderOf,
      long[] idOf,
      long[] expiryOf) {
    int size = permissionOf.length;
    start = new int[permissions + 1];
    for (int permission : permissionOf) {
      start[permission + 1]++;
    }
    for (int i = 0; i < permissions; i++) {
      start[i + 1] += start[i];
    }
    int[] fill = Arrays.copyOf(start, permissions);
    long[] entries = new long[size];
    for (int grant = 0; grant < size; grant++) {
      entries[fill[permissionOf[grant]]++] = (long) holderOf[grant] << 32 | grant;
    }
    firstSubject = new int[permissions];
    holders = new int[size];
    ids = new long[size];
    expiries = new long[size];
    decisions = new Decision[size];
    for (int permission = 0; permission < permissions; permission++) {
      Arrays.sort(entries, start[permission], start[permission + 1]);
      firstSubject[permission] = start[permission];
      for (int i = start[permission]; i < start[permission + 1]; i++) {
        int grant = (int) entries[i];
        holders[i] = holderOf[grant];
        ids[i] = idOf[grant];
        expiries[i] = expiryOf[grant];
        firstSubject[permission] += holders[i] < roles ? 1 : 0;
      }
    }
  }

  int holder(int entry) {
    return holders[entry];
  }

  long id(int entry) {
    return ids[entry];
  }

  long expiry(int entry) {
    return expiries[entry];
  }

  /** The decision that rests on the entry. */
  Decision decision(int entry, IntFunction<Decision> first) {
    Decision decision = decisions[entry];
    if (decision == null) {
      decision = first.apply(entry);
      decisions[entry] = decision;
    }
    return decision;
  }

  /** An entry of the permission that counts for the holder, or {@link #EXPIRED}, or none. */
  int find(int permission, int holder, RoleTable roles, long now) {
    if (start[permission] == start[permission + 1]) {
      return NONE;
    }
    if (holder < roles.roles()) {
      return findInherited(permission, holder, roles, now);
    }
    int best = NONE;
    int own = Arrays.binarySearch(holders, firstSubject[permission], start[permission + 1], holder);
    if (own >= 0) {
      if (now < expiries[own]) {
        return own;
      }
      best = EXPIRED;
    }
    int end = roles.directEnd(holder);
    for (int i = roles.directStart(holder); i < end; i++) {
      int found = findInherited(permission, roles.directRole(i), roles, now);
      if (found >= 0) {
        return found;
      }
      best = Math.min(best, found);
    }
    return best;
  }

  private int findInherited(int permission, int role, RoleTable roles, long now) {
    int from = start[permission];
    int to = firstSubject[permission];
    int[] sorted = roles.sorted(role);
    long[] bits = roles.bits(role);
    int best = NONE;
    if (bits != null || (sorted != null && sorted.length > to - from)) {
      for (int entry = from; entry < to; entry++) {
        if (has(holders[entry], sorted, bits)) {
          if (now < expiries[entry]) {
            return entry;
          }
          best = EXPIRED;
        }
      }
      return best;
    }
    int count = sorted == null ? 1 : sorted.length;
    for (int i = 0; i < count; i++) {
      int entry = Arrays.binarySearch(holders, from, to, sorted == null ? role : sorted[i]);
      if (entry >= 0) {
        if (now < expiries[entry]) {
          return entry;
        }
        best = EXPIRED;
      }
    }
    return best;
  }

  private static boolean has(int role, int @Nullable [] sorted, long @Nullable [] bits) {
    if (bits != null) {
      return (bits[role >> 6] & 1L << role) != 0;
    }
    return sorted != null && Arrays.binarySearch(sorted, role) >= 0;
  }

  /** Each entry of the permission. */
  void forEach(int permission, IntConsumer entries) {
    for (int entry = start[permission]; entry < start[permission + 1]; entry++) {
      entries.accept(entry);
    }
  }
}

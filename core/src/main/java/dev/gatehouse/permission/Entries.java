package dev.gatehouse.permission;

/**
 * All grants. Those of one access, which is a pair of action and resource, stand in a row behind a
 * header: denials first, then allowances, each sorted by holder. An access is told by two words.
 * The second says where its grants begin and how many there are. The first holds the up to three
 * roles, if that is all there is to say: allowances without limits and no others; else the number
 * of denials.
 *
 * <p>A holder is told by its number and, in the word of {@link Roles}, by its roles. Immutable.
 *
 * @param ids the id of each grant; in a header, resource and action
 * @param holders the holder of each grant in the upper half, one more than its limit in the lower,
 *     0 if it has none; in a header a negative number
 * @param limits what ends grants
 * @param lists of roles that fit into no word
 * @param roles what roles inherit
 */
record Entries(
    LongColumn ids, LongColumn holders, Column<Limit> limits, LongColumn lists, RoleTable roles) {
  static final Entries EMPTY =
      new Entries(
          LongColumn.EMPTY, LongColumn.EMPTY, Column.empty(), LongColumn.EMPTY, RoleTable.EMPTY);

  static final long COVERED = 1;
  static final long EXPIRED = 2;
  static final long ALLOWS = 1L << 32;
  static final long DENIES = 2L << 32;

  /** The first word of an access that has roles in it. */
  static final long PLAIN = 1L << 63;

  static final long HEADER = -1;

  private static final int NONE = -1;
  private static final int PAST = -2;

  /**
   * What ends a grant. Immutable.
   *
   * @param expiry the first millisecond at which it counts no more
   */
  record Limit(long expiry) {}

  static int start(long second) {
    return (int) (second >>> 32);
  }

  static int count(long second) {
    return (int) second;
  }

  static int denials(long first) {
    return first < 0 ? 0 : (int) first;
  }

  int holder(int entry) {
    return (int) (holders.get(entry) >>> 32);
  }

  /** The limit of a grant; 0 says that it has none, any other is one too high. */
  int limit(int entry) {
    return (int) holders.get(entry);
  }

  /** Whether a grant counts at that moment. */
  boolean counts(int entry, long now) {
    int limit = limit(entry);
    return limit == 0 || now < limits.get(limit - 1).expiry();
  }

  /**
   * What an access says of a holder: {@link #ALLOWS} or {@link #DENIES} with the grant, or less.
   */
  long judge(long first, long second, int holder, long held, long now) {
    if (first < 0 && Roles.inlineCount(held) <= Roles.INLINE) {
      int place = roles.isFlat() ? flat(first, held) : inherited(first, held);
      return place == NONE ? COVERED : ALLOWS | (start(second) + place);
    }
    int start = start(second);
    int middle = start + denials(first);
    int denial = middle == start ? NONE : find(start, middle, holder, held, now);
    if (denial >= 0) {
      return DENIES | denial;
    }
    int allowance = find(middle, start + count(second), holder, held, now);
    if (allowance >= 0) {
      return ALLOWS | allowance;
    }
    return allowance == PAST ? EXPIRED : COVERED;
  }

  /** The place of the first of the held roles that is granted, if both words hold roles, or -1. */
  static int flat(long granted, long held) {
    int count = Roles.inlineCount(held);
    for (int i = 0; i < count; i++) {
      int place = Roles.find(granted, (int) (held >>> (i * 16)) & 0xffff);
      if (place >= 0) {
        return place;
      }
    }
    return NONE;
  }

  private int inherited(long granted, long held) {
    int count = Roles.inlineCount(held);
    for (int i = 0; i < count; i++) {
      int role = (int) (held >>> (i * 16)) & 0xffff;
      for (int place = 0; place < Roles.INLINE; place++) {
        if (roles.reaches(role, (int) (granted >>> (place * 16)) & 0xffff)) {
          return place;
        }
      }
    }
    return NONE;
  }

  /** A grant that counts, {@link #PAST} if only such are there that have ended, or none. */
  private int find(int from, int to, int holder, long held, long now) {
    int best = NONE;
    if (holder >= Roles.LIMIT) {
      int own = search(from, to, holder);
      if (own >= 0) {
        if (counts(own, now)) {
          return own;
        }
        best = PAST;
      }
    }
    int count = Roles.count(held, lists);
    for (int i = 0; i < count; i++) {
      int found = findInherited(from, to, Roles.at(held, i, lists), now);
      if (found >= 0) {
        return found;
      }
      best = Math.min(best, found);
    }
    return best;
  }

  private int findInherited(int from, int to, int role, long now) {
    int reached = roles.reach(role);
    if (reached <= to - from) {
      int best = NONE;
      for (int i = 0; i < reached; i++) {
        int entry = search(from, to, roles.reached(role, i));
        if (entry >= 0) {
          if (counts(entry, now)) {
            return entry;
          }
          best = PAST;
        }
      }
      return best;
    }
    int best = NONE;
    for (int entry = from; entry < to; entry++) {
      int holder = holder(entry);
      if (holder >= Roles.LIMIT) {
        return best;
      }
      if (roles.reaches(role, holder)) {
        if (counts(entry, now)) {
          return entry;
        }
        best = PAST;
      }
    }
    return best;
  }

  private int search(int from, int to, int holder) {
    int low = from;
    int high = to - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int found = holder(middle);
      if (found == holder) {
        return middle;
      }
      if (found < holder) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return NONE;
  }

  /** Where the grants begin among which this one stands. */
  int startOf(int entry) {
    int at = entry;
    while (holders.get(at - 1) >= 0) {
      at--;
    }
    return at;
  }
}

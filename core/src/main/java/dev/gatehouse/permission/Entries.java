package dev.gatehouse.permission;

import org.jspecify.annotations.Nullable;

/**
 * All grants. Those of one access, which is a pair of action and resource, stand in a row behind a
 * header: denials first, then allowances, each sorted by holder. An access is told by two words.
 * The upper half of the second says where its grants begin, the lower how many there are; the
 * first, how many of them deny. If up to four roles are all there is to say, allowances without
 * limits and no others, the roles stand there themselves: three in the first word, the fourth above
 * the number.
 *
 * <p>A holder is told by its number and, in the word of {@link Roles}, by its roles. Immutable.
 *
 * @param ids the id of each grant; in a header, resource and action
 * @param holders the holder of each grant in the upper half, one more than its limit in the lower,
 *     0 if it has none; in a header a negative number
 * @param limits what may keep grants from counting
 * @param lists of roles that fit into no word
 * @param roles what roles inherit
 * @param effective all roles of holders of many, where roles inherit
 */
record Entries(
    LongColumn ids,
    LongColumn holders,
    Column<Limit> limits,
    LongColumn lists,
    RoleTable roles,
    EffectiveRoles effective) {
  static final Entries EMPTY =
      new Entries(
          LongColumn.EMPTY, LongColumn.EMPTY, Column.empty(), LongColumn.EMPTY, RoleTable.EMPTY);

  // Verdicts, from the least to the most telling. From COUNTED on the grant is in the lower half.

  /** A grant names the resource. */
  static final long COVERED = 1;

  /** Only one that has expired would allow it, or one of those above as well. */
  static final long EXPIRED = 2;

  /**
   * Only one whose condition is false, or cannot be told, would allow it, or one of those above.
   */
  static final long UNMET = 3;

  /** Only one that has no uses left would allow it, or one of those above. */
  static final long USED_UP = 4;

  /** A grant that counts its uses allows it. */
  static final long COUNTED = 1L << 32;

  /** A grant that counts none allows it. */
  static final long ALLOWS = 2L << 32;

  /** A grant denies it. */
  static final long DENIES = 3L << 32;

  /** A grant cannot be judged without a look at the clock. */
  static final long UNDECIDED = 4L << 32;

  /** No moment: the clock has not been looked at. */
  static final long NO_MOMENT = Long.MIN_VALUE;

  /** The first word of an access that has roles in it. */
  static final long PLAIN = 1L << 63;

  static final long HEADER = -1;

  /** Most roles in the words of an access. */
  static final int MOST_PLAIN = 4;

  private static final long LOWER_THREE = 0xffff_ffff_ffffL;

  private static final int NONE = -1;

  /** So many grants of an access are tried one after the other. */
  private static final int FEW = 16;

  /**
   * The rows of so many roles are looked at one by one: rows, of which there is one for each role,
   * are more likely in a processor's caches than a set of all, of which there is one for each
   * combination of roles.
   */
  private static final int FEW_ROLES = 8;

  /** With nothing known of what holders have in all. */
  Entries(
      LongColumn ids, LongColumn holders, Column<Limit> limits, LongColumn lists, RoleTable roles) {
    this(
        ids,
        holders,
        limits,
        lists,
        roles,
        new EffectiveRoles(lists, roles, EffectiveRoles.MOST_BYTES));
  }

  static int start(long second) {
    return (int) (second >>> 32);
  }

  static int count(long first, long second) {
    return first < 0 ? (int) second & 0xffff : (int) second;
  }

  static boolean isEmpty(long second) {
    return (int) second == 0;
  }

  /** The first word of an access of these roles only. */
  static long plain(int[] roles) {
    return PLAIN | (Roles.four(roles, 0) & LOWER_THREE);
  }

  /** The second. */
  static long plain(int[] roles, int start) {
    return (long) start << 32 | (Roles.four(roles, 0) >>> 48) << 16 | roles.length;
  }

  /** The roles of such an access. */
  static long roles(long first, long second) {
    return (first & LOWER_THREE) | (second & 0xffff_0000L) << 32;
  }

  static int denials(long first) {
    return first < 0 ? 0 : (int) first;
  }

  /** The roles of an access, if nothing but grants to up to so many roles is to be said of it. */
  int @Nullable [] onlyRoles(long first, long second, int most) {
    int count = count(first, second);
    if (count > most || denials(first) > 0) {
      return null;
    }
    int[] found = new int[count];
    for (int i = 0; i < count; i++) {
      found[i] = holder(start(second) + i);
      if (found[i] >= Roles.LIMIT || limit(start(second) + i) != 0) {
        return null;
      }
    }
    return found;
  }

  int holder(int entry) {
    return (int) (holders.get(entry) >>> 32);
  }

  /** The limit of a grant; 0 says that it has none, any other is one too high. */
  int limit(int entry) {
    return (int) holders.get(entry);
  }

  /** What limits a grant; null if nothing does. */
  @Nullable Limit limitOf(int entry) {
    int limit = limit(entry);
    return limit == 0 ? null : limits.get(limit - 1);
  }

  /** Whether a grant decides, be it to allow or to deny. */
  static boolean decides(long verdict) {
    return verdict >= COUNTED && verdict < UNDECIDED;
  }

  static boolean allows(long verdict) {
    return verdict >= COUNTED && verdict < DENIES;
  }

  static boolean isCounted(long verdict) {
    return verdict >= COUNTED && verdict < ALLOWS;
  }

  /**
   * The more telling of two verdicts; of two grants that count their uses, that of the lower id.
   */
  long heavier(long one, long other) {
    if (isCounted(one) && isCounted(other)) {
      return ids.get((int) one) <= ids.get((int) other) ? one : other;
    }
    return Math.max(one, other);
  }

  /** What an access says of a holder at that moment. */
  long judge(long first, long second, int holder, long held, long now, Attributes attributes) {
    if (first < 0 && Roles.isInline(held)) {
      long granted = roles(first, second);
      int place = roles.isFlat() ? Roles.common(granted, held) : inherited(granted, held);
      return place == NONE ? COVERED : ALLOWS | (start(second) + place);
    }
    int start = start(second);
    int middle = start + denials(first);
    if (middle > start) {
      long denial = heaviest(start, middle, holder, held, now, attributes);
      if (denial >= COUNTED) {
        return denial == UNDECIDED ? denial : DENIES | (int) denial;
      }
    }
    return heaviest(middle, start + count(first, second), holder, held, now, attributes);
  }

  private int inherited(long granted, long held) {
    int count = Roles.inlineCount(held);
    for (int i = 0; i < count; i++) {
      int role = (int) (held >>> (i * 16)) & 0xffff;
      for (int place = 0; place < MOST_PLAIN; place++) {
        if (roles.reaches(role, (int) (granted >>> (place * 16)) & 0xffff)) {
          return place;
        }
      }
    }
    return NONE;
  }

  /** The most telling of the holder's grants in a row, as if each of them allowed. */
  private long heaviest(int from, int to, int holder, long held, long now, Attributes attributes) {
    if (to - from <= FEW && roles.isFlat() && Roles.isInline(held)) {
      int entry = few(from, to, holder, held);
      if (entry == NONE || limit(entry) == 0) {
        return entry == NONE ? COVERED : ALLOWS | entry;
      }
    }
    long best = COVERED;
    if (holder >= Roles.LIMIT) {
      best = verdict(search(from, to, holder), now, attributes);
    }
    if (best >= ALLOWS || held == 0 || from == to) {
      return best;
    }
    int count = Roles.count(held, lists);
    long[] all = count <= FEW_ROLES || roles.isFlat() ? null : effective.find(held);
    if (all != null) {
      return heavier(best, ofAll(from, to, all, now, attributes));
    }
    if (roles.isFlat() && count > to - from) {
      return heavier(best, ofMany(from, to, held, now, attributes));
    }
    for (int i = 0; i < count && best < ALLOWS; i++) {
      best = heavier(best, inherited(from, to, Roles.at(held, i, lists), now, attributes));
    }
    return best;
  }

  /** The most telling in a row of the grants to roles of a set of {@link EffectiveRoles}. */
  private long ofAll(int from, int to, long[] all, long now, Attributes attributes) {
    long best = COVERED;
    int size = EffectiveRoles.most(all);
    if (size < to - from) {
      for (int i = 0; i < size && best < ALLOWS; i++) {
        int entry = search(from, to, EffectiveRoles.at(all, i));
        best = heavier(best, verdict(entry, now, attributes));
      }
      return best;
    }
    for (int entry = from; entry < to && best < ALLOWS; entry++) {
      int role = holder(entry);
      if (role >= Roles.LIMIT) {
        return best;
      }
      if (EffectiveRoles.contains(all, role)) {
        best = heavier(best, verdict(entry, now, attributes));
      }
    }
    return best;
  }

  /** The same of more roles than there are grants, none of which inherits. */
  private long ofMany(int from, int to, long held, long now, Attributes attributes) {
    long best = COVERED;
    for (int entry = from; entry < to && best < ALLOWS; entry++) {
      int role = holder(entry);
      if (role >= Roles.LIMIT) {
        return best;
      }
      if (Roles.holds(held, role, lists)) {
        best = heavier(best, verdict(entry, now, attributes));
      }
    }
    return best;
  }

  /**
   * The first grant in a row of few that the holder or one of its up to three roles has, or -1.
   * They stand side by side; to take each into account without a branch is faster than to find out
   * by branches, which a processor cannot guess, where to look.
   */
  private int few(int from, int to, int holder, long held) {
    int first = (int) held & 0xffff;
    int second = (int) (held >>> 16) & 0xffff;
    int third = (int) (held >>> 32) & 0xffff;
    int found = NONE;
    for (int entry = to - 1; entry >= from; entry--) {
      int has = holder(entry);
      // An int that is not negative becomes so if one is taken from it only if it was 0.
      int alike =
          ((has ^ first) - 1) | ((has ^ second) - 1) | ((has ^ third) - 1) | ((has ^ holder) - 1);
      int mask = alike >> 31;
      found = (found & ~mask) | (entry & mask);
    }
    return found;
  }

  private long inherited(int from, int to, int role, long now, Attributes attributes) {
    long best = COVERED;
    int reached = roles.reach(role);
    if (reached <= to - from) {
      for (int i = 0; i < reached && best < ALLOWS; i++) {
        int entry = search(from, to, roles.reached(role, i));
        best = heavier(best, verdict(entry, now, attributes));
      }
      return best;
    }
    for (int entry = from; entry < to && best < ALLOWS; entry++) {
      int holder = holder(entry);
      if (holder >= Roles.LIMIT) {
        return best;
      }
      if (roles.reaches(role, holder)) {
        best = heavier(best, verdict(entry, now, attributes));
      }
    }
    return best;
  }

  /** What a grant comes to if it allows. */
  private long verdict(int entry, long now, Attributes attributes) {
    if (entry == NONE) {
      return COVERED;
    }
    Limit limit = limitOf(entry);
    if (limit == null) {
      return ALLOWS | entry;
    }
    if (now == NO_MOMENT) {
      return UNDECIDED;
    }
    return switch (limit.part(attributes, now)) {
      case DECIDES, OVERRIDDEN -> (limit.counted() ? COUNTED : ALLOWS) | entry;
      case USED_UP -> USED_UP;
      case UNMET -> UNMET;
      case EXPIRED -> EXPIRED;
    };
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

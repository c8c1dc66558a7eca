package dev.gatehouse.permission;

import java.util.Arrays;
import java.util.Collection;

/** A few ids that many are looked up in, most of them in vain. Immutable. */
final class Ids {
  private final long[] sorted;

  private Ids(long[] sorted) {
    this.sorted = sorted;
  }

  static Ids of(Collection<Long> ids) {
    return new Ids(ids.stream().mapToLong(Long::longValue).sorted().toArray());
  }

  boolean isEmpty() {
    return sorted.length == 0;
  }

  boolean contains(long id) {
    int last = sorted.length - 1;
    return last >= 0
        && id >= sorted[0]
        && id <= sorted[last]
        && Arrays.binarySearch(sorted, id) >= 0;
  }
}

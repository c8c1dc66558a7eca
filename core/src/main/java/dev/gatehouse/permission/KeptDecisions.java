package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.permission.Decision.Allowed;
import dev.gatehouse.permission.Decision.Denied;
import dev.gatehouse.permission.Decision.Reason;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of one snapshot that rest on a grant, one for each grant, made when it first
 * decides and kept from then on, so that a check makes no garbage. Of a million grants they would
 * come to as much memory as half of the rest of the snapshot, so only as many are kept as there is
 * room for; any other is made each time. Safe for use by multiple threads.
 */
final class KeptDecisions {
  /** Room for some 900,000 decisions, beside four bytes for each grant and word of a slot. */
  static final long MOST_BYTES = 32 << 20;

  /** Those of a decision. */
  static final int BYTES = 36;

  private static final int PAGE_BITS = 12;
  private static final int PAGE = 1 << PAGE_BITS;

  private final long version;
  private final LongColumn ids;
  private final int most;

  /**
   * How many were kept; of two threads that keep the same one at once both count, so that there are
   * at most so many.
   */
  private final AtomicInteger kept = new AtomicInteger();

  /** Read and written without order: a decision is immutable, and any of two equal ones will do. */
  private final AtomicReferenceArray<@Nullable Decision @Nullable []> pages;

  /** Those of accesses with up to four grants, by place; read and written likewise. */
  private final AtomicReferenceArray<@Nullable Decision @Nullable []> ready;

  /**
   * Of no decision yet.
   *
   * @param version that they name
   * @param ids the ids of the grants, by entry
   * @param accessPages how many pages the table of accesses has
   */
  KeptDecisions(long version, LongColumn ids, int accessPages, long mostBytes) {
    this.version = version;
    this.ids = ids;
    this.most = (int) Math.min(Integer.MAX_VALUE / 2, mostBytes / BYTES);
    this.pages = new AtomicReferenceArray<>((ids.size() >>> PAGE_BITS) + 1);
    this.ready = new AtomicReferenceArray<>(accessPages);
  }

  /**
   * The decisions of the accesses of a page, each where the access stands and thereafter. They are
   * found as soon as it is known where the access stands, before what stands there has come from
   * memory. Null, as may be each of them, if there are none yet.
   */
  @Nullable Decision @Nullable [] ready(int accessPage) {
    return ready.getPlain(accessPage);
  }

  /**
   * Has the decisions ready that rest on an access's grants, if those are all to roles and there is
   * room.
   *
   * @param slots the page of that number, in which the access stands at {@code own}
   */
  void makeReady(int accessPage, long[] slots, int own) {
    long first = slots[own + 2];
    long second = slots[own + 3];
    int count = Entries.count(first, second);
    if (first >= 0 || kept.get() > most - count) {
      return;
    }
    @Nullable Decision[] page = page(ready, accessPage, slots.length);
    for (int i = count - 1; i >= 0; i--) {
      page[own + i] = find(Entries.start(second) + i, false);
    }
  }

  /** The decision that rests on the grant of that entry. */
  Decision find(int entry, boolean denies) {
    @Nullable Decision[] page = pages.getPlain(entry >>> PAGE_BITS);
    Decision known = page == null ? null : page[entry & (PAGE - 1)];
    return known == null ? make(entry, denies) : known;
  }

  private Decision make(int entry, boolean denies) {
    long id = ids.get(entry);
    Decision made = denies ? new Denied(Reason.DENIED, version, id) : new Allowed(version, id);
    if (kept.get() < most && kept.getAndIncrement() < most) {
      page(pages, entry >>> PAGE_BITS, PAGE)[entry & (PAGE - 1)] = made;
    }
    return made;
  }

  private static @Nullable Decision[] page(
      AtomicReferenceArray<@Nullable Decision @Nullable []> pages, int number, int length) {
    @Nullable Decision[] page = pages.get(number);
    if (page == null) {
      pages.compareAndSet(number, null, new Decision[length]);
      page = pages.get(number);
    }
    return requireNonNull(page);
  }

  /** How many are kept. */
  int size() {
    int size = 0;
    for (int number = 0; number < pages.length(); number++) {
      @Nullable Decision[] page = pages.get(number);
      for (int at = 0; page != null && at < PAGE; at++) {
        size += page[at] == null ? 0 : 1;
      }
    }
    return size;
  }
}

package dev.gatehouse.audit;

import dev.gatehouse.audit.AuditScan.Order;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds one page of a query. It walks the log away from a position, forward or backward in the
 * order of the query, and tests each record, until the page is full, the window ends, or as many
 * records as allowed were looked at. In the last case the page is short, and its cursor stands at
 * the record that was looked at last, so that the walk goes on right there: none is skipped, none
 * comes twice. Not safe: confine to one thread.
 */
final class Pager {
  private static final int BATCH_GROWTH = 4;

  private final AuditStore store;
  private final AuditQuery query;
  private final int maxScanned;
  private final List<AuditMatch> matches;
  private final List<AuditTerms> terms;
  private final boolean never;

  /** A way through the records, as seen in the order of the query. */
  private enum Way {
    FORWARD,
    BACKWARD
  }

  Pager(AuditStore store, AuditQuery query, int maxScanned) {
    this.store = store;
    this.query = query;
    this.maxScanned = maxScanned;
    List<Expression> demands = query.filter().map(Filter::demands).orElse(List.of());
    never = demands.stream().anyMatch(Expression::isNever);
    matches = matches(demands);
    terms =
        demands.stream()
            .flatMap(demand -> demand.terms().stream())
            .limit(AuditScan.MAX_MATCHES)
            .toList();
  }

  /** A page in the order of the query. */
  record Page(List<AuditRecord> records, Cursor cursor, boolean hasNext, boolean hasPrevious) {}

  /**
   * What a walk found.
   *
   * @param found nearest first
   * @param end where it ended for lack of allowance, if the page is not full
   * @param looked at how many records
   * @param more whether there may be more beyond
   */
  private record Walk(
      List<AuditEntry> found, @Nullable AuditPosition end, int looked, boolean more) {
    /** Where to go on from, if there is more. */
    AuditPosition last(AuditPosition from) {
      return end != null ? end : found.isEmpty() ? from : found.get(found.size() - 1).position();
    }
  }

  /** Takes records, page by page. */
  interface Taker {
    void take(List<AuditRecord> records) throws IOException;
  }

  /** The first page. */
  Page first() {
    return next(Cursor.start(query), false);
  }

  /** The page beside the one that the cursor stands for. */
  Page turn(Cursor cursor) {
    return query.turn() == AuditQuery.Turn.NEXT
        ? next(cursor, isAny(Way.BACKWARD, following(cursor.last())))
        : previous(cursor);
  }

  /** How many records of the query there are, up to a cap. */
  AuditCount count(int cap) {
    AuditPosition at = Cursor.start(query).last();
    int counted = 0;
    int looked = 0;
    Walk walk;
    do {
      walk = walk(Way.FORWARD, at, Math.min(AuditQuery.MAX_SIZE, cap - counted));
      at = walk.last(at);
      counted += walk.found.size();
      looked += walk.looked;
    } while (walk.more && counted < cap && looked < AuditLog.MAX_COUNTED);
    return new AuditCount(counted, walk.more);
  }

  /** Gives all records of the query. */
  long each(Taker taker) throws IOException {
    AuditPosition at = Cursor.start(query).last();
    long given = 0;
    Walk walk;
    do {
      walk = walk(Way.FORWARD, at, AuditQuery.MAX_SIZE);
      at = walk.last(at);
      taker.take(records(walk.found));
      given += walk.found.size();
    } while (walk.more);
    return given;
  }

  private Page next(Cursor from, boolean hasPrevious) {
    Walk walk = walk(Way.FORWARD, from.last(), query.maxSize());
    AuditPosition first = following(from.last());
    AuditPosition last = from.last();
    if (!walk.found.isEmpty()) {
      first = walk.found.get(0).position();
      last = walk.found.get(walk.found.size() - 1).position();
    }
    Cursor here = new Cursor(first, walk.end == null ? last : walk.end);
    return new Page(records(walk.found), here, walk.more, hasPrevious);
  }

  private Page previous(Cursor from) {
    Walk walk = walk(Way.BACKWARD, from.first(), query.maxSize());
    AuditPosition last = preceding(from.first());
    AuditPosition first = from.first();
    if (!walk.found.isEmpty()) {
      last = walk.found.get(0).position();
      first = walk.found.get(walk.found.size() - 1).position();
    }
    Cursor here = new Cursor(walk.end == null ? first : walk.end, last);
    List<AuditEntry> inOrder = new ArrayList<>(walk.found);
    Collections.reverse(inOrder);
    boolean hasNext = isAny(Way.FORWARD, preceding(from.first()));
    return new Page(records(inOrder), here, hasNext, walk.more);
  }

  /** Whether there may be a record beyond the position. */
  private boolean isAny(Way way, AuditPosition from) {
    return walk(way, from, 0).more;
  }

  private Walk walk(Way way, AuditPosition from, int wanted) {
    List<AuditEntry> found = new ArrayList<>();
    AuditPosition at = from;
    int looked = 0;
    int batch = wanted + 1;
    AuditStore.Walk scans = store.walk();
    while (!never) {
      int limit = Math.min(batch, maxScanned - looked);
      List<AuditEntry> rows = scans.scan(scan(way, at, limit));
      for (AuditEntry row : rows) {
        looked++;
        if (passes(row.record())) {
          if (found.size() == wanted) {
            return new Walk(found, null, looked, true);
          }
          found.add(row);
        }
        at = row.position();
      }
      if (rows.size() < limit) {
        break;
      }
      if (looked == maxScanned) {
        return new Walk(found, found.size() < wanted ? at : null, looked, true);
      }
      batch = Math.min(batch * BATCH_GROWTH, AuditScan.MAX_LIMIT);
    }
    return new Walk(found, null, looked, false);
  }

  private AuditScan scan(Way way, AuditPosition from, int limit) {
    boolean ascending = (way == Way.FORWARD) != query.isDescending();
    AuditPosition lower = query.lower();
    AuditPosition upper = query.upper();
    return ascending
        ? new AuditScan(
            from.compareTo(lower) < 0 ? lower : from, upper, Order.ASCENDING, matches, terms, limit)
        : new AuditScan(
            lower,
            from.compareTo(upper) > 0 ? upper : from,
            Order.DESCENDING,
            matches,
            terms,
            limit);
  }

  private boolean passes(AuditRecord record) {
    return query.filter().map(filter -> filter.test(record)).orElse(true);
  }

  /** The neighbour after a position in the order of the query. */
  private AuditPosition following(AuditPosition position) {
    return query.isDescending() ? position.predecessor() : position.successor();
  }

  /** The neighbour before a position in the order of the query. */
  private AuditPosition preceding(AuditPosition position) {
    return query.isDescending() ? position.successor() : position.predecessor();
  }

  /** What the store can rule out itself; the filter is tested in full all the same. */
  private static List<AuditMatch> matches(List<Expression> demands) {
    List<AuditMatch> matches = new ArrayList<>();
    int values = 0;
    for (Expression demand : demands) {
      Optional<AuditMatch> match = demand.match();
      int size = match.map(m -> m.values().size()).orElse(0);
      if (size > 0
          && values + size <= AuditMatch.MAX_VALUES
          && matches.size() < AuditScan.MAX_MATCHES) {
        matches.add(match.get());
        values += size;
      }
    }
    return matches;
  }

  private static List<AuditRecord> records(List<AuditEntry> entries) {
    return entries.stream().map(AuditEntry::record).toList();
  }
}

package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.List;

/**
 * SPI: a stretch of the log to read. Immutable.
 *
 * @param after records come after this position
 * @param before records come before this position
 * @param order the order in which they are read
 * @param matches what every record must meet; at most 16, with at most 1,024 values in all
 * @param terms what a store with an index of terms may rule out records by, and others leave out;
 *     at most 16
 * @param limit most records to read, 1..1,024
 */
public record AuditScan(
    AuditPosition after,
    AuditPosition before,
    Order order,
    List<AuditMatch> matches,
    List<AuditTerms> terms,
    int limit) {
  /** Most records of one scan. */
  public static final int MAX_LIMIT = 1_024;

  /** Most matches, and most demands of terms, of one scan. */
  public static final int MAX_MATCHES = 16;

  /** The order of reading. */
  public enum Order {
    /** By time, then id. */
    ASCENDING,
    /** The exact reverse. */
    DESCENDING
  }

  /** Checks the limits. */
  public AuditScan {
    requireNonNull(after, "after");
    requireNonNull(before, "before");
    requireNonNull(order, "order");
    matches = List.copyOf(matches);
    Check.range(matches.size(), 0, MAX_MATCHES, "number of matches");
    int values = matches.stream().mapToInt(match -> match.values().size()).sum();
    Check.range(values, 0, AuditMatch.MAX_VALUES, "number of values");
    terms = List.copyOf(terms);
    Check.range(terms.size(), 0, MAX_MATCHES, "number of demands of terms");
    Check.range(limit, 1, MAX_LIMIT, "limit");
  }

  /** A scan that demands no terms. */
  public AuditScan(
      AuditPosition after, AuditPosition before, Order order, List<AuditMatch> matches, int limit) {
    this(after, before, order, matches, List.of(), limit);
  }
}

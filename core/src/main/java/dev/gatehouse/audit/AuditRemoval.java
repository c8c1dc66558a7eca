package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.List;

/**
 * SPI: records that are removed because their time is over, and the leaves that stood for them.
 * Immutable.
 *
 * @param ids of the records, 1..{@link AuditStore#MAX_BATCH}
 * @param ranges of the indexes of their leaves, ascending, which together are as many
 * @param evidence id of the record that tells of the removal
 */
public record AuditRemoval(List<Long> ids, List<Range> ranges, long evidence) {
  /**
   * Leaves beside one another. Immutable.
   *
   * @param from index of the first, 0 or more
   * @param to index after the last, above from
   * @param evidence id of the record that tells of their removal
   */
  public record Range(long from, long to, long evidence) {
    /** Checks the order. */
    public Range {
      Check.range(from, 0, Long.MAX_VALUE - 1, "from");
      Check.range(to, from + 1, Long.MAX_VALUE, "to");
    }
  }

  /** Checks that both say the same number. */
  public AuditRemoval {
    ids = List.copyOf(requireNonNull(ids, "ids"));
    ranges = List.copyOf(requireNonNull(ranges, "ranges"));
    Check.range(ids.size(), 1, AuditStore.MAX_BATCH, "number of ids");
    long leaves = ranges.stream().mapToLong(range -> range.to - range.from).sum();
    Check.that(
        leaves == ids.size(),
        "there must be as many leaves as records, were " + leaves + " and " + ids.size());
  }

  @Override
  public String toString() {
    return "AuditRemoval of " + ids.size() + " records";
  }
}

package dev.gatehouse.audit;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Tells, index after index, which leaves were removed because their time was over, as the log
 * itself says. Not safe: confine to one thread.
 */
final class RemovedLeaves {
  private final AuditTreeStore store;
  private final Evidence evidence;
  private final Deque<AuditRemoval.Range> ahead = new ArrayDeque<>();
  private boolean atEnd;

  RemovedLeaves(AuditTreeStore store, Evidence evidence) {
    this.store = store;
    this.evidence = evidence;
  }

  /** Whether the leaf was removed; to be asked with growing indexes. */
  boolean has(long index) {
    drop(index);
    if (ahead.isEmpty() && !atEnd) {
      ahead.addAll(store.removals(index, AuditTreeStore.MAX_BATCH));
      atEnd = ahead.size() < AuditTreeStore.MAX_BATCH;
      drop(index);
    }
    AuditRemoval.Range range = ahead.peek();
    return range != null && range.from() <= index && evidence.tellsRemoval(range.evidence(), index);
  }

  private void drop(long index) {
    while (!ahead.isEmpty() && ahead.peek().to() <= index) {
      ahead.remove();
    }
  }
}

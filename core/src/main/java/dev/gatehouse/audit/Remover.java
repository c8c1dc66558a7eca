package dev.gatehouse.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditRecord.Kind;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One walk over the records whose time is over, oldest first, a batch at a time. It passes over
 * those that still have to be there: what is not in a full tile yet, as only those keep the hashes
 * of leaves that are gone, and the records that tell of erasures and removals. Not safe: confine to
 * one thread.
 */
final class Remover {
  private final Instant before;
  private AuditPosition walked = new AuditPosition(0, 0);
  private boolean atEnd;

  /** Records that can go, by the index of their leaf. */
  private final TreeMap<Long, Long> batch = new TreeMap<>();

  Remover(Instant before) {
    this.before = before;
  }

  /**
   * Reads the next batch.
   *
   * @param most records of it
   * @return whether there is any
   */
  boolean next(AuditStore store, int most) {
    batch.clear();
    AuditTreeStore tree = store.tree();
    long full = tree.state().size() / Tile.WIDTH * Tile.WIDTH;
    AuditPosition end =
        new AuditPosition(before.getEpochSecond() * 1_000_000 + before.getNano() / 1_000, 0);
    while (batch.isEmpty() && !atEnd && walked.compareTo(end) < 0) {
      List<AuditEntry> old =
          store.scan(new AuditScan(walked, end, AuditScan.Order.ASCENDING, List.of(), most));
      List<Long> ids = new ArrayList<>();
      for (AuditEntry entry : old) {
        walked = entry.position();
        if (entry.record().kind() == Kind.RECORD) {
          ids.add(entry.record().id());
        }
      }
      for (Map.Entry<Long, Long> index : tree.indexesOf(ids).entrySet()) {
        if (index.getValue() >= 0 && index.getValue() < full) {
          batch.put(index.getValue(), index.getKey());
        }
      }
      atEnd = old.size() < most;
    }
    return !batch.isEmpty();
  }

  /** The record that tells of the batch's removal. */
  AuditRecord evidence() {
    ObjectNode ext = Json.object().put("before", before.toString());
    ArrayNode leaves = ext.putArray(Evidence.LEAVES);
    for (AuditRemoval.Range range : ranges(0)) {
      leaves.addArray().add(range.from()).add(range.to());
    }
    return AuditRecord.of(
            Operation.DELETE,
            Result.SUCCESS,
            "Removed " + batch.size() + " audit records from before " + before)
        .kind(Kind.REMOVAL)
        .service("audit")
        .ext(Json.write(ext))
        .build();
  }

  AuditRemoval removal(long evidence) {
    return new AuditRemoval(List.copyOf(batch.values()), ranges(evidence), evidence);
  }

  private List<AuditRemoval.Range> ranges(long evidence) {
    List<AuditRemoval.Range> ranges = new ArrayList<>();
    long from = -1;
    long to = -1;
    for (long index : batch.keySet()) {
      if (index != to) {
        range(from, to, evidence).ifPresent(ranges::add);
        from = index;
      }
      to = index + 1;
    }
    range(from, to, evidence).ifPresent(ranges::add);
    return ranges;
  }

  private static Optional<AuditRemoval.Range> range(long from, long to, long evidence) {
    return from < 0 ? Optional.empty() : Optional.of(new AuditRemoval.Range(from, to, evidence));
  }
}

package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** One erasure, inside its transaction. Not safe: confine to one thread. */
final class Eraser {
  private final AuditStore store;
  private final Set<String> fields;
  private final List<AuditEntry> found = new ArrayList<>();

  /**
   * Reads what there is to erase.
   *
   * @param store inside the transaction
   */
  Eraser(AuditStore store, Set<Long> ids, Set<String> fields) {
    this.store = store;
    this.fields = checked(fields);
    Check.range(
        requireNonNull(ids, "ids").size(), 1, AuditLog.MAX_ERASED, "number of records to erase");
    for (long id : new TreeSet<>(ids)) {
      AuditEntry entry =
          store.find(id).orElseThrow(() -> new NotFoundException("there is no audit record " + id));
      if (has(entry)) {
        found.add(entry);
      }
    }
  }

  private static Set<String> checked(Set<String> fields) {
    Check.range(requireNonNull(fields, "fields").size(), 1, Filter.MAX_EXPRESSIONS, "fields");
    for (String name : fields) {
      if (!AuditRules.ERASABLE.contains(name)) {
        AuditField.keyword(name);
      }
    }
    return Set.copyOf(fields);
  }

  /** Whether there is anything to erase in it. */
  private boolean has(AuditEntry entry) {
    byte[] openings = entry.openings();
    try {
      byte[] left = AuditFrame.erase(entry.canonical(), openings, fields::contains, 0);
      return left.length < openings.length;
    } catch (IllegalArgumentException e) {
      throw new ConflictException("audit record " + entry.record().id() + ": " + e.getMessage(), e);
    }
  }

  /** The record of the erasure; empty if there is nothing to erase. */
  Optional<AuditRecord> evidence(String reason) {
    if (found.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode ext = Json.object();
    ArrayNode names = ext.putArray(Evidence.FIELDS);
    new TreeSet<>(fields).forEach(names::add);
    ArrayNode records = ext.putArray(Evidence.RECORDS);
    found.forEach(entry -> records.add(Long.toString(entry.record().id())));
    return Optional.of(
        AuditRecord.of(Operation.DELETE, Result.SUCCESS, reason)
            .kind(AuditRecord.Kind.ERASURE)
            .service("audit")
            .ext(Json.write(ext))
            .build());
  }

  /** Erases, with the id of the record that tells of it. */
  void erase(long evidence) {
    List<AuditErasure> erasures = new ArrayList<>();
    for (AuditEntry entry : found) {
      erasures.add(new AuditErasure(entry, entry.erase(fields, evidence)));
    }
    store.erase(erasures);
  }
}

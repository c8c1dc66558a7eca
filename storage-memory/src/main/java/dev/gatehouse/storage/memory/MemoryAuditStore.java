package dev.gatehouse.storage.memory;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditErasure;
import dev.gatehouse.audit.AuditPosition;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRemoval;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.transaction.Transaction;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The AuditStore of a {@link MemoryStorage}. */
final class MemoryAuditStore implements AuditStore {
  private final LogName log;
  private final Journal journal;
  private final NavigableMap<AuditPosition, AuditEntry> byPosition = new TreeMap<>();
  private final NavigableMap<Long, AuditEntry> byId = new TreeMap<>();
  private final MemoryAuditTree tree;
  private byte @Nullable [] cursorKey;

  MemoryAuditStore(LogName log, Journal journal, InstantSource clock) {
    this.log = log;
    this.journal = journal;
    tree = new MemoryAuditTree(journal, clock, byId);
  }

  @Override
  public LogName log() {
    return log;
  }

  @Override
  public void append(List<AuditEntry> entries) {
    AuditEntry.requireBatch(log, entries);
    journal.<@Nullable Void>run(
        () -> {
          entries.forEach(this::append);
          return null;
        });
  }

  private void append(AuditEntry entry) {
    long id = entry.record().id();
    if (byId.putIfAbsent(id, entry) != null) {
      throw new ConflictException("audit record " + id + " is there already");
    }
    byPosition.put(entry.position(), entry);
    tree.append(id);
    journal.undo(
        () -> {
          byId.remove(id);
          byPosition.remove(entry.position());
        });
  }

  @Override
  public void erase(List<AuditErasure> erasures) {
    Check.range(erasures.size(), 1, MAX_BATCH, "number of erasures");
    journal.<@Nullable Void>run(
        () -> {
          erasures.forEach(this::erase);
          return null;
        });
  }

  private void erase(AuditErasure erasure) {
    AuditEntry before = erasure.before();
    long id = before.record().id();
    if (!before.equals(byId.get(id))) {
      throw new ConflictException(
          "audit record " + id + " is gone, or somebody else erased from it");
    }
    put(id, erasure.after());
    journal.undo(() -> put(id, before));
  }

  private void put(long id, AuditEntry entry) {
    byId.put(id, entry);
    byPosition.put(entry.position(), entry);
  }

  @Override
  public void remove(AuditRemoval removal) {
    journal.<@Nullable Void>run(
        () -> {
          tree.remove(removal);
          removal.ids().forEach(this::remove);
          return null;
        });
  }

  private void remove(long id) {
    AuditEntry gone = byId.remove(id);
    if (gone == null) {
      throw new ConflictException("audit record " + id + " is gone already");
    }
    byPosition.remove(gone.position());
    journal.undo(() -> put(id, gone));
  }

  @Override
  public List<AuditEntry> scan(AuditScan scan) {
    if (scan.after().compareTo(scan.before()) >= 0) {
      return List.of();
    }
    return journal.run(
        () -> {
          NavigableMap<AuditPosition, AuditEntry> range =
              byPosition.subMap(scan.after(), false, scan.before(), false);
          if (scan.order() == AuditScan.Order.DESCENDING) {
            range = range.descendingMap();
          }
          List<AuditEntry> found = new ArrayList<>();
          for (AuditEntry entry : range.values()) {
            if (meets(entry.record(), scan)) {
              found.add(entry);
              if (found.size() == scan.limit()) {
                break;
              }
            }
          }
          return List.copyOf(found);
        });
  }

  private static boolean meets(AuditRecord record, AuditScan scan) {
    return scan.matches().stream().allMatch(match -> match.test(record));
  }

  @Override
  public Optional<AuditEntry> find(long id) {
    return journal.run(() -> Optional.ofNullable(byId.get(id)));
  }

  @Override
  public byte[] cursorKey(byte[] candidate) {
    Check.that(
        candidate.length == CURSOR_KEY_BYTES,
        "candidate must have " + CURSOR_KEY_BYTES + " bytes, had " + candidate.length);
    return journal.run(
        () -> {
          byte[] kept = cursorKey;
          if (kept == null) {
            kept = candidate.clone();
            cursorKey = kept;
            journal.undo(() -> cursorKey = null);
          }
          return kept.clone();
        });
  }

  @Override
  public AuditTreeStore tree() {
    return tree;
  }

  @Override
  public AuditStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }
}

package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transaction.Transaction;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The log that reads a store in keyset pages. */
final class PagedAuditLog implements AuditLog {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final AuditStore store;
  private final LongSupplier ids;
  private final InstantSource clock;
  private final int maxScanned;

  /** Kept once read outside a transaction; inside, its first writer may yet roll back. */
  private volatile byte @Nullable [] cursorKey;

  private final boolean keepsKey;

  PagedAuditLog(AuditStore store, LongSupplier ids, InstantSource clock, int maxScanned) {
    this(store, ids, clock, maxScanned, true);
  }

  private PagedAuditLog(
      AuditStore store, LongSupplier ids, InstantSource clock, int maxScanned, boolean keepsKey) {
    this.store = requireNonNull(store, "store");
    this.ids = requireNonNull(ids, "ids");
    this.clock = requireNonNull(clock, "clock");
    this.maxScanned = maxScanned;
    this.keepsKey = keepsKey;
  }

  @Override
  public AuditRecord write(AuditRecord record) {
    return writeAll(List.of(requireNonNull(record, "record"))).get(0);
  }

  @Override
  public List<AuditRecord> writeAll(List<AuditRecord> records) {
    Check.range(
        requireNonNull(records, "records").size(), 1, AuditStore.MAX_BATCH, "number of records");
    List<AuditEntry> entries = records.stream().map(this::freeze).toList();
    store.append(entries);
    return entries.stream().map(AuditEntry::record).toList();
  }

  private AuditEntry freeze(AuditRecord record) {
    requireNonNull(record, "record");
    Check.that(record.id() == 0, "record must not have an id, had " + record.id());
    AuditRecord.Builder builder = record.toBuilder().id(ids.getAsLong());
    if (record.time().isEmpty()) {
      builder.time(clock.instant());
    }
    return AuditEntry.of(builder.build());
  }

  @Override
  public Optional<AuditRecord> find(long id) {
    return store.find(id).map(AuditEntry::record);
  }

  @Override
  public AuditPage find(AuditQuery query) {
    requireNonNull(query, "query");
    byte[] key = cursorKey();
    Pager pager = new Pager(store, query, maxScanned);
    String point = query.continuationPoint();
    Pager.Page page = point.isEmpty() ? pager.first() : pager.turn(Cursor.read(point, query, key));
    return new AuditPage(
        page.records(),
        page.cursor().write(query, key),
        page.hasNext(),
        page.hasPrevious(),
        query.fields());
  }

  @Override
  public AuditLog joining(Transaction transaction) {
    requireNonNull(transaction, "transaction");
    return new PagedAuditLog(store.joining(transaction), ids, clock, maxScanned, false);
  }

  private byte[] cursorKey() {
    byte[] kept = cursorKey;
    if (kept != null) {
      return kept;
    }
    byte[] candidate = new byte[AuditStore.CURSOR_KEY_BYTES];
    RANDOM.nextBytes(candidate);
    byte[] key = store.cursorKey(candidate);
    if (keepsKey) {
      cursorKey = key;
    }
    return key;
  }
}

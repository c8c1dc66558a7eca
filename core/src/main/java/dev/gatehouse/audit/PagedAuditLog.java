package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.json.Json;
import dev.gatehouse.transaction.Transaction;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The log that reads a store in keyset pages. */
final class PagedAuditLog implements AuditLog {
  private static final Logger LOGGER = LoggerFactory.getLogger(PagedAuditLog.class);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final AuditStore store;
  private final LongSupplier ids;
  private final InstantSource clock;
  private final int maxScanned;

  /** Kept once read outside a transaction; inside, its first writer may yet roll back. */
  private volatile @Nullable PreparedMac cursorKey;

  private final @Nullable StoredAuditTree tree;
  private final @Nullable Transaction joined;
  private final AuditContext context;

  PagedAuditLog(AuditStore store, LongSupplier ids, InstantSource clock, int maxScanned) {
    this(store, ids, clock, maxScanned, null);
  }

  PagedAuditLog(
      AuditStore store,
      LongSupplier ids,
      InstantSource clock,
      int maxScanned,
      @Nullable StoredAuditTree tree) {
    this.store = requireNonNull(store, "store");
    this.ids = requireNonNull(ids, "ids");
    this.clock = requireNonNull(clock, "clock");
    this.maxScanned = maxScanned;
    this.tree = tree;
    joined = null;
    context = AuditContext.NONE;
    if (tree != null) {
      tree.removeWith(this::removeBefore);
    }
  }

  private PagedAuditLog(PagedAuditLog outside, Transaction transaction) {
    store = outside.store.joining(transaction);
    context = outside.context;
    ids = outside.ids;
    clock = outside.clock;
    maxScanned = outside.maxScanned;
    tree = outside.tree;
    joined = transaction;
  }

  private PagedAuditLog(PagedAuditLog plain, AuditContext context) {
    store = plain.store;
    ids = plain.ids;
    clock = plain.clock;
    maxScanned = plain.maxScanned;
    tree = plain.tree;
    joined = plain.joined;
    this.context = requireNonNull(context, "context");
  }

  @Override
  public AuditLog within(AuditContext carried) {
    return new PagedAuditLog(this, carried);
  }

  @Override
  public AuditRecord write(AuditRecord record) {
    return writeAll(List.of(requireNonNull(record, "record"))).get(0);
  }

  @Override
  public List<AuditRecord> writeAll(List<AuditRecord> records) {
    Check.range(
        requireNonNull(records, "records").size(), 1, AuditStore.MAX_BATCH, "number of records");
    MerkleHash hash = new MerkleHash();
    List<AuditEntry> entries = new ArrayList<>(records.size());
    for (AuditRecord record : records) {
      Check.that(
          requireNonNull(record, "record").id() == 0,
          () -> "record must not have an id, had " + record.id());
      AuditRecord kept = rules().apply(record, context);
      entries.add(freeze(kept, rules()::isErasable, hash));
    }
    append(entries);
    return entries.stream().map(AuditEntry::record).toList();
  }

  @Override
  public AuditRules rules() {
    return tree == null ? AuditRules.DEFAULT : tree.rules();
  }

  private void append(List<AuditEntry> entries) {
    if (tree == null) {
      store.append(entries);
    } else {
      tree.append(store, joined, entries);
    }
  }

  private AuditEntry freeze(AuditRecord record, Predicate<String> erasable, MerkleHash hash) {
    AuditRecord.Builder builder = record.toBuilder().id(ids.getAsLong());
    if (record.time().isEmpty()) {
      builder.time(clock.instant());
    }
    return AuditEntry.of(
        store.log(),
        builder.build(),
        erasable,
        tree == null ? AuditEntry.Macs.NONE : tree.macs(),
        hash);
  }

  /** Says itself, and for good, what was done to other records. */
  private AuditEntry freezeEvidence(AuditRecord record) {
    return freeze(
        rules().enrich(record, context),
        name -> !name.equals(Field.EXT) && rules().isErasable(name),
        new MerkleHash());
  }

  @Override
  public Optional<AuditRecord> erase(Set<Long> ids, Set<String> fields, String reason) {
    if (joined == null) {
      if (tree == null) {
        throw new IllegalStateException("a log without a tree must erase inside a transaction");
      }
      return tree.transactions().call(own -> joining(own).erase(ids, fields, reason));
    }
    Eraser eraser = new Eraser(store, ids, fields);
    Optional<AuditEntry> evidence = eraser.evidence(reason).map(this::freezeEvidence);
    evidence.ifPresent(
        entry -> {
          append(List.of(entry));
          eraser.erase(entry.record().id());
        });
    return evidence.map(AuditEntry::record);
  }

  @Override
  public long removeBefore(Instant before, long most) {
    requireNonNull(before, "before");
    Check.range(most, 1, Long.MAX_VALUE, "most");
    if (tree == null || joined != null) {
      throw new IllegalStateException(
          "a log must have a tree and be outside of transactions to remove records");
    }
    Remover remover = new Remover(before);
    long removed = 0;
    while (removed < most
        && remover.next(store, (int) Math.min(AuditStore.MAX_BATCH, most - removed))) {
      AuditRemoval done = removeBatch(remover);
      if (done == null) {
        return removed;
      }
      removed += done.ids().size();
    }
    return removed;
  }

  /** Null if another node has removed some of them. */
  private @Nullable AuditRemoval removeBatch(Remover remover) {
    try {
      return requireNonNull(tree)
          .transactions()
          .call(
              own -> {
                PagedAuditLog inside = new PagedAuditLog(this, own);
                AuditEntry entry = inside.freezeEvidence(remover.evidence());
                inside.append(List.of(entry));
                AuditRemoval removal = remover.removal(entry.record().id());
                inside.store.remove(removal);
                return removal;
              });
    } catch (ConflictException e) {
      LOGGER.debug("another node removes the same records", e);
      return null;
    }
  }

  @Override
  public Optional<AuditRecord> find(long id) {
    return store.find(id).map(AuditEntry::record);
  }

  @Override
  public AuditPage find(AuditQuery query) {
    AuditQuery asked = requireNonNull(query, "query").with(rules().words());
    PreparedMac key = cursorKey();
    Pager pager = new Pager(store, asked, maxScanned);
    String point = asked.continuationPoint();
    Pager.Page page = point.isEmpty() ? pager.first() : pager.turn(Cursor.read(point, asked, key));
    return new AuditPage(
        page.records(),
        page.cursor().write(asked, key),
        page.hasNext(),
        page.hasPrevious(),
        query.fields());
  }

  @Override
  public AuditCount count(AuditQuery query, int cap) {
    Check.range(cap, 1, MAX_COUNTED, "cap");
    return whole(query).count(cap);
  }

  @Override
  public long export(AuditQuery query, OutputStream out) throws IOException {
    requireNonNull(out, "out");
    Projection projection = new Projection(query.fields());
    return whole(query)
        .each(
            records -> {
              StringBuilder lines = new StringBuilder();
              for (AuditRecord record : records) {
                lines.append(Json.harmlessText(line -> projection.write(record, line)));
                lines.append('\n');
              }
              out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
            });
  }

  private Pager whole(AuditQuery query) {
    Check.that(
        query.continuationPoint().isEmpty(), "query must not have a continuation point here");
    return new Pager(store, query.with(rules().words()), maxScanned);
  }

  @Override
  public AuditLog joining(Transaction transaction) {
    requireNonNull(transaction, "transaction");
    return new PagedAuditLog(this, transaction);
  }

  private PreparedMac cursorKey() {
    PreparedMac kept = cursorKey;
    if (kept != null) {
      return kept;
    }
    byte[] candidate = new byte[AuditStore.CURSOR_KEY_BYTES];
    RANDOM.nextBytes(candidate);
    PreparedMac key = PreparedMac.of(store.cursorKey(candidate));
    if (joined == null) {
      cursorKey = key;
    }
    return key;
  }
}

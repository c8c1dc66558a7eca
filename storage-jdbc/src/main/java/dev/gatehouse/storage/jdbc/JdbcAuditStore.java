package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditErasure;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRemoval;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTerms;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.transaction.Transaction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/** The AuditStore of a {@link JdbcStorage}. */
final class JdbcAuditStore implements AuditStore {
  private static final String INSERT =
      "INSERT INTO gh_{log}(id, time_us, operation_type, result_type, source_node, namespace,"
          + " severity, user_name, request_id, service, canonical, openings, leaf_hash, row_mac";
  private static final String VALUES = ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
  private static final String PLAIN = INSERT + VALUES + ")";
  private static final String WITH_TERMS = INSERT + ", terms" + VALUES + ", ?)";
  private static final String INSERT_PENDING =
      "INSERT INTO gh_{log}_pending(refused, id) VALUES (0, ?)";

  /** Both rows in one round trip. */
  private static final String WITH_PENDING_ON_POSTGRESQL =
      " ON CONFLICT DO NOTHING RETURNING id) INSERT INTO gh_{log}_pending(refused, id) SELECT 0, id FROM added";

  private static final String ONE_PLAIN = "WITH added AS (" + PLAIN + WITH_PENDING_ON_POSTGRESQL;
  private static final String ONE_WITH_TERMS =
      "WITH added AS (" + WITH_TERMS + WITH_PENDING_ON_POSTGRESQL;

  private static final String INSERT_PENDING_ON_POSTGRESQL =
      "INSERT INTO gh_{log}_pending(refused, id) SELECT 0, unnest(?)";

  /** The columns of what can be erased. */
  private static final String ERASE =
      "UPDATE gh_{log} SET source_node = ?, user_name = ?, request_id = ?, service = ?,"
          + " openings = ?";

  /** Whoever wrote the record: what has no terms gets none. */
  private static final String ERASE_TERMS =
      ", terms = CASE WHEN terms IS NULL THEN NULL ELSE ? END";

  private static final String IF_UNCHANGED = " WHERE id = ? AND openings = ?";

  private static final byte[] NO_MAC = {};

  private final Database database;
  private final LogTables tables;
  private final JdbcAuditScans scans;

  JdbcAuditStore(Database database, LogTables tables) {
    this.database = database;
    this.tables = tables;
    scans = new JdbcAuditScans(database, tables);
  }

  JdbcAuditScans scans() {
    return scans;
  }

  @Override
  public LogName log() {
    return tables.log();
  }

  @Override
  public void append(List<AuditEntry> entries) {
    AuditEntry.requireBatch(tables.log(), entries);
    if (entries.size() == 1) {
      append(entries.get(0));
    } else {
      database.useWhole(handle -> append(handle, entries));
    }
  }

  private void append(AuditEntry entry) {
    boolean inserted =
        database.dialect() == Dialect.POSTGRESQL
            ? database.use(
                handle ->
                    insert(
                        handle, tables.in(database.hasTerms() ? ONE_WITH_TERMS : ONE_PLAIN), entry))
            : database.useWhole(
                handle ->
                    insert(handle, tables.in(insertion()) + database.dialect().orNothing(), entry)
                        && insertPending(handle, List.of(entry)));
    if (!inserted) {
      throw taken();
    }
  }

  private String insertion() {
    return database.hasTerms() ? WITH_TERMS : PLAIN;
  }

  private boolean insert(Handle handle, String sql, AuditEntry entry) {
    try (Update update = handle.createUpdate(sql)) {
      @Nullable Object[] values = values(entry);
      for (int i = 0; i < values.length; i++) {
        update.bind(i, values[i]);
      }
      return Database.inserted(update);
    }
  }

  private boolean insertPending(Handle handle, List<AuditEntry> entries) {
    if (database.dialect() == Dialect.POSTGRESQL) {
      Sql.use(
          handle,
          tables.in(INSERT_PENDING_ON_POSTGRESQL),
          statement -> {
            ArrayArguments.setLongs(statement, 1, entries, entry -> entry.record().id());
            return statement.executeUpdate();
          });
    } else {
      try (PreparedBatch batch = handle.prepareBatch(tables.in(INSERT_PENDING))) {
        entries.forEach(entry -> batch.add(entry.record().id()));
        batch.execute();
      }
    }
    return true;
  }

  /** A driver that joins a batch into one statement does not say which rows it inserted. */
  private boolean append(Handle handle, List<AuditEntry> entries) {
    try (PreparedBatch batch = handle.prepareBatch(tables.in(insertion()))) {
      entries.forEach(entry -> batch.add(values(entry)));
      batch.execute();
      return insertPending(handle, entries);
    } catch (JdbiException e) {
      throw Thrown.isDuplicate(e) ? taken() : e;
    }
  }

  private static ConflictException taken() {
    return new ConflictException("one of the audit records is there already");
  }

  private @Nullable Object[] values(AuditEntry entry) {
    AuditRecord record = entry.record();
    @Nullable Object[] values = {
      record.id(),
      entry.position().timeMicros(),
      record.operationType(),
      record.resultType(),
      record.sourceNode(),
      record.namespace(),
      record.severity(),
      record.user().orElse(null),
      record.requestId().orElse(null),
      record.service().orElse(null),
      entry.canonical(),
      entry.openings(),
      entry.leafHash(),
      entry.mac().length == 0 ? null : entry.mac()
    };
    if (!database.hasTerms()) {
      return values;
    }
    @Nullable Object[] more = Arrays.copyOf(values, values.length + 1);
    more[values.length] = array(AuditTerms.kept(record));
    return more;
  }

  /** An array of PostgreSQL's, which the planner has statistics for, unlike for one as text. */
  private static Argument array(Collection<Long> numbers) {
    return (position, statement, context) ->
        ArrayArguments.setLongs(statement, position, numbers, Long::longValue);
  }

  @Override
  public List<AuditEntry> scan(AuditScan scan) {
    return walk().scan(scan);
  }

  @Override
  public Walk walk() {
    return scans.walk();
  }

  /** A MAC as records have it: none is empty. */
  static byte[] mac(byte @Nullable [] stored) {
    return stored == null ? NO_MAC : stored;
  }

  @Override
  public Optional<AuditEntry> find(long id) {
    return scans.find(id);
  }

  @Override
  public void erase(List<AuditErasure> erasures) {
    Check.range(erasures.size(), 1, MAX_BATCH, "number of erasures");
    database.useWhole(
        handle -> {
          for (AuditErasure erasure : erasures) {
            erase(handle, erasure);
          }
          return true;
        });
  }

  @Override
  public void remove(AuditRemoval removal) {
    database.useWhole(
        handle -> {
          JdbcAuditRemovals.remove(handle, database.dialect(), tables, removal);
          return true;
        });
  }

  private void erase(Handle handle, AuditErasure erasure) {
    AuditRecord left = erasure.after().record();
    List<@Nullable Object> values = new ArrayList<>();
    values.add(left.sourceNode());
    values.add(left.user().orElse(null));
    values.add(left.requestId().orElse(null));
    values.add(left.service().orElse(null));
    values.add(erasure.after().openings());
    boolean mayHaveTerms = database.dialect() == Dialect.POSTGRESQL;
    if (mayHaveTerms) {
      values.add(array(AuditTerms.kept(left)));
    }
    values.add(left.id());
    values.add(erasure.before().openings());
    String sql = tables.in(ERASE + (mayHaveTerms ? ERASE_TERMS : "") + IF_UNCHANGED);
    if (handle.execute(sql, values.toArray()) != 1) {
      throw new ConflictException(
          "audit record " + left.id() + " is gone, or somebody else erased from it");
    }
  }

  @Override
  public byte[] cursorKey(byte[] candidate) {
    Check.that(
        candidate.length == CURSOR_KEY_BYTES,
        "candidate must have " + CURSOR_KEY_BYTES + " bytes, had " + candidate.length);
    return database
        .use(handle -> keptKey(handle, ""))
        .or(() -> keep(candidate))
        .or(() -> database.use(handle -> keptKey(handle, Sql.latest(handle))))
        .orElseThrow();
  }

  private Optional<byte[]> keptKey(Handle handle, String latest) {
    String sql = tables.in("SELECT content FROM gh_{log}_cursor_key WHERE id = 1") + latest;
    try (Query query = handle.createQuery(sql)) {
      return query.mapTo(byte[].class).findOne();
    }
  }

  /** The candidate, or nothing if another was quicker. */
  private Optional<byte[]> keep(byte[] candidate) {
    String sql =
        tables.in("INSERT INTO gh_{log}_cursor_key(id, content) VALUES (1, :content)")
            + database.dialect().orNothing();
    boolean kept =
        database.use(
            handle -> Database.inserted(handle.createUpdate(sql).bind("content", candidate)));
    return kept ? Optional.of(candidate.clone()) : Optional.empty();
  }

  @Override
  public AuditTreeStore tree() {
    return new JdbcAuditTreeStore(database, tables);
  }

  @Override
  public AuditStore joining(Transaction transaction) {
    return new JdbcAuditStore(database.joining(transaction), tables);
  }
}

package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.AuditColumn;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditErasure;
import dev.gatehouse.audit.AuditMatch;
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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/** The AuditStore of a {@link JdbcStorage}. */
final class JdbcAuditStore implements AuditStore {
  private static final String INSERT =
      "INSERT INTO gh_{log}(id, time_us, operation_type, result_type, source_node, namespace,"
          + " severity, user_name, request_id, service, canonical, openings, leaf_hash, row_mac)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  private static final String SELECT =
      "SELECT canonical, openings, leaf_hash, row_mac FROM gh_{log}";
  private static final String INSERT_PENDING =
      "INSERT INTO gh_{log}_pending(refused, id) VALUES (0, ?)";

  /** Both rows in one round trip. */
  private static final String INSERT_ONE_ON_POSTGRESQL =
      "WITH added AS ("
          + INSERT
          + " ON CONFLICT DO NOTHING RETURNING id)"
          + " INSERT INTO gh_{log}_pending(refused, id) SELECT 0, id FROM added";

  private static final String INSERT_PENDING_ON_POSTGRESQL =
      "INSERT INTO gh_{log}_pending(refused, id) SELECT 0, unnest(?)";

  /** The columns of what can be erased. */
  private static final String ERASE =
      "UPDATE gh_{log} SET source_node = ?, user_name = ?, request_id = ?, service = ?,"
          + " openings = ? WHERE id = ? AND openings = ?";

  private static final byte[] NO_MAC = {};

  private final Database database;
  private final LogTables tables;

  JdbcAuditStore(Database database, LogTables tables) {
    this.database = database;
    this.tables = tables;
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
            ? database.use(handle -> insert(handle, tables.in(INSERT_ONE_ON_POSTGRESQL), entry))
            : database.useWhole(
                handle ->
                    insert(handle, tables.in(INSERT) + database.dialect().orNothing(), entry)
                        && insertPending(handle, List.of(entry)));
    if (!inserted) {
      throw taken();
    }
  }

  private static boolean insert(Handle handle, String sql, AuditEntry entry) {
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
    try (PreparedBatch batch = handle.prepareBatch(tables.in(INSERT))) {
      entries.forEach(entry -> batch.add(values(entry)));
      batch.execute();
      return insertPending(handle, entries);
    } catch (JdbiException e) {
      throw Database.isDuplicate(e) ? taken() : e;
    }
  }

  private static ConflictException taken() {
    return new ConflictException("one of the audit records is there already");
  }

  private static @Nullable Object[] values(AuditEntry entry) {
    AuditRecord record = entry.record();
    return new @Nullable Object[] {
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
  }

  /** A query, and what it binds. */
  record Statement(String sql, List<Object> values) {}

  @Override
  public List<AuditEntry> scan(AuditScan scan) {
    return statement(scan).map(one -> entries(one.sql, one.values)).orElse(List.of());
  }

  /** What a scan asks the database; empty if nothing can be found. */
  Optional<Statement> statement(AuditScan scan) {
    AuditPosition after = scan.after();
    AuditPosition before = scan.before();
    StringBuilder sql = new StringBuilder(tables.in(SELECT));
    sql.append(" WHERE time_us >= ? AND (time_us > ? OR id > ?)");
    sql.append(" AND time_us <= ? AND (time_us < ? OR id < ?)");
    List<Object> values = new ArrayList<>();
    Collections.addAll(values, after.timeMicros(), after.timeMicros(), after.id());
    Collections.addAll(values, before.timeMicros(), before.timeMicros(), before.id());
    for (AuditMatch match : scan.matches()) {
      List<Object> sought = match.values().stream().filter(JdbcAuditStore::isStorable).toList();
      if (sought.isEmpty()) {
        return Optional.empty();
      }
      String places = String.join(", ", Collections.nCopies(sought.size(), "?"));
      sql.append(" AND ").append(column(match.column())).append(" IN (").append(places).append(')');
      values.addAll(sought);
    }
    String direction = scan.order() == AuditScan.Order.ASCENDING ? "" : " DESC";
    sql.append(" ORDER BY time_us").append(direction).append(", id").append(direction);
    sql.append(" FETCH FIRST ? ROWS ONLY");
    values.add(scan.limit());
    return Optional.of(new Statement(sql.toString(), values));
  }

  private static boolean isStorable(Object value) {
    return !(value instanceof String text) || TextArgument.isStorable(text);
  }

  private List<AuditEntry> entries(String sql, List<Object> values) {
    return database.read(
        sql,
        query -> {
          for (int i = 0; i < values.size(); i++) {
            query.setObject(i + 1, values.get(i));
          }
          return Sql.rows(query, this::entry);
        });
  }

  private AuditEntry entry(ResultSet row) throws SQLException {
    return AuditEntry.stored(
        tables.log(), row.getBytes(1), row.getBytes(2), row.getBytes(3), mac(row.getBytes(4)));
  }

  /** A MAC as records have it: none is empty. */
  static byte[] mac(byte @Nullable [] stored) {
    return stored == null ? NO_MAC : stored;
  }

  private static String column(AuditColumn column) {
    return switch (column) {
      case ID -> "id";
      case OPERATION_TYPE -> "operation_type";
      case RESULT_TYPE -> "result_type";
      case SOURCE_NODE -> "source_node";
      case NAMESPACE -> "namespace";
      case SEVERITY -> "severity";
      case USER -> "user_name";
      case REQUEST_ID -> "request_id";
      case SERVICE -> "service";
    };
  }

  @Override
  public Optional<AuditEntry> find(long id) {
    return entries(tables.in(SELECT) + " WHERE id = ?", List.of(id)).stream().findFirst();
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
    int changed =
        handle.execute(
            tables.in(ERASE),
            left.sourceNode(),
            left.user().orElse(null),
            left.requestId().orElse(null),
            left.service().orElse(null),
            erasure.after().openings(),
            left.id(),
            erasure.before().openings());
    if (changed != 1) {
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

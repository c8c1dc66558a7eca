package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.AuditColumn;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditMatch;
import dev.gatehouse.audit.AuditPosition;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditStore;
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
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/** The AuditStore of a {@link JdbcStorage}. */
final class JdbcAuditStore implements AuditStore {
  private static final String INSERT =
      "INSERT INTO gh_audit(id, time_us, operation_type, result_type, source_node, namespace,"
          + " severity, user_name, request_id, service, canonical, leaf_hash)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  private static final String SELECT = "SELECT canonical, leaf_hash, leaf_index FROM gh_audit";

  private final Database database;

  JdbcAuditStore(Database database) {
    this.database = database;
  }

  @Override
  public void append(List<AuditEntry> entries) {
    Check.range(entries.size(), 1, MAX_BATCH, "number of entries");
    if (entries.size() == 1) {
      append(entries.get(0));
    } else {
      database.useWhole(handle -> append(handle, entries));
    }
  }

  private void append(AuditEntry entry) {
    String sql = INSERT + database.dialect().orNothing();
    boolean inserted =
        database.use(
            handle -> {
              try (Update update = handle.createUpdate(sql)) {
                @Nullable Object[] values = values(entry);
                for (int i = 0; i < values.length; i++) {
                  update.bind(i, values[i]);
                }
                return Database.inserted(update);
              }
            });
    if (!inserted) {
      throw taken();
    }
  }

  /** A driver that joins a batch into one statement does not say which rows it inserted. */
  private static int append(Handle handle, List<AuditEntry> entries) {
    try (PreparedBatch batch = handle.prepareBatch(INSERT)) {
      entries.forEach(entry -> batch.add(values(entry)));
      return batch.execute().length;
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
      entry.leafHash()
    };
  }

  @Override
  public List<AuditEntry> scan(AuditScan scan) {
    AuditPosition after = scan.after();
    AuditPosition before = scan.before();
    StringBuilder sql = new StringBuilder(SELECT);
    sql.append(" WHERE time_us >= ? AND (time_us > ? OR id > ?)");
    sql.append(" AND time_us <= ? AND (time_us < ? OR id < ?)");
    List<Object> values = new ArrayList<>();
    Collections.addAll(values, after.timeMicros(), after.timeMicros(), after.id());
    Collections.addAll(values, before.timeMicros(), before.timeMicros(), before.id());
    for (AuditMatch match : scan.matches()) {
      List<Object> sought = match.values().stream().filter(JdbcAuditStore::isStorable).toList();
      if (sought.isEmpty()) {
        return List.of();
      }
      String places = String.join(", ", Collections.nCopies(sought.size(), "?"));
      sql.append(" AND ").append(column(match.column())).append(" IN (").append(places).append(')');
      values.addAll(sought);
    }
    String direction = scan.order() == AuditScan.Order.ASCENDING ? "" : " DESC";
    sql.append(" ORDER BY time_us").append(direction).append(", id").append(direction);
    sql.append(" FETCH FIRST ? ROWS ONLY");
    values.add(scan.limit());
    return database.use(handle -> entries(handle, sql.toString(), values));
  }

  private static boolean isStorable(Object value) {
    return !(value instanceof String text) || TextArgument.isStorable(text);
  }

  private static List<AuditEntry> entries(Handle handle, String sql, List<Object> values) {
    try (Query query = handle.createQuery(sql)) {
      for (int i = 0; i < values.size(); i++) {
        query.bind(i, values.get(i));
      }
      return query.map(JdbcAuditStore::entry).list();
    }
  }

  private static AuditEntry entry(ResultSet row, StatementContext context) throws SQLException {
    return AuditEntry.stored(
        row.getBytes("canonical"),
        row.getBytes("leaf_hash"),
        row.getObject("leaf_index", Long.class));
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
    return database.use(
        handle -> entries(handle, SELECT + " WHERE id = ?", List.of(id)).stream().findFirst());
  }

  @Override
  public List<AuditEntry> pending(int limit) {
    Check.range(limit, 1, AuditScan.MAX_LIMIT, "limit");
    String sql = SELECT + " WHERE leaf_index IS NULL ORDER BY id FETCH FIRST ? ROWS ONLY";
    return database.use(handle -> entries(handle, sql, List.of(limit)));
  }

  @Override
  public byte[] cursorKey(byte[] candidate) {
    Check.that(
        candidate.length == CURSOR_KEY_BYTES,
        "candidate must have " + CURSOR_KEY_BYTES + " bytes, had " + candidate.length);
    return database
        .use(JdbcAuditStore::keptKey)
        .or(() -> keep(candidate))
        .or(() -> database.use(JdbcAuditStore::keptKey))
        .orElseThrow();
  }

  private static Optional<byte[]> keptKey(Handle handle) {
    try (Query query = handle.createQuery("SELECT content FROM gh_audit_cursor_key WHERE id = 1")) {
      return query.mapTo(byte[].class).findOne();
    }
  }

  /** The candidate, or nothing if another was quicker. */
  private Optional<byte[]> keep(byte[] candidate) {
    String sql =
        "INSERT INTO gh_audit_cursor_key(id, content) VALUES (1, :content)"
            + database.dialect().orNothing();
    boolean kept =
        database.use(
            handle -> Database.inserted(handle.createUpdate(sql).bind("content", candidate)));
    return kept ? Optional.of(candidate.clone()) : Optional.empty();
  }

  @Override
  public AuditStore joining(Transaction transaction) {
    return new JdbcAuditStore(database.joining(transaction));
  }
}

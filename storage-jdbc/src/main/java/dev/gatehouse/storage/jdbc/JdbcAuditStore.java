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
import dev.gatehouse.audit.AuditTerms;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.transaction.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/** The AuditStore of a {@link JdbcStorage}. */
final class JdbcAuditStore implements AuditStore {
  private static final String INSERT =
      "INSERT INTO gh_{log}(id, time_us, operation_type, result_type, source_node, namespace,"
          + " severity, user_name, request_id, service, canonical, openings, leaf_hash, row_mac";
  private static final String VALUES = ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
  private static final String PLAIN = INSERT + VALUES + ")";
  private static final String WITH_TERMS = INSERT + ", terms" + VALUES + ", ?)";
  private static final String SELECT =
      "SELECT canonical, openings, leaf_hash, row_mac FROM gh_{log}";
  private static final String PLACES = "SELECT id, time_us FROM gh_{log}";
  private static final String FOUND = "WITH found AS MATERIALIZED (" + PLACES;
  private static final String PAGE =
      "SELECT canonical, openings, leaf_hash, row_mac, "
          + "GREATEST((SELECT COUNT(*) FROM found), (SELECT COUNT(*) FROM others)) AS many"
          + " FROM page JOIN gh_{log} USING (id, time_us)";

  /** From so many on, records that have some terms come soon along the time. */
  private static final int MANY = 10_000;

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

  /** As the index has them, which is asked by nothing but this. */
  private static final String KEPT_TERMS = "COALESCE(terms, '{0}'::bigint[])";

  private static final String WITHOUT_TERMS = KEPT_TERMS + " @> '{0}'";

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
      throw Database.isDuplicate(e) ? taken() : e;
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
    more[values.length] = array(termsOf(record));
    return more;
  }

  private static Set<Long> termsOf(AuditRecord record) {
    return AuditTerms.of(record).orElse(AuditTerms.TOO_MANY);
  }

  /** An array of PostgreSQL's, which the planner has statistics for, unlike for one as text. */
  private static Argument array(Collection<Long> numbers) {
    return (position, statement, context) ->
        ArrayArguments.setLongs(statement, position, numbers, Long::longValue);
  }

  /** A query, and what it binds. */
  record Statement(String sql, List<Object> values) {
    void bind(PreparedStatement query) throws SQLException {
      for (int i = 0; i < values.size(); i++) {
        query.setObject(i + 1, values.get(i));
      }
    }
  }

  @Override
  public List<AuditEntry> scan(AuditScan scan) {
    Optional<Statement> first = statement(scan);
    if (first.isEmpty()) {
      return List.of();
    }
    return isByTerms(scan)
        ? entriesByTerms(first.get()).orElseGet(() -> entries(alongTime(scan)))
        : entries(first.get());
  }

  /** What a scan asks the database first; empty if nothing can be found. */
  Optional<Statement> statement(AuditScan scan) {
    return scan.matches().stream().anyMatch(match -> sought(match).isEmpty())
        ? Optional.empty()
        : Optional.of(isByTerms(scan) ? byTerms(scan) : alongTime(scan));
  }

  private boolean isByTerms(AuditScan scan) {
    return database.hasTerms() && !scan.terms().isEmpty();
  }

  private static List<Object> sought(AuditMatch match) {
    return match.values().stream().filter(JdbcAuditStore::isStorable).toList();
  }

  /** What the places and the matches of a scan say. */
  private Statement conditions(AuditScan scan) {
    AuditPosition after = scan.after();
    AuditPosition before = scan.before();
    StringBuilder sql = new StringBuilder(" WHERE time_us >= ? AND (time_us > ? OR id > ?)");
    sql.append(" AND time_us <= ? AND (time_us < ? OR id < ?)");
    List<Object> values = new ArrayList<>();
    Collections.addAll(values, after.timeMicros(), after.timeMicros(), after.id());
    Collections.addAll(values, before.timeMicros(), before.timeMicros(), before.id());
    for (AuditMatch match : scan.matches()) {
      List<Object> sought = sought(match);
      String places = String.join(", ", Collections.nCopies(sought.size(), "?"));
      sql.append(" AND ").append(column(match.column())).append(" IN (").append(places).append(')');
      values.addAll(sought);
    }
    return new Statement(sql.toString(), values);
  }

  private static String order(AuditScan scan) {
    return scan.order() == AuditScan.Order.ASCENDING
        ? " ORDER BY time_us, id"
        : " ORDER BY time_us DESC, id DESC";
  }

  private Statement alongTime(AuditScan scan) {
    Statement conditions = conditions(scan);
    StringBuilder sql = new StringBuilder(tables.in(SELECT)).append(conditions.sql);
    List<Object> values = new ArrayList<>(conditions.values);
    if (isByTerms(scan)) {
      sql.append(" AND (").append(WITHOUT_TERMS).append(" OR (TRUE");
      demand(scan.terms(), sql, values);
      sql.append("))");
    }
    values.add(scan.limit());
    return new Statement(sql + order(scan) + " FETCH FIRST ? ROWS ONLY", values);
  }

  /**
   * All that have the terms and all that have none, unless either are many: a planner that hopes to
   * meet a few of them soon, going along the time, would look at every record there is.
   */
  private Statement byTerms(AuditScan scan) {
    Statement conditions = conditions(scan);
    List<Object> values = new ArrayList<>(conditions.values);
    StringBuilder sql = new StringBuilder(tables.in(FOUND)).append(conditions.sql);
    demand(scan.terms(), sql, values);
    sql.append(" FETCH FIRST ? ROWS ONLY), others AS MATERIALIZED (").append(tables.in(PLACES));
    values.add(MANY);
    sql.append(conditions.sql).append(" AND ").append(WITHOUT_TERMS);
    values.addAll(conditions.values);
    sql.append(" FETCH FIRST ? ROWS ONLY), page AS (SELECT id, time_us FROM");
    values.add(MANY);
    sql.append(" (SELECT * FROM found UNION ALL SELECT * FROM others) either").append(order(scan));
    sql.append(" FETCH FIRST ? ROWS ONLY) ").append(tables.in(PAGE)).append(order(scan));
    values.add(scan.limit());
    return new Statement(sql.toString(), values);
  }

  /** Empty if there are many. */
  private Optional<List<AuditEntry>> entriesByTerms(Statement statement) {
    return database.search(
        statement.sql,
        query -> {
          statement.bind(query);
          planEachTime(query);
          List<AuditEntry> entries = new ArrayList<>();
          try (ResultSet row = query.executeQuery()) {
            while (row.next()) {
              if (row.getLong(5) >= MANY) {
                return Optional.empty();
              }
              entries.add(entry(row));
            }
          }
          return Optional.of(entries);
        });
  }

  /** A plan for any terms and any window would be one for common terms and a short window. */
  private static void planEachTime(PreparedStatement query) throws SQLException {
    if (query.isWrapperFor(PGStatement.class)) {
      query.unwrap(PGStatement.class).setPrepareThreshold(0);
    }
  }

  private static void demand(List<AuditTerms> demands, StringBuilder sql, List<Object> values) {
    for (AuditTerms sought : demands) {
      String which = sought.demand() == AuditTerms.Demand.ANY ? " && ?" : " @> ?";
      sql.append(" AND ").append(KEPT_TERMS).append(which);
      values.add(sought.terms().stream().mapToLong(Long::longValue).toArray());
    }
  }

  private static boolean isStorable(Object value) {
    return !(value instanceof String text) || TextArgument.isStorable(text);
  }

  private List<AuditEntry> entries(Statement statement) {
    return database.search(
        statement.sql,
        query -> {
          statement.bind(query);
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
    return entries(new Statement(tables.in(SELECT) + " WHERE id = ?", List.of(id))).stream()
        .findFirst();
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
      values.add(array(termsOf(left)));
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

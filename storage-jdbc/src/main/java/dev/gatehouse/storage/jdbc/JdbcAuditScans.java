package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.AuditColumn;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditMatch;
import dev.gatehouse.audit.AuditPosition;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTerms;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.postgresql.PGStatement;

/** What is read of the records of an audit log, along the time or by their terms. */
final class JdbcAuditScans {
  private static final String SELECT =
      "SELECT canonical, openings, leaf_hash, row_mac FROM gh_{log}";
  private static final String PLACES = "SELECT id, time_us FROM gh_{log}";
  private static final String FOUND = "WITH found AS MATERIALIZED (" + PLACES;
  private static final String PAGE =
      "SELECT canonical, openings, leaf_hash, row_mac, "
          + "(SELECT COUNT(*) FROM found) AS many"
          + " FROM page JOIN gh_{log} USING (id, time_us)";

  /** From so many on, records that have some terms come soon along the time. */
  private static final int MANY = AuditLog.MAX_SCANNED;

  /** As the index has them, which is asked by nothing but this. */
  private static final String KEPT_TERMS = "COALESCE(terms, '{0}'::bigint[])";

  private static final String WITHOUT_TERMS = KEPT_TERMS + " @> '{0}'";

  private final Database database;
  private final LogTables tables;

  JdbcAuditScans(Database database, LogTables tables) {
    this.database = database;
    this.tables = tables;
  }

  /** A query, and what it binds. */
  record Statement(String sql, List<Object> values) {
    void bind(PreparedStatement query) throws SQLException {
      for (int i = 0; i < values.size(); i++) {
        query.setObject(i + 1, values.get(i));
      }
    }
  }

  /** The record with that id. */
  Optional<AuditEntry> find(long id) {
    return database.read(
        tables.in(SELECT) + " WHERE id = ?",
        query -> {
          query.setLong(1, id);
          return Sql.rows(query, this::entry).stream().findFirst();
        });
  }

  AuditStore.Walk walk() {
    return new Walk();
  }

  /**
   * Asks by terms until it meets many: there are more of these ahead than a walk looks at, so that
   * those of its scans that follow need not count them again.
   */
  private final class Walk implements AuditStore.Walk {
    private boolean metMany;

    @Override
    public List<AuditEntry> scan(AuditScan scan) {
      if (isNever(scan)) {
        return List.of();
      }
      if (!metMany && isByTerms(scan)) {
        Optional<List<AuditEntry>> found = entriesByTerms(byTerms(scan));
        if (found.isPresent()) {
          return found.get();
        }
        metMany = true;
      }
      return entries(alongTime(scan));
    }
  }

  /** What a scan asks the database first; empty if nothing can be found. */
  Optional<Statement> statement(AuditScan scan) {
    return isNever(scan)
        ? Optional.empty()
        : Optional.of(isByTerms(scan) ? byTerms(scan) : alongTime(scan));
  }

  private static boolean isNever(AuditScan scan) {
    return scan.matches().stream().anyMatch(match -> sought(match).isEmpty());
  }

  private boolean isByTerms(AuditScan scan) {
    return database.hasTerms() && !scan.terms().isEmpty();
  }

  private static List<Object> sought(AuditMatch match) {
    return match.values().stream().filter(JdbcAuditScans::isStorable).toList();
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
      demand(scan.terms(), sql, values);
    }
    values.add(scan.limit());
    return new Statement(sql + order(scan) + " LIMIT ?", values);
  }

  /**
   * All that have the terms, or none, unless they are many: a planner that hopes to meet a few of
   * them soon, going along the time, would look at every record there is.
   */
  private Statement byTerms(AuditScan scan) {
    Statement conditions = conditions(scan);
    List<Object> values = new ArrayList<>(conditions.values);
    StringBuilder sql = new StringBuilder(tables.in(FOUND)).append(conditions.sql);
    demand(scan.terms(), sql, values);
    sql.append(" LIMIT ?), page AS (SELECT id, time_us FROM found");
    values.add(MANY);
    sql.append(order(scan)).append(" LIMIT ?) ");
    values.add(scan.limit());
    return new Statement(sql.append(tables.in(PAGE)).append(order(scan)).toString(), values);
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

  /** That a record has the terms, or that it has none and must be looked at. */
  private static void demand(List<AuditTerms> demands, StringBuilder sql, List<Object> values) {
    sql.append(" AND (").append(WITHOUT_TERMS).append(" OR (TRUE");
    for (AuditTerms sought : demands) {
      String which = sought.demand() == AuditTerms.Demand.ANY ? " && ?" : " @> ?";
      sql.append(" AND ").append(KEPT_TERMS).append(which);
      values.add(sought.terms().stream().mapToLong(Long::longValue).toArray());
    }
    sql.append("))");
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
        tables.log(),
        row.getBytes(1),
        row.getBytes(2),
        row.getBytes(3),
        JdbcAuditStore.mac(row.getBytes(4)));
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
}

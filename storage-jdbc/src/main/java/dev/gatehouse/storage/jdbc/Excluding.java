package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Exclusion;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The conditions by which a query of ready tasks passes some over. Of nothing they are no text at
 * all: statements that pass nothing over, nearly all, do without them. Immutable.
 *
 * <p>PostgreSQL is asked about what equals the columns, of which it has no statistics: where it
 * knows that nearly all is passed over, it sorts a lane instead of going through it by due time.
 */
final class Excluding {
  private final Exclusion exclusion;
  private final String kind;
  private final String application;
  private final List<AnyOf> kinds;
  private final List<AnyOf> applications;

  Excluding(Dialect dialect, Exclusion exclusion) {
    this.exclusion = exclusion;
    boolean veiled = dialect == Dialect.POSTGRESQL;
    kind = veiled ? "kind || ''" : "kind";
    application = veiled ? "application_id + 0" : "application_id";
    kinds = AnyOf.of(dialect, "varchar", exclusion.kinds());
    applications = AnyOf.of(dialect, "bigint", exclusion.applicationIds());
  }

  /** Conditions that follow others; their arguments are given by {@link #set}. */
  String and() {
    StringBuilder sql = new StringBuilder();
    kinds.forEach(some -> sql.append(" AND NOT (").append(some.in(kind)).append(')'));
    applications.forEach(some -> sql.append(" AND NOT (").append(some.in(application)).append(')'));
    return sql.toString();
  }

  /**
   * Sets the arguments.
   *
   * @param index of the first
   * @return the index of the next argument
   */
  int set(PreparedStatement statement, int index) throws SQLException {
    List<AnyOf> all = new ArrayList<>(kinds);
    all.addAll(applications);
    int next = index;
    for (AnyOf some : all) {
      next = some.set(statement, next);
    }
    return next;
  }

  /** As {@link #and}, where no other condition says from when on tasks are due. */
  String andDue() {
    return exclusion.isNone() ? "" : " AND due_ms >= ?" + and();
  }

  /** As {@link #set}, of {@link #andDue}. */
  int setDue(PreparedStatement statement, int index) throws SQLException {
    if (exclusion.isNone()) {
      return index;
    }
    statement.setLong(index, exclusion.dueFromMillis());
    return set(statement, index + 1);
  }
}

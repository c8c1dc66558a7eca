package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.ScheduleRow;
import dev.gatehouse.scheduler.ScheduleRow.Definition;
import dev.gatehouse.scheduler.ScheduleRow.Standing;
import dev.gatehouse.scheduler.ScheduleStore;
import dev.gatehouse.transaction.Transaction;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ScheduleStore of a {@link JdbcStorage}. */
final class JdbcScheduleStore implements ScheduleStore {
  private static final Logger LOGGER = LoggerFactory.getLogger(JdbcScheduleStore.class);
  private static final int MAX_UNREADABLE = 1_000;
  private static final String SELECT =
      "SELECT id, application_id, name, timing, kind, payload, timeout_ms, retry, first_ms,"
          + " next_ms, last_ms, paused, problem, version, created_ms FROM gh_schedule";
  private static final String SET_STANDING =
      "first_ms = :first_ms, next_ms = :next_ms, last_ms = :last_ms, paused = :paused,"
          + " problem = :problem, version = version + 1 WHERE id = :id AND version = :version";

  private final Database database;

  /** Ids of what was told of. */
  private final Set<Long> unreadable;

  JdbcScheduleStore(Database database) {
    this(database, ConcurrentHashMap.newKeySet());
  }

  private JdbcScheduleStore(Database database, Set<Long> unreadable) {
    this.database = database;
    this.unreadable = unreadable;
  }

  private static final class UnreadableScheduleException extends StorageException {
    private static final long serialVersionUID = 1L;

    UnreadableScheduleException(long id, RuntimeException cause) {
      super("schedule " + id + " is stored in no known form: " + cause.getMessage(), cause);
    }
  }

  @Override
  public ScheduleStore joining(Transaction transaction) {
    return new JdbcScheduleStore(database.joining(transaction), unreadable);
  }

  @Override
  public void insert(ScheduleRow row) {
    String sql =
        "INSERT INTO gh_schedule(id, application_id, name, timing, kind, payload, timeout_ms,"
            + " retry, first_ms, next_ms, last_ms, paused, problem, version, created_ms)"
            + " VALUES (:id, :application_id, :name, :timing, :kind, :payload, :timeout_ms,"
            + " :retry, :first_ms, :next_ms, :last_ms, :paused, :problem, :version, :created_ms)"
            + database.dialect().orNothing();
    boolean inserted =
        database.use(
            handle ->
                Database.inserted(
                    bind(
                        bind(
                            handle
                                .createUpdate(sql)
                                .bind("id", row.id())
                                .bind("application_id", row.applicationId())
                                .bind("name", row.name())
                                .bind("version", row.version())
                                .bind("created_ms", row.createdMillis()),
                            row.definition()),
                        row.standing())));
    if (!inserted) {
      throw new ConflictException("there is a schedule '" + row.name() + "' already");
    }
  }

  @Override
  public boolean update(ScheduleRow row) {
    return database.use(
            handle ->
                bind(
                        bind(
                            handle
                                .createUpdate(
                                    "UPDATE gh_schedule SET timing = :timing, kind = :kind,"
                                        + " payload = :payload, timeout_ms = :timeout_ms,"
                                        + " retry = :retry, "
                                        + SET_STANDING)
                                .bind("id", row.id())
                                .bind("version", row.version()),
                            row.definition()),
                        row.standing())
                    .execute())
        == 1;
  }

  @Override
  public boolean tryLock(long id) {
    String lock =
        "SELECT id"
            + database.dialect().endedIfIdle()
            + " FROM gh_schedule WHERE id = ? FOR UPDATE SKIP LOCKED";
    return database.use(
        handle ->
            handle
                .createQuery(lock)
                .bind(0, id)
                .map((results, context) -> results.getLong(1))
                .findOne()
                .isPresent());
  }

  @Override
  public boolean advance(long id, long version, Standing standing) {
    return database.use(
            handle ->
                bind(
                        handle
                            .createUpdate("UPDATE gh_schedule SET " + SET_STANDING)
                            .bind("id", id)
                            .bind("version", version),
                        standing)
                    .execute())
        == 1;
  }

  private static <S extends SqlStatement<S>> S bind(S statement, Definition definition) {
    return statement
        .bind("timing", definition.timing())
        .bind("kind", definition.kind())
        .bind("payload", TaskRows.bytes(definition.content()))
        .bind("timeout_ms", definition.timeoutMillis())
        .bind("retry", definition.retry());
  }

  private static <S extends SqlStatement<S>> S bind(S statement, Standing standing) {
    return statement
        .bind("first_ms", standing.firstMillis())
        .bind("next_ms", standing.nextMillis())
        .bind("last_ms", standing.lastMillis())
        .bind("paused", standing.paused() ? 1 : 0)
        .bind("problem", standing.problem());
  }

  @Override
  public boolean remove(long applicationId, String name) {
    if (!TextArgument.isStorable(name)) {
      return false;
    }
    return database.use(
            handle ->
                handle
                    .createUpdate("DELETE FROM gh_schedule WHERE application_id = ? AND name = ?")
                    .bind(0, applicationId)
                    .bind(1, name)
                    .execute())
        == 1;
  }

  @Override
  public Optional<ScheduleRow> find(long applicationId, String name) {
    if (!TextArgument.isStorable(name)) {
      return Optional.empty();
    }
    return database.use(
        handle ->
            handle
                .createQuery(SELECT + " WHERE application_id = ? AND name = ?")
                .bind(0, applicationId)
                .bind(1, name)
                .map((row, context) -> row(row))
                .findOne());
  }

  @Override
  public List<ScheduleRow> page(long applicationId, String afterName, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return database.use(
        handle ->
            handle
                .createQuery(
                    SELECT
                        + " WHERE application_id = :application_id AND name > :after"
                        + " ORDER BY name LIMIT :limit")
                .bind("application_id", applicationId)
                .bind("after", afterName)
                .bind("limit", limit)
                .map((row, context) -> row(row))
                .list());
  }

  @Override
  public List<ScheduleRow> due(long untilMillis, long afterId, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    List<ScheduleRow> due = new ArrayList<>();
    long last = afterId;
    int asked;
    List<Due> page;
    do {
      asked = limit - due.size();
      page = readDue(untilMillis, last, asked);
      for (Due one : page) {
        last = one.id();
        if (one.row() != null) {
          due.add(one.row());
        }
      }
    } while (page.size() == asked && due.size() < limit);
    return due;
  }

  /** One that is due; without a row if that cannot be read. */
  private record Due(long id, @Nullable ScheduleRow row) {}

  private List<Due> readDue(long untilMillis, long afterId, int limit) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    SELECT
                        + " WHERE next_ms <= :until AND paused = 0 AND id > :after"
                        + " ORDER BY id LIMIT :limit")
                .bind("until", untilMillis)
                .bind("after", afterId)
                .bind("limit", limit)
                .map((row, context) -> due(row))
                .list());
  }

  private Due due(ResultSet row) throws SQLException {
    long id = row.getLong("id");
    try {
      return new Due(id, row(row));
    } catch (UnreadableScheduleException e) {
      if (unreadable.size() < MAX_UNREADABLE && unreadable.add(id)) {
        LOGGER.error("schedule {} is passed over, as it cannot be read", id, e);
      }
      return new Due(id, null);
    }
  }

  @Override
  public OptionalLong earliestDue(long afterMillis) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT next_ms FROM gh_schedule WHERE next_ms > ? AND paused = 0"
                        + " ORDER BY next_ms LIMIT 1")
                .bind(0, afterMillis)
                .mapTo(Long.class)
                .findOne()
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty));
  }

  private static ScheduleRow row(ResultSet row) throws SQLException {
    long id = row.getLong("id");
    try {
      return new ScheduleRow(
          id,
          row.getLong("application_id"),
          row.getString("name"),
          new Definition(
              row.getString("timing"),
              row.getString("kind"),
              new String(row.getBytes("payload"), StandardCharsets.UTF_8),
              row.getInt("timeout_ms"),
              row.getString("retry")),
          new Standing(
              row.getLong("first_ms"),
              row.getLong("next_ms"),
              row.getLong("last_ms"),
              row.getInt("paused") != 0,
              row.getString("problem")),
          row.getLong("version"),
          row.getLong("created_ms"));
    } catch (IllegalArgumentException e) {
      throw new UnreadableScheduleException(id, e);
    }
  }
}

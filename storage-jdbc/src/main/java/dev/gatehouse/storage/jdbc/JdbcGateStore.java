package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.transaction.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/** The GateStore of a {@link JdbcStorage}: a gate is locked by its row. */
final class JdbcGateStore implements GateStore {
  private static final int TRIES = 5;

  /** A passage takes a few milliseconds; who is frozen in one is not waited for. */
  private static final int LOOKS = 6;

  private static final String LOCK =
      "SELECT name, next_us%s FROM gh_gate%s WHERE %s ORDER BY name FOR UPDATE SKIP LOCKED";

  private static final String PLACE =
      "SELECT p.gate, p.task_id, p.place_ms, p.held_limit, p.holds, p.priority"
          + " FROM gh_gate_place p";

  private static final String ADD =
      "INSERT INTO gh_gate_place(gate, task_id, place_ms, held_limit, holds, priority)"
          + " VALUES (?, ?, ?, ?, ?, ?)";

  /** In one order, so that no two who add the same places wait for each other. */
  private static final Comparator<Place> ORDER =
      Comparator.comparingLong(Place::taskId).thenComparing(Place::gate);

  private static final String IN_ORDER =
      " ORDER BY p.gate, p.holds, p.priority, p.place_ms, p.task_id";

  private static final String HOLDING =
      "(SELECT COUNT(*) FROM gh_gate_place p WHERE p.gate = g.name AND p.holds = 1)";

  /** Something of the first who waits in a gate. */
  private static final String FIRST =
      "(SELECT p.%s FROM gh_gate_place p WHERE p.gate = g.name AND p.holds = 0"
          + IN_ORDER
          + " LIMIT 1)";

  private static final String STANDING =
      "SELECT g.name, " + HOLDING + ", " + FIRST.formatted("task_id") + " FROM gh_gate g WHERE %s";

  private static final String WAITING =
      "(" + PLACE + " WHERE p.gate = ? AND p.holds = 0 AND p.priority = ?" + IN_ORDER + " LIMIT ?)";

  private static final String TASKS =
      "SELECT DISTINCT task_id FROM gh_gate_place WHERE task_id > ? ORDER BY task_id LIMIT ?";

  private static final String LEFT =
      PLACE
          + " LEFT JOIN gh_task t ON t.id = p.task_id WHERE %s AND (t.id IS NULL OR (p.holds = 1"
          + " AND t.state = 0 AND (t.lane = -1 OR (t.lane >= 0 AND t.due_ms > ?))))";

  private static final String NAMES =
      "SELECT name FROM gh_gate WHERE name > ? ORDER BY name LIMIT ?";

  /** Who waits and is parked was due, so its place is past, unless it was made to run early. */
  private static final String STALLED =
      "SELECT g.name FROM gh_gate g LEFT JOIN gh_task f ON f.id = "
          + FIRST.formatted("task_id")
          + " WHERE %s AND "
          + HOLDING
          + " < "
          + FIRST.formatted("held_limit")
          + " AND (f.id IS NULL OR NOT (f.state = 1 OR (f.lane >= 0 AND f.due_ms <= ?)))"
          + " AND (f.lane = "
          + TaskChanges.PARKED
          + " OR EXISTS(SELECT 1 FROM gh_gate_place p JOIN gh_task t ON t.id = p.task_id"
          + " WHERE p.gate = g.name AND p.holds = 0 AND p.priority IN (0, 1, 2)"
          + " AND p.place_ms <= ? AND t.lane = "
          + TaskChanges.PARKED
          + "))";

  private static final String UNUSED =
      "SELECT g.name FROM gh_gate g WHERE g.next_us < ?"
          + " AND NOT EXISTS(SELECT 1 FROM gh_gate_place p WHERE p.gate = g.name)"
          + " LIMIT ? FOR UPDATE SKIP LOCKED";

  private final Database database;

  JdbcGateStore(Database database) {
    this.database = database;
  }

  @Override
  public GateStore joining(Transaction transaction) {
    return new JdbcGateStore(database.joining(transaction));
  }

  @Override
  public Map<String, Long> lock(Collection<String> names) {
    requireBatch(names);
    names.forEach(name -> Check.text(name, 1, 160, "name"));
    return database.use(handle -> lock(handle, new TreeSet<>(names)));
  }

  /**
   * Those that are not there are made. Those that another has locked are looked at again for a
   * moment, in which whoever waited for one could wait for another who waits for this transaction.
   */
  private Map<String, Long> lock(Handle handle, SortedSet<String> names) {
    Map<String, Long> locked = new HashMap<>();
    SortedSet<String> missing = new TreeSet<>(names);
    for (int looks = 0; looks < LOOKS; looks++) {
      if (looks > 0) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1L << looks));
      }
      locked.putAll(lockKnown(handle, missing));
      missing.removeAll(locked.keySet());
      if (missing.isEmpty()) {
        return locked;
      }
      if (!make(handle, missing)) {
        return locked;
      }
    }
    return locked;
  }

  /**
   * Makes those that nobody has made; an insertion would wait for who has locked one.
   *
   * @return false if another is about to make one, who may be frozen
   */
  private boolean make(Handle handle, SortedSet<String> names) {
    Set<String> known = new HashSet<>();
    for (AnyOf some : named(names)) {
      Sql.use(
          handle,
          "SELECT name FROM gh_gate WHERE " + some.in("name"),
          query -> {
            some.set(query, 1);
            return Sql.rows(query, row -> known.add(row.getString(1)));
          });
    }
    Dialect dialect = database.dialect();
    String insert = "INSERT INTO gh_gate(name, next_us) VALUES (?, 0)" + dialect.orNothing();
    for (String name : names) {
      try {
        if (!known.contains(name)) {
          dialect.waitingASecond(handle, insert, update -> Database.inserted(update.bind(0, name)));
        }
      } catch (JdbiException e) {
        if (!dialect.livesOn(handle, e)) {
          throw e;
        }
        return false;
      }
    }
    return true;
  }

  private Map<String, Long> lockKnown(Handle handle, SortedSet<String> names) {
    Dialect dialect = database.dialect();
    Map<String, Long> locked = new HashMap<>();
    for (AnyOf some : named(names)) {
      Sql.use(
          handle,
          LOCK.formatted(dialect.endedIfIdle(), dialect.byKey(), some.in("name")),
          query -> {
            some.set(query, 1);
            return Sql.rows(query, row -> locked.put(row.getString(1), row.getLong(2)));
          });
    }
    return locked;
  }

  private List<AnyOf> named(Collection<String> names) {
    return AnyOf.of(database.dialect(), "varchar", names);
  }

  @Override
  public void setNext(String name, long micros) {
    database.use(
        handle -> handle.execute("UPDATE gh_gate SET next_us = ? WHERE name = ?", micros, name));
  }

  @Override
  public void add(List<Place> places) {
    requireBatch(places);
    List<Place> ordered = places.stream().sorted(ORDER).toList();
    String insert = ADD + database.dialect().orNothing();
    database.use(handle -> add(handle, insert, ordered));
  }

  /**
   * One that is there already fails the insertion, but on PostgreSQL; then only others are tried.
   */
  private int add(Handle handle, String insert, List<Place> places) {
    List<Place> missing = places;
    for (int tries = 1; !missing.isEmpty(); tries++) {
      try {
        List<Place> added = missing;
        return Sql.use(handle, insert, statement -> addBatch(statement, added).length);
      } catch (JdbiException e) {
        if (tries == TRIES || !Thrown.isDuplicate(e)) {
          throw e;
        }
      }
      missing = missing(handle, places);
    }
    return 0;
  }

  private List<Place> missing(Handle handle, List<Place> places) {
    record Key(String gate, long taskId) {}

    List<Long> taskIds = places.stream().map(Place::taskId).distinct().toList();
    Set<Key> there = new HashSet<>();
    ofTasks(handle, taskIds, database.dialect().latest())
        .forEach(place -> there.add(new Key(place.gate(), place.taskId())));
    return places.stream()
        .filter(place -> there.add(new Key(place.gate(), place.taskId())))
        .toList();
  }

  private static int[] addBatch(PreparedStatement insert, List<Place> places) throws SQLException {
    for (Place place : places) {
      insert.setString(1, place.gate());
      insert.setLong(2, place.taskId());
      insert.setLong(3, place.millis());
      insert.setInt(4, place.limit());
      insert.setInt(5, place.holds() ? 1 : 0);
      insert.setInt(6, place.priority().code());
      insert.addBatch();
    }
    return insert.executeBatch();
  }

  @Override
  public void hold(Collection<Place> places) {
    change("UPDATE gh_gate_place SET holds = 1 WHERE gate = ? AND task_id = ?", places);
  }

  @Override
  public void remove(Collection<Place> places) {
    change("DELETE FROM gh_gate_place WHERE gate = ? AND task_id = ?", places);
  }

  private void change(String sql, Collection<Place> places) {
    requireBatch(places);
    database.use(
        handle ->
            Sql.use(
                handle,
                sql,
                change -> {
                  for (Place place : places.stream().sorted(ORDER).toList()) {
                    change.setString(1, place.gate());
                    change.setLong(2, place.taskId());
                    change.addBatch();
                  }
                  return change.executeBatch();
                }));
  }

  @Override
  public List<Turn> handOn(List<Turn> turns) {
    requireBatch(turns);
    if (database.dialect() == Dialect.POSTGRESQL) {
      return database.use(handle -> PostgresTurns.handOn(handle, turns));
    }
    Set<Map.Entry<String, Long>> free = database.use(handle -> lockPlaces(handle, turns));
    List<Turn> possible =
        turns.stream().filter(turn -> free.contains(Map.entry(turn.gate(), turn.next()))).toList();
    return possible.isEmpty() ? List.of() : GateStore.super.handOn(possible);
  }

  /** Gates and tasks of the next ones' places, but for what others are changing. */
  private Set<Map.Entry<String, Long>> lockPlaces(Handle handle, List<Turn> turns) {
    Set<Map.Entry<String, Long>> locked = new HashSet<>();
    List<Long> next = turns.stream().map(Turn::next).distinct().toList();
    for (AnyOf some : AnyOf.of(database.dialect(), "bigint", next)) {
      String places = PLACE + database.dialect().byKey() + " WHERE " + some.in("p.task_id");
      Sql.use(
          handle,
          places + " FOR UPDATE SKIP LOCKED",
          query -> {
            some.set(query, 1);
            return Sql.rows(query, row -> locked.add(Map.entry(row.getString(1), row.getLong(2))));
          });
    }
    return locked;
  }

  @Override
  public List<Place> ofTasks(Collection<Long> taskIds) {
    requireBatch(taskIds);
    return database.use(handle -> ofTasks(handle, taskIds.stream().distinct().toList(), ""));
  }

  private List<Place> ofTasks(Handle handle, List<Long> taskIds, String end) {
    List<Place> places = new ArrayList<>();
    for (AnyOf some : AnyOf.of(database.dialect(), "bigint", taskIds)) {
      places.addAll(
          Sql.use(
              handle,
              PLACE + " WHERE " + some.in("p.task_id") + end,
              query -> {
                some.set(query, 1);
                return Sql.rows(query, JdbcGateStore::place);
              }));
    }
    return places;
  }

  private static Place place(ResultSet row) throws SQLException {
    return new Place(
        row.getString(1),
        row.getLong(2),
        row.getLong(3),
        row.getInt(4),
        row.getInt(5) == 1,
        Priority.of(row.getInt(6)));
  }

  @Override
  public Map<String, Standing> standing(Collection<String> gates) {
    requireBatch(gates);
    return database.use(handle -> standing(handle, gates));
  }

  private Map<String, Standing> standing(Handle handle, Collection<String> gates) {
    Map<String, Standing> standing = new HashMap<>();
    for (AnyOf some : named(gates)) {
      Sql.use(
          handle,
          STANDING.formatted(some.in("g.name")),
          query -> {
            some.set(query, 1);
            return Sql.rows(
                query,
                row -> standing.put(row.getString(1), new Standing(row.getInt(2), row.getLong(3))));
          });
    }
    return standing;
  }

  @Override
  public List<Place> waiting(String gate, int limit) {
    requireLimit(limit);
    return database.use(handle -> waiting(handle, gate, limit));
  }

  private static List<Place> waiting(Handle handle, String gate, int limit) {
    List<Place> waiting =
        Sql.use(
            handle,
            String.join(" UNION ALL ", Collections.nCopies(Priority.values().length, WAITING)),
            query -> {
              int parameter = 1;
              for (Priority priority : Priority.values()) {
                query.setString(parameter++, gate);
                query.setInt(parameter++, priority.code());
                query.setInt(parameter++, limit);
              }
              return Sql.rows(query, JdbcGateStore::place);
            });
    return waiting.stream()
        .sorted(
            Comparator.comparing(Place::priority)
                .thenComparingLong(Place::millis)
                .thenComparingLong(Place::taskId))
        .toList();
  }

  @Override
  public TaskPage left(long nowMillis, long afterTask, int limit) {
    requireLimit(limit);
    return database.use(
        handle -> {
          List<Long> page =
              Sql.use(
                  handle,
                  TASKS,
                  query -> {
                    query.setLong(1, afterTask);
                    query.setInt(2, limit);
                    return Sql.rows(query, row -> row.getLong(1));
                  });
          List<Place> left =
              left(handle, AnyOf.of(database.dialect(), "bigint", page), "p.task_id", nowMillis);
          return new TaskPage(left, page.size() < limit ? 0 : page.get(limit - 1));
        });
  }

  private static List<Place> left(Handle handle, List<AnyOf> page, String column, long nowMillis) {
    List<Place> left = new ArrayList<>();
    for (AnyOf some : page) {
      left.addAll(
          Sql.use(
              handle,
              LEFT.formatted(some.in(column)),
              query -> {
                int parameter = some.set(query, 1);
                query.setLong(parameter, nowMillis);
                return Sql.rows(query, JdbcGateStore::place);
              }));
    }
    return left;
  }

  @Override
  public GatePage stalled(long nowMillis, String afterGate, int limit) {
    requireLimit(limit);
    return database.use(
        handle -> {
          List<String> page =
              Sql.use(
                  handle,
                  NAMES,
                  query -> {
                    query.setString(1, afterGate);
                    query.setInt(2, limit);
                    return Sql.rows(query, row -> row.getString(1));
                  });
          List<Place> left = left(handle, named(page), "p.holds = 1 AND p.gate", nowMillis);
          return new GatePage(
              stalled(handle, page, nowMillis),
              left,
              page.size() < limit ? "" : page.get(limit - 1));
        });
  }

  private List<String> stalled(Handle handle, List<String> page, long nowMillis) {
    List<String> stalled = new ArrayList<>();
    for (AnyOf some : named(page)) {
      stalled.addAll(
          Sql.use(
              handle,
              STALLED.formatted(some.in("g.name")),
              query -> {
                int parameter = some.set(query, 1);
                query.setLong(parameter, nowMillis);
                query.setLong(parameter + 1, nowMillis);
                return Sql.rows(query, row -> row.getString(1));
              }));
    }
    return stalled;
  }

  @Override
  public int purge(long beforeMicros, int limit) {
    requireLimit(limit);
    return database.use(handle -> purge(handle, beforeMicros, limit));
  }

  private int purge(Handle handle, long beforeMicros, int limit) {
    List<String> unused =
        handle.createQuery(UNUSED).bind(0, beforeMicros).bind(1, limit).mapTo(String.class).list();
    for (AnyOf some : named(unused)) {
      Sql.use(
          handle,
          database.dialect().deleteByKey("gh_gate") + some.in("name"),
          delete -> {
            some.set(delete, 1);
            return delete.executeUpdate();
          });
    }
    return unused.size();
  }

  private static void requireBatch(Collection<?> batch) {
    Check.range(batch.size(), 1, TaskStore.MAX_BATCH, "number of entries");
  }

  private static void requireLimit(int limit) {
    Check.range(limit, 1, TaskStore.MAX_BATCH, "limit");
  }
}

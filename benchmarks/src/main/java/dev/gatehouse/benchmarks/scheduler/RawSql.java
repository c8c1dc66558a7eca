package dev.gatehouse.benchmarks.scheduler;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What a {@link RawLoop} says to one product. Safe for use by multiple threads. */
interface RawSql {
  /** The columns of {@code gh_task} that a task is made of, in the types of the product. */
  static String columns(String bytes) {
    return "id bigint PRIMARY KEY, lane smallint NOT NULL, due_ms bigint NOT NULL,"
        + " state smallint NOT NULL, attempt int NOT NULL, crashes int NOT NULL,"
        + " fence bigint NOT NULL, owner int, cancel smallint NOT NULL,"
        + " application_id bigint NOT NULL, kind varchar(64) NOT NULL, task_no varchar(64),"
        + " name varchar(64) NOT NULL, payload "
        + bytes
        + " NOT NULL, timeout_ms int NOT NULL,"
        + " retry varchar(32) NOT NULL, created_ms bigint NOT NULL, runtime_ms bigint NOT NULL";
  }

  /**
   * The tasks that a claim returned: lane, due time, id and fence first.
   *
   * @param payload the column in which the bytes of the payload are
   */
  static List<Claimed> claimed(ResultSet results, int payload) throws SQLException {
    List<Claimed> claimed = new ArrayList<>();
    while (results.next()) {
      claimed.add(
          new Claimed(
              results.getInt(1),
              results.getLong(2),
              results.getLong(3),
              results.getLong(4),
              new String(results.getBytes(payload), StandardCharsets.UTF_8)));
    }
    return claimed;
  }

  /** Those for that product. */
  static RawSql of(String product) {
    return switch (product) {
      case "postgresql" -> new PostgresRawSql();
      case "mariadb" -> new MariaDbRawSql();
      default -> throw new IllegalArgumentException("there is no raw loop for " + product);
    };
  }

  /** How many lanes tasks are spread over. */
  int lanes();

  /** The statements that make the table. */
  List<String> tables();

  /** Makes ready a connection of one of the loop's threads. */
  void prepare(Connection connection) throws SQLException;

  /** Inserts tasks of some indexes; the commit is the caller's. */
  void insert(Connection connection, List<NewTask> tasks) throws SQLException;

  /** Claims what is due behind the cursor, and commits. */
  List<Claimed> claim(Connection connection, Cursor cursor, long now, int most) throws SQLException;

  /** Deletes tasks that have run, and commits. */
  void delete(Connection connection, List<Claimed> tasks) throws SQLException;

  /** Whether no task is left that was due by then. */
  boolean isDrained(Connection connection, Instant due) throws SQLException;

  /** A task to be inserted. */
  record NewTask(long id, int lane, long dueMillis, String payload) {}

  /** A task that was claimed. */
  record Claimed(int lane, long dueMillis, long id, long fence, String payload) {}

  /** Where a claimer stands in each of its lanes. Not safe: confine to one thread. */
  final class Cursor {
    private final int claimers;
    private final int[] lanes;
    private final long[] dues;
    private final long[] ids;

    /** A cursor of one of so many claimers, at the beginning of its share of the lanes. */
    Cursor(int claimer, int claimers, int lanes) {
      this.claimers = claimers;
      this.lanes = IntStream.range(0, lanes).filter(lane -> lane % claimers == claimer).toArray();
      dues = new long[this.lanes.length];
      ids = new long[this.lanes.length];
    }

    int[] lanes() {
      return lanes;
    }

    long[] dues() {
      return dues;
    }

    long[] ids() {
      return ids;
    }

    void passed(Claimed task) {
      int place = task.lane() / claimers;
      if (task.dueMillis() > dues[place]
          || (task.dueMillis() == dues[place] && task.id() > ids[place])) {
        dues[place] = task.dueMillis();
        ids[place] = task.id();
      }
    }
  }
}

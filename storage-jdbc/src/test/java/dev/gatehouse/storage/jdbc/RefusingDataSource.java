package dev.gatehouse.storage.jdbc;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * Connections to a PostgreSQL that refuses what others of its language lack, CockroachDB or
 * YugabyteDB: the system columns, its planner's settings, its storage parameters and {@code
 * VACUUM}, locks of whole tables and advisory ones, {@code LISTEN} and {@code NOTIFY}. What is
 * refused spoils the transaction, as a real refusal does.
 */
final class RefusingDataSource {
  private static final Pattern REFUSED =
      Pattern.compile(
          "(?i)\\b(ctid|xmin|xmax|cmin|cmax|tableoid|xid8?|txid_\\w+|pg_current_xact\\w+"
              + "|LISTEN|NOTIFY|pg_notify|VACUUM|ANALYZE|CLUSTER|fillfactor|autovacuum\\w*"
              + "|SET STORAGE|pg_relation_size|pg_(?:try_)?advisory\\w+|LOCK TABLE|NOWAIT|FOR SHARE"
              + "|DEFERRABLE|INHERITS|EXCLUDE|TABLESPACE|UNLOGGED|USING (?:gin|gist|brin|hash)"
              + "|PREPARE TRANSACTION|TABLESAMPLE|set_config\\('enable_\\w+)\\b");

  private static final Set<String> TAKES_SQL =
      Set.of(
          "prepareStatement", "addBatch", "execute", "executeQuery", "executeUpdate", "nativeSQL");

  private final DataSource sound;
  private final ConcurrentMap<String, Integer> refused = new ConcurrentHashMap<>();

  RefusingDataSource(DataSource sound) {
    this.sound = sound;
  }

  /** The words for which statements were refused, in lower case. */
  List<String> refused() {
    return refused.keySet().stream().sorted().toList();
  }

  /** How many statements were refused for that word. */
  int times(String word) {
    return refused.getOrDefault(word, 0);
  }

  DataSource dataSource() {
    return JdbcProxy.of(
        DataSource.class,
        (method, arguments) ->
            method.getName().equals("getConnection")
                ? connection(sound.getConnection())
                : JdbcProxy.invoke(sound, method, arguments));
  }

  private Connection connection(Connection connection) {
    return JdbcProxy.of(
        Connection.class,
        (method, arguments) -> {
          Object result = call(connection, connection, method, arguments);
          return method.getName().equals("createStatement")
              ? statement(connection, (Statement) result)
              : result;
        });
  }

  private Statement statement(Connection connection, Statement statement) {
    return JdbcProxy.of(
        Statement.class, (method, arguments) -> call(connection, statement, method, arguments));
  }

  private Object call(Connection connection, Object target, Method method, Object[] arguments)
      throws Throwable {
    if (arguments == null
        || !TAKES_SQL.contains(method.getName())
        || !(arguments[0] instanceof String sql)) {
      return JdbcProxy.invoke(target, method, arguments);
    }
    Matcher word = REFUSED.matcher(sql);
    if (word.find()) {
      refused.merge(word.group(1).toLowerCase(Locale.ROOT), 1, Integer::sum);
      refuse(connection);
    }
    Object[] others = arguments.clone();
    others[0] = sql.replace("FROM pg_settings", "FROM (VALUES ('ssl')) AS s(name)");
    return JdbcProxy.invoke(target, method, others);
  }

  /** By what the server really does not know. */
  private static void refuse(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT what_this_server_lacks()");
    }
  }
}

package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tables that the scripts of {@link Migration} make, as far as a database can lack them: names
 * of tables, columns, indexes and constraints, and that there is a primary key. Immutable.
 */
final class Schema {
  private static final Pattern COMMENT = Pattern.compile("--.*");
  private static final Pattern TABLE =
      Pattern.compile("(?is)\\s*CREATE TABLE (?:IF NOT EXISTS )?(\\w+)\\s*\\((.*)");
  private static final Pattern INDEX =
      Pattern.compile("(?is)\\s*CREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?(\\w+) ON (\\w+).*");
  private static final Pattern PRIMARY_KEY = Pattern.compile("(?is).*\\bPRIMARY KEY\\b.*");
  private static final Pattern NAMED =
      Pattern.compile("(?is)(?:CONSTRAINT|UNIQUE INDEX|UNIQUE KEY|INDEX|KEY) (\\w+)\\b.*");
  private static final Pattern UNNAMED = Pattern.compile("(?is)(?:PRIMARY KEY|UNIQUE)\\s*\\(.*");
  private static final Pattern REFERENCE = Pattern.compile("(?is).*\\bFOREIGN KEY\\b.*");
  private static final Pattern COLUMN = Pattern.compile("(?s)(\\w+)\\s.*");
  private static final String KEY = "primary key";

  /** What one table has, in lower case. */
  private record Parts(Set<String> columns, Set<String> indexes) {
    Parts() {
      this(new HashSet<>(), new HashSet<>());
    }
  }

  private final NamedTables names;
  private final Map<String, Parts> tables = new TreeMap<>();

  private Schema(NamedTables names) {
    this.names = names;
  }

  /** What the scripts of that dialect make, with those names. */
  static Schema of(Dialect dialect, NamedTables names) {
    Schema schema = new Schema(names);
    for (String script : Migration.SCRIPTS) {
      String text = names.unqualified(dialect.script(script));
      for (String statement : COMMENT.matcher(text).replaceAll("").split(";", -1)) {
        schema.add(statement);
      }
    }
    return schema;
  }

  Set<String> tables() {
    return tables.keySet();
  }

  private void add(String statement) {
    Matcher table = TABLE.matcher(statement);
    Matcher index = INDEX.matcher(statement);
    if (table.matches()) {
      Parts parts = parts(table.group(1));
      split(table.group(2)).forEach(part -> add(part, parts));
    } else if (index.matches()) {
      parts(index.group(2)).indexes().add(lower(index.group(1)));
    }
  }

  private Parts parts(String table) {
    return tables.computeIfAbsent(lower(table), name -> new Parts());
  }

  private static void add(String part, Parts parts) {
    Matcher named = NAMED.matcher(part);
    Matcher column = COLUMN.matcher(part);
    if (PRIMARY_KEY.matcher(part).matches()) {
      parts.indexes().add(KEY);
    } else if (named.matches() && !REFERENCE.matcher(part).matches()) {
      parts.indexes().add(lower(named.group(1)));
    }
    if (!named.matches() && !UNNAMED.matcher(part).matches() && column.matches()) {
      parts.columns().add(lower(column.group(1)));
    }
  }

  /** At the commas that are in no brackets, as far as the list's own closing bracket. */
  private static List<String> split(String list) {
    List<String> parts = new ArrayList<>();
    int depth = 1;
    int begin = 0;
    for (int i = 0; depth > 0; i++) {
      char c = list.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth == 0 || (c == ',' && depth == 1)) {
        parts.add(list.substring(begin, i).strip());
        begin = i + 1;
      }
    }
    return parts;
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** What the tables' schema lacks of this, in the order of the tables' names. */
  List<String> missingIn(Connection connection, Dialect dialect) throws SQLException {
    Map<String, Parts> present = present(connection, Place.of(connection, dialect, names.names()));
    List<String> missing = new ArrayList<>();
    tables.forEach(
        (table, parts) -> {
          Parts has = present.get(table);
          if (has == null) {
            missing.add("table " + table);
            return;
          }
          parts.columns().stream()
              .filter(column -> !has.columns().contains(column))
              .sorted()
              .forEach(column -> missing.add("column " + table + "." + column));
          parts.indexes().stream()
              .filter(index -> has.indexes().stream().noneMatch(own -> isOf(own, index)))
              .sorted()
              .forEach(
                  index ->
                      missing.add(index.equals(KEY) ? KEY + " of " + table : "index " + index));
        });
    return missing;
  }

  /** H2 names the index of a constraint after that. */
  private static boolean isOf(String own, String index) {
    return own.equals(index) || own.startsWith(index + "_index_");
  }

  /** Where tables are, in the words of the driver; which is null where it has no such thing. */
  private record Place(@Nullable String catalog, @Nullable String schema) {
    static Place of(Connection connection, Dialect dialect, TableNames names) throws SQLException {
      String catalog = connection.getCatalog();
      String schema = connection.getSchema();
      String given = names.schema();
      if (given == null) {
        return new Place(catalog, schema);
      }
      DatabaseMetaData data = connection.getMetaData();
      String stored =
          data.storesUpperCaseIdentifiers()
              ? given.toUpperCase(Locale.ROOT)
              : data.storesLowerCaseIdentifiers() ? lower(given) : given;
      return dialect.isOfMariaDb() && schema == null
          ? new Place(stored, null)
          : new Place(catalog, stored);
    }
  }

  private Map<String, Parts> present(Connection connection, Place place) throws SQLException {
    DatabaseMetaData data = connection.getMetaData();
    String catalog = place.catalog();
    String schema = place.schema();
    String likeSchema = schema == null ? null : like(schema, data);
    Map<String, String> found = new TreeMap<>();
    try (ResultSet rows = data.getTables(catalog, likeSchema, null, null)) {
      while (rows.next()) {
        String name = rows.getString("TABLE_NAME");
        if (tables.containsKey(lower(name))) {
          found.put(lower(name), name);
        }
      }
    }
    Map<String, Parts> present = new TreeMap<>();
    for (Map.Entry<String, String> name : found.entrySet()) {
      Parts parts = new Parts();
      String like = like(name.getValue(), data);
      try (ResultSet rows = data.getColumns(catalog, likeSchema, like, null)) {
        while (rows.next()) {
          parts.columns().add(lower(rows.getString("COLUMN_NAME")));
        }
      }
      try (ResultSet rows = data.getIndexInfo(catalog, schema, name.getValue(), false, true)) {
        while (rows.next()) {
          String index = rows.getString("INDEX_NAME");
          parts.indexes().add(index == null ? "" : lower(index));
        }
      }
      try (ResultSet rows = data.getPrimaryKeys(catalog, schema, name.getValue())) {
        if (rows.next()) {
          parts.indexes().add(KEY);
        }
      }
      present.put(name.getKey(), parts);
    }
    return present;
  }

  /** The pattern that only that name has. */
  private static String like(String name, DatabaseMetaData data) throws SQLException {
    return name.replace("_", data.getSearchStringEscape() + "_");
  }
}

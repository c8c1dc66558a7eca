package dev.gatehouse.storage.jdbc;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jdbi.v3.core.statement.DefinedAttributeTemplateEngine;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.TemplateEngine;

/**
 * Puts a storage's {@link TableNames} into statements, which are written with the standard ones.
 * Every statement comes through here, by Jdbi or by {@link Sql}; none holds a value, as those are
 * arguments. Safe for use by multiple threads.
 */
final class NamedTables implements TemplateEngine {
  private static final Pattern NAME = Pattern.compile("(?<![\\w$])gh_(\\w+)");

  /** Most statements are constants; of the others, such as filters of logs, there is no end. */
  private static final int MOST_KEPT = 1_000;

  static final NamedTables STANDARD = new NamedTables(TableNames.STANDARD);

  private final TableNames names;
  private final TemplateEngine attributes = new DefinedAttributeTemplateEngine();
  private final Map<String, String> kept = new ConcurrentHashMap<>();

  NamedTables(TableNames names) {
    this.names = names;
  }

  TableNames names() {
    return names;
  }

  /** The statement with this storage's names; tables are qualified with the schema. */
  String in(String sql) {
    if (names.equals(TableNames.STANDARD)) {
      return sql;
    }
    String known = kept.get(sql);
    if (known != null) {
      return known;
    }
    String named = named(sql, names.schema() == null ? "" : names.schema() + ".");
    if (kept.size() < MOST_KEPT) {
      kept.put(sql, named);
    }
    return named;
  }

  /** As {@link #in}, without the schema. */
  String unqualified(String sql) {
    return named(sql, "");
  }

  private String named(String sql, String qualifier) {
    return NAME.matcher(sql)
        .replaceAll(
            name ->
                (qualifier.isEmpty() || !Tables.ALL.contains(name.group()) ? "" : qualifier)
                    + names.prefix()
                    + name.group(1));
  }

  @Override
  public String render(String template, StatementContext context) {
    return attributes.render(in(template), context);
  }

  @Override
  public Optional<Function<StatementContext, String>> parse(
      String template, ConfigRegistry config) {
    return attributes.parse(in(template), config);
  }

  /** The names that the configuration of a handle has. */
  static NamedTables of(SqlStatements statements) {
    return statements.getTemplateEngine() instanceof NamedTables own ? own : STANDARD;
  }

  /** What is qualified with a schema, where indexes and constraints must not be. */
  private static final class Tables {
    private static final Set<String> ALL = all();

    private static Set<String> all() {
      Set<String> all = new HashSet<>(Schema.of(Dialect.H2, STANDARD).tables());
      all.add("gh_schema");
      all.add("gh_audit_anchor");
      return Set.copyOf(all);
    }
  }
}

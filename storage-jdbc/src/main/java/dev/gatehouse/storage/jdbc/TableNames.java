package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the tables, indexes and constraints of a {@link JdbcStorage} are named, and in which schema
 * they are. Of two storages with different prefixes in one schema neither sees the other's tables,
 * whatever the prefixes are. Immutable.
 *
 * @param prefix what each name begins with: a letter from a to z, up to fourteen letters and
 *     digits, all lower case, and an underscore; not {@code pg_}, which PostgreSQL keeps to itself
 * @param schema the schema, on MariaDB and MySQL the database, in which the tables are, which must
 *     be there; null if they are where the connections make tables. A letter or underscore and up
 *     to 62 of letters, digits and underscores, ASCII only. It is not quoted: H2 reads it in upper
 *     case, PostgreSQL in lower case, and a word that the database reserves fails the first call
 */
public record TableNames(String prefix, @Nullable String schema) {
  private static final Pattern PREFIX = Pattern.compile("[a-z][a-z0-9]{0,14}_");
  private static final Pattern SCHEMA = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");

  /** The names of the scripts, {@code gh_...}, where the connections make tables. */
  public static final TableNames STANDARD = new TableNames("gh_", null);

  /**
   * Checks the form of both.
   *
   * @throws IllegalArgumentException if one is of another form
   */
  public TableNames {
    requireNonNull(prefix, "prefix");
    // Without an underscore inside, no prefix and name are another prefix and name.
    Check.that(
        PREFIX.matcher(prefix).matches() && !prefix.equals("pg_"),
        "prefix must be a letter, up to 14 lower-case letters and digits, and '_',"
            + " and not pg_, was '"
            + Check.shown(prefix)
            + "'");
    Check.that(
        schema == null || SCHEMA.matcher(schema).matches(),
        "schema must be a letter or '_' and up to 62 of letters, digits and '_', was '"
            + (schema == null ? "" : Check.shown(schema))
            + "'");
  }

  /** Names with that prefix, where the connections make tables. */
  public static TableNames of(String prefix) {
    return new TableNames(prefix, null);
  }

  /** These names in that schema. */
  public TableNames inSchema(String schema) {
    return new TableNames(prefix, requireNonNull(schema, "schema"));
  }
}

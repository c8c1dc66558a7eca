package dev.gatehouse.audit;

import dev.gatehouse.audit.InvalidQueryException.Reason;
import dev.gatehouse.check.Check;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A field that a query can name: one of the core fields, or a path into the further ones, such as
 * {@code ext.order.id}. A path goes down objects by key; where it meets a list it goes through
 * every element, and the field then has several values. A null in a list counts for nothing.
 */
final class Field {
  /** How the values of a field compare, and what may be said of them. */
  enum Type {
    KEYWORD,
    TEXT,
    NUMBER,
    TIME,
    BOOLEAN,
    /** Each value by its own kind: number, text or boolean. */
    UNTYPED
  }

  static final String EXT = "ext";
  private static final int MAX_NAME = 256;
  private static final String EXT_PREFIX = EXT + ".";
  private static final Map<String, Field> CORE = core();

  private final String name;
  private final Type type;
  private final @Nullable AuditColumn column;
  private final Function<Row, List<Object>> values;

  private Field(
      String name, Type type, @Nullable AuditColumn column, Function<Row, List<Object>> values) {
    this.name = name;
    this.type = type;
    this.column = column;
    this.values = values;
  }

  /** A field of an application's. */
  static Field of(AuditField<?> field) {
    Type type =
        switch (field.type()) {
          case KEYWORD -> Type.KEYWORD;
          case TEXT -> Type.TEXT;
          case LONG, DOUBLE -> Type.NUMBER;
          case TIME -> Type.TIME;
          case BOOLEAN -> Type.BOOLEAN;
        };
    String name = field.name();
    return new Field(name, type, null, row -> typed(row.record().valued(name)));
  }

  private static List<Object> typed(AuditRecord.@Nullable Valued valued) {
    return valued == null ? List.of() : List.of(Values.ofTyped(valued.value()));
  }

  /** The field that a filter means. */
  static Field named(String name, String path, AuditRules rules) {
    if (name.length() > MAX_NAME) {
      throw new InvalidQueryException(
          Reason.TOO_LARGE,
          path,
          "must have at most " + MAX_NAME + " characters, had " + name.length());
    }
    Field core = CORE.get(name);
    if (core != null) {
      return core;
    }
    AuditField<?> typed = rules.field(name);
    if (typed != null) {
      return of(typed);
    }
    String[] keys = name.startsWith(EXT_PREFIX) ? keys(name) : new String[0];
    if (keys.length == 0 || Arrays.asList(keys).contains("")) {
      throw new InvalidQueryException(
          Reason.UNKNOWN_FIELD,
          path,
          "must name a field or a path such as ext.a.b, was '" + Check.shown(name) + "'");
    }
    return new Field(name, Type.UNTYPED, null, row -> row.ext(keys));
  }

  /** Whether the name is that of a core field, of an alias, or of the further fields. */
  static boolean isReserved(String name) {
    return CORE.containsKey(name) || name.equals(EXT);
  }

  /** The names of the core fields, in the order of a full record. */
  static List<String> coreNames() {
    return CORE.keySet().stream().filter(name -> !name.equals("message")).toList();
  }

  static String[] keys(String name) {
    return name.substring(EXT_PREFIX.length()).split("\\.", -1);
  }

  /** The name, the same for all its aliases. */
  String name() {
    return name;
  }

  Type type() {
    return type;
  }

  @Nullable AuditColumn column() {
    return column;
  }

  /**
   * Whether its values are among a record's {@link AuditTerms}: core fields have columns, and what
   * decimal a double is depends on the JDK.
   */
  boolean hasTerms() {
    return !CORE.containsKey(name) && type != Type.NUMBER && type != Type.TIME;
  }

  /**
   * The record's values: {@code String}, {@code BigDecimal}, {@code Boolean} or an opaque thing.
   */
  List<Object> values(Row row) {
    return values.apply(row);
  }

  private static Map<String, Field> core() {
    Map<String, Field> fields = new LinkedHashMap<>();
    add(fields, keyword("id", AuditColumn.ID));
    add(fields, new Field("time", Type.TIME, null, row -> List.of(row.timeMillis())));
    add(fields, number("optType", AuditColumn.OPERATION_TYPE));
    add(fields, number("resultType", AuditColumn.RESULT_TYPE));
    Field content = new Field("content", Type.TEXT, null, Field::content);
    add(fields, content);
    add(fields, keyword("sourceNode", AuditColumn.SOURCE_NODE));
    add(fields, keyword("namespace", AuditColumn.NAMESPACE));
    add(fields, keyword("severity", AuditColumn.SEVERITY));
    add(fields, keyword("user", AuditColumn.USER));
    add(fields, keyword("requestId", AuditColumn.REQUEST_ID));
    add(fields, keyword("service", AuditColumn.SERVICE));
    fields.put("message", content);
    return fields;
  }

  private static List<Object> content(Row row) {
    AuditRecord record = row.record();
    return record.erased().contains("content") ? List.of() : List.of(record.content());
  }

  private static void add(Map<String, Field> fields, Field field) {
    fields.put(field.name, field);
  }

  private static Field keyword(String name, AuditColumn column) {
    return new Field(
        name,
        Type.KEYWORD,
        column,
        row -> {
          Object value = column.of(row.record());
          return value == null || row.record().erased().contains(name)
              ? List.of()
              : List.of(value.toString());
        });
  }

  private static Field number(String name, AuditColumn column) {
    return new Field(
        name,
        Type.NUMBER,
        column,
        row -> {
          Object value = column.of(row.record());
          return value instanceof Long number
              ? List.of(Values.normal(BigDecimal.valueOf(number)))
              : List.of();
        });
  }
}

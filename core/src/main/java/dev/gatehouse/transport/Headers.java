package dev.gatehouse.transport;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The header fields of a message: ordered, repeatable, looked up without regard to case. At most
 * 128 fields, names of 1..256 token characters (RFC 9110, 5.1), values of at most 16 KiB without
 * line breaks or other controls but the tab. Immutable.
 */
public final class Headers {
  /** One field. */
  public record Field(String name, String value) {
    private static final Form NAME = Form.of("[!#$%&'*+.^_`|~0-9A-Za-z-]", 1, 256);

    /** Checks name and value. */
    public Field {
      Check.matches(name, NAME, "header name");
      requireNonNull(value, "value");
      // Messages are made only where they are thrown: every request comes through here.
      if (value.length() > MAX_VALUE) {
        throw new IllegalArgumentException(
            "header "
                + name
                + " must have at most "
                + MAX_VALUE
                + " characters, had "
                + value.length());
      }
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if (c != '\t' && Character.isISOControl(c)) {
          throw new IllegalArgumentException(
              "header " + name + " must not hold control characters, held one at " + i);
        }
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** No fields. */
  public static final Headers NONE = new Headers(List.of());

  private static final int MAX_FIELDS = 128;
  private static final int MAX_VALUE = 16 << 10;

  private final List<Field> fields;

  private Headers(List<Field> fields) {
    this.fields = fields;
  }

  /** Names and values in turn. */
  public static Headers of(String... namesAndValues) {
    requireNonNull(namesAndValues, "namesAndValues");
    Check.that(
        namesAndValues.length % 2 == 0,
        () -> "names and values must come in pairs, were " + namesAndValues.length);
    List<Field> fields = new ArrayList<>(namesAndValues.length / 2);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.add(new Field(namesAndValues[i], namesAndValues[i + 1]));
    }
    return of(fields);
  }

  /** The fields in their order. */
  public static Headers of(List<Field> fields) {
    Check.range(requireNonNull(fields, "fields").size(), 0, MAX_FIELDS, "number of headers");
    return fields.isEmpty() ? NONE : new Headers(List.copyOf(fields));
  }

  /** These fields and one more. */
  public Headers and(String name, String value) {
    return and(of(name, value));
  }

  /** These fields and the others after them. */
  public Headers and(Headers others) {
    requireNonNull(others, "others");
    List<Field> all = new ArrayList<>(fields);
    all.addAll(others.fields);
    return of(all);
  }

  /** These fields but those of that name, written with {@code -} or {@code _}. */
  public Headers without(String name) {
    List<Field> others = new ArrayList<>(fields);
    others.removeIf(field -> isAlike(field.name(), name));
    return of(others);
  }

  /** The value of the first field of that name. */
  public Optional<String> first(String name) {
    for (Field field : fields) {
      if (field.name().equalsIgnoreCase(name)) {
        return Optional.of(field.value());
      }
    }
    return Optional.empty();
  }

  /** The values of all fields of that name, in order. */
  public List<String> all(String name) {
    List<String> values = new ArrayList<>(1);
    for (Field field : fields) {
      if (field.name().equalsIgnoreCase(name)) {
        values.add(field.value());
      }
    }
    return List.copyOf(values);
  }

  /**
   * The values of all fields whose name is that one but for case and with {@code -} in place of
   * {@code _}, in order: names with underscores are dropped by many proxies, and written otherwise
   * for that.
   */
  public List<String> allAlike(String name) {
    List<String> values = new ArrayList<>(1);
    for (Field field : fields) {
      if (isAlike(field.name(), name)) {
        values.add(field.value());
      }
    }
    return List.copyOf(values);
  }

  /** The one is of ASCII only, of which no two letters differ by more than case. */
  private static boolean isAlike(String own, String name) {
    if (own.length() != name.length()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char wanted = name.charAt(i);
      char c = own.charAt(i);
      if (c != wanted && underscored(c) != underscored(wanted)) {
        return false;
      }
    }
    return true;
  }

  private static char underscored(char c) {
    return c == '-' ? '_' : Character.toLowerCase(c);
  }

  /** All fields in order. */
  public List<Field> fields() {
    return fields;
  }

  /** The names only: values may be secret. */
  @Override
  public String toString() {
    return fields.toString();
  }
}

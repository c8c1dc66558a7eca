package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.hash.Fingerprint;
import org.jspecify.annotations.Nullable;

/**
 * What is acted on: a type and a path of 1..16 segments, such as {@code file:reports/2030/q1}. A
 * type is {@code [a-z][a-z0-9_-]*} of at most 32 characters, a path has at most 512 characters.
 *
 * <p>Segments tell upper from lower case. So that no two spellings pass for one thing, a path is
 * refused with an {@link IllegalArgumentException} if it is not in Unicode normalization form C, or
 * if a segment is empty (no slash at either end), is {@code .} or {@code ..}, begins or ends with a
 * blank, or holds an invisible character, a star, a backslash, a semicolon or a %-escape.
 * Immutable.
 */
public final class Resource {
  private final String type;
  private final String path;
  private final String key;
  private final long low;
  private final long high;
  private final String[] steps;

  /** The {@link Fingerprint} of each step, two numbers each; made when patterns are first met. */
  private @Nullable Marks marks;

  private Resource(String type, String path) {
    this.type = Names.type(type, "type of resource");
    this.path = path;
    this.key = type + ":" + path;
    Fingerprint fingerprint = Fingerprint.of(key);
    this.low = fingerprint.low();
    this.high = fingerprint.high();
    this.steps = steps(type, path);
    for (int i = 1; i < steps.length; i++) {
      Names.segment(steps[i], path);
    }
  }

  /** A resource of a type of the host's own, with a path such as {@code a/b/c}. */
  public static Resource of(String type, String path) {
    return new Resource(type, path);
  }

  /** A component, as FATE Flow names them. */
  public static Resource component(String name) {
    requireNonNull(name, "name");
    return new Resource("component", Names.segment(name, name));
  }

  /** A dataset, as FATE Flow names them: {@code dataset:NAMESPACE/NAME}. */
  public static Resource dataset(String namespace, String name) {
    requireNonNull(namespace, "namespace");
    requireNonNull(name, "name");
    return new Resource(
        "dataset", Names.segment(namespace, namespace) + "/" + Names.segment(name, name));
  }

  /** The kind of resource. */
  public String type() {
    return type;
  }

  /** The path, its segments parted by slashes. */
  public String path() {
    return path;
  }

  String key() {
    return key;
  }

  /** The first half of the key's {@link Fingerprint}. */
  long low() {
    return low;
  }

  /** The second half. */
  long high() {
    return high;
  }

  /** The number of steps: the type, then the segments. */
  int depth() {
    return steps.length;
  }

  String step(int index) {
    return steps[index];
  }

  /**
   * The {@link Fingerprint} of each step, low and high in turns. Two threads may both make them, to
   * the same end.
   */
  long[] marks() {
    Marks known = marks;
    if (known == null) {
      known = new Marks(steps);
      marks = known;
    }
    return known.values;
  }

  /** A final field, so that whoever sees the array sees what is in it. */
  private static final class Marks {
    final long[] values;

    Marks(String[] steps) {
      values = new long[steps.length * 2];
      for (int i = 0; i < steps.length; i++) {
        Fingerprint mark = Fingerprint.of(steps[i]);
        values[2 * i] = mark.low();
        values[2 * i + 1] = mark.high();
      }
    }
  }

  /** The type and then each segment. */
  static String[] steps(String type, String path) {
    requireNonNull(path, "path");
    Check.range(path.length(), 1, Names.MAX_PATH, "length of path");
    String[] segments = path.split("/", -1);
    Check.range(segments.length, 1, Names.MAX_SEGMENTS, "number of segments");
    String[] steps = new String[segments.length + 1];
    steps[0] = type;
    System.arraycopy(segments, 0, steps, 1, segments.length);
    return steps;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Resource that && key.equals(that.key);
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  /** Type and path, as in {@code component:reader}. */
  @Override
  public String toString() {
    return key;
  }
}

package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import org.jspecify.annotations.Nullable;

/**
 * The resources that a grant speaks of: a type and a path as in {@link Resource}, in which a
 * segment {@code *} stands for any one segment, and a last segment {@code **} for all that follows,
 * be it nothing: {@code file:reports/**} covers {@code file:reports} and everything below it.
 * {@code *:**} covers every resource of every type. Immutable.
 */
public final class ResourcePattern {
  private final String type;
  private final String path;
  private final String key;
  private final boolean exact;

  private ResourcePattern(String type, String path) {
    boolean everyType = requireNonNull(type, "type of resource").equals(Names.ANY);
    this.type = everyType ? type : Names.type(type, "type of resource");
    this.path = path;
    this.key = type + ":" + path;
    String[] steps = Resource.steps(type, path);
    boolean wildcard = everyType;
    for (int i = 1; i < steps.length; i++) {
      boolean rest = steps[i].equals(Names.REST);
      Check.that(
          !rest || i == steps.length - 1,
          () -> "path must have '**' as its last segment only, was '" + Check.shown(path) + "'");
      if (rest || steps[i].equals(Names.ANY)) {
        wildcard = true;
      } else {
        Names.segment(steps[i], path);
      }
    }
    Check.that(
        !everyType || path.equals(Names.REST),
        () -> "type '*' must come with path '**', was '" + Check.shown(path) + "'");
    this.exact = !wildcard;
  }

  /** The resources of the type whose path matches. */
  public static ResourcePattern of(String type, String path) {
    return new ResourcePattern(type, path);
  }

  /** That resource alone. */
  public static ResourcePattern of(Resource resource) {
    requireNonNull(resource, "resource");
    return new ResourcePattern(resource.type(), resource.path());
  }

  /** All resources of the type. */
  public static ResourcePattern every(String type) {
    return new ResourcePattern(type, Names.REST);
  }

  /** All resources. */
  public static ResourcePattern everything() {
    return new ResourcePattern(Names.ANY, Names.REST);
  }

  /** The kind of resource, or {@code *}. */
  public String type() {
    return type;
  }

  /** The path with its wildcards. */
  public String path() {
    return path;
  }

  String key() {
    return key;
  }

  /** Whether it holds no wildcard. */
  boolean isExact() {
    return exact;
  }

  /** Whether it covers the resource. */
  boolean covers(Resource resource) {
    return covers(of(resource));
  }

  /** Whether it covers whatever the other covers. */
  boolean covers(ResourcePattern other) {
    String[] mine = steps();
    String[] theirs = other.atLeastOneSegment();
    if (!mine[0].equals(theirs[0])) {
      return type.equals(Names.ANY);
    }
    for (int i = 1; i < mine.length; i++) {
      if (mine[i].equals(Names.REST)) {
        return true;
      }
      if (i == theirs.length || theirs[i].equals(Names.REST)) {
        return false;
      }
      if (!mine[i].equals(Names.ANY) && !mine[i].equals(theirs[i])) {
        return false;
      }
    }
    return mine.length == theirs.length;
  }

  /** The steps; as no path is empty, {@code **} alone says the same as {@code *} and the rest. */
  private String[] atLeastOneSegment() {
    return path.equals(Names.REST) ? new String[] {type, Names.ANY, Names.REST} : steps();
  }

  /** The type and then each segment. */
  String[] steps() {
    return Resource.steps(type, path);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ResourcePattern that && key.equals(that.key);
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  /** Type and path, as in {@code component:*}. */
  @Override
  public String toString() {
    return key;
  }
}

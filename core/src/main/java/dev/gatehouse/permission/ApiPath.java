package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * Paths of APIs as resources, for grants to users and roles: {@code /orders/7} is the resource
 * {@code api:orders/7}, and the HTTP method, or whatever else parts one use of it from another, is
 * the action.
 *
 * <p>A path is taken as it comes or refused, by the same rule in a grant and in a check: it begins
 * with one slash and is as {@link Resource} says, so without a slash at its end, empty or dotted
 * segments, path parameters and %-escapes; nor may it hold a query or a fragment. A gateway that
 * decodes or tidies a path must ask for what it calls then. The root, {@code /}, is the resource
 * {@code root:api}, which no pattern of paths covers. Immutable.
 */
public final class ApiPath {
  private static final String TYPE = "api";
  private static final String ROOT = "root";

  private ApiPath() {}

  /**
   * The path that a request asks for.
   *
   * @throws IllegalArgumentException if it is not as described above
   */
  public static Resource of(String path) {
    String rest = rest(path);
    return rest.isEmpty() ? Resource.of(ROOT, TYPE) : Resource.of(TYPE, rest);
  }

  /**
   * The paths that a grant speaks of: {@code *} stands for one segment, a last {@code **} for the
   * rest.
   *
   * @throws IllegalArgumentException if it is not as described above
   */
  public static ResourcePattern pattern(String path) {
    String rest = rest(path);
    return rest.isEmpty() ? ResourcePattern.of(ROOT, TYPE) : ResourcePattern.of(TYPE, rest);
  }

  private static String rest(String path) {
    requireNonNull(path, "path");
    Check.that(
        path.startsWith("/") && path.indexOf('?') < 0 && path.indexOf('#') < 0,
        "path must begin with '/' and hold neither '?' nor '#', was '" + Check.shown(path) + "'");
    return path.substring(1);
  }
}

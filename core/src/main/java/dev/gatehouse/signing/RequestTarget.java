package dev.gatehouse.signing;

import dev.gatehouse.check.Form;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What a request's URI says of path and query, as it goes over the wire: nothing is decoded and
 * nothing put right but an empty path, which is sent as a slash. So {@code %2F} and {@code /},
 * {@code //} and {@code /} stay apart.
 */
final class RequestTarget {
  static final Form ASCII = Form.of("[\\x00-\\x7f]", 0, Integer.MAX_VALUE);

  private RequestTarget() {}

  /**
   * The path, which begins with a slash.
   *
   * @throws dev.gatehouse.error.AuthenticationException with reason {@code MALFORMED} if the URI is
   *     no target: opaque, or relative without a path, or with two slashes in front, behind which
   *     some would read a host and others a path
   */
  static String path(URI uri) {
    @Nullable String path = uri.getRawPath();
    boolean relative = uri.getScheme() == null;
    if (path == null
        || uri.getRawFragment() != null
        || (relative && uri.getRawAuthority() != null)) {
      throw HeaderReader.malformed("the target is neither a URL nor a path");
    }
    boolean root = path.isEmpty() && !relative;
    if (!isAscii(uri) || !(root || path.startsWith("/"))) {
      throw HeaderReader.malformed("the target is not a path in ASCII that begins with a slash");
    }
    return root ? "/" : path;
  }

  /** As long as a character is not escaped, its bytes on the wire are anyone's guess. */
  private static boolean isAscii(URI uri) {
    @Nullable String query = uri.getRawQuery();
    return ASCII.matches(uri.getRawPath()) && (query == null || ASCII.matches(query));
  }

  /** Path and query, as in the first line of a request. */
  static String originForm(URI uri) {
    String path = path(uri);
    return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
  }
}

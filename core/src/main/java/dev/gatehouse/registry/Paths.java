package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/** The rule for a path and query on a server. */
final class Paths {
  private static final Pattern CHARS = Pattern.compile("[!-~]*");

  private Paths() {}

  /** Its query, which may be secret, is not shown. */
  static String valid(String path, String what) {
    requireNonNull(path, what);
    Check.range(path.length(), 1, Service.MAX_URI, "length of " + what);
    Check.that(
        path.startsWith("/"), () -> what + " must start with '/', was '" + shown(path) + "'");
    Check.that(
        path.indexOf('#') < 0, () -> what + " must not hold a fragment, was '" + shown(path) + "'");
    Check.that(
        CHARS.matcher(path).matches() && isUri(path),
        () -> what + " must be a percent-encoded path and query, was '" + shown(path) + "'");
    return path;
  }

  private static boolean isUri(String path) {
    try {
      return new URI("http://host" + path).getRawPath() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static String shown(String path) {
    int query = path.indexOf('?');
    return Check.shown(query < 0 ? path : path.substring(0, query) + "?...");
  }
}

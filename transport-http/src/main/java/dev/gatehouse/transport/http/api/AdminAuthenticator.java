package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * Tells which administrator sent a request, for the routes that register third parties, change keys
 * and grants, or read and write the audit log. A host whose server authenticates people gives one
 * that looks at what that left in the headers.
 *
 * <p>Called on the server's thread for each such request, before the body is read; may block. What
 * it throws is logged, and refuses the request. Safe for use by multiple threads.
 */
@FunctionalInterface
public interface AdminAuthenticator {
  /** Nobody is an administrator: those routes are closed. */
  AdminAuthenticator NOBODY = headers -> Optional.empty();

  /**
   * Everybody is, under the name {@code anonymous}: for servers that only trusted parties reach. It
   * proves nobody to a gate that is on.
   */
  AdminAuthenticator EVERYBODY = headers -> Optional.of(Call.ANONYMOUS);

  /**
   * The name of the administrator, 1..256 characters, which goes into audit records.
   *
   * @param headers of the request
   * @return empty if it is none
   */
  Optional<String> administrator(Headers headers);

  /**
   * Whoever sends the token, as {@code Authorization: Bearer TOKEN} or {@code X-Admin-Token:
   * TOKEN}, is {@code admin}. How long the comparison takes tells nothing about the token. Of one
   * with less than 16 characters, which can be tried out, a warning is logged.
   *
   * @param token 1..1,024 visible ASCII characters
   */
  static AdminAuthenticator token(String token) {
    requireNonNull(token, "token");
    Check.range(token.length(), 1, 1_024, "length of token");
    Check.that(
        token.chars().allMatch(c -> c > ' ' && c < 0x7f), "token must be visible ASCII characters");
    if (token.length() < 16) {
      LoggerFactory.getLogger(AdminAuthenticator.class)
          .warn("The administrators' token has {} characters only", token.length());
    }
    byte[] expected = digest(token);
    return headers -> {
      boolean equal = false;
      for (String given : given(headers)) {
        equal |= MessageDigest.isEqual(expected, digest(given));
      }
      return equal ? Optional.of("admin") : Optional.empty();
    };
  }

  private static List<String> given(Headers headers) {
    List<String> bearer =
        headers.all("Authorization").stream()
            .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
            .map(value -> value.substring(7).strip())
            .toList();
    return bearer.isEmpty() ? headers.all("X-Admin-Token") : bearer;
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

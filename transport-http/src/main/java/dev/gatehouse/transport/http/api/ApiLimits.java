package dev.gatehouse.transport.http.api;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Request;
import java.time.Duration;

/**
 * What the API takes at most, whatever the server before it takes. JSON has limits of its own:
 * nesting 64, strings of 262,144 characters, numbers of 1,000 digits, no repeated names. Immutable.
 *
 * @param headerBytes of all names and values together, 1,024..262,144; default 32,768. There are
 *     128 fields at most in any case
 * @param targetChars of path and query, 256..65,536; default 8,192
 * @param bodyBytes of a request's body, 1..1,048,576; default 1,048,576
 * @param bodyTime from the head to the end of the body, 1 ms to 10 min; default 10 s
 */
public record ApiLimits(int headerBytes, int targetChars, int bodyBytes, Duration bodyTime) {
  /** The defaults. */
  public static final ApiLimits DEFAULT =
      new ApiLimits(32 << 10, 8 << 10, Request.MAX_BODY, Duration.ofSeconds(10));

  /** Checks each figure. */
  public ApiLimits {
    Check.range(headerBytes, 1 << 10, 256 << 10, "headerBytes");
    Check.range(targetChars, 256, 64 << 10, "targetChars");
    Check.range(bodyBytes, 1, Request.MAX_BODY, "bodyBytes");
    Check.range(bodyTime, Duration.ofMillis(1), Duration.ofMinutes(10), "bodyTime");
  }

  /** These limits with another length of bodies, as a text such as {@code 512KB} tells it. */
  public ApiLimits bodySize(String text) {
    long bytes = SizeText.bytes(text);
    return new ApiLimits(
        headerBytes,
        targetChars,
        (int) Check.range(bytes, 1, Request.MAX_BODY, "body size"),
        bodyTime);
  }

  /** These limits with another time for bodies. */
  public ApiLimits bodyTime(Duration value) {
    return new ApiLimits(headerBytes, targetChars, bodyBytes, value);
  }
}

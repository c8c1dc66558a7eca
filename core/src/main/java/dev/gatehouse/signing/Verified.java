package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.transport.Request;

/**
 * A request that was proven. Take what it says from here, so that what is read is what was
 * verified. Immutable.
 *
 * @param application whose request it is; it was enabled
 * @param request the request as it came, of which the scheme says how much was signed
 */
public record Verified(Application application, Request request) {
  /** What a verifier found. */
  public Verified {
    requireNonNull(application, "application");
    requireNonNull(request, "request");
  }

  /**
   * The body read as JSON: strict RFC 8259 in UTF-8 of at most 1 MiB, nesting 64, strings of 256
   * KiB, numbers of 1,000 digits; names must not be repeated in an object, since of two values one
   * reader takes the first and another the last. Numbers keep every digit.
   *
   * @throws IllegalArgumentException if the body is not that; where, but not what it says
   */
  public JsonNode json() {
    return Json.parse(request.body(), "body");
  }
}

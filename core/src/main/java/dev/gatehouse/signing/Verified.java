package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

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
   * reader takes the first and another the last.
   *
   * @param type what it becomes, as Jackson makes it of JSON: a record of the host's, say, or a
   *     {@code Map}. It must know every name that occurs, and the body must name all of a record's
   *     components; no value becomes one of another kind, {@code 1.5} no 1, {@code "1"} no 1, and
   *     null no 0. If it is in a module, that must open its package to {@code
   *     com.fasterxml.jackson.databind}
   * @throws IllegalArgumentException if the body is not that; it does not tell what it says
   * @throws IllegalStateException if the type cannot be made of JSON at all
   */
  public <T> T json(Class<T> type) {
    return Json.read(request.body(), requireNonNull(type, "type"), "body");
  }
}

package dev.gatehouse.transport.http.api;

import dev.gatehouse.check.Form;
import dev.gatehouse.transport.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Method, headers and path of a request, judged.
 *
 * @param declared the length that the body is said to have, or {@link BodyReader#UNKNOWN}
 */
record Head(String method, Headers headers, RequestPath path, long declared) {
  private static final Form METHOD = Form.of("[A-Z]", 1, 16);
  private static final Form LENGTH = Form.of("[0-9]", 1, 18);

  /**
   * Judges the head of a request.
   *
   * @throws RefusedException if it breaks a rule
   */
  static Head of(ApiRequest request, ApiLimits limits) {
    if (!METHOD.matches(request.method())) {
      throw malformed("the method is not 1..16 capital letters");
    }
    if (request.target().length() > limits.targetChars()) {
      throw new RefusedException(
          Refusal.TARGET_TOO_LONG,
          "the target has more than " + limits.targetChars() + " characters");
    }
    RequestPath path = RequestPath.of(request.target());
    Headers headers = headers(request.headers(), limits);
    return new Head(request.method(), headers, path, declared(headers));
  }

  private static Headers headers(Map<String, List<String>> given, ApiLimits limits) {
    long bytes = 0;
    List<Headers.Field> fields = new ArrayList<>();
    for (Map.Entry<String, List<String>> entry : given.entrySet()) {
      for (String value : entry.getValue()) {
        bytes += entry.getKey().length() + (long) value.length();
        if (bytes > limits.headerBytes()) {
          throw tooLarge("the headers have more than " + limits.headerBytes() + " bytes");
        }
        fields.add(field(entry.getKey(), value));
      }
    }
    try {
      return Headers.of(fields);
    } catch (IllegalArgumentException e) {
      throw tooLarge(String.valueOf(e.getMessage()));
    }
  }

  private static Headers.Field field(String name, String value) {
    try {
      return new Headers.Field(name, value);
    } catch (IllegalArgumentException e) {
      throw malformed("a header is not what HTTP allows");
    }
  }

  private static long declared(Headers headers) {
    List<String> lengths = headers.all("Content-Length");
    boolean chunked = headers.first("Transfer-Encoding").isPresent();
    if (lengths.size() > 1 || (chunked && !lengths.isEmpty())) {
      throw malformed("the length of the body is told twice");
    }
    String encoding = headers.first("Content-Encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw new RefusedException(Refusal.ENCODED, "the body is encoded");
    }
    if (lengths.isEmpty()) {
      return chunked ? BodyReader.UNKNOWN : 0;
    }
    if (!LENGTH.matches(lengths.get(0))) {
      throw malformed("the length of the body is not a number");
    }
    return Long.parseLong(lengths.get(0));
  }

  private static RefusedException malformed(String why) {
    return new RefusedException(Refusal.MALFORMED_REQUEST, why);
  }

  private static RefusedException tooLarge(String why) {
    return new RefusedException(Refusal.HEADERS_TOO_LARGE, why);
  }
}

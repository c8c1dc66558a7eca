package dev.gatehouse.signing;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.transport.Headers;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads the headers of the FATE schemes. Names are alike whatever their case and with {@code -} in
 * place of {@code _}, as to the servers that upstream runs on.
 */
final class FateHeaders {
  private FateHeaders() {}

  /** The values of all fields of that name, in whichever spelling. */
  static List<String> all(Headers headers, String name) {
    return headers.fields().stream()
        .filter(field -> field.name().replace('-', '_').equalsIgnoreCase(name))
        .map(Headers.Field::value)
        .toList();
  }

  /** The value of the field of that name, empty text if there is none. */
  static String atMostOne(Headers headers, String name) {
    List<String> values = all(headers, name);
    if (values.size() > 1) {
      throw malformed("header " + name + " occurs more than once");
    }
    return values.isEmpty() ? "" : values.get(0);
  }

  /** The value of the one field of that name. */
  static String one(Headers headers, String name, Pattern form) {
    String value = atMostOne(headers, name);
    if (value.isEmpty()) {
      throw malformed("header " + name + " is missing or empty");
    }
    if (!form.matcher(value).matches()) {
      throw malformed("header " + name + " is not of the form that the scheme demands");
    }
    return value;
  }

  /** What the one field of that name holds in Base64; of two texts for the same bytes, one. */
  static byte[] base64(Headers headers, String name, Pattern form) {
    String value = one(headers, name, form);
    try {
      byte[] bytes = Base64.getDecoder().decode(value);
      if (Base64.getEncoder().encodeToString(bytes).equals(value)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw malformed("header " + name + " is not Base64");
    }
    throw malformed("header " + name + " is not Base64 as it is written by the rules");
  }

  static AuthenticationException malformed(String message) {
    return new AuthenticationException(Reason.MALFORMED, message);
  }
}

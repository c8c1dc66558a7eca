package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A form as FATE signs it: its fields in order of their names, percent-encoded but for the
 * unreserved characters of RFC 3986. Upstream leaves all but the first field of a name unsigned;
 * here a form that repeats a name is refused.
 */
final class FateForm {
  /** Most fields, as upstream's server has it. */
  static final int MAX_FIELDS = 1_000;

  private static final String TYPE = "application/x-www-form-urlencoded";
  private static final String UNRESERVED = "-._~";
  private static final String HEX = "0123456789ABCDEF";

  private FateForm() {}

  /**
   * Whether the headers announce a form.
   *
   * @throws IllegalArgumentException if they announce more than one thing
   */
  static boolean isForm(Headers headers) {
    List<String> types = headers.allAlike("content_type");
    Check.that(types.size() <= 1, "header Content-Type must not occur more than once");
    return types.stream()
        .map(type -> type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
        .anyMatch(TYPE::equals);
  }

  /**
   * The ASCII text that is signed for a form.
   *
   * @throws IllegalArgumentException if the form is ill-formed, repeats a name or has too many
   *     fields
   */
  static String sorted(byte[] form) {
    Map<byte[], byte[]> fields = new TreeMap<>(Arrays::compareUnsigned);
    for (String field : new String(form, StandardCharsets.ISO_8859_1).split("&", -1)) {
      if (field.isEmpty()) {
        continue;
      }
      int equals = field.indexOf('=');
      byte[] name = decode(equals < 0 ? field : field.substring(0, equals));
      byte[] value = decode(equals < 0 ? "" : field.substring(equals + 1));
      Check.that(fields.put(name, value) == null, "a form must not repeat a name");
      Check.that(fields.size() <= MAX_FIELDS, "a form must have at most " + MAX_FIELDS + " fields");
    }
    StringBuilder out = new StringBuilder(form.length * 2);
    fields.forEach(
        (name, value) -> {
          out.append(out.isEmpty() ? "" : "&");
          encode(name, out);
          encode(value, out.append('='));
        });
    return out.toString();
  }

  private static byte[] decode(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        out.write(c == '+' ? ' ' : c);
        continue;
      }
      int high = i + 2 < text.length() ? digit(text.charAt(i + 1)) : -1;
      int low = i + 2 < text.length() ? digit(text.charAt(i + 2)) : -1;
      Check.that(high >= 0 && low >= 0, "a form must have two hex digits after a percent sign");
      out.write((high << 4) | low);
      i += 2;
    }
    byte[] bytes = out.toByteArray();
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a form must be in UTF-8", e);
    }
    return bytes;
  }

  /** The value of an ASCII hex digit; -1 of anything else. */
  private static int digit(char c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }

  private static void encode(byte[] bytes, StringBuilder out) {
    for (byte b : bytes) {
      if (isUnreserved(b)) {
        out.append((char) b);
      } else {
        out.append('%').append(HEX.charAt((b >> 4) & 0xf)).append(HEX.charAt(b & 0xf));
      }
    }
  }

  private static boolean isUnreserved(byte b) {
    return (b >= 'a' && b <= 'z')
        || (b >= 'A' && b <= 'Z')
        || (b >= '0' && b <= '9')
        || UNRESERVED.indexOf(b) >= 0;
  }
}

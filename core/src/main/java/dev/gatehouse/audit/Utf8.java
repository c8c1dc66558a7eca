package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** UTF-8 without replacement characters: what cannot be told in it is refused. */
final class Utf8 {
  private Utf8() {}

  /** The text, of at most that many bytes. */
  static String checked(String text, int maxBytes, String name) {
    requireNonNull(text, name);
    int bytes = text.length() > maxBytes ? text.length() : length(text, name);
    if (bytes > maxBytes) {
      throw new IllegalArgumentException(
          name + " must have at most " + maxBytes + " bytes of UTF-8, had " + bytes + " or more");
    }
    return text;
  }

  private static int length(String text, String name) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return encode(text, name).length;
      }
    }
    return text.length();
  }

  static byte[] encode(String text, String name) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      return copy;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          name + " must be well-formed Unicode, held a lone surrogate", e);
    }
  }
}

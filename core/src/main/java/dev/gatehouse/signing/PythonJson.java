package dev.gatehouse.signing;

import com.fasterxml.jackson.core.io.NumberOutput;
import dev.gatehouse.check.Check;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * JSON as Python writes what it read: {@code json.dumps(json.loads(body))} with nothing set. That
 * is ASCII with a blank after each comma and colon; members in the order in which they came, one
 * that is repeated with its last value at its first place; integers as they are, all other numbers
 * as the shortest decimal that reads back as the same double. As Python does, it takes {@code NaN},
 * {@code Infinity}, {@code -Infinity}, halves of surrogate pairs written as escapes, and a byte
 * order mark of UTF-8.
 *
 * <p>Python takes more than is taken here: it also reads UTF-16, UTF-32 and surrogates encoded in
 * UTF-8; it nests deeper than {@value #MAX_DEPTH}, to an end that depends on its stack; and whether
 * it takes a number of more than {@value #MAX_DIGITS} digits depends on its version. Such documents
 * are refused rather than read differently.
 *
 * <p>It has its own reader, since two readers that differ on one document are two meanings under
 * one signature: Jackson takes digits of an escape by their low bytes and refuses half a surrogate
 * pair in a name. Not safe: one object reads one document.
 */
final class PythonJson {
  /** Deepest nesting of objects and arrays. */
  static final int MAX_DEPTH = 500;

  /** Most digits of a number, those of its exponent among them. */
  static final int MAX_DIGITS = 4_300;

  private static final String LIMITS =
      "JSON must nest at most "
          + MAX_DEPTH
          + " deep and hold no number of more than "
          + MAX_DIGITS
          + " digits";
  private static final String HEX = "0123456789abcdef";
  private static final int MARK_LENGTH = 3;

  private static final String ESCAPES = "\"\\/bfnrt";
  private static final String ESCAPED = "\"\\/\b\f\n\r\t";

  private final String text;
  private int at;
  private int depth;

  private PythonJson(String text) {
    this.text = text;
  }

  /** Says that Python cannot read the document. */
  private static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadableException() {
      super("not JSON as Python reads it", null, false, false);
    }
  }

  /**
   * The ASCII text of what Python would write; empty if Python cannot read the document.
   *
   * @throws IllegalArgumentException if Python might read it and this class does not
   */
  static Optional<String> rewrite(byte[] document) {
    Check.that(!isWide(document), "JSON must be in UTF-8, and began as UTF-16 or UTF-32 does");
    String text;
    try {
      text = decode(document);
    } catch (CharacterCodingException e) {
      Check.that(
          !holdsSurrogate(document), "JSON must not hold surrogates encoded in UTF-8, held one");
      return Optional.empty();
    }
    try {
      Object value = new PythonJson(text).document();
      StringBuilder out = new StringBuilder(text.length() + text.length() / 4);
      write(value, out);
      return Optional.of(out.toString());
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }

  /** Whether Python would take the document for UTF-16 or UTF-32, or nearly so. */
  private static boolean isWide(byte[] document) {
    if (document.length < 2) {
      return false;
    }
    int start = ((document[0] & 0xff) << 8) | (document[1] & 0xff);
    return document[0] == 0 || document[1] == 0 || start == 0xfeff || start == 0xfffe;
  }

  private static String decode(byte[] document) throws CharacterCodingException {
    boolean marked =
        document.length >= MARK_LENGTH
            && document[0] == (byte) 0xef
            && document[1] == (byte) 0xbb
            && document[2] == (byte) 0xbf;
    int start = marked ? MARK_LENGTH : 0;
    return StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(document, start, document.length - start))
        .toString();
  }

  private static boolean holdsSurrogate(byte[] document) {
    for (int i = 0; i + 2 < document.length; i++) {
      if (document[i] == (byte) 0xed
          && (document[i + 1] & 0xe0) == 0xa0
          && (document[i + 2] & 0xc0) == 0x80) {
        return true;
      }
    }
    return false;
  }

  private Object document() throws UnreadableException {
    skipBlanks();
    Object value = value();
    skipBlanks();
    if (at < text.length()) {
      throw new UnreadableException();
    }
    return value;
  }

  /** The value that begins here: a map, a list, or the text of anything else as it is written. */
  private Object value() throws UnreadableException {
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> quoted(string());
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      case 'N' -> literal("NaN");
      case 'I' -> literal("Infinity");
      default -> text.startsWith("-I", at) ? literal("-Infinity") : number();
    };
  }

  private Map<String, Object> object() throws UnreadableException {
    Map<String, Object> members = new LinkedHashMap<>();
    if (opens('}')) {
      return members;
    }
    do {
      skipBlanks();
      String name = string();
      skipBlanks();
      take(':');
      skipBlanks();
      members.put(name, value());
      skipBlanks();
    } while (goesOn('}'));
    return members;
  }

  private List<Object> array() throws UnreadableException {
    List<Object> elements = new ArrayList<>();
    if (opens(']')) {
      return elements;
    }
    do {
      skipBlanks();
      elements.add(value());
      skipBlanks();
    } while (goesOn(']'));
    return elements;
  }

  /** Enters an object or array; whether it ends at once. */
  private boolean opens(char end) throws UnreadableException {
    depth++;
    Check.that(depth <= MAX_DEPTH, LIMITS);
    at++;
    skipBlanks();
    return peek() == end && !goesOn(end);
  }

  /** Takes the comma before the next entry, or the end. */
  private boolean goesOn(char end) throws UnreadableException {
    if (peek() == ',') {
      at++;
      return true;
    }
    take(end);
    depth--;
    return false;
  }

  /** The string that begins here, without its quotes and escapes. */
  private String string() throws UnreadableException {
    take('"');
    String run = run();
    if (skip('"')) {
      return run;
    }
    StringBuilder out = new StringBuilder(run);
    do {
      take('\\');
      out.append(escaped()).append(run());
    } while (!skip('"'));
    return out.toString();
  }

  /** What stands before the next quote, escape, control character or end. */
  private String run() {
    int start = at;
    for (char c = peek(); c >= ' ' && c != '"' && c != '\\'; c = peek()) {
      at++;
    }
    return text.substring(start, at);
  }

  private char escaped() throws UnreadableException {
    char kind = peek();
    at++;
    if (kind != 'u') {
      int index = ESCAPES.indexOf(kind);
      if (index < 0) {
        throw new UnreadableException();
      }
      return ESCAPED.charAt(index);
    }
    int unit = 0;
    for (int i = 0; i < 4; i++) {
      char c = peek();
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw new UnreadableException();
      }
      unit = (unit << 4) | digit;
      at++;
    }
    return (char) unit;
  }

  private String literal(String word) throws UnreadableException {
    if (!text.startsWith(word, at)) {
      throw new UnreadableException();
    }
    at += word.length();
    return word;
  }

  private String number() throws UnreadableException {
    int start = at;
    skip('-');
    if (!isDigit(peek())) {
      throw new UnreadableException();
    }
    if (!skip('0')) {
      skipDigits();
    }
    boolean isWhole = true;
    if (skip('.')) {
      isWhole = false;
      skipDigits();
    }
    if (skip('e') || skip('E')) {
      isWhole = false;
      if (!skip('+')) {
        skip('-');
      }
      skipDigits();
    }
    String number = text.substring(start, at);
    boolean isShort =
        number.length() <= MAX_DIGITS
            || number.chars().filter(PythonJson::isDigit).count() <= MAX_DIGITS;
    Check.that(isShort, LIMITS);
    if (isWhole) {
      return number.equals("-0") ? "0" : number;
    }
    return decimal(Double.parseDouble(number));
  }

  private void skipDigits() throws UnreadableException {
    if (!isDigit(peek())) {
      throw new UnreadableException();
    }
    while (isDigit(peek())) {
      at++;
    }
  }

  private void skipBlanks() {
    for (char c = peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek()) {
      at++;
    }
  }

  private boolean skip(char expected) {
    boolean found = peek() == expected;
    at += found ? 1 : 0;
    return found;
  }

  private void take(char expected) throws UnreadableException {
    if (!skip(expected)) {
      throw new UnreadableException();
    }
  }

  /** The next char; at the end NUL, which can stand nowhere in JSON. */
  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private static String quoted(String value) {
    StringBuilder out = new StringBuilder(value.length() + 2);
    quote(value, out);
    return out.toString();
  }

  private static void quote(String value, StringBuilder out) {
    out.append('"');
    int start = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ' || c > '~' || c == '"' || c == '\\') {
        escape(c, out.append(value, start, i));
        start = i + 1;
      }
    }
    out.append(value, start, value.length()).append('"');
  }

  private static void escape(char c, StringBuilder out) {
    switch (c) {
      case '"', '\\' -> out.append('\\').append(c);
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          out.append(HEX.charAt((c >> shift) & 0xf));
        }
      }
    }
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  /** As Python's {@code repr}. */
  private static String decimal(double value) {
    if (value == 0 || Double.isInfinite(value)) {
      return Double.toString(value);
    }
    BigDecimal shortest = shortest(value).stripTrailingZeros();
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    if (exponent >= -4 && exponent < 16) {
      String plain = shortest.toPlainString();
      return shortest.scale() > 0 ? plain : plain + ".0";
    }
    int size = Math.abs(exponent);
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() == 1 ? "" : "." + digits.substring(1))
        + (exponent < 0 ? "e-" : "e+")
        + (size < 10 ? "0" : "")
        + size;
  }

  /**
   * The shortest decimal that reads back as that double, and of those the closest to it. {@link
   * Double#toString(double)} gives it as of JDK 19 only; the same algorithm is used on all. It
   * never gives less than two digits, which among the smallest doubles may be one too many.
   */
  private static BigDecimal shortest(double value) {
    BigDecimal shortest = new BigDecimal(NumberOutput.toString(value, true));
    if (Math.abs(value) < Double.MIN_NORMAL) {
      BigDecimal shorter = shortest.round(new MathContext(1));
      return shorter.doubleValue() == value ? shorter : shortest;
    }
    return shortest;
  }

  private static void write(Object value, StringBuilder out) {
    if (value instanceof Map<?, ?> members) {
      String before = "{";
      for (Map.Entry<?, ?> member : members.entrySet()) {
        out.append(before);
        quote((String) member.getKey(), out);
        write(member.getValue(), out.append(": "));
        before = ", ";
      }
      out.append(members.isEmpty() ? "{}" : "}");
    } else if (value instanceof List<?> elements) {
      String before = "[";
      for (Object element : elements) {
        write(element, out.append(before));
        before = ", ";
      }
      out.append(elements.isEmpty() ? "[]" : "]");
    } else {
      out.append((String) value);
    }
  }
}

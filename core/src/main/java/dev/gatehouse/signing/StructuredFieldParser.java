package dev.gatehouse.signing;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.signing.StructuredField.InnerList;
import dev.gatehouse.signing.StructuredField.Item;
import dev.gatehouse.signing.StructuredField.Member;
import dev.gatehouse.signing.StructuredField.Token;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses structured fields as RFC 8941, section 4.2, has it. It is stricter in three things that
 * would let two texts stand for one value, which the RFC suffers for the sake of old software: keys
 * that occur twice, Base64 that is not padded or has bits too many, and numbers with leading zeros
 * or {@code -0} are refused. Dates and display strings, which RFC 9651 adds, occur in none of the
 * fields that are read here. Not safe: confine to one thread.
 */
final class StructuredFieldParser {
  private static final int MAX_INTEGER_DIGITS = 15;
  private static final int MAX_WHOLE_DIGITS = 12;
  private static final int MAX_FRACTION_DIGITS = 3;

  private static final char END = '\0';

  private final String text;
  private final String name;
  private int at;

  private StructuredFieldParser(String text, String name) {
    this.text = text;
    this.name = name;
  }

  /**
   * The members of a dictionary in their order.
   *
   * @param name of the field, for messages
   * @throws AuthenticationException with reason {@code MALFORMED} if it is none
   */
  static Map<String, Member> dictionary(String text, String name) {
    StructuredFieldParser parser = new StructuredFieldParser(text, name);
    parser.skipSpaces();
    Map<String, Member> members = parser.members();
    return Collections.unmodifiableMap(members);
  }

  /**
   * An item.
   *
   * @throws AuthenticationException with reason {@code MALFORMED} if it is none
   */
  static Item item(String text, String name) {
    StructuredFieldParser parser = new StructuredFieldParser(text, name);
    parser.skipSpaces();
    Item item = parser.item();
    parser.skipSpaces();
    if (parser.at < text.length()) {
      throw parser.malformed("goes on after its end");
    }
    return item;
  }

  private Map<String, Member> members() {
    Map<String, Member> members = new LinkedHashMap<>();
    while (at < text.length()) {
      String key = key();
      Member member = skip('=') ? member() : new Item(true, parameters());
      if (members.put(key, member) != null) {
        throw malformed("holds a key twice");
      }
      skipBlanks();
      if (at == text.length()) {
        return members;
      }
      expect(',');
      skipBlanks();
      if (at == text.length()) {
        throw malformed("ends with a comma");
      }
    }
    return members;
  }

  private Member member() {
    return peek() == '(' ? innerList() : item();
  }

  private InnerList innerList() {
    expect('(');
    List<Item> items = new ArrayList<>();
    while (true) {
      skipSpaces();
      if (skip(')')) {
        return new InnerList(List.copyOf(items), parameters());
      }
      items.add(item());
      if (peek() != ' ' && peek() != ')') {
        throw malformed("holds an inner list without blanks between its items");
      }
    }
  }

  private Item item() {
    Object value = bare();
    return new Item(value, parameters());
  }

  private Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    while (skip(';')) {
      skipSpaces();
      String key = key();
      Object value = skip('=') ? bare() : true;
      if (parameters.put(key, value) != null) {
        throw malformed("holds a parameter twice");
      }
    }
    return Collections.unmodifiableMap(parameters);
  }

  private String key() {
    int start = at;
    char first = peek();
    if (!isLower(first) && first != '*') {
      throw malformed("holds what should be a key and is none");
    }
    while (isLower(peek()) || isDigit(peek()) || "_-.*".indexOf(peek()) >= 0) {
      at++;
    }
    return text.substring(start, at);
  }

  private Object bare() {
    char first = peek();
    if (first == '-' || isDigit(first)) {
      return number();
    }
    return switch (first) {
      case '"' -> string();
      case ':' -> bytes();
      case '?' -> flag();
      default -> token();
    };
  }

  private Object number() {
    int start = at;
    boolean negative = skip('-');
    int whole = digits();
    boolean leadingZero = whole > 1 && text.charAt(at - whole) == '0';
    if (whole == 0 || leadingZero) {
      throw malformed("holds what should be a number and is none");
    }
    if (!skip('.')) {
      String digits = text.substring(start, at);
      if (whole > MAX_INTEGER_DIGITS || digits.equals("-0")) {
        throw malformed("holds an integer that is too long, or -0");
      }
      return Long.parseLong(digits);
    }
    int fraction = digits();
    if (whole > MAX_WHOLE_DIGITS || fraction == 0 || fraction > MAX_FRACTION_DIGITS) {
      throw malformed("holds a decimal that is not of 1..12 and 1..3 digits");
    }
    BigDecimal decimal = new BigDecimal(text.substring(start, at));
    if (negative && decimal.signum() == 0) {
      throw malformed("holds a -0");
    }
    return decimal;
  }

  private int digits() {
    int start = at;
    while (isDigit(peek())) {
      at++;
    }
    return at - start;
  }

  private String string() {
    expect('"');
    StringBuilder string = new StringBuilder();
    while (!skip('"')) {
      char c = next();
      if (c == '\\') {
        c = next();
        if (c != '"' && c != '\\') {
          throw malformed("holds a string that escapes what needs no escape");
        }
      }
      if (c < ' ' || c > '~') {
        throw malformed("holds a string that does not end, or is not of printable ASCII");
      }
      string.append(c);
    }
    return string.toString();
  }

  private Token token() {
    int start = at;
    if (!isLetter(peek()) && peek() != '*') {
      throw malformed("holds what should be a value and is none");
    }
    while (isLetter(peek()) || isDigit(peek()) || "!#$%&'*+-.^_`|~:/".indexOf(peek()) >= 0) {
      at++;
    }
    return new Token(text.substring(start, at));
  }

  private byte[] bytes() {
    expect(':');
    int end = text.indexOf(':', at);
    String encoded = end < 0 ? "?" : text.substring(at, end);
    at = end + 1;
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      throw malformed("holds bytes that are not in Base64");
    }
    if (!Base64.getEncoder().encodeToString(bytes).equals(encoded)) {
      throw malformed("holds bytes not in the one Base64 that they have");
    }
    return bytes;
  }

  private Boolean flag() {
    expect('?');
    char c = next();
    if (c != '0' && c != '1') {
      throw malformed("holds a boolean that is neither ?0 nor ?1");
    }
    return c == '1';
  }

  /** The next character; what ends the text stands for its end, and is no character of a field. */
  private char peek() {
    return at < text.length() ? text.charAt(at) : END;
  }

  private char next() {
    char c = peek();
    at++;
    return c;
  }

  private boolean skip(char c) {
    boolean there = at < text.length() && text.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private void expect(char c) {
    if (!skip(c)) {
      throw malformed("lacks a '" + c + "'");
    }
  }

  private void skipSpaces() {
    while (peek() == ' ') {
      at++;
    }
  }

  private void skipBlanks() {
    while (peek() == ' ' || peek() == '\t') {
      at++;
    }
  }

  private static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isLetter(char c) {
    return isLower(c) || (c >= 'A' && c <= 'Z');
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private AuthenticationException malformed(String what) {
    return HeaderReader.malformed("field " + name + " " + what);
  }
}

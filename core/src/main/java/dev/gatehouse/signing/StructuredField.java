package dev.gatehouse.signing;

import java.math.BigDecimal;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Values of structured fields, RFC 8941, and their one serialization. Bare values are {@link Long},
 * {@link BigDecimal}, {@link String}, {@link Token}, {@code byte[]} and {@link Boolean}.
 */
final class StructuredField {
  private StructuredField() {}

  /** What a list or dictionary is made of. */
  sealed interface Member permits Item, InnerList {}

  /** A bare value with its parameters in their order. */
  record Item(Object value, Map<String, Object> parameters) implements Member {}

  /** A list within a member. */
  record InnerList(List<Item> items, Map<String, Object> parameters) implements Member {}

  /** A short text that stands without quotes. */
  record Token(String text) {}

  /** The serialization of a member, RFC 8941 section 4.1. */
  static String text(Member member) {
    StringBuilder text = new StringBuilder();
    append(member, text);
    return text.toString();
  }

  private static void append(Member member, StringBuilder text) {
    if (member instanceof InnerList list) {
      text.append('(');
      for (int i = 0; i < list.items().size(); i++) {
        text.append(i == 0 ? "" : " ");
        append(list.items().get(i), text);
      }
      text.append(')');
      appendParameters(list.parameters(), text);
    } else if (member instanceof Item item) {
      appendBare(item.value(), text);
      appendParameters(item.parameters(), text);
    }
  }

  private static void appendParameters(Map<String, Object> parameters, StringBuilder text) {
    parameters.forEach(
        (key, value) -> {
          text.append(';').append(key);
          if (!Boolean.TRUE.equals(value)) {
            text.append('=');
            appendBare(value, text);
          }
        });
  }

  private static void appendBare(Object value, StringBuilder text) {
    if (value instanceof String string) {
      text.append('"').append(string.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
    } else if (value instanceof byte[] bytes) {
      text.append(':').append(Base64.getEncoder().encodeToString(bytes)).append(':');
    } else if (value instanceof Boolean flag) {
      text.append(flag ? "?1" : "?0");
    } else if (value instanceof BigDecimal decimal) {
      BigDecimal shortest = decimal.stripTrailingZeros();
      text.append(shortest.setScale(Math.max(1, shortest.scale())).toPlainString());
    } else if (value instanceof Token token) {
      text.append(token.text());
    } else {
      text.append(value);
    }
  }
}

package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Reads the members of a JSON object; null is as good as absent. Immutable. */
final class Fields {
  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,18}");

  private final JsonNode object;

  Fields(JsonNode object) {
    this.object = object;
  }

  /** The member, whatever it is. */
  Optional<JsonNode> find(String name) {
    JsonNode node = object.path(name);
    return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
  }

  /** A text, if there is one. */
  Optional<String> findText(String name) {
    return find(name)
        .map(
            node -> {
              require(node.isTextual(), name + " must be a string");
              return node.textValue();
            });
  }

  /** A text that must be there. */
  String text(String name) {
    return findText(name).orElseThrow(() -> invalid(name + " must be given"));
  }

  /** A whole number, if there is one. */
  OptionalInt findInt(String name, int min, int max) {
    Optional<JsonNode> found = find(name);
    if (found.isEmpty()) {
      return OptionalInt.empty();
    }
    JsonNode node = found.get();
    require(
        node.isIntegralNumber()
            && node.canConvertToInt()
            && node.intValue() >= min
            && node.intValue() <= max,
        name + " must be a whole number in " + min + ".." + max);
    return OptionalInt.of(node.intValue());
  }

  /** Whether a member is true; absent is false. */
  boolean flag(String name) {
    Optional<JsonNode> found = find(name);
    require(found.map(JsonNode::isBoolean).orElse(true), name + " must be true or false");
    return found.map(JsonNode::booleanValue).orElse(false);
  }

  /** A positive number, or a text of one; empty if it is there and is no such thing. */
  OptionalLong id(String name) {
    return idOf(find(name).map(JsonNode::asText).orElse(""));
  }

  /** As {@link #id(String)}, of a text. */
  static OptionalLong idOf(String text) {
    if (!NUMBER.matcher(text).matches()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** What the sender gave, shortened, for an answer that repeats it. */
  String shown(String name) {
    return Check.shown(find(name).map(JsonNode::asText).orElse(""));
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw invalid(otherwise);
    }
  }

  static RefusedException invalid(String why) {
    return new RefusedException(Refusal.INVALID, why);
  }
}

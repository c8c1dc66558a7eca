package dev.gatehouse.hook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a hook answered. Only the integer 0 passes: {@code false}, {@code "0"}, {@code 0.0} and no
 * code at all do not.
 */
record HookAnswer(JsonNode json) {
  private static final int MAX_MESSAGE = 1_000;

  boolean passes() {
    return code().orElse(-1) == 0;
  }

  /** The code, if it is an integer. */
  OptionalInt code() {
    JsonNode code = json.path("code");
    return code.isIntegralNumber() && code.canConvertToInt()
        ? OptionalInt.of(code.intValue())
        : OptionalInt.empty();
  }

  /** The message, of 1,000 characters at most and without control characters. */
  Optional<String> message() {
    JsonNode message = json.path("msg");
    if (!message.isTextual()) {
      return Optional.empty();
    }
    String text = message.textValue();
    String cut = text.length() > MAX_MESSAGE ? text.substring(0, MAX_MESSAGE) : text;
    return Optional.of(cut.replaceAll("\\p{Cntrl}", "?"));
  }

  /** {@code data}, as FATE Flow reads it, else {@code site_signature}, as its documents say. */
  Optional<String> signature() {
    JsonNode data = json.path("data");
    JsonNode signature = data.isMissingNode() ? json.path("site_signature") : data;
    return signature.isTextual() && !signature.textValue().isEmpty()
        ? Optional.of(signature.textValue())
        : Optional.empty();
  }

  /** Code and message, and nothing else, which may be secret. */
  @Override
  public String toString() {
    return "{code: "
        + (code().isPresent() ? code().getAsInt() : "none")
        + message().map(text -> ", msg: " + Check.shown(text)).orElse("")
        + "}";
  }
}

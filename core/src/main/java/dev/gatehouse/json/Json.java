package dev.gatehouse.json;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The one JSON mapper of the house. It reads strict RFC 8259 within these limits: nesting 64,
 * document 1 MiB of UTF-8, string 256 KiB, number 1,000 digits, property name 1,024, no duplicate
 * keys, nothing after the document. Integers and decimals stay exact.
 */
public final class Json {
  /** Longest document in bytes of UTF-8. */
  public static final int MAX_BYTES = 1 << 20;

  /** Deepest nesting of objects and arrays. */
  public static final int MAX_DEPTH = 64;

  /** Longest string, in chars. */
  public static final int MAX_STRING = 256 << 10;

  private static final int INITIAL_CHARS = 2 << 10;

  private static final JsonMapper MAPPER = mapper();

  private Json() {}

  private static JsonMapper mapper() {
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxStringLength(MAX_STRING)
                .maxNumberLength(1_000)
                .maxNameLength(1_024)
                .maxDocumentLength(MAX_BYTES)
                .build());
    return mapper;
  }

  /**
   * Parses a document.
   *
   * @param what what the text is, for the message
   * @throws IllegalArgumentException if the text is not JSON or exceeds a limit
   */
  public static JsonNode parse(String text, String what) {
    return parse(utf8Length(requireNonNull(text, what), what), text, what);
  }

  /** The length in UTF-8, without the work of encoding. */
  private static long utf8Length(String text, String what) {
    long length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        length++;
      } else if (c < 0x800) {
        length += 2;
      } else if (!Character.isSurrogate(c)) {
        length += 3;
      } else {
        i++;
        if (Character.isLowSurrogate(c)
            || i == text.length()
            || !Character.isLowSurrogate(text.charAt(i))) {
          throw new IllegalArgumentException(what + " must be well-formed Unicode");
        }
        length += 4;
      }
    }
    return length;
  }

  /** As {@link #parse(String, String)}, from UTF-8. */
  public static JsonNode parse(byte[] utf8, String what) {
    String text;
    try {
      text = Check.utf8(utf8, what);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(what + " must be JSON in UTF-8", e);
    }
    return parse(utf8.length, text, what);
  }

  private static JsonNode parse(long bytes, String text, String what) {
    Check.that(
        bytes <= MAX_BYTES,
        () -> what + " must have at most " + MAX_BYTES + " bytes, had " + bytes);
    try {
      JsonNode node = MAPPER.readTree(text);
      Check.that(!node.isMissingNode(), () -> what + " must be JSON, was empty");
      return node;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(what + " must be JSON: " + reason(e));
    }
  }

  /**
   * Reads a document as a value of the type. Nothing is made of something else: no number of a
   * text, no whole number of another, no zero of nothing.
   *
   * @throws IllegalArgumentException if it is not JSON, exceeds a limit, or is no such value
   * @throws IllegalStateException if no document could be: the type is at fault
   */
  public static <T> T read(byte[] utf8, Class<T> type, String what) {
    JsonNode node = parse(utf8, what);
    try {
      T value = MAPPER.treeToValue(node, type);
      Check.that(value != null, () -> what + " must not be null");
      return value;
    } catch (InvalidDefinitionException e) {
      throw new IllegalStateException("no JSON can be read as " + type.getName(), e);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          what
              + " must be JSON of a "
              + type.getSimpleName()
              + ": "
              + e.getClass().getSimpleName());
    }
  }

  /** Checks that the text is a document within the limits and returns it as it came. */
  public static String valid(String text, String what) {
    if (rootOf(text, what) == JsonToken.NOT_AVAILABLE) {
      parse(text, what);
    }
    return text;
  }

  /** As {@link #valid}, of a document that is an object. */
  public static String validObject(String text, String what) {
    if (rootOf(text, what) != JsonToken.START_OBJECT) {
      JsonNode node = parse(text, what);
      Check.that(
          node.isObject(),
          () ->
              what
                  + " must be a JSON object, was of type "
                  + node.getNodeType().name().toLowerCase(Locale.ROOT));
    }
    return text;
  }

  /**
   * What a document begins with, read to its end without making anything of it; {@link
   * JsonToken#NOT_AVAILABLE} if {@link #parse} has to say what is wrong with it.
   */
  private static JsonToken rootOf(String text, String what) {
    if (utf8Length(requireNonNull(text, what), what) > MAX_BYTES) {
      return JsonToken.NOT_AVAILABLE;
    }
    // A string that nobody asks for is not copied, and in a short text none can be too long.
    boolean mayExceed = text.length() > MAX_STRING;
    try (JsonParser parser = MAPPER.createParser(text)) {
      parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      JsonToken root = parser.nextToken();
      boolean whole = false;
      for (JsonToken token = root; token != null; token = parser.nextToken()) {
        if (whole) {
          return JsonToken.NOT_AVAILABLE;
        }
        if (token == JsonToken.VALUE_NUMBER_FLOAT) {
          parser.getDecimalValue();
        } else if (mayExceed
            && token == JsonToken.VALUE_STRING
            && parser.getTextLength() > MAX_STRING) {
          return JsonToken.NOT_AVAILABLE;
        }
        whole = parser.getParsingContext().inRoot();
      }
      return root == null ? JsonToken.NOT_AVAILABLE : root;
    } catch (IOException e) {
      return JsonToken.NOT_AVAILABLE;
    }
  }

  /** An empty object to fill. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** The compact text of a node. */
  public static String write(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not writable as JSON: " + reason(e));
    }
  }

  /** What writes a document token by token. */
  @FunctionalInterface
  public interface Tokens {
    /** Writes it, whole. */
    void writeTo(JsonGenerator out) throws IOException;
  }

  /** The compact text of what would be many nodes. */
  public static String text(Tokens tokens) {
    StringWriter text = new StringWriter(INITIAL_CHARS);
    try (JsonGenerator out = MAPPER.createGenerator(text)) {
      tokens.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("a text cannot fail to be written", e);
    }
    return text.toString();
  }

  /**
   * As {@link #text}, for people to look at: characters that end a line, command a terminal, or
   * turn text around or hide are escaped.
   */
  public static String harmlessText(Tokens tokens) {
    return text(
        out -> {
          out.setCharacterEscapes(HarmlessEscapes.ESCAPES);
          tokens.writeTo(out);
        });
  }

  /**
   * As {@link #text}, in UTF-8.
   *
   * @throws UncheckedIOException if a text is not well-formed Unicode
   */
  public static byte[] bytes(Tokens tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(INITIAL_CHARS);
    try (JsonGenerator out = MAPPER.createGenerator(bytes)) {
      tokens.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("a text must be well-formed Unicode", e);
    }
    return bytes.toByteArray();
  }

  /** The compact UTF-8 of a node. */
  public static byte[] bytes(JsonNode node) {
    return write(node).getBytes(StandardCharsets.UTF_8);
  }

  /** Kind and place of the mistake; the message of the exception would repeat the text. */
  private static String reason(JsonProcessingException e) {
    String where =
        e.getLocation() == null
            ? ""
            : " at line "
                + e.getLocation().getLineNr()
                + ", column "
                + e.getLocation().getColumnNr();
    return e.getClass().getSimpleName() + where;
  }
}

package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.signing.StructuredField.InnerList;
import dev.gatehouse.signing.StructuredField.Item;
import dev.gatehouse.signing.StructuredField.Member;
import dev.gatehouse.signing.StructuredField.Token;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.greenbytes.http.sfv.ParseException;
import org.greenbytes.http.sfv.Parser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StructuredFieldTest {
  private static Map<String, Member> dictionary(String text) {
    return StructuredFieldParser.dictionary(text, "Test");
  }

  private static Object value(String text) {
    return StructuredFieldParser.item(text, "Test").value();
  }

  private static String text(Map<String, Member> dictionary) {
    return dictionary.entrySet().stream()
        .map(member -> member.getKey() + "=" + StructuredField.text(member.getValue()))
        .collect(Collectors.joining(", "));
  }

  @Test
  void item_ofEachType_itsValue() {
    assertThat(value("42")).isEqualTo(42L);
    assertThat(value("-999999999999999")).isEqualTo(-999_999_999_999_999L);
    assertThat(value("4.5")).isEqualTo(new BigDecimal("4.5"));
    assertThat(value("\"a \\\"b\\\\\"")).isEqualTo("a \"b\\");
    assertThat(value("*foo123/456:x")).isEqualTo(new Token("*foo123/456:x"));
    assertThat(value("?1")).isEqualTo(true);
    assertThat(value(":AAE=:")).isEqualTo(new byte[] {0, 1});
    assertThat(value("::")).isEqualTo(new byte[0]);
  }

  @Test
  void dictionary_signatureInput_itsParts() {
    Map<String, Member> members =
        dictionary("  sig1=( \"@method\"  \"a\";key=\"x\" );created=1;nonce=\"n\" \t,  b=?0;c, d ");
    assertThat(members.keySet()).containsExactly("sig1", "b", "d");
    assertThat(members.get("sig1"))
        .isEqualTo(
            new InnerList(
                List.of(new Item("@method", Map.of()), new Item("a", Map.of("key", "x"))),
                Map.of("created", 1L, "nonce", "n")));
    assertThat(text(members))
        .isEqualTo("sig1=(\"@method\" \"a\";key=\"x\");created=1;nonce=\"n\", b=?0;c, d=?1");
  }

  @ParameterizedTest
  @CsvSource({"1.0, 1.0", "1.50, 1.5", "-0.125, -0.125", "123456789012.0, 123456789012.0"})
  void text_decimals_shortest(String in, String out) {
    assertThat(StructuredField.text(StructuredFieldParser.item(in, "Test"))).isEqualTo(out);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a=1,",
        ",a=1",
        "a=1,,b=2",
        "a=1 b=2",
        "a=",
        "A=1",
        "1=1",
        "=1",
        "a==1",
        "a=1;",
        "a=1;B",
        "a=1 ;b",
        "a;=1",
        "a=(",
        "a=(1",
        "a=(1",
        "a=(1\t2)",
        "a=(1)(2)",
        "a=(1,2)",
        "a=((1))",
        "a=\"",
        "a=\"x",
        "a=\"\\\"",
        "a=\"\\x\"",
        "a=\"\u00e4\"",
        "a=\"\t\"",
        "a=:AAE=",
        "a=:AAE:",
        "a=:AAF=:",
        "a=:A-_=:",
        "a=: AAE=:",
        "a=?",
        "a=?2",
        "a=?11",
        "a=-",
        "a=--1",
        "a=+1",
        "a=1234567890123456",
        "a=1.",
        "a=.5",
        "a=1.2345",
        "a=1234567890123.1",
        "a=1e3",
        "a=01",
        "a=00",
        "a=-0",
        "a=-0.0",
        "a=1, a=2",
        "a=1;b=1;b=2",
        "a=@1659578233",
        "a=%\"x\"",
        "a=\u00e4",
        "a=1\n",
        "\ta=1",
        "a=1;\tb",
        "a=(1 2)x",
        "a=\u0000"
      })
  void dictionary_noneOfThese_refused(String text) {
    assertThatThrownBy(() -> dictionary(text)).isInstanceOf(AuthenticationException.class);
  }

  @Test
  void dictionary_empty_noMembers() {
    assertThat(dictionary("")).isEmpty();
    assertThat(dictionary("   ")).isEmpty();
  }

  /** A field is at most 16 KiB long, so that this is the deepest and the longest there is. */
  @Test
  void dictionary_hostileSizes_refusedOrReadWithoutHarm() {
    assertThatThrownBy(() -> dictionary("a=" + "(".repeat(16_000)))
        .isInstanceOf(AuthenticationException.class);
    assertThatThrownBy(() -> dictionary("a=\"" + "\\".repeat(16_001)))
        .isInstanceOf(AuthenticationException.class);
    assertThat(dictionary("a=1" + ";p".repeat(1).concat("x".repeat(16_000)))).hasSize(1);
  }

  /**
   * Against another implementation: what both take they read alike, and what only one takes is one
   * of the three things in which this one is stricter.
   */
  @Test
  void dictionary_randomTexts_asAnotherParserReadsThem() {
    long seed = Long.getLong("gatehouse.seed", 8941);
    Random random = new Random(seed);
    int both = 0;
    for (int i = 0; i < 40_000; i++) {
      String text = randomText(random);
      String theirs = theirs(text);
      String ours = ours(text);
      if (ours != null) {
        assertThat(theirs).as("seed %d: %s", seed, text).isEqualTo(ours);
        both++;
      } else if (theirs != null) {
        assertThat(isStricterOnPurpose(text, theirs)).as("seed %d: %s", seed, text).isTrue();
      }
    }
    assertThat(both).isGreaterThan(1_000);
  }

  private static boolean isStricterOnPurpose(String text, String theirs) {
    String compact = text.replaceAll("[ \t]", "");
    boolean shortened = !compact.equals(theirs.replaceAll("[ \t]", ""));
    boolean laterType = text.contains("@") || text.contains("%");
    return shortened || laterType;
  }

  private static @Nullable String ours(String text) {
    try {
      return new Parser(text(dictionary(text))).parseDictionary().serialize();
    } catch (AuthenticationException e) {
      return null;
    }
  }

  private static @Nullable String theirs(String text) {
    try {
      return new Parser(text).parseDictionary().serialize();
    } catch (ParseException e) {
      return null;
    }
  }

  private static final String[] PIECES = {
    "a",
    "b",
    "c=",
    "=",
    ";",
    ",",
    " ",
    "\t",
    "(",
    ")",
    "\"x y\"",
    "\"\\\\\"",
    "1",
    "-3",
    "007",
    "2.5",
    "1.250",
    "?1",
    "?0",
    ":AAE=:",
    ":AAE:",
    ":AAF=:",
    "tok/en:*",
    "*",
    "\"",
    ":",
    "-0",
    "@7",
    ", ",
    "a=1",
    ";q=\"z\"",
    "k=(\"a\" \"b\";x)"
  };

  private static String randomText(Random random) {
    StringBuilder text = new StringBuilder();
    int pieces = 1 + random.nextInt(7);
    for (int i = 0; i < pieces; i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }
}

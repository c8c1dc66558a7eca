package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PythonJsonTest {
  private static final String UNREADABLE = "unreadable";
  private static final String REFUSED = "refused";

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`null`, 74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b",
        "`{}`, 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "`{\"b\":1 ,\"a\":\"\u4e2d/\u6587\\\"\"}`,"
            + "81b94ad98933a5fc20c989c79721173d9cbdc48f123d00b1206c7fdeee46953b",
        "`{\"f\":1.0,\"e\":1e-7,\"g\":1e16,\"h\":123456789.125,\"i\":1e22,\"j\":0.1,\"k\":-0.0,"
            + "\"m\":0.00001,\"n\":0.0001}`,"
            + "5f86b9c58866787557cd818c114c96d770300711887534efa7c879d56fb934eb"
      })
  void rewrite_vectorOfUpstream_digestAsPublished(String document, String sha256) throws Exception {
    byte[] ascii = made(document).getBytes(StandardCharsets.US_ASCII);
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(ascii)))
        .isEqualTo(sha256);
  }

  /** Documents and what Python made of them; see python-json.py. */
  @Test
  void rewrite_tenThousandRandomDocuments_asPython() throws IOException {
    int readable = 0;
    int documents = 0;
    try (InputStream file = PythonJsonTest.class.getResourceAsStream("python-json.gz");
        DataInputStream in = new DataInputStream(new GZIPInputStream(file))) {
      for (int length = next(in); length >= 0; length = next(in)) {
        byte[] document = in.readNBytes(length);
        int outcome = in.readUnsignedByte();
        String written = new String(in.readNBytes(in.readInt()), StandardCharsets.US_ASCII);
        String expected = outcome == 0 ? UNREADABLE : outcome == 1 ? written : REFUSED;
        assertThat(made(document))
            .as(() -> "from " + new String(document, StandardCharsets.ISO_8859_1))
            .isEqualTo(expected);
        readable += outcome == 1 ? 1 : 0;
        documents++;
      }
    }
    assertThat(documents).isGreaterThan(10_000);
    assertThat(readable).isBetween(7_000, documents - 2_000);
  }

  /** The next length, or -1 at the end of the file. */
  private static int next(DataInputStream in) throws IOException {
    byte[] length = in.readNBytes(Integer.BYTES);
    return length.length == 0 ? -1 : java.nio.ByteBuffer.wrap(length).getInt();
  }

  @ParameterizedTest
  @CsvSource({
    "1E5, 100000.0",
    "1e-7, 1e-07",
    "1e16, 1e+16",
    "9999999999999998.0, 9999999999999998.0",
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "1.10, 1.1",
    "-0.0, -0.0",
    "-0, 0",
    "1e400, Infinity",
    "-1e400, -Infinity",
    "1e-400, 0.0",
    "1.5e300, 1.5e+300",
    "2e-3, 0.002",
    "2.0E-3, 0.002",
    "1.1E23, 1.1e+23",
    "2e23, 2e+23",
    "8.41E21, 8.41e+21",
    "2.2250738585072014E-308, 2.2250738585072014e-308",
    "5e-324, 5e-324",
    "9.9e-324, 1e-323",
    "1.976e-323, 2e-323",
    "1125899906842624.25, 1125899906842624.2",
    "100000000000000000000000000000000000001, 100000000000000000000000000000000000001"
  })
  void rewrite_number_asPython(String number, String written) {
    assertThat(made(number)).isEqualTo(written);
  }

  /** Numbers without a fraction are exact; those with one are doubles, as Python has it. */
  @Test
  void rewrite_neighboursAbove2To53_apartUnlessTheyHaveAFraction() {
    assertThat(made("9007199254740993"))
        .isEqualTo("9007199254740993")
        .isNotEqualTo(made("9007199254740992"));
    assertThat(made("9007199254740993.0"))
        .as("a weakness of the scheme")
        .isEqualTo("9007199254740992.0")
        .isEqualTo(made("9007199254740992.0"));
  }

  /** By a search that knows nothing of how the shortest decimal is found. */
  @Test
  void rewrite_randomDoubles_shortestAndClosestThatReadsBack() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    System.out.println("gatehouse.seed=" + seed);
    Random random = new Random(seed);
    for (int n = 0; n < 3_000; n++) {
      long bits = n % 3 == 0 ? (long) random.nextInt(2047) << 52 : random.nextLong();
      double value = Double.longBitsToDouble(n % 3 == 1 ? bits & 0x3ffL : bits);
      if (Double.isFinite(value) && value != 0) {
        String exact = new BigDecimal(value).toPlainString();
        String written = made(exact.contains(".") ? exact : exact + ".0");
        assertThat(new BigDecimal(written)).as("of %s", value).isEqualByComparingTo(search(value));
      }
    }
  }

  private static BigDecimal search(double value) {
    BigDecimal exact = new BigDecimal(value);
    for (int digits = 1; ; digits++) {
      for (RoundingMode mode : new RoundingMode[] {RoundingMode.HALF_EVEN, RoundingMode.UP}) {
        BigDecimal candidate = exact.round(new MathContext(digits, mode));
        if (candidate.doubleValue() == value) {
          return candidate;
        }
      }
    }
  }

  @Test
  void rewrite_everyCharacter_asciiThatReadsBack() {
    for (int c = 0; c <= Character.MAX_VALUE; c++) {
      String escape = String.format("\\u%04x", c);
      String written = made("\"" + escape + "\"");
      assertThat(made(written)).isEqualTo(written);
      if (c < ' ' || c > '~') {
        int index = "\b\t\n\f\r".indexOf(c);
        String shortest = index < 0 ? escape : "\\" + "btnfr".charAt(index);
        assertThat(written).isEqualTo("\"" + shortest + "\"");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`{\"a\":1,\"b\":2,\"a\":[3]}`, `{\"a\": [3], \"b\": 2}`",
        "`{\"a\":1,\"\\u0061\":2}`, `{\"a\": 2}`",
        "`{\"\":{\"\":{}},\"x\":[]}`, `{\"\": {\"\": {}}, \"x\": []}`",
        "`\"\u007f/\\/\ud83d\ude00\"`, `\"\\u007f//\\ud83d\\ude00\"`",
        "`\"\\ud800\"`, `\"\\ud800\"`",
        "`[NaN,Infinity,-Infinity]`, `[NaN, Infinity, -Infinity]`",
        "`\ufeff[ ]`, `[]`",
        "` \t\n\r1`, `1`"
      })
  void rewrite_whatPythonTakes_asPython(String document, String written) {
    assertThat(made(document)).isEqualTo(written);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\ufeff",
        "\ufeff\ufeff1",
        "01",
        "+1",
        ".5",
        "1.",
        "1 2",
        "{}x",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "//c\n1",
        "INF",
        "-INF",
        "+INF",
        "+Infinity",
        "-NaN",
        "\"\t\"",
        "\"\\u\u0161000\"",
        "\"\\x41\"",
        "\u00a01",
        "\u000c1"
      })
  void rewrite_whatPythonCannotRead_empty(String document) {
    assertThat(made(document)).isEqualTo(UNREADABLE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"22c328", "22c08022", "22ff22", "2280", "22f490808022", "31ef", "e4b8"})
  void rewrite_invalidUtf8_empty(String hex) {
    assertThat(made(HexFormat.of().parseHex(hex))).isEqualTo(UNREADABLE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"22eda0bd22", "fffe3100", "feff0031", "3100", "0031", "0000feff00000031"})
  void rewrite_encodingThatPythonTakes_refused(String hex) {
    assertThat(made(HexFormat.of().parseHex(hex))).isEqualTo(REFUSED);
  }

  @Test
  void rewrite_depth_toTheLimitOnly() {
    String deepest = "[".repeat(499) + "{}" + "]".repeat(499);
    assertThat(made(deepest)).isEqualTo(deepest);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PythonJson.rewrite(bytes("[" + deepest + "]")))
        .withMessage("JSON must nest at most 500 deep and hold no number of more than 4300 digits");
    assertThat(made("[".repeat(1 << 20))).isEqualTo(REFUSED);
  }

  @Test
  void rewrite_digits_toTheLimitOnly() {
    assertThat(made("-" + "9".repeat(4_300))).isEqualTo("-" + "9".repeat(4_300));
    assertThat(made("9".repeat(4_301))).isEqualTo(REFUSED);
    assertThat(made("0." + "3".repeat(4_299))).isEqualTo("0.3333333333333333");
    assertThat(made("0." + "3".repeat(4_300))).isEqualTo(REFUSED);
  }

  @Test
  void rewrite_largestBodies_whole() {
    String text = "\"" + "\u007f".repeat((1 << 20) - 2) + "\"";
    assertThat(made(text)).hasSize(6 * ((1 << 20) - 2) + 2);
    String name = "{" + text.substring(0, (1 << 20) - 4) + "\":1}";
    assertThat(made(name)).endsWith("\": 1}");
    String many = "[" + "1,".repeat(500_000) + "1]";
    assertThat(made(many)).hasSize(1_500_003);
  }

  /** Names of one hash make a table of names slow or full. */
  @Test
  void rewrite_namesOfOneHash_asAnyOthers() {
    StringBuilder document = new StringBuilder("{");
    for (int n = 0; n < 1 << 13; n++) {
      document.append(n == 0 ? "\"" : ",\"");
      for (int bit = 0; bit < 13; bit++) {
        document.append(((n >> bit) & 1) == 0 ? "Aa" : "BB");
      }
      document.append("\":0");
    }
    document.append('}');
    String written = made(document.toString());
    assertThat(written).isEqualTo(document.toString().replace(",", ", ").replace(":", ": "));
  }

  @Test
  void rewrite_damagedRandomly_neverThrowsAnythingElse() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    System.out.println("gatehouse.seed=" + seed);
    Random random = new Random(seed);
    byte[] sound = bytes("{\"a\":[1,-2.5e-7,\"\\ud83d\u4e2d\",null,true,NaN],\"b\":{\"a\":{}}}");
    for (int n = 0; n < 20_000; n++) {
      byte[] damaged = Arrays.copyOf(sound, random.nextInt(sound.length + 1));
      for (int i = 0; damaged.length > 0 && i < 3; i++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      String written = made(damaged);
      if (!written.equals(UNREADABLE) && !written.equals(REFUSED)) {
        assertThat(made(written)).isEqualTo(written);
      }
    }
  }

  private static String made(String document) {
    return made(bytes(document));
  }

  private static String made(byte[] document) {
    try {
      return PythonJson.rewrite(document).orElse(UNREADABLE);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("JSON must ");
      return REFUSED;
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FateClientSchemeTest {
  private static final FateClientScheme SCHEME = FateClientScheme.create();
  private static final SignatureKey KEY = FateVectors.clientKey();
  private static final Instant THEN = Instant.ofEpochMilli(1_634_890_066_095L);
  private static final FateVectors.Client FIRST = FateVectors.clients().get(0);
  private static final String FORM = "application/x-www-form-urlencoded";

  static List<FateVectors.Client> clients() {
    return FateVectors.clients();
  }

  private static boolean isProven(Request request) {
    return SCHEME.read(request).proofs().get(0).isBy(KEY);
  }

  private static void assertMalformed(Request request) {
    assertThatThrownBy(() -> SCHEME.read(request))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MALFORMED));
  }

  private static Request post(String target, String body) {
    return Request.post(URI.create(target), body);
  }

  private static Request form(String body) {
    return post("/a", body).header("Content-Type", FORM);
  }

  private static Headers sign(Request request) {
    return SCHEME
        .sign(
            request,
            Signed.signing(FateVectors.client("appKey"), KEY, THEN, FateVectors.client("nonce")))
        .headers();
  }

  private static Request signed(Request request) {
    return request.headers(sign(request));
  }

  private static String signature(Request request) {
    return sign(request).first("SIGNATURE").orElseThrow();
  }

  /** The request with the headers of the first vector, one of them replaced. */
  private static Request with(String name, String value) {
    List<Headers.Field> fields = new ArrayList<>(FIRST.signedRequest().headers().fields());
    fields.replaceAll(field -> field.name().equals(name) ? new Headers.Field(name, value) : field);
    return post(FIRST.target(), "").body(FIRST.body()).headers(Headers.of(fields));
  }

  /** The request of the first vector with its headers, but for what stands in place of them. */
  private static Request moved(Request other) {
    return other.headers(FIRST.signedRequest().headers());
  }

  @ParameterizedTest
  @MethodSource("clients")
  void sign_sameRequest_signatureAsByPython(FateVectors.Client client) {
    assertThat(sign(client.request()).fields())
        .containsExactly(
            new Headers.Field("TIMESTAMP", "1634890066095"),
            new Headers.Field("NONCE", "782d733e-330f-11ec-8be9-a0369fa972af"),
            new Headers.Field("APP_KEY", "ak"),
            new Headers.Field("SIGNATURE", client.signature()));
  }

  @ParameterizedTest
  @MethodSource("clients")
  void read_signedByPython_proven(FateVectors.Client client) {
    Claim claim = SCHEME.read(client.signedRequest());
    assertThat(claim.party()).isEqualTo("ak");
    assertThat(claim.nonce()).isEqualTo("782d733e-330f-11ec-8be9-a0369fa972af");
    assertThat(claim.signedAt()).isEqualTo(THEN);
    assertThat(claim.proofs().get(0).isBy(KEY)).isTrue();
    assertThat(SCHEME.covers(claim, client.signedRequest())).isTrue();
    for (Key.Algorithm algorithm : List.of(Key.Algorithm.HMAC_SHA1, Key.Algorithm.HMAC_SHA256)) {
      byte[] secret = FateVectors.client("secret").getBytes(StandardCharsets.US_ASCII);
      byte[] other = algorithm == Key.Algorithm.HMAC_SHA1 ? new byte[32] : secret;
      assertThat(claim.proofs().get(0).isBy(JcaKey.hmac(algorithm, other))).isFalse();
    }
  }

  @Test
  void A22_sign_vectorOfUpstream_asPublished() {
    Request request = post("/v1/job/submit", "{\"a\": 1}");
    assertThat(signature(request)).isEqualTo("cXo7M/vvprZ5pDc6VV9aDS3AXzs=");
  }

  @ParameterizedTest
  @CsvSource({
    "0, true",
    "59999, true",
    "60000, false",
    "60001, false",
    "-59999, true",
    "-60000, false",
    "-60001, false",
    "1634890066094, false",
    "-998365109933904, false"
  })
  void A22_isTimely_edgesOfTheWindow_exact(long age, boolean timely) {
    Claim claim = SCHEME.read(FIRST.signedRequest());
    assertThat(SCHEME.isTimely(claim, THEN.plusMillis(age))).isEqualTo(timely);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "1634890066", "999999999999999"})
  void isTimely_timestampOfAnotherUnit_untimely(String timestamp) {
    assertThat(SCHEME.isTimely(SCHEME.read(with("TIMESTAMP", timestamp)), THEN)).isFalse();
  }

  /** A request of the future is timely for almost two windows. */
  @Test
  void remembersUntil_always_longerThanTwiceTheWindow() {
    assertThat(SCHEME.remembersUntil(SCHEME.read(with("TIMESTAMP", "1")), THEN))
        .contains(THEN.plusSeconds(180));
  }

  static Stream<Arguments> malformed() {
    String right = FIRST.signature();
    return Stream.of(
        Arguments.of("TIMESTAMP", ""),
        Arguments.of("TIMESTAMP", "0"),
        Arguments.of("TIMESTAMP", "+1634890066095"),
        Arguments.of("TIMESTAMP", "-1634890066095"),
        Arguments.of("TIMESTAMP", "01634890066095"),
        Arguments.of("TIMESTAMP", " 1634890066095"),
        Arguments.of("TIMESTAMP", "1634890066095.0"),
        Arguments.of("TIMESTAMP", "1_634_890_066_095"),
        Arguments.of("TIMESTAMP", "1.634890066095e12"),
        Arguments.of("TIMESTAMP", "0x17ca6f7f4af"),
        Arguments.of("TIMESTAMP", "1000000000000000"),
        Arguments.of("TIMESTAMP", "99999999999999999999"),
        Arguments.of("TIMESTAMP", "\uff11634890066095"),
        Arguments.of("TIMESTAMP", "\u0661634890066095"),
        Arguments.of("NONCE", ""),
        Arguments.of("NONCE", "a b"),
        Arguments.of("NONCE", "a\tb"),
        Arguments.of("NONCE", "\u00e9"),
        Arguments.of("NONCE", "n".repeat(129)),
        Arguments.of("APP_KEY", ""),
        Arguments.of("APP_KEY", "a k"),
        Arguments.of("APP_KEY", "\uff41k"),
        Arguments.of("APP_KEY", "k".repeat(129)),
        Arguments.of("SIGNATURE", ""),
        Arguments.of("SIGNATURE", right.substring(0, 27)),
        Arguments.of("SIGNATURE", right + "="),
        Arguments.of("SIGNATURE", " " + right),
        Arguments.of("SIGNATURE", right.replace('/', '_')),
        Arguments.of("SIGNATURE", right.replace("s=", "t=")),
        Arguments.of("SIGNATURE", "A".repeat(28)),
        Arguments.of("SIGNATURE", "cXo7M/vvprZ5pDc6VV9aDS3AXw=="),
        Arguments.of("SIGNATURE", right + "," + right));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("malformed")
  void read_malformedHeader_refused(String name, String value) {
    assertMalformed(with(name, value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TIMESTAMP", "NONCE", "APP_KEY", "APP-KEY", "app_key", "Signature"})
  void read_headerTwiceOrMissing_refused(String name) {
    String underscored = name.replace('-', '_').toUpperCase(java.util.Locale.ROOT);
    String value = FIRST.signedRequest().headers().first(underscored).orElseThrow();
    assertMalformed(FIRST.signedRequest().header(name, value));
    List<Headers.Field> fields = new ArrayList<>(FIRST.signedRequest().headers().fields());
    fields.removeIf(field -> field.name().equals(underscored));
    Request without = FIRST.request().headers(Headers.NONE);
    assertMalformed(post(FIRST.target(), "").body(without.body()).headers(Headers.of(fields)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"APP_KEY", "APP-KEY", "app-key", "App_Key"})
  void read_spellingsOfAppKey_alike(String name) {
    List<Headers.Field> fields = new ArrayList<>(FIRST.signedRequest().headers().fields());
    fields.replaceAll(
        field -> field.name().equals("APP_KEY") ? new Headers.Field(name, field.value()) : field);
    Request request = post(FIRST.target(), "").body(FIRST.body()).headers(Headers.of(fields));
    assertThat(isProven(request)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "TIMESTAMP, 1634890066096",
    "TIMESTAMP, 163489006609",
    "NONCE, 782d733e-330f-11ec-8be9-a0369fa972ae",
    "NONCE, 782D733E-330F-11EC-8BE9-A0369FA972AF",
    "APP_KEY, al",
    "SIGNATURE, cXo7M/vvprZ5pDc6VV9aDS3AXzw=",
    "SIGNATURE, AAAAAAAAAAAAAAAAAAAAAAAAAAA="
  })
  void read_headerChanged_unproven(String name, String value) {
    assertThat(isProven(with(name, value))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/job/submit/",
        "/v1/job/stop",
        "/v1/job/submit?a=1",
        "/v1/job/%73ubmit",
        "/v1//job/submit",
        "/v1/job/../job/submit",
        "/"
      })
  void read_targetChanged_unproven(String target) {
    Request request = moved(post(target, "").body(FIRST.body()));
    assertThat(isProven(request)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1/job/submit", "/v1/job/submit?", "https://other.example:1/v1/job/submit"})
  void read_targetOfTheSamePathAndQuery_proven(String target) {
    assertThat(isProven(moved(post(target, "").body(FIRST.body())))).isTrue();
  }

  @Test
  void message_noPath_countsAsSlash() {
    assertThat(signature(post("http://127.0.0.1", ""))).isEqualTo(signature(post("/", "")));
    assertThat(signature(post("http://127.0.0.1?a=b", ""))).isEqualTo(signature(post("/?a=b", "")));
  }

  /** Upstream strips the question mark, and so signs less than the query. */
  @ParameterizedTest
  @ValueSource(strings = {"/a?b=1?", "/a?b=1??", "/a??", "/a???"})
  void read_queryEndsInQuestionMark_refused(String target) {
    assertMalformed(moved(post(target, "")));
    assertThatIllegalArgumentException().isThrownBy(() -> sign(post(target, "")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"a\":1}", "{\"a\": 1} ", "{\"a\": 2}", "[1]", "{}", "a"})
  void read_bodyChanged_unproven(String body) {
    assertThat(isProven(FIRST.signedRequest().body(bytes(body)))).isFalse();
  }

  /** As upstream has it; whoever takes one of these for another's body finds it here. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        " { } ",
        "[\n]",
        "\"\"",
        "null",
        "false",
        "0",
        "-0",
        "0.0",
        "-0.0",
        "0e5",
        "1e-999",
        "\ufeff{}"
      })
  void sign_jsonThatIsFalse_asNoBody(String body) {
    assertThat(signature(post("/a", body))).isEqualTo(signature(post("/a", "")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[0]",
        "{\"\":0}",
        "[[]]",
        "[{}]",
        "\"0\"",
        "true",
        "1",
        "NaN",
        "5e-324",
        " ",
        "{",
        "[",
        "{]",
        "[}",
        "{}{}",
        "[],",
        "nul",
        "None",
        "\"",
        "00",
        "0x",
        "a=b",
        "--boundary"
      })
  void sign_anyOtherBody_signedAsItIs(String body) {
    String signature = signature(post("/a", body));
    assertThat(signature).isNotEqualTo(signature(post("/a", "")));
    assertThat(isProven(signed(post("/a", body)))).isTrue();
    assertThat(isProven(signed(post("/a", body)).body(bytes(body + " ")))).isFalse();
    assertThat(isProven(signed(post("/a", "")).body(bytes(body)))).isFalse();
  }

  /** JSON that is refused where it must be rewritten is signed as it is, and so is safe. */
  @Test
  void sign_bodyThatIsNotReadHere_signedAsItIs() {
    for (byte[] body :
        List.of(
            "0".repeat(5_000).getBytes(StandardCharsets.US_ASCII),
            "null".getBytes(StandardCharsets.UTF_16LE),
            new byte[] {0, 0, 0},
            new byte[] {(byte) 0xff, (byte) 0xfe})) {
      Request request = post("/a", "").body(body);
      assertThat(isProven(signed(request))).isTrue();
      assertThat(signature(request)).isNotEqualTo(signature(post("/a", "")));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "b=2&a=1, a=1&b=2",
    "a=1&&b=2&, a=1&b=2",
    "a, a=",
    "=, =",
    "a=b=c, a=b%3Dc",
    "a=1+1, a=1%201",
    "a=1%201, a=1%201",
    "a=%e4%b8%ad, a=%E4%B8%AD",
    "a=-._~*, a=-._~%2A",
    "%61=%62, a=b",
    "aa=1&a=2&A=3, A=3&a=2&aa=1",
    "%f0%9f%98%80=1&%ef%bf%bd=2, %EF%BF%BD=2&%F0%9F%98%80=1"
  })
  void sorted_form_asPythonEncodes(String form, String encoded) {
    assertThat(FateForm.sorted(bytes(form))).isEqualTo(encoded);
  }

  @Test
  void sorted_noFields_empty() {
    assertThat(FateForm.sorted(new byte[0])).isEmpty();
    assertThat(FateForm.sorted(bytes("&&&"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a=1&a=2",
        "a=1&a=1",
        "a=1&%61=2",
        "a&a",
        "a=%",
        "a=%4",
        "a=%4g",
        "a=%\uff11\uff11",
        "a=%ff",
        "%c0%80=1",
        "a=%ed%a0%80"
      })
  void read_formThatWouldNotAllBeSigned_refused(String form) {
    assertMalformed(form(form).headers(sign(form("a=1"))));
    assertThatIllegalArgumentException().isThrownBy(() -> sign(form(form)));
  }

  @Test
  void read_formOfManyFields_toTheLimitOnly() {
    StringBuilder fields = new StringBuilder();
    for (int n = 0; n < FateForm.MAX_FIELDS; n++) {
      fields.append('f').append(n).append("=&");
    }
    assertThat(isProven(signed(form(fields.toString())))).isTrue();
    assertMalformed(form(fields + "g=").headers(sign(form("a=1"))));
  }

  @Test
  void read_formChanged_unproven() {
    Headers headers = sign(form("a=1&b=2"));
    assertThat(isProven(form("b=2&a=1").headers(headers))).as("order is not signed").isTrue();
    for (String changed : List.of("a=1", "a=1&b=3", "a=1&b=2&c=", "b=1&a=2", "", "a=1%26b=2")) {
      assertThat(isProven(form(changed).headers(headers))).isFalse();
    }
  }

  /** A form must not pass for a body, nor a body for a form. */
  @Test
  void read_typeChanged_unproven() {
    String fields = "a=1";
    assertThat(isProven(post("/a", fields).headers(sign(form(fields))))).isFalse();
    assertThat(isProven(form(fields).headers(sign(post("/a", fields))))).isFalse();
    assertThat(isProven(form("{}").headers(sign(post("/a", "{}"))))).isFalse();
    assertMalformed(
        form(fields).header("content-type", "application/json").headers(sign(form(""))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Application/X-WWW-Form-URLencoded", FORM + ";charset=utf-8", FORM + " "})
  void sign_spellingsOfFormType_alike(String type) {
    Request request = post("/a", "b=1&a=2").header("content-type", type);
    assertThat(signature(request)).isEqualTo(signature(form("b=1&a=2")));
  }

  @Test
  void read_randomMutations_neverProven() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    System.out.println("gatehouse.seed=" + seed);
    Random random = new Random(seed);
    List<String> names = List.of("TIMESTAMP", "NONCE", "APP_KEY", "SIGNATURE");
    for (int n = 0; n < 5_000; n++) {
      String name = names.get(random.nextInt(names.size()));
      StringBuilder value =
          new StringBuilder(FIRST.signedRequest().headers().first(name).orElseThrow());
      int position = random.nextInt(value.length());
      char other = (char) (0x20 + random.nextInt(0x5f));
      if (value.charAt(position) == other) {
        continue;
      }
      value.setCharAt(position, other);
      boolean proven;
      try {
        proven = isProven(with(name, value.toString()));
      } catch (AuthenticationException e) {
        proven = false;
      }
      assertThat(proven).as("%s=%s", name, value).isFalse();
    }
  }

  @Test
  void purposeAndAlgorithms_always_requestsAndHmacSha1Only() {
    assertThat(SCHEME.signingPurpose()).isEqualTo(Key.Purpose.REQUEST);
    assertThat(SCHEME.algorithms()).containsExactly(Key.Algorithm.HMAC_SHA1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

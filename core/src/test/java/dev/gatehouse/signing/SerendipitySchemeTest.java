package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.signing.Vectors.Vector;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SerendipitySchemeTest {
  private static final SerendipityScheme STRICT = SerendipityScheme.strict();
  private static final SerendipityScheme COMPAT = SerendipityScheme.compat();
  private static final SerendipityScheme UPSTREAM =
      SerendipityScheme.compat(SerendipityScheme.MAX_AGE);
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_100);
  private static final URI PLACE = URI.create("/task/create");

  static List<Vector> vectors() {
    return Vectors.all();
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void sign_vector_headersAsPublished(Vector vector) {
    Instant then = Instant.ofEpochSecond(Long.parseLong(vector.timestamps()));
    SignedHeaders signed =
        STRICT.sign(
            vector.request(), Signed.signing(vector.appKey(), vector.key(), then, vector.nonce()));
    assertThat(signed.headers().fields()).isEqualTo(vector.headers().fields());
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void mac_vector_hexAsPublished(Vector vector) {
    String message = vector.timestamps() + vector.nonce() + vector.payload();
    byte[] mac = vector.key().sign(message.getBytes(StandardCharsets.UTF_8));
    assertThat(HexFormat.of().formatHex(mac)).isEqualTo(vector.hex());
  }

  @ParameterizedTest
  @ValueSource(strings = {"V1", "V2", "V3", "V5", "V6", "V8", "oldest", "too old"})
  void read_vectorInCompat_provenByItsKeyOnly(String id) {
    Vector vector = Vectors.vector(id);
    Claim claim = COMPAT.read(vector.signedRequest());
    assertThat(claim.proofs().get(0).isBy(vector.key())).isTrue();
    assertThat(claim.proofs().get(0).isBy(new HmacKey(Key.Algorithm.HMAC_SHA256, new byte[32])))
        .isFalse();
  }

  static Stream<Arguments> wrongSignatures() {
    return Vectors.wrongSignatures().entrySet().stream()
        .map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongSignatures")
  void read_wrongSignatureOfV1_neverProven(String flaw, String signature) {
    Vector vector = Vectors.vector("V1");
    for (SerendipityScheme scheme : List.of(STRICT, UPSTREAM)) {
      assertThat(isProven(scheme, with(vector, "signature", signature), vector)).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "V1, 1700000100, true",
    "oldest, 1700000100, true",
    "oldest, 1700000101, false",
    "too old, 1700000100, false"
  })
  void isTimely_edgesOfUpstreamsAge_exact(String id, long now, boolean timely) {
    Claim claim = UPSTREAM.read(Vectors.vector(id).signedRequest());
    assertThat(UPSTREAM.isTimely(claim, Instant.ofEpochSecond(now))).isEqualTo(timely);
  }

  @ParameterizedTest
  @CsvSource({
    "1699999800, true",
    "1699999799, false",
    "1700000400, true",
    "1700000401, false",
    "1893456000, false",
    "0000000000, false",
    "9999999999, false"
  })
  void isTimely_edgesOfStrictWindow_exact(String timestamp, boolean timely) {
    Claim claim = STRICT.read(with(Vectors.vector("V5"), "timestamps", timestamp));
    assertThat(STRICT.isTimely(claim, NOW.plusMillis(999))).isEqualTo(timely);
  }

  @ParameterizedTest
  @CsvSource({
    "1697408100, true",
    "1697408099, false",
    "1700000400, true",
    "1700000401, false",
    "1893456000, false",
    "9999999999, false",
    "1, false"
  })
  void isTimely_edgesOfThirtyDays_exact(String timestamp, boolean timely) {
    Claim claim = COMPAT.read(with(Vectors.vector("V1"), "timestamps", timestamp));
    assertThat(COMPAT.isTimely(claim, NOW)).isEqualTo(timely);
  }

  @Test
  void compat_ageOutOfRange_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SerendipityScheme.compat(SerendipityScheme.MAX_AGE.plusSeconds(1)));
    assertThatIllegalArgumentException().isThrownBy(() -> SerendipityScheme.compat(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SerendipityScheme.compat(Duration.ofMillis(1_500)));
  }

  static Stream<Arguments> malformedInBoth() {
    String signature = Vectors.vector("V5").signature();
    String inside = signature.substring(0, 84);
    return Stream.of(
        Arguments.of("app_key", "nope"),
        Arguments.of("app_key", "Kp7vQ2mXc9RtZ4aBx"),
        Arguments.of("app_key", "' UNION SELECT 1"),
        Arguments.of("app_key", "Kp7vQ2mXc9RtZ4\u00e4B"),
        Arguments.of("timestamps", ""),
        Arguments.of("timestamps", "0"),
        Arguments.of("timestamps", "+1700000002"),
        Arguments.of("timestamps", "-1700000002"),
        Arguments.of("timestamps", " 1700000002"),
        Arguments.of("timestamps", "1700000002 "),
        Arguments.of("timestamps", "1700000002000"),
        Arguments.of("timestamps", "00001700000002"),
        Arguments.of("timestamps", "1700000002.0"),
        Arguments.of("timestamps", "1.7e9"),
        Arguments.of("timestamps", "0x6553f102"),
        Arguments.of("timestamps", "99999999999999999999"),
        Arguments.of("timestamps", "2023-11-14 22:13:22"),
        Arguments.of("timestamps", "\uff11\uff17\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff12"),
        Arguments.of("timestamps", "\u0661\u0667\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0662"),
        Arguments.of("nonce", ""),
        Arguments.of("nonce", "0"),
        Arguments.of("nonce", "x".repeat(257)),
        Arguments.of("nonce", "abc def"),
        Arguments.of("nonce", "\uff21\uff22\uff23\uff24\uff25\uff26"),
        Arguments.of("payload", ""),
        Arguments.of("payload", "0"),
        Arguments.of("payload", "f".repeat(257)),
        Arguments.of("signature", ""),
        Arguments.of("signature", "0"),
        Arguments.of("signature", signature.substring(0, 86)),
        Arguments.of("signature", signature + "A"),
        Arguments.of("signature", " " + signature),
        Arguments.of("signature", inside.substring(0, 83) + "-" + signature.substring(84)),
        Arguments.of("signature", inside.substring(0, 40) + "====" + signature.substring(44)),
        Arguments.of("signature", inside + "Zz=="),
        Arguments.of("signature", inside + "Zx=="),
        Arguments.of("signature", "A".repeat(16_000)),
        Arguments.of("signature", (signature + ",").repeat(180) + signature));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("malformedInBoth")
  void read_malformedHeader_refused(String name, String value) {
    for (SerendipityScheme scheme : List.of(STRICT, UPSTREAM)) {
      assertMalformed(scheme, with(Vectors.vector("V5"), name, value));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "timestamps, 170000000",
    "timestamps, 17000000021",
    "nonce, abcde",
    "nonce, abc-defg",
    "payload, 0D738F2872C5BCEA7BDD6EE1B2BD68A7",
    "payload, 0d738f2872c5bcea7bdd6ee1b2bd68a",
    "payload, 0d738f2872c5bcea7bdd6ee1b2bd68a77",
    "payload, opaque"
  })
  void read_formThatOnlyStrictForbids_refused(String name, String value) {
    assertMalformed(STRICT, with(Vectors.vector("V5"), name, value));
  }

  @Test
  void read_nonceTooLongForStrict_refused() {
    assertMalformed(STRICT, with(Vectors.vector("V5"), "nonce", "x".repeat(65)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"app_key", "nonce", "timestamps", "payload", "signature"})
  void read_headerMissing_refused(String name) {
    for (SerendipityScheme scheme : List.of(STRICT, UPSTREAM)) {
      assertMalformed(scheme, without(Vectors.vector("V5"), name));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"app_key", "app-key", "APP_KEY", "nonce", "Timestamps", "payload"})
  void read_headerTwice_refusedInAnySpelling(String name) {
    Vector vector = Vectors.vector("V5");
    String value = vector.headers().first(name.replace('-', '_')).orElseThrow();
    for (SerendipityScheme scheme : List.of(STRICT, UPSTREAM)) {
      assertMalformed(scheme, vector.signedRequest().header(name, value));
    }
  }

  @Test
  void read_signatureTwice_refusedWhicheverComesFirst() {
    Vector vector = Vectors.vector("V5");
    String wrong = Vectors.vector("V6").signature();
    assertMalformed(STRICT, vector.signedRequest().header("signature", wrong));
    assertMalformed(STRICT, vector.request().header("Signature", wrong).headers(vector.headers()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"app_key", "app-key", "App-Key", "APP_KEY"})
  void read_spellingsOfAppKey_alike(String name) {
    Vector vector = Vectors.vector("V5");
    Request request = without(vector, "app_key").header(name, vector.appKey());
    assertThat(STRICT.read(request).party()).isEqualTo(vector.appKey());
  }

  @Test
  void headers_lineBreaks_neverReachTheScheme() {
    for (String value : List.of("abcdef\r\nsignature: x", "abcdef\n", "a\rb", "a\u0000b")) {
      assertThatIllegalArgumentException().isThrownBy(() -> Headers.of("nonce", value));
    }
  }

  @Test
  void read_digitShiftedFromTimestampToNonce_refusedInStrict() {
    Vector vector = Vectors.vector("V5");
    Request shifted = with(vector, "timestamps", "170000000").headers(Headers.NONE);
    assertMalformed(STRICT, replace(shifted, "nonce", "2" + vector.nonce()));
    Claim claim = UPSTREAM.read(replace(shifted, "nonce", "2" + vector.nonce()));
    assertThat(claim.proofs().get(0).isBy(vector.key())).as("the weakness of the message").isTrue();
    assertThat(UPSTREAM.isTimely(claim, NOW)).as("nine digits are 1975").isFalse();
  }

  @Test
  void covers_halfOfPayloadShiftedToNonce_notCovered() {
    byte[] body = "body".getBytes(StandardCharsets.UTF_8);
    String payload = hex("SHA-256", body);
    Request request = signed(Vectors.vector("V5"), body, "abcdef", payload);
    assertThat(STRICT.covers(STRICT.read(request), request)).isTrue();
    Request shifted =
        replace(
            replace(request, "nonce", "abcdef" + payload.substring(0, 32)),
            "payload",
            payload.substring(32));
    Claim claim = STRICT.read(shifted);
    assertThat(claim.proofs().get(0).isBy(Vectors.vector("V5").key())).isTrue();
    assertThat(STRICT.covers(claim, shifted)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"MD5", "SHA-256"})
  void covers_digestOfBody_thatBodyOnly(String algorithm) {
    byte[] body = {0, 1, (byte) 0xff, 13, 10};
    Request request = signed(Vectors.vector("V5"), body, "abcdef", hex(algorithm, body));
    assertThat(STRICT.covers(STRICT.read(request), request)).isTrue();
    for (int i = 0; i < body.length * 8; i++) {
      byte[] changed = body.clone();
      changed[i / 8] ^= (byte) (1 << (i % 8));
      Request altered = request.body(changed);
      assertThat(STRICT.covers(STRICT.read(altered), altered)).as("bit %s", i).isFalse();
    }
    Request longer = request.body(java.util.Arrays.copyOf(body, body.length + 1));
    assertThat(STRICT.covers(STRICT.read(longer), longer)).isFalse();
    Request none = request.body(new byte[0]);
    assertThat(STRICT.covers(STRICT.read(none), none)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "/task/detail?id=1, id=1, true",
    "/task/detail?id=1&id=2, id=1&id=2, true",
    "/task/detail?id=1&id=2, id=2&id=1, false",
    "/task/detail?name=%E8%AE%A2, name=%E8%AE%A2, true",
    "/task/detail?name=%e8%ae%a2, name=%E8%AE%A2, false",
    "/task/detail?q=a%2Fb, q=a/b, false",
    "/task/detail?, '', true",
    "/task/detail, '', true",
    "/task/detail?id=1, '', false"
  })
  void covers_noBody_rawQueryOnly(String uri, String query, boolean covered) {
    Vector vector = Vectors.vector("V5");
    String payload = hex("MD5", query.getBytes(StandardCharsets.US_ASCII));
    Request signed = signed(vector, new byte[0], "abcdef", payload);
    Request request = Request.get(URI.create(uri)).headers(signed.headers());
    assertThat(STRICT.covers(STRICT.read(request), request)).isEqualTo(covered);
  }

  @Test
  void covers_digestOfQueryBesideABody_notCovered() {
    Vector vector = Vectors.vector("V5");
    String payload = hex("MD5", "id=1".getBytes(StandardCharsets.US_ASCII));
    Request signed = signed(vector, new byte[0], "abcdef", payload);
    Request request =
        Request.post(URI.create("/task/create?id=1"), "body").headers(signed.headers());
    assertThat(STRICT.covers(STRICT.read(request), request)).isFalse();
  }

  @Test
  void covers_payloadOfV1_onlyCompatTakesIt() {
    Request request = Vectors.vector("V1").signedRequest().body(new byte[] {1});
    assertThat(STRICT.covers(STRICT.read(request), request)).isFalse();
    assertThat(COMPAT.covers(COMPAT.read(request), request)).isTrue();
  }

  @Test
  void remembersUntil_strict_untilNoTimestampIsAccepted() {
    Request request = Vectors.vector("V1").signedRequest();
    Claim claim = COMPAT.read(request);
    assertThat(STRICT.remembersUntil(claim, NOW)).contains(NOW.plusSeconds(660));
    assertThat(COMPAT.remembersUntil(claim, NOW)).isEmpty();
  }

  @Test
  void read_randomMutations_neverProven() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    System.out.println("gatehouse.seed=" + seed);
    Random random = new Random(seed);
    Vector vector = Vectors.vector("V5");
    List<Headers.Field> fields = vector.headers().fields();
    for (int n = 0; n < 5_000; n++) {
      int at = random.nextInt(fields.size());
      Headers.Field field = fields.get(at);
      StringBuilder value = new StringBuilder(field.value());
      char other = (char) (0x20 + random.nextInt(0x5f));
      int position = random.nextInt(value.length());
      if (field.name().equals("app_key") || value.charAt(position) == other) {
        continue;
      }
      value.setCharAt(position, other);
      Request request = with(vector, field.name(), value.toString());
      assertThat(isProven(STRICT, request, vector)).as("%s=%s", field.name(), value).isFalse();
      assertThat(isProven(UPSTREAM, request, vector)).as("%s=%s", field.name(), value).isFalse();
    }
  }

  private static boolean isProven(SerendipityScheme scheme, Request request, Vector vector) {
    try {
      return scheme.read(request).proofs().get(0).isBy(vector.key());
    } catch (AuthenticationException e) {
      return false;
    }
  }

  private static void assertMalformed(SerendipityScheme scheme, Request request) {
    assertThatThrownBy(() -> scheme.read(request))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MALFORMED));
  }

  private static Request signed(Vector vector, byte[] body, String nonce, String payload) {
    String message = vector.timestamps() + nonce + payload;
    byte[] mac = vector.key().sign(message.getBytes(StandardCharsets.UTF_8));
    String hex = HexFormat.of().formatHex(mac);
    String signature = Base64.getEncoder().encodeToString(hex.getBytes(StandardCharsets.US_ASCII));
    return Request.post(PLACE, body)
        .headers(
            Headers.of(
                "app_key", vector.appKey(),
                "nonce", nonce,
                "timestamps", vector.timestamps(),
                "payload", payload,
                "signature", signature));
  }

  private static Request with(Vector vector, String name, String value) {
    return replace(vector.signedRequest(), name, value);
  }

  private static Request without(Vector vector, String name) {
    List<Headers.Field> fields = new ArrayList<>(vector.headers().fields());
    fields.removeIf(field -> field.name().equals(name));
    return vector.request().headers(Headers.of(fields));
  }

  private static Request replace(Request request, String name, String value) {
    List<Headers.Field> fields = new ArrayList<>(request.headers().fields());
    fields.replaceAll(field -> field.name().equals(name) ? new Headers.Field(name, value) : field);
    return Request.of(request.method(), request.uri())
        .body(request.body())
        .headers(Headers.of(fields));
  }

  private static String hex(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void compat_above30Days_warns() {
    assertThat(loggedBy(() -> SerendipityScheme.compat(Duration.ofDays(30)))).isEmpty();
    assertThat(loggedBy(() -> SerendipityScheme.compat(Duration.ofDays(31))))
        .containsOnlyOnce("WARN")
        .contains("Signed headers are accepted for 31 days");
  }

  private static String loggedBy(Runnable run) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream usual = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      run.run();
    } finally {
      System.setErr(usual);
    }
    return log.toString(StandardCharsets.UTF_8);
  }
}

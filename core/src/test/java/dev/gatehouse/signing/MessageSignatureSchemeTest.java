package dev.gatehouse.signing;

import static dev.gatehouse.signing.Signed.NOW;
import static dev.gatehouse.signing.Signed.assertMalformed;
import static dev.gatehouse.signing.Signed.at;
import static dev.gatehouse.signing.Signed.header;
import static dev.gatehouse.signing.Signed.proves;
import static dev.gatehouse.signing.Signed.with;
import static dev.gatehouse.signing.Signed.without;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageSignatureSchemeTest {
  private static final MessageSignatureScheme SCHEME = MessageSignatureScheme.create();
  private static final SignatureKey KEY = TestKeys.hmac("0123456789abcdef0123456789abcdef");
  private static final String PLACE = "https://api.example/orders/17%2F3?a=1&b=2";
  private static final Request ORDER =
      Request.post(URI.create(PLACE), "{\"amount\":1}").header("Content-Type", "application/json");
  private static final Request SIGNED = Signed.by(SCHEME, KEY, ORDER);
  private static final String INPUT = header(SIGNED, "Signature-Input");

  /** The request as it comes in: with a path, and the host in a header. */
  private static Request arrived(Request sent) {
    return at(sent, sent.uri().getRawPath() + "?" + sent.uri().getRawQuery())
        .header("Host", "api.example");
  }

  private static Request withInput(String from, String to) {
    assertThat(INPUT).contains(from);
    return with(SIGNED, "Signature-Input", INPUT.replace(from, to));
  }

  @Test
  void sign_defaults_thoseFields() {
    assertThat(INPUT)
        .isEqualTo(
            "sig1=(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")"
                + ";created=1700000100;expires=1700000400;nonce=\"aB3dE5fG7hI9jK1L\""
                + ";keyid=\"Kp7vQ2mXc9RtZ4aB\";alg=\"hmac-sha256\"");
    assertThat(header(SIGNED, "Signature")).matches("sig1=:[A-Za-z0-9+/]{43}=:");
    assertThat(header(SIGNED, "Content-Digest")).matches("sha-256=:[A-Za-z0-9+/]{43}=:");
    Claim claim = SCHEME.read(SIGNED);
    assertThat(claim.party()).isEqualTo(Signed.PARTY);
    assertThat(claim.nonce()).isEqualTo(Signed.NONCE);
    assertThat(claim.signedAt()).isEqualTo(NOW);
  }

  @ParameterizedTest
  @EnumSource(
      value = Key.Algorithm.class,
      names = {"HMAC_SHA256", "HMAC_SM3", "ED25519", "ECDSA_P256_SHA256", "RSA_PKCS1_SHA256"})
  void sign_thenRead_provenByThatKeyOnly(Key.Algorithm algorithm) {
    SignatureKey key = TestKeys.of(algorithm);
    Request signed = arrived(Signed.by(SCHEME, key, ORDER));
    assertThat(proves(SCHEME, key, signed)).isTrue();
    assertThat(proves(SCHEME, KEY, signed)).isFalse();
    assertThat(proves(SCHEME, TestKeys.another(algorithm), signed)).isFalse();
  }

  /** The RFC leaves nonces to the parties: here each message has one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        ";created=1700000100;keyid=\"test-shared-secret\"",
        ";created=1700000100;keyid=\"Kp7vQ2mXc9RtZ4aB\""
      })
  void read_parametersAsInTheRfcsExamples_malformed(String parameters) {
    String input = header(SIGNED, "Signature-Input");
    String covered = input.substring(0, input.indexOf(')') + 1);
    assertMalformed(SCHEME, with(SIGNED, "Signature-Input", covered + parameters));
    String all = ";created=1700000100;keyid=\"test-shared-secret\";nonce=\"aB3dE5fG7hI9jK1L\"";
    SCHEME.read(with(SIGNED, "Signature-Input", covered + all));
  }

  @Test
  void algorithms_thoseOfTheRfcAndHmacWithSm3_noSm2() {
    assertThat(SCHEME.algorithms())
        .containsExactlyInAnyOrder(
            Key.Algorithm.HMAC_SHA256,
            Key.Algorithm.HMAC_SM3,
            Key.Algorithm.ED25519,
            Key.Algorithm.ECDSA_P256_SHA256,
            Key.Algorithm.RSA_PKCS1_SHA256,
            Key.Algorithm.RSA_PSS_SHA512);
  }

  /** No name is registered for it: whoever names another does not get it tried. */
  @Test
  void sign_hmacWithSm3_withoutAlg() {
    SignatureKey key = TestKeys.of(Key.Algorithm.HMAC_SM3);
    Request signed = Signed.by(SCHEME, key, ORDER);
    assertThat(header(signed, "Signature-Input")).doesNotContain("alg=");
    Claim named = SCHEME.read(SIGNED);
    assertThat(named.proofs().get(0).algorithms()).containsExactly(Key.Algorithm.HMAC_SHA256);
    Claim unnamed = SCHEME.read(signed);
    assertThat(unnamed.proofs().get(0).algorithms()).contains(Key.Algorithm.HMAC_SM3);
    assertThat(unnamed.proofs().get(0).isBy(key)).isTrue();
    assertThat(unnamed.proofs().get(0).isBy(TestKeys.of(Key.Algorithm.HMAC_SHA256))).isFalse();
  }

  static Stream<Arguments> tampered() {
    return Stream.of(
        Arguments.of("method", Signed.by(SIGNED, "PUT")),
        Arguments.of("host", at(SIGNED, PLACE.replace("api", "apj"))),
        Arguments.of("port", at(SIGNED, PLACE.replace("example", "example:8443"))),
        Arguments.of("path", at(SIGNED, PLACE.replace("17", "18"))),
        Arguments.of("%2F as /", at(SIGNED, PLACE.replace("%2F", "/"))),
        Arguments.of("%2F as %2f", at(SIGNED, PLACE.replace("%2F", "%2f"))),
        Arguments.of("//", at(SIGNED, PLACE.replace("orders/", "orders//"))),
        Arguments.of("/./", at(SIGNED, PLACE.replace("orders/", "orders/./"))),
        Arguments.of("/ at the end", at(SIGNED, PLACE.replace("?", "/?"))),
        Arguments.of("query", at(SIGNED, PLACE.replace("b=2", "b=3"))),
        Arguments.of("query order", at(SIGNED, PLACE.replace("a=1&b=2", "b=2&a=1"))),
        Arguments.of("query key twice", at(SIGNED, PLACE + "&a=1")),
        Arguments.of("no query", at(SIGNED, PLACE.substring(0, PLACE.indexOf('?')))),
        Arguments.of("body", SIGNED.body("{\"amount\":2}".getBytes(StandardCharsets.UTF_8))),
        Arguments.of("no body", SIGNED.body(new byte[0])),
        Arguments.of(
            "body and digest",
            with(
                SIGNED.body("{}".getBytes(StandardCharsets.UTF_8)),
                "Content-Digest",
                ContentDigest.of("{}".getBytes(StandardCharsets.UTF_8)))),
        Arguments.of("created", withInput("created=1700000100", "created=1700000101")),
        Arguments.of("expires", withInput("expires=1700000400", "expires=1700000401")),
        Arguments.of("no expires", withInput(";expires=1700000400", "")),
        Arguments.of("nonce", withInput("nonce=\"aB3", "nonce=\"aB4")),
        Arguments.of("keyid", withInput("keyid=\"Kp7", "keyid=\"Kp8")),
        Arguments.of("no alg", withInput(";alg=\"hmac-sha256\"", "")),
        Arguments.of(
            "order of parameters",
            withInput(
                ";created=1700000100;expires=1700000400",
                ";expires=1700000400;created=1700000100")),
        Arguments.of("order", withInput("\"@path\" \"@query\"", "\"@query\" \"@path\"")),
        Arguments.of("more", withInput("\"@query\"", "\"@query\" \"content-type\"")),
        Arguments.of(
            "signature",
            with(SIGNED, "Signature", Signed.altered(header(SIGNED, "Signature"), 12))),
        Arguments.of("short signature", with(SIGNED, "Signature", "sig1=:AAAA:")),
        Arguments.of("empty signature", with(SIGNED, "Signature", "sig1=::")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tampered")
  void read_tampered_notProven(String what, Request request) {
    assertThat(proves(SCHEME, KEY, SIGNED)).isTrue();
    assertThat(proves(SCHEME, KEY, request)).isFalse();
  }

  /** What is not covered may change: that is for the host to know. */
  @Test
  void read_uncoveredHeaderChanged_stillProven() {
    assertThat(proves(SCHEME, KEY, with(SIGNED, "Content-Type", "text/plain"))).isTrue();
    MessageSignatureScheme strict = SCHEME.components("@method", "@target-uri", "content-type");
    Request signed = Signed.by(strict, KEY, ORDER);
    assertThat(proves(strict, KEY, signed)).isTrue();
    assertThat(proves(strict, KEY, with(signed, "Content-Type", "text/plain"))).isFalse();
    assertThat(proves(strict, KEY, signed.header("Content-Type", "text/plain"))).isFalse();
  }

  /** Blanks that the structure allows change nothing that is signed, and the nonce is the same. */
  @Test
  void read_otherBlanks_sameClaim() {
    Request spaced = withInput("(\"@method\" \"@authority\"", "( \"@method\"   \"@authority\"");
    assertThat(proves(SCHEME, KEY, spaced)).isTrue();
    assertThat(SCHEME.read(spaced).nonce()).isEqualTo(SCHEME.read(SIGNED).nonce());
  }

  static Stream<Request> lessCovered() {
    return Stream.of(
            "\"@method\" ", "\"@authority\" ", "\"@path\" ", "\"@query\" ", " \"content-digest\"")
        .map(component -> withInput(component, ""));
  }

  @ParameterizedTest
  @MethodSource("lessCovered")
  void read_lessCoveredThanDemanded_refused(Request request) {
    assertMalformed(SCHEME, request);
  }

  @Test
  void read_signedForLess_refused() {
    MessageSignatureScheme lax = SCHEME.components("@method", "@path");
    Request signed = Signed.by(lax, KEY, ORDER);
    assertThat(proves(lax, KEY, signed)).isTrue();
    assertMalformed(SCHEME, signed);
    assertThat(proves(lax, KEY, SIGNED)).as("more is enough").isTrue();
  }

  static Stream<Arguments> malformed() {
    String signature = header(SIGNED, "Signature");
    String members =
        Stream.of(2, 3, 4, 5, 6, 7, 8, 9).map(i -> ", s" + i + "=()").reduce("", String::concat);
    return Stream.of(
        Arguments.of("Signature-Input", ""),
        Arguments.of("Signature-Input", INPUT.replace("sig1", "sig2")),
        Arguments.of("Signature-Input", INPUT + ", " + INPUT),
        Arguments.of("Signature-Input", INPUT + members),
        Arguments.of("Signature-Input", INPUT + ","),
        Arguments.of("Signature-Input", "sig1"),
        Arguments.of("Signature-Input", "sig1=\"@method\""),
        Arguments.of("Signature-Input", "sig1=();created=1700000100"),
        Arguments.of(
            "Signature-Input", INPUT.replace("created=1700000100", "created=\"1700000100\"")),
        Arguments.of(
            "Signature-Input", INPUT.replace("created=1700000100", "created=1700000100.0")),
        Arguments.of("Signature-Input", INPUT.replace("created=1700000100", "created=-1700000100")),
        Arguments.of("Signature-Input", INPUT.replace("created=1700000100", "created=01700000100")),
        Arguments.of("Signature-Input", INPUT.replace("created=1700000100", "created=+1700000100")),
        Arguments.of("Signature-Input", INPUT.replace("created=1700000100", "created=0")),
        Arguments.of("Signature-Input", INPUT.replace("created=1700000100", "created")),
        Arguments.of(
            "Signature-Input", INPUT.replace("created=1700000100", "created=9999999999999999")),
        Arguments.of("Signature-Input", INPUT.replace(";created=1700000100", "")),
        Arguments.of("Signature-Input", INPUT + ";created=1700000100"),
        Arguments.of("Signature-Input", INPUT.replace("expires=1700000400", "expires=?1")),
        Arguments.of("Signature-Input", INPUT.replace(";nonce=\"aB3dE5fG7hI9jK1L\"", "")),
        Arguments.of("Signature-Input", INPUT.replace("nonce=\"aB3dE5fG7hI9jK1L\"", "nonce=\"\"")),
        Arguments.of("Signature-Input", INPUT.replace("nonce=\"aB3dE5fG7hI9jK1L\"", "nonce=aB3")),
        Arguments.of("Signature-Input", INPUT.replace("aB3dE5fG7hI9jK1L", "n".repeat(257))),
        Arguments.of("Signature-Input", INPUT.replace(";keyid=\"Kp7vQ2mXc9RtZ4aB\"", "")),
        Arguments.of("Signature-Input", INPUT.replace("Kp7vQ2mXc9RtZ4aB", "")),
        Arguments.of("Signature-Input", INPUT.replace("Kp7vQ2mXc9RtZ4aB", "k".repeat(257))),
        Arguments.of("Signature-Input", INPUT.replace("hmac-sha256", "rsa-pss-sha256")),
        Arguments.of("Signature-Input", INPUT.replace("hmac-sha256", "none")),
        Arguments.of("Signature-Input", INPUT.replace("hmac-sha256", "HMAC-SHA256")),
        Arguments.of("Signature-Input", INPUT.replace("\"hmac-sha256\"", "hmac-sha256")),
        Arguments.of("Signature-Input", INPUT + ";tag=\"another\""),
        Arguments.of("Signature-Input", INPUT + ";unknown=1"),
        Arguments.of("Signature-Input", INPUT.replace("\"@query\"", "\"@query\" \"@query\"")),
        Arguments.of("Signature-Input", INPUT.replace("\"@query\"", "\"@query\" \"@status\"")),
        Arguments.of("Signature-Input", INPUT.replace("\"@query\"", "\"@query\" \"x-none\"")),
        Arguments.of("Signature-Input", INPUT.replace("\"@path\"", "\"@path\";req")),
        Arguments.of(
            "Signature-Input", INPUT.replace("\"content-digest\"", "\"content-digest\";bs")),
        Arguments.of("Signature", ""),
        Arguments.of("Signature", signature.replace("sig1", "sig2")),
        Arguments.of("Signature", signature + ", " + signature),
        Arguments.of("Signature", "sig1=\"abc\""),
        Arguments.of("Signature", "sig1=(:AAAA:)"),
        Arguments.of("Signature", signature.replace("=:", ":")),
        Arguments.of("Content-Digest", ""),
        Arguments.of("Content-Digest", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"),
        Arguments.of("Content-Digest", "sha-256=\"x\""),
        Arguments.of("Content-Digest", "sha-256=(:AAAA:)"),
        Arguments.of("Content-Digest", "SHA-256=:AAAA:"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("malformed")
  void read_malformedField_refused(String name, String value) {
    assertMalformed(SCHEME, with(SIGNED, name, value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Signature", "Signature-Input", "Content-Digest"})
  void read_fieldMissingOrTwice_refused(String name) {
    assertMalformed(SCHEME, without(SIGNED, name));
    assertMalformed(SCHEME, SIGNED.header(name, "other=()"));
  }

  /** What alg says must be so; what it does not say the key says. */
  @Test
  void read_algOfAnotherAlgorithm_notProven() {
    Map<String, Key.Algorithm> others =
        Map.of(
            "ed25519", Key.Algorithm.ED25519,
            "ecdsa-p256-sha256", Key.Algorithm.ECDSA_P256_SHA256,
            "rsa-v1_5-sha256", Key.Algorithm.RSA_PKCS1_SHA256);
    others.forEach(
        (name, algorithm) -> {
          Request request = withInput("hmac-sha256", name);
          assertThat(proves(SCHEME, KEY, request)).isFalse();
          assertThat(proves(SCHEME, TestKeys.of(algorithm), request)).isFalse();
        });
  }

  @ParameterizedTest
  @CsvSource({"300, true", "301, false", "-300, true", "-301, false"})
  void isTimely_edges_exact(long age, boolean timely) {
    assertThat(proves(SCHEME, KEY, SIGNED, NOW.plusSeconds(age))).isEqualTo(timely);
  }

  @Test
  void isTimely_expired_notProvenWithinAWiderWindow() {
    MessageSignatureScheme wide = SCHEME.tolerance(Duration.ofHours(1));
    assertThat(proves(wide, KEY, SIGNED, NOW.plusSeconds(300))).isTrue();
    assertThat(proves(wide, KEY, SIGNED, NOW.plusSeconds(301))).isFalse();
    Request theirs = Signed.by(wide, KEY, ORDER);
    assertThat(proves(wide, KEY, theirs, NOW.plusSeconds(3_600))).isTrue();
    assertThat(proves(wide, KEY, theirs, NOW.plusSeconds(3_601))).isFalse();
    assertThat(proves(SCHEME, KEY, theirs, NOW.plusSeconds(301))).isFalse();
  }

  @Test
  void covers_digestsOfBothAlgorithms_allMustBeRight() {
    byte[] body = ORDER.body();
    String sha256 = ContentDigest.of(body);
    String sha512 =
        "sha-512=:" + Base64.getEncoder().encodeToString(SignedBytes.digest("SHA-512", body)) + ":";
    for (String digest :
        new String[] {
          sha256, sha512, sha256 + ", " + sha512, "md5=:AAAA:, " + sha512 + ", sha=:AAAA:"
        }) {
      Request signed = Signed.by(SCHEME, KEY, ORDER.header("content-digest", digest));
      assertThat(signed.headers().all("Content-Digest")).containsExactly(digest);
      assertThat(proves(SCHEME, KEY, signed)).isTrue();
    }
    for (String digest : new String[] {sha256 + ", sha-512=:AAAA:", "sha-256=::"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Signed.by(SCHEME, KEY, ORDER.header("Content-Digest", digest)));
    }
  }

  @Test
  void read_noBody_noDigestNeeded() {
    Request get = Request.get(URI.create("https://api.example/"));
    Request signed = Signed.by(SCHEME, KEY, get);
    assertThat(signed.headers().first("Content-Digest")).isEmpty();
    assertThat(proves(SCHEME, KEY, signed)).isTrue();
    assertMalformed(SCHEME, signed.body(new byte[1]));
    Request withDigest = Signed.by(SCHEME.components("@path", "content-digest"), KEY, get);
    assertThat(header(withDigest, "Content-Digest"))
        .isEqualTo("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
    assertMalformed(SCHEME.components("@method", "content-digest"), signed);
  }

  @Test
  void tag_setOnOneSideOnly_refused() {
    MessageSignatureScheme tagged = SCHEME.tag("gatehouse-orders");
    Request signed = Signed.by(tagged, KEY, ORDER);
    assertThat(header(signed, "Signature-Input")).endsWith(";tag=\"gatehouse-orders\"");
    assertThat(proves(tagged, KEY, signed)).isTrue();
    assertMalformed(SCHEME, signed);
    assertMalformed(tagged, SIGNED);
    assertMalformed(SCHEME.tag("other"), signed);
  }

  @Test
  void label_ofItsOwn_thatOneOfSeveralCounts() {
    MessageSignatureScheme labelled = SCHEME.label("gatehouse");
    Request signed = Signed.by(labelled, KEY, ORDER);
    assertMalformed(SCHEME, signed);
    Request both =
        with(
            with(signed, "Signature", "sig1=:AAAA:, " + header(signed, "Signature")),
            "Signature-Input",
            "sig1=(\"@status\");created=1, " + header(signed, "Signature-Input"));
    assertThat(proves(labelled, KEY, both)).isTrue();
    assertThat(proves(SCHEME, KEY, both)).isFalse();
  }

  @Test
  void urlScheme_ofTheReceiver_partOfTheTarget() {
    MessageSignatureScheme target = SCHEME.components("@target-uri");
    Request signed = Signed.by(target, KEY, at(ORDER, "http://api.example/p?q=1"));
    Request arrived = at(signed, "/p?q=1").header("Host", "api.example");
    assertThat(proves(target.urlScheme("http"), KEY, arrived)).isTrue();
    assertThat(proves(target, KEY, arrived)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "@",
        "@status",
        "@method;req",
        "Content-Type",
        "content type",
        "x;sf",
        "x;key=1",
        "x\"",
        "@query-param",
        "@query-param;name=a",
        "x;bs;key=\"a\"",
        "x;",
        "\u00e4",
        "a\nb"
      })
  void components_unknown_refused(String component) {
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.components("@path", component));
  }

  @Test
  void settings_outOfBounds_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.components());
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.components("@path", "@path"));
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.components(new String[33]));
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.label("Sig1"));
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.label("a=1, b"));
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.tag(""));
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.tag("a\nb"));
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.urlScheme("HTTPS"));
    assertThatIllegalArgumentException().isThrownBy(() -> SCHEME.tolerance(Duration.ofDays(1)));
  }

  @Test
  void sign_whatCannotBeSigned_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Signed.by(SCHEME, KEY, SIGNED));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Signed.by(SCHEME, KEY, at(ORDER, "/path/only")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Signed.by(SCHEME.components("x-missing"), KEY, ORDER));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Signed.by(SCHEME, KEY, ORDER.header("Host", "other.example")));
  }

  @Test
  void read_nonceTooLongForTheStore_itsHash() {
    String nonce = "n".repeat(200);
    Request signed = SCHEME.sign(ORDER, Signed.signing(Signed.PARTY, KEY, NOW, nonce)).addTo(ORDER);
    assertThat(SCHEME.read(signed).nonce()).hasSize(43);
    assertThat(proves(SCHEME, KEY, signed)).isTrue();
  }

  static Stream<Arguments> theirs() throws IOException {
    try (InputStream in =
        MessageSignatureSchemeTest.class.getResourceAsStream("message-signatures.json")) {
      JsonNode file = Json.parse(in.readAllBytes(), "vectors");
      Request request =
          Request.post(URI.create(file.get("url").asText()), file.get("body").asText())
              .header("Content-Type", file.get("contentType").asText())
              .header("Content-Digest", file.get("contentDigest").asText())
              .header("X-List", file.get("xList").get(0).asText())
              .header("X-List", file.get("xList").get(1).asText());
      return file
          .get("vectors")
          .valueStream()
          .map(vector -> Arguments.of(vector, request))
          .toList()
          .stream();
    }
  }

  /** Signed by an implementation in another language. */
  @ParameterizedTest
  @MethodSource("theirs")
  void read_signedByAnother_proven(JsonNode vector, Request request) {
    String algorithm = vector.get("alg").asText();
    String key = vector.get("key").asText();
    SignatureKey ours =
        switch (algorithm) {
          case "hmac-sha256" -> TestKeys.hmac(Base64.getDecoder().decode(key));
          case "ed25519" -> TestKeys.ofSpki(Key.Algorithm.ED25519, key);
          case "ecdsa-p256-sha256" -> TestKeys.ofSpki(Key.Algorithm.ECDSA_P256_SHA256, key);
          default -> TestKeys.ofSpki(Key.Algorithm.RSA_PKCS1_SHA256, key);
        };
    Request signed =
        request.headers(
            Headers.of(
                "Signature-Input", vector.get("signatureInput").asText(),
                "Signature", vector.get("signature").asText()));
    Instant then = Instant.ofEpochSecond(1_700_000_100);
    assertThat(proves(SCHEME, ours, signed, then)).isTrue();
    assertThat(proves(SCHEME, ours, signed, then.plusSeconds(101))).as("expired").isFalse();
    assertThat(proves(SCHEME, ours, signed.header("X-List", "d"), then)).isFalse();
  }
}

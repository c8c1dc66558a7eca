package dev.gatehouse.signing;

import static dev.gatehouse.signing.Signed.NOW;
import static dev.gatehouse.signing.Signed.assertMalformed;
import static dev.gatehouse.signing.Signed.header;
import static dev.gatehouse.signing.Signed.proves;
import static dev.gatehouse.signing.Signed.with;
import static dev.gatehouse.signing.Signed.without;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StandardWebhooksSchemeTest {
  private static final StandardWebhooksScheme SCHEME = StandardWebhooksScheme.create();
  private static final URI PLACE = URI.create("https://receiver.example/hooks");

  /** Published with the libraries of the scheme, and with the server that most of them serve. */
  private static final Instant THEN = Instant.ofEpochSecond(1_614_265_330);

  private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  private static final String V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  private static final String V1A =
      "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
  private static final String WRONG = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

  private static final SignatureKey SECRET =
      WebhookKeyText.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").signatureKey();
  private static final SignatureKey PAIR =
      WebhookKeyText.parse(
              "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==")
          .signatureKey();

  private static Request message() {
    return Request.post(PLACE, "{\"test\": 2432232314}");
  }

  private static Request published(String signatures) {
    return message()
        .headers(
            Headers.of(
                "webhook-id", ID,
                "webhook-timestamp", "1614265330",
                "webhook-signature", signatures));
  }

  private static boolean isProven(Request request, SignatureKey key) {
    return proves(SCHEME, key, request, THEN);
  }

  @Test
  void sign_publishedVectors_asPublished() {
    Request named = message().header("Webhook-Id", ID);
    assertThat(
            SCHEME.sign(named, Signed.signing("", SECRET, THEN, Signed.NONCE)).headers().fields())
        .isEqualTo(Headers.of("webhook-timestamp", "1614265330", "webhook-signature", V1).fields());
    assertThat(SCHEME.sign(named, Signed.signing("", PAIR, THEN, Signed.NONCE)).headers().fields())
        .isEqualTo(
            Headers.of("webhook-timestamp", "1614265330", "webhook-signature", V1A).fields());
  }

  @Test
  void read_publishedVectors_provenEachByItsKeyOnly() {
    assertThat(isProven(published(V1), SECRET)).isTrue();
    assertThat(isProven(published(V1A), PAIR)).isTrue();
    assertThat(isProven(published(V1), PAIR)).isFalse();
    assertThat(isProven(published(V1A), SECRET)).isFalse();
    assertThat(isProven(published(V1 + " " + V1A), SECRET)).isTrue();
    assertThat(isProven(published(V1 + " " + V1A), PAIR)).isTrue();
  }

  /** Whoever knows the public key must not be able to sign with it as a secret. */
  @Test
  void read_macWithThePublicKeyAsSecret_notProven() {
    byte[] publicKey = Base64.getDecoder().decode("1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
    SignatureKey forger = TestKeys.hmac(publicKey);
    Request named = message().header("webhook-id", ID);
    Request forged = SCHEME.sign(named, Signed.signing("", forger, THEN, "n")).addTo(named);
    assertThat(isProven(forged, PAIR)).isFalse();
    String padded = header(forged, "webhook-signature").substring("v1,".length());
    assertMalformed(SCHEME, published("v1a," + padded));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        WRONG + " v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " + V1 + " " + WRONG,
        "v2,what,ever " + V1,
        "v1x, " + V1,
        V1 + " " + V1 + " " + V1 + " " + V1 + " " + V1 + " " + V1 + " " + V1 + " " + V1
      })
  void read_oneOfSeveralRight_proven(String signatures) {
    assertThat(isProven(published(signatures), SECRET)).isTrue();
  }

  @Test
  void secret_edgeOfTheSpecification() {
    SignatureKey enough = TestKeys.hmac("s".repeat(24));
    Request signed = SCHEME.sign(message(), Signed.signing("", enough, THEN, "n")).addTo(message());
    assertThat(isProven(signed, enough)).isTrue();
    SignatureKey little = TestKeys.hmac("s".repeat(23));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SCHEME.sign(message(), Signed.signing("", little, THEN, "n")))
        .withMessage("secret must have at least 24 bytes to sign webhooks by this scheme");
    byte[] bytes = (ID + ".1614265330.{\"test\": 2432232314}").getBytes(UTF_8);
    String forged = "v1," + Base64.getEncoder().encodeToString(little.sign(bytes));
    assertThat(isProven(published(forged), little)).isFalse();
    assertThat(
            isProven(
                published("v1," + Base64.getEncoder().encodeToString(enough.sign(bytes))), enough))
        .isTrue();
  }

  /** As many as a header's 16 KiB hold, and more than anybody sends. */
  @Test
  void read_thousandsOfSignatures_malformed() {
    assertMalformed(SCHEME, published("v1 ".repeat(5_000).strip()));
    assertMalformed(SCHEME, published((V1 + " ").repeat(300).strip()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> published((V1 + " ").repeat(100_000)))
        .withMessageStartingWith("header webhook-signature must have at most 16384 characters");
  }

  static Stream<Arguments> tampered() {
    return Stream.of(
        Arguments.of("id", with(published(V1), "webhook-id", Signed.altered(ID, 9))),
        Arguments.of("id cut", with(published(V1), "webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJe")),
        Arguments.of("time", with(published(V1), "webhook-timestamp", "1614265331")),
        Arguments.of("body", published(V1).body("{\"test\": 2432232315}".getBytes(UTF_8))),
        Arguments.of("blank", published(V1).body("{\"test\":2432232314}".getBytes(UTF_8))),
        Arguments.of("no body", published(V1).body(new byte[0])),
        Arguments.of("signature", published(Signed.altered(V1, 10))),
        Arguments.of("other signature", published(WRONG)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tampered")
  void read_tampered_notProven(String what, Request request) {
    assertThat(isProven(request, SECRET)).isFalse();
  }

  static Stream<Arguments> malformed() {
    String many = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= ".repeat(300);
    return Stream.of(
        Arguments.of("webhook-id", ""),
        Arguments.of("webhook-id", "msg.1"),
        Arguments.of("webhook-id", "msg 1"),
        Arguments.of("webhook-id", " msg_1"),
        Arguments.of("webhook-id", "msg\u00e41"),
        Arguments.of("webhook-id", "x".repeat(257)),
        Arguments.of("webhook-timestamp", "+1614265330"),
        Arguments.of("webhook-timestamp", "1614265330000"),
        Arguments.of("webhook-timestamp", "01614265330"),
        Arguments.of("webhook-timestamp", "-1"),
        Arguments.of("webhook-timestamp", ""),
        Arguments.of("webhook-signature", ""),
        Arguments.of("webhook-signature", "v1"),
        Arguments.of("webhook-signature", "v1,"),
        Arguments.of("webhook-signature", ","),
        Arguments.of("webhook-signature", V1 + " "),
        Arguments.of("webhook-signature", " " + V1),
        Arguments.of("webhook-signature", V1 + "  " + V1),
        Arguments.of("webhook-signature", V1 + "\t" + V1),
        Arguments.of("webhook-signature", V1 + "," + V1),
        Arguments.of("webhook-signature", V1 + " v1"),
        Arguments.of("webhook-signature", V1.replace("=", "")),
        Arguments.of("webhook-signature", V1.replace("OE=", "OF=")),
        Arguments.of("webhook-signature", V1.replace('+', '-')),
        Arguments.of("webhook-signature", "v1,AAAA"),
        Arguments.of("webhook-signature", "v1a," + V1.substring(3)),
        Arguments.of("webhook-signature", "v1," + V1A.substring(4)),
        Arguments.of("webhook-signature", "V1," + V1.substring(3)),
        Arguments.of("webhook-signature", "v2," + V1.substring(3)),
        Arguments.of("webhook-signature", WRONG + (" " + V1).repeat(8)),
        Arguments.of("webhook-signature", many + V1));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("malformed")
  void read_malformedHeader_refused(String name, String value) {
    assertMalformed(SCHEME, with(published(V1), name, value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"webhook-id", "webhook-timestamp", "webhook-signature"})
  void read_headerMissingOrTwice_refused(String name) {
    assertMalformed(SCHEME, without(published(V1), name));
    Request twice = published(V1).header(name.toUpperCase(Locale.ROOT), "1614265330");
    assertMalformed(SCHEME, twice);
  }

  @ParameterizedTest
  @CsvSource({
    "PT5M, 300, true", "PT5M, 301, false", "PT5M, -300, true", "PT5M, -301, false",
    "PT1S, 1, true", "PT1S, 2, false", "PT1H, 3600, true", "PT1H, -3601, false"
  })
  void isTimely_edges_exact(Duration tolerance, long age, boolean timely) {
    StandardWebhooksScheme scheme = StandardWebhooksScheme.create(tolerance);
    Claim claim = scheme.read(published(V1));
    assertThat(scheme.isTimely(claim, THEN.plusSeconds(age))).isEqualTo(timely);
  }

  @Test
  void create_toleranceOutOfBounds_refused() {
    for (Duration tolerance : Arrays.asList(Duration.ZERO, Duration.ofHours(2))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> StandardWebhooksScheme.create(tolerance));
    }
  }

  /** Another attempt is no replay; another spelling of the signatures is. */
  @Test
  void read_nonce_ofIdAndTimeOnly() {
    String nonce = SCHEME.read(published(V1)).nonce();
    assertThat(SCHEME.read(published(WRONG + " " + V1 + " " + V1A)).nonce()).isEqualTo(nonce);
    assertThat(SCHEME.read(with(published(V1), "webhook-timestamp", "1614265331")).nonce())
        .isNotEqualTo(nonce);
    assertThat(SCHEME.read(with(published(V1), "webhook-id", "msg_2")).nonce()).isNotEqualTo(nonce);
    String longest = SCHEME.read(with(published(V1), "webhook-id", "x".repeat(256))).nonce();
    assertThat(longest).hasSize(43);
    assertThat(SCHEME.read(with(published(V1), "webhook-id", "x".repeat(255))).nonce())
        .isNotEqualTo(longest);
  }

  @Test
  void sign_noId_oneOfItsOwn() {
    Request signed = Signed.by(SCHEME, SECRET, message());
    assertThat(header(signed, "webhook-id")).isEqualTo("msg_" + Signed.NONCE);
    assertThat(proves(SCHEME, SECRET, signed, NOW)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"7219034, 7219034", "order_17, order_17"})
  void sign_idempotencyKey_isTheId(String key, String id) {
    Request signed = Signed.by(SCHEME, SECRET, message().header("Idempotency-Key", key));
    assertThat(header(signed, "webhook-id")).isEqualTo(id);
    assertThat(proves(SCHEME, SECRET, signed, NOW)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"order.17", "order 17", "\u4e2d\u6587", ""})
  void sign_idempotencyKeyThatIsNoId_alwaysTheSameId(String key) {
    Request keyed = message().header("Idempotency-Key", key);
    Request signed = Signed.by(SCHEME, SECRET, keyed);
    assertThat(header(signed, "webhook-id")).matches("msg_[A-Za-z0-9_-]{43}");
    Request again = SCHEME.sign(keyed, Signed.signing("", SECRET, NOW, "another")).addTo(keyed);
    assertThat(header(again, "webhook-id")).isEqualTo(header(signed, "webhook-id"));
    assertThat(proves(SCHEME, SECRET, signed, NOW)).isTrue();
  }

  @Test
  void sign_unfitId_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Signed.by(SCHEME, SECRET, message().header("webhook-id", "a.b")));
    Request twice = message().header("webhook-id", "a").header("webhook-id", "a");
    assertThatIllegalArgumentException().isThrownBy(() -> Signed.by(SCHEME, SECRET, twice));
  }

  @Test
  void sign_signedAlready_refused() {
    Request signed = Signed.by(SCHEME, SECRET, message());
    assertThatIllegalArgumentException().isThrownBy(() -> Signed.by(SCHEME, SECRET, signed));
  }

  @Test
  void sign_anyBytes_provenByteForByte() {
    byte[] body = new byte[512];
    for (int i = 0; i < body.length; i++) {
      body[i] = (byte) i;
    }
    for (SignatureKey key : Set.of(SECRET, PAIR)) {
      Request signed = Signed.by(SCHEME, key, Request.post(PLACE, body));
      assertThat(proves(SCHEME, key, signed, NOW)).isTrue();
      body[511]++;
      assertThat(proves(SCHEME, key, signed.body(body), NOW)).isFalse();
      body[511]--;
    }
  }
}

package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FateSiteSchemeTest {
  private static final FateSiteScheme SCHEME = FateSiteScheme.create("9999");
  private static final FateSiteScheme WITH_MD5 = FateSiteScheme.acceptingMd5("9999");
  private static final SignatureKey KEY = FateVectors.siteKey(Key.Algorithm.RSA_PKCS1_SHA256);
  private static final SignatureKey KEY_OF_THE_JDK = FateVectors.siteKeyOfTheJdk();
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_100);
  private static final FateVectors.Site FIRST = FateVectors.sites().get(0);

  static List<FateVectors.Site> sites() {
    return FateVectors.sites().stream().filter(site -> !isText(site)).toList();
  }

  /** Whether its body is no JSON. */
  private static boolean isText(FateVectors.Site site) {
    return new String(site.body(), StandardCharsets.UTF_8).equals("not JSON");
  }

  private static boolean isProven(Scheme scheme, Request request) {
    List<Proof> proofs = scheme.read(request).proofs();
    boolean proven = proofs.stream().anyMatch(proof -> proof.isBy(KEY));
    assertThat(proofs.stream().anyMatch(proof -> proof.isBy(KEY_OF_THE_JDK))).isEqualTo(proven);
    return proven;
  }

  private static void assertMalformed(Request request) {
    assertThatThrownBy(() -> SCHEME.read(request))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MALFORMED));
  }

  private static Request post(String body) {
    return Request.post(URI.create("/v1/party/J1/guest/9999/create"), body);
  }

  private static SignedHeaders sign(Request request) {
    return SCHEME.sign(request, Signed.signing("appKeyOf9999", KEY, NOW, "unused0123456789"));
  }

  @ParameterizedTest
  @MethodSource("sites")
  void read_signedByPython_proven(FateVectors.Site site) {
    assertThat(isProven(SCHEME, site.signedRequest())).isTrue();
    assertThat(isProven(WITH_MD5, site.signedRequest())).isTrue();
  }

  @ParameterizedTest
  @MethodSource("sites")
  void sign_sameBody_signatureAsByPython(FateVectors.Site site) {
    Headers headers = sign(site.request()).headers();
    assertThat(headers.first("SITE-SIGNATURE")).contains(site.signature());
    assertThat(headers.first("SRC-PARTY-ID")).contains("9999");
    assertThat(headers.fields()).hasSize(2);
  }

  @ParameterizedTest
  @MethodSource("sites")
  void read_signedWithMd5_provenOnlyIfAccepted(FateVectors.Site site) {
    Request request = site.signedRequest(site.signatureWithMd5());
    assertThat(isProven(SCHEME, request)).isFalse();
    assertThat(isProven(WITH_MD5, request)).isTrue();
    assertThat(isProven(WITH_MD5, request.body(new byte[] {'1'}))).isFalse();
  }

  /** The key decides, and no other knows MD5. */
  @Test
  void read_md5AndKeyOfAnotherAlgorithm_unproven() {
    Request request = FIRST.signedRequest(FIRST.signatureWithMd5());
    SignatureKey hmac = JcaKey.hmac(Key.Algorithm.HMAC_SHA256, new byte[32]);
    assertThat(WITH_MD5.read(request).proofs()).hasSize(2).noneMatch(proof -> proof.isBy(hmac));
    byte[] canonical = "{}".getBytes(StandardCharsets.US_ASCII);
    String forged = Base64.getEncoder().encodeToString(hmac.sign(canonical));
    Request confused = post("{}").header("SITE-SIGNATURE", forged);
    assertThat(SCHEME.read(confused).proofs()).noneMatch(proof -> proof.isBy(hmac));
  }

  @Test
  void verifyWithMd5_keyForPss_false() {
    byte[] message = "null".getBytes(StandardCharsets.US_ASCII);
    byte[] signature = Base64.getDecoder().decode(sites().get(1).signatureWithMd5());
    assertThat(KEY.verifyWithMd5(message, signature)).isTrue();
    assertThat(KEY.verify(message, signature)).isFalse();
    SignatureKey pss = FateVectors.siteKey(Key.Algorithm.RSA_PSS_SHA256);
    assertThat(pss.verifyWithMd5(message, signature)).isFalse();
  }

  @Test
  void sign_schemeAcceptingMd5_signsWithSha256() {
    Headers headers =
        WITH_MD5.sign(FIRST.request(), Signed.signing("a", KEY, NOW, "unused0123456789")).headers();
    assertThat(headers.first("SITE-SIGNATURE")).contains(FIRST.signature());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"b\": 1, \"a\": \"\\u4e2d/\\u6587\\\"\"}",
        "\n{ \"b\" :\t1,\"a\":\"\\u4E2D\\/\u6587\\u0022\" }\r\n",
        "{\"b\":[],\"a\":\"\u4e2d/\u6587\\\"\",\"b\":1}"
      })
  void A21_read_bodySpelledAnew_stillProven(String body) {
    Request request = FIRST.signedRequest().body(body.getBytes(StandardCharsets.UTF_8));
    assertThat(isProven(SCHEME, request)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":\"\u4e2d/\u6587\\\"\",\"b\":1}",
        "{\"b\":2,\"a\":\"\u4e2d/\u6587\\\"\"}",
        "{\"b\":1.0,\"a\":\"\u4e2d/\u6587\\\"\"}",
        "{\"b\":true,\"a\":\"\u4e2d/\u6587\\\"\"}",
        "{\"b\":1,\"a\":\"\u4e2d/\u6587\"}",
        "{\"b\":1,\"a\":\"\u4e2d/\u6587\\\"\",\"c\":null}",
        "{\"b\":1}",
        "{\"b\":1,\"a\":\"\u4e2d/\u6587\\\"\",\"b\":2}",
        "null",
        ""
      })
  void A21_read_bodyChanged_unproven(String body) {
    Request request = FIRST.signedRequest().body(body.getBytes(StandardCharsets.UTF_8));
    assertThat(isProven(SCHEME, request)).isFalse();
  }

  /** Weaknesses of the scheme, stated in its Javadoc: whoever relies on more finds them here. */
  @Test
  void read_otherPathPartyOrRole_provenAllTheSame() {
    Request elsewhere =
        Request.of("PUT", URI.create("/v1/party/J2/host/7/kill"))
            .header("SRC-PARTY-ID", "10000")
            .header("DEST-PARTY-ID", "7")
            .header("SRC-ROLE", "arbiter")
            .header("SITE-SIGNATURE", FIRST.signature())
            .body(FIRST.body());
    assertThat(isProven(SCHEME, elsewhere)).isTrue();
    assertThat(SCHEME.isTimely(SCHEME.read(elsewhere), NOW.plusSeconds(1L << 30))).isTrue();
    assertThat(SCHEME.remembersUntil(SCHEME.read(elsewhere), NOW)).isEmpty();
  }

  /** The one signature of upstream's that is not accepted here: it would prove anything. */
  @Test
  void read_signedByPythonAndNotJson_refused() {
    FateVectors.Site site =
        FateVectors.sites().stream().filter(FateSiteSchemeTest::isText).findFirst().orElseThrow();
    assertMalformed(site.signedRequest());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sign(site.request()))
        .withMessage("body must be JSON, or empty");
  }

  @Test
  void A21_read_signatureOfNull_provesNoBodyAndNullOnly() {
    String signature = sign(post("")).headers().first("SITE-SIGNATURE").orElseThrow();
    assertThat(isProven(SCHEME, post("").header("SITE-SIGNATURE", signature))).isTrue();
    assertThat(isProven(SCHEME, post("null").header("SITE-SIGNATURE", signature))).isTrue();
    assertThat(isProven(SCHEME, post("{}").header("SITE-SIGNATURE", signature))).isFalse();
  }

  /** Upstream signs null for what Python cannot read: one signature for all of it. */
  @ParameterizedTest
  @ValueSource(strings = {"garbage", "{\"a\":1,}", "01", "\ufeff\ufeff{}", "a=1&b=2", " "})
  void read_bodyThatPythonCannotRead_refused(String body) {
    String signature = sign(post("")).headers().first("SITE-SIGNATURE").orElseThrow();
    assertMalformed(post(body).header("SITE-SIGNATURE", signature));
  }

  static Stream<byte[]> refusedBodies() {
    return Stream.of(
        "[".repeat(501).getBytes(StandardCharsets.UTF_8),
        "9".repeat(4_301).getBytes(StandardCharsets.UTF_8),
        "{}".getBytes(StandardCharsets.UTF_16),
        "{}".getBytes(StandardCharsets.UTF_16LE),
        new byte[] {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'});
  }

  @ParameterizedTest
  @MethodSource("refusedBodies")
  void read_bodyThatPythonMightTake_refused(byte[] body) {
    assertMalformed(FIRST.signedRequest().body(body));
    assertThatIllegalArgumentException().isThrownBy(() -> sign(post("").body(body)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0"})
  void read_partyEmptyOrZero_receiversOwn(String stated) {
    Request request = post("{}").header("SITE-SIGNATURE", FIRST.signature());
    assertThat(SCHEME.read(request).party()).isEqualTo("9999");
    assertThat(SCHEME.read(request.header("Src_Party_Id", stated)).party()).isEqualTo("9999");
  }

  @ParameterizedTest
  @ValueSource(strings = {"src_party_id", "SRC-PARTY-ID", "Src-Party_Id"})
  void read_spellingsOfHeaders_alike(String name) {
    Request request =
        FIRST.request().header(name, "10000").header("site_SIGNATURE", FIRST.signature());
    assertThat(SCHEME.read(request).party()).isEqualTo("10000");
    assertThat(isProven(SCHEME, request)).isTrue();
    assertMalformed(FIRST.signedRequest().header(name, "10000"));
    assertMalformed(FIRST.signedRequest().header(name, ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"site_signature", "SITE-SIGNATURE", "Site-Signature"})
  void read_signatureTwice_refused(String name) {
    assertMalformed(FIRST.signedRequest().header(name, FIRST.signature()));
    assertMalformed(FIRST.signedRequest().header(name, ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"100 00", "1\u00e9", "\uff11\uff10", "a\tb"})
  void read_malformedParty_refused(String party) {
    assertMalformed(
        post("{}").header("SRC-PARTY-ID", party).header("SITE-SIGNATURE", FIRST.signature()));
  }

  static Stream<String> malformedSignatures() {
    String signature = FIRST.signature();
    return Stream.of(
        "",
        " ",
        signature.substring(1),
        signature + "=",
        signature.replace("==", ""),
        signature.replace("==", "="),
        " " + signature,
        signature + " ",
        signature.substring(0, 76) + "\t" + signature.substring(76),
        signature.substring(0, 60) + "-_" + signature.substring(62),
        signature.substring(0, 341) + "B==",
        "A".repeat(2_000),
        signature + "," + signature,
        "\u00e9" + signature);
  }

  @ParameterizedTest
  @MethodSource("malformedSignatures")
  void read_malformedSignature_refused(String signature) {
    assertMalformed(
        FIRST.request().header("SRC-PARTY-ID", "1").header("SITE-SIGNATURE", signature));
  }

  @Test
  void read_noSignature_refused() {
    assertMalformed(FIRST.request().header("SRC-PARTY-ID", "1"));
  }

  @Test
  void read_wrongSignatures_unproven() {
    byte[] right = Base64.getDecoder().decode(FIRST.signature());
    for (int i = 0; i < right.length; i += 5) {
      byte[] wrong = right.clone();
      wrong[i] ^= 1;
      assertUnproven(wrong);
    }
    assertUnproven(new byte[right.length]);
    assertUnproven(new byte[] {1});
    assertUnproven(Arrays.copyOf(right, right.length - 1));
    assertUnproven(Arrays.copyOf(right, right.length + 1));
    byte[] padded = new byte[right.length + 1];
    System.arraycopy(right, 0, padded, 1, right.length);
    assertUnproven(padded);
    byte[] noise = new byte[right.length];
    new Random(4).nextBytes(noise);
    assertUnproven(noise);
  }

  private static void assertUnproven(byte[] signature) {
    String text = Base64.getEncoder().encodeToString(signature);
    assertThat(isProven(SCHEME, FIRST.signedRequest(text))).isFalse();
    assertThat(isProven(WITH_MD5, FIRST.signedRequest(text))).isFalse();
  }

  @Test
  void sign_headersOfTheCaller_keptAndNotRepeated() {
    Request request = post("{}").header("src_party_id", "9999").header("DEST-PARTY-ID", "10000");
    Request signed = sign(request).addTo(request);
    assertThat(signed.headers().fields())
        .extracting(Headers.Field::name)
        .containsExactly("src_party_id", "DEST-PARTY-ID", "SITE-SIGNATURE");
    assertThat(isProven(SCHEME, signed)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10000", "", "0", "09999"})
  void sign_asAnotherParty_refused(String party) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sign(post("{}").header("SRC-PARTY-ID", party)));
  }

  @Test
  void sign_partyTwice_refused() {
    Request request = post("{}").header("SRC-PARTY-ID", "9999").header("src_party_id", "9999");
    assertThatIllegalArgumentException().isThrownBy(() -> sign(request));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", " 1", "1 ", "a b", "\u4e2d", "a\nb"})
  void create_notAPartyId_refused(String party) {
    assertThatIllegalArgumentException().isThrownBy(() -> FateSiteScheme.create(party));
    assertThatIllegalArgumentException().isThrownBy(() -> FateSiteScheme.acceptingMd5(party));
  }

  @Test
  void application_party_foundByItsName() {
    Application site =
        Application.named("10000").registered(3, "abcdefgh01234567", Instant.EPOCH, null);
    Registry registry =
        (Registry)
            Proxy.newProxyInstance(
                Registry.class.getClassLoader(),
                new Class<?>[] {Registry.class},
                (proxy, method, arguments) -> {
                  assertThat(method.getName()).isEqualTo("findApplication");
                  return Optional.of(site).filter(found -> found.name().equals(arguments[0]));
                });
    assertThat(SCHEME.application(SCHEME.read(FIRST.signedRequest()), registry)).contains(site);
    Request own = post("{}").header("SITE-SIGNATURE", FIRST.signature());
    assertThat(SCHEME.application(SCHEME.read(own), registry)).isEmpty();
  }

  @Test
  void purposeAndAlgorithms_always_sitesAndRsaOnly() {
    for (Scheme scheme : List.of(SCHEME, WITH_MD5)) {
      assertThat(scheme.signingPurpose()).isEqualTo(Key.Purpose.SITE);
      assertThat(scheme.algorithms()).containsExactly(Key.Algorithm.RSA_PKCS1_SHA256);
    }
  }
}

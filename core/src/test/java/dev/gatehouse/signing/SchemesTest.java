package dev.gatehouse.signing;

import static dev.gatehouse.signing.Signed.NOW;
import static dev.gatehouse.signing.Signed.assertMalformed;
import static dev.gatehouse.signing.Signed.proves;
import static dev.gatehouse.signing.Signed.ready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What all schemes have in common. */
class SchemesTest {
  private static final Request ORDER =
      Request.post(URI.create("https://api.example/orders"), "{\"amount\":1}");
  private static final SignatureKey HMAC = TestKeys.of(Key.Algorithm.HMAC_SHA256);
  private static final SignatureKey ED25519 = TestKeys.of(Key.Algorithm.ED25519);

  static Stream<Arguments> schemes() {
    return Stream.of(
        Arguments.of(SerendipityScheme.strict(), HMAC),
        Arguments.of(FateSiteScheme.create("9999"), TestKeys.of(Key.Algorithm.RSA_PKCS1_SHA256)),
        Arguments.of(FateClientScheme.create(), TestKeys.of(Key.Algorithm.HMAC_SHA1)),
        Arguments.of(StandardWebhooksScheme.create(), HMAC),
        Arguments.of(StripeScheme.create(), HMAC),
        Arguments.of(GithubScheme.create(), HMAC),
        Arguments.of(MessageSignatureScheme.create(), HMAC),
        Arguments.of(
            WechatPayScheme.merchant("1900009191", "A1"), TestKeys.of(Key.Algorithm.SM2_SM3)),
        Arguments.of(WechatPayScheme.platform("A1"), TestKeys.of(Key.Algorithm.SM2_SM3)));
  }

  /** As by a loop that tries again with what it signed before: nobody would take the two. */
  @ParameterizedTest
  @MethodSource("schemes")
  void sign_signedAlready_refusedInWhateverSpelling(Scheme scheme, SignatureKey key) {
    Request signed = Signed.by(scheme, key, ORDER);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Signed.by(scheme, key, signed))
        .withMessageStartingWith("a request to be signed must not have a header ");
    Headers shouted =
        Headers.of(
            signed.headers().fields().stream()
                .map(field -> new Headers.Field(shout(scheme, field.name()), field.value()))
                .toList());
    Request spelled = Request.post(ORDER.uri(), ORDER.body()).headers(shouted);
    assertThatIllegalArgumentException().isThrownBy(() -> Signed.by(scheme, key, spelled));
  }

  /** Keys of requests serve both: what is signed for one must never be a message of the other. */
  @Test
  void sign_schemesThatShareKeys_messagesOfDifferentForm() {
    List<String> messages = new ArrayList<>();
    SignatureKey noting =
        new SignatureKey() {
          @Override
          public Key.Algorithm algorithm() {
            return HMAC.algorithm();
          }

          @Override
          public byte[] sign(byte[] message) {
            messages.add(new String(message, StandardCharsets.ISO_8859_1));
            return HMAC.sign(message);
          }

          @Override
          public boolean verify(byte[] message, byte[] signature) {
            return HMAC.verify(message, signature);
          }
        };
    Signed.by(SerendipityScheme.strict(), noting, ORDER);
    Signed.by(MessageSignatureScheme.create(), noting, ORDER);
    assertThat(messages).hasSize(2);
    assertThat(messages.get(0)).matches("[0-9]{10}[0-9A-Za-z]+");
    assertThat(messages.get(1)).startsWith("\"@");
  }

  /** A party or nonce with a line break would begin a header of its own. */
  @ParameterizedTest
  @ValueSource(strings = {"a\r\nb", "a\nb", "a\0", "\u00e4", ""})
  void signerOf_partyThatIsNoPrintableAscii_refused(String party) {
    KeyMaterial material = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Signer.of(party, material, SerendipityScheme.strict(), () -> NOW));
  }

  /** Some schemes take a hyphen for an underscore. */
  private static String shout(Scheme scheme, String name) {
    boolean loose =
        scheme instanceof SerendipityScheme
            || scheme instanceof FateSiteScheme
            || scheme instanceof FateClientScheme;
    String upper = name.toUpperCase(java.util.Locale.ROOT);
    return loose ? upper.replace('_', '-') : upper;
  }

  /** A shared secret that rotates must not change the algorithm by which partners are signed to. */
  @Test
  void only_oneOfSeveralAlgorithms_neitherSignsNorVerifiesByAnother() {
    MessageSignatureScheme any = MessageSignatureScheme.create();
    MessageSignatureScheme pairs = any.only(Key.Algorithm.ED25519);
    KeySet keys = new KeySet(List.of(ready(3, HMAC), ready(2, ED25519)));
    assertThat(keys.signing(any, NOW).get(0).key().id()).isEqualTo(3);
    assertThat(keys.signing(pairs, NOW).get(0).key().id()).isEqualTo(2);
    assertMalformed(pairs, Signed.by(any, HMAC, ORDER));
    assertThat(proves(pairs, ED25519, Signed.by(pairs, ED25519, ORDER))).isTrue();
    StandardWebhooksScheme webhooks = StandardWebhooksScheme.create();
    StandardWebhooksScheme v1a = webhooks.only(Key.Algorithm.ED25519);
    assertMalformed(v1a, Signed.by(webhooks, HMAC, ORDER));
    assertThat(proves(v1a, ED25519, Signed.by(v1a, ED25519, ORDER))).isTrue();
    WechatPayScheme platform = WechatPayScheme.platform("A1");
    SignatureKey sm2 = TestKeys.of(Key.Algorithm.SM2_SM3);
    WechatPayScheme rsa =
        WechatPayScheme.merchant("1900009191", "A2").only(Key.Algorithm.RSA_PKCS1_SHA256);
    assertMalformed(rsa, Signed.by(platform, sm2, ORDER));
  }

  @Test
  void only_unreadableKeyOfAnotherAlgorithm_isNotInTheWay() {
    StoredKey stored =
        new StoredKey(
            new Key(
                9,
                7,
                Key.Algorithm.HMAC_SHA256,
                Key.Purpose.REQUEST,
                Key.State.ENABLED,
                NOW,
                Key.FOREVER),
            new byte[] {1});
    KeySet keys =
        new KeySet(List.of(), List.of(new KeySet.UnreadableKey(stored, "cannot be read")));
    assertThat(keys.signing(MessageSignatureScheme.create().only(Key.Algorithm.ED25519), NOW))
        .isEmpty();
  }

  @Test
  void only_algorithmThatIsNotOffered_refused() {
    for (Runnable wrong :
        List.<Runnable>of(
            () -> MessageSignatureScheme.create().only(Key.Algorithm.SM2_SM3),
            () -> StandardWebhooksScheme.create().only(Key.Algorithm.HMAC_SHA1),
            () -> WechatPayScheme.platform("A1").only(Key.Algorithm.ED25519))) {
      assertThatIllegalArgumentException()
          .isThrownBy(wrong::run)
          .withMessageStartingWith("algorithm must be one of [");
    }
  }

  /** The certificate changes with the key, at the same moment on every node. */
  @Test
  void serialNumber_ofTheKeyThatSigns() {
    SignatureKey key = TestKeys.of(Key.Algorithm.SM2_SM3);
    WechatPayScheme merchant =
        WechatPayScheme.merchant("1900009191", "OLD").serialNumber(12, "NEXT");
    for (long id : new long[] {11, 12}) {
      Signing signing = new Signing("", List.of(ready(id, key)), NOW, "nonce");
      assertThat(merchant.sign(ORDER, signing).headers().first("Authorization").orElseThrow())
          .contains(id == 11 ? "serial_no=\"OLD\"" : "serial_no=\"NEXT\"");
    }
    assertThatIllegalArgumentException().isThrownBy(() -> merchant.serialNumber(0, "A1"));
    assertThatIllegalArgumentException().isThrownBy(() -> merchant.serialNumber(1, "A-1"));
  }
}

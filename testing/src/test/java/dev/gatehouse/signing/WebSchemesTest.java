package dev.gatehouse.signing;

import static dev.gatehouse.signing.SigningHouse.APP_KEY;
import static dev.gatehouse.signing.SigningHouse.ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that a signer signs and a verifier verifies, by keys of a ring, scheme by scheme. */
class WebSchemesTest {
  private static final String MCHID = "1900009191";
  private static final long ELSEWHERE = ID + 2;
  private static final Request REQUEST =
      Request.post(URI.create("https://api.example/orders/17?a=1"), "{\"amount\":1}");

  private final SigningHouse house = new SigningHouse();
  private final Application application =
      Application.named(MCHID).registered(ID, APP_KEY, Instant.EPOCH, null);
  private final Application elsewhere =
      Application.named("here").registered(ELSEWHERE, "Here0Here0Here01", Instant.EPOCH, null);
  private final Application other =
      Application.named("other").registered(ID + 1, "Other0Other0Key1", Instant.EPOCH, null);

  /** A scheme that signs and one that verifies what it signs. */
  static Stream<Arguments> schemes() {
    WechatPayScheme merchant = WechatPayScheme.merchant(MCHID, "0A1B");
    WechatPayScheme platform = WechatPayScheme.platform("PUB_KEY_ID_1");
    MessageSignatureScheme messages = MessageSignatureScheme.create();
    return Stream.of(
        Arguments.of(StandardWebhooksScheme.create(), Key.Algorithm.HMAC_SHA256, null),
        Arguments.of(StandardWebhooksScheme.create(), Key.Algorithm.ED25519, null),
        Arguments.of(StripeScheme.create(), Key.Algorithm.HMAC_SHA256, null),
        Arguments.of(GithubScheme.create(), Key.Algorithm.HMAC_SHA256, null),
        Arguments.of(merchant, Key.Algorithm.SM2_SM3, platform),
        Arguments.of(platform, Key.Algorithm.SM2_SM3, merchant),
        Arguments.of(merchant, Key.Algorithm.RSA_PKCS1_SHA256, platform),
        Arguments.of(messages, Key.Algorithm.HMAC_SHA256, null),
        Arguments.of(messages, Key.Algorithm.ED25519, null),
        Arguments.of(messages, Key.Algorithm.ECDSA_P256_SHA256, null),
        Arguments.of(messages, Key.Algorithm.RSA_PKCS1_SHA256, null),
        Arguments.of(messages, Key.Algorithm.RSA_PSS_SHA512, null));
  }

  private Verifier verifier(Scheme scheme) {
    Verifier verifier =
        Verifier.create(
            new Verifier.Configuration(
                registry(),
                house.keys,
                house.nonceStore,
                scheme,
                house.clock,
                house.audit(),
                new GatehouseListener() {},
                100));
    return scheme.namesParty() ? verifier : verifier.from(application);
  }

  private Registry registry() {
    List<Application> all = List.of(application, other);
    return (Registry)
        Proxy.newProxyInstance(
            Registry.class.getClassLoader(),
            new Class<?>[] {Registry.class},
            (proxy, method, arguments) -> {
              Object wanted = arguments[0];
              return all.stream()
                  .filter(
                      known ->
                          wanted.equals(known.id())
                              || (wanted.equals(known.name())
                                  && method.getName().equals("findApplication"))
                              || (wanted.equals(known.appKey())
                                  && method.getName().equals("findApplicationByKey")))
                  .findFirst();
            });
  }

  private Request signed(Scheme scheme) {
    return signer(scheme).sign(REQUEST).addTo(REQUEST);
  }

  private Signer signer(Scheme scheme) {
    Application sender = isOneWay(scheme) ? elsewhere : application;
    return Signer.create(sender, house.keys, scheme, house.clock);
  }

  private static boolean isOneWay(Scheme scheme) {
    return scheme.signingPurpose() != scheme.verifyingPurpose();
  }

  /** Gives both sides a key; of a scheme with one for each direction, the sender's is elsewhere. */
  private void share(Scheme signing, Key.Algorithm algorithm) {
    if (!isOneWay(signing)) {
      house.keys.generate(ID, signing.signingPurpose(), algorithm);
      return;
    }
    KeyMaterial material = KeyMaterial.generate(algorithm);
    house.keys.importKey(ELSEWHERE, signing.signingPurpose(), material);
    house.keys.importKey(
        ID,
        signing.verifyingPurpose(),
        algorithm == Key.Algorithm.HMAC_SHA256 ? material : material.publicPart());
  }

  private static void assertRefused(Verifier verifier, Request request, Reason reason) {
    assertThatThrownBy(() -> verifier.verify(request))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @ParameterizedTest(name = "{0} by {1}")
  @MethodSource("schemes")
  void signed_thenVerified_onceAndInTime(
      Scheme signing, Key.Algorithm algorithm, @Nullable Scheme receiver) {
    Scheme verifying = Optional.ofNullable(receiver).orElse(signing);
    share(signing, algorithm);
    house.keys.generate(ID + 1, verifying.verifyingPurpose(), algorithm);
    Verifier verifier = verifier(verifying);
    Request first = signed(signing);
    Request late = signed(signing);
    assertRefused(verifier, first.body("{}".getBytes(StandardCharsets.UTF_8)), Reason.SIGNATURE);
    assertThat(verifier.verify(first).application()).isEqualTo(application);
    boolean remembers =
        verifying.remembersUntil(verifying.read(first), house.clock.instant()).isPresent();
    if (remembers) {
      assertRefused(verifier, first, Reason.REPLAYED);
      house.clock.advance(Duration.ofSeconds(301));
      assertRefused(verifier, late, Reason.EXPIRED);
    } else {
      assertThatCode(() -> verifier.verify(first)).doesNotThrowAnyException();
    }
    if (!verifying.namesParty()) {
      assertRefused(verifier.from(other), signed(signing), Reason.SIGNATURE);
    }
  }

  @ParameterizedTest(name = "{0} by {1}")
  @MethodSource("schemes")
  void sign_keyOfAnotherPurpose_none(
      Scheme signing, Key.Algorithm algorithm, @Nullable Scheme receiver) {
    house.keys.generate(ID, Key.Purpose.AUDIT_HEAD, algorithm);
    assertThatThrownBy(() -> signed(signing)).isInstanceOf(NotFoundException.class);
  }

  /** What we send to a partner must not pass for what the partner sends. */
  @Test
  void verify_ownWebhookSentBack_refused() {
    for (Scheme scheme :
        List.of(StandardWebhooksScheme.create(), StripeScheme.create(), GithubScheme.create())) {
      house.keys.generate(ID, scheme.signingPurpose(), Key.Algorithm.HMAC_SHA256);
      Request ours =
          Signer.create(application, house.keys, scheme, house.clock).sign(REQUEST).addTo(REQUEST);
      assertRefused(verifier(scheme), ours, Reason.SIGNATURE);
    }
  }

  /** What a proxy packs or unpacks on the way is not what was signed. */
  @Test
  void verify_bodyPackedOnTheWay_refused() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(REQUEST.body());
    }
    for (Scheme scheme :
        List.of(StandardWebhooksScheme.create(), MessageSignatureScheme.create())) {
      share(scheme, Key.Algorithm.HMAC_SHA256);
      Verifier verifier = verifier(scheme);
      assertRefused(verifier, signed(scheme).body(packed.toByteArray()), Reason.SIGNATURE);
      Request sent = REQUEST.header("Content-Encoding", "gzip").body(packed.toByteArray());
      Request signed = signer(scheme).sign(sent).addTo(sent);
      assertRefused(verifier, signed.body(REQUEST.body()), Reason.SIGNATURE);
      assertThat(verifier.verify(signed).request().body()).isEqualTo(packed.toByteArray());
    }
  }

  /** A nonce outlives the time in which a clock that is set back would take its message again. */
  @Test
  void verify_clockSetBackAfterwards_stillReplay() {
    Scheme scheme = StandardWebhooksScheme.create();
    share(scheme, Key.Algorithm.HMAC_SHA256);
    Verifier verifier = verifier(scheme);
    Request first = signed(scheme);
    verifier.verify(first);
    house.clock.advance(Duration.ofSeconds(630));
    verifier.verify(signed(scheme));
    house.clock.advance(Duration.ofMinutes(-6));
    assertRefused(verifier, first, Reason.REPLAYED);
  }

  /** What the body says. */
  record Order(int amount) {}

  /** What it does not. */
  record Stranger(String name) {}

  @Test
  void verified_body_parsedStrictlyIfAsked() {
    Scheme scheme = MessageSignatureScheme.create();
    share(scheme, Key.Algorithm.HMAC_SHA256);
    Verified verified = verifier(scheme).verify(signed(scheme));
    assertThat(verified.json(Order.class)).isEqualTo(new Order(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> verified.json(Stranger.class))
        .withMessageStartingWith("body must be JSON of a Stranger: ");
    assertThat(verified.request().body()).isEqualTo(REQUEST.body());
    for (String amount : List.of("19.99", "\"19\"", "null", "true")) {
      Request wrong =
          REQUEST.body(("{\"amount\":" + amount + "}").getBytes(StandardCharsets.UTF_8));
      Verified proven = verifier(scheme).verify(signer(scheme).sign(wrong).addTo(wrong));
      assertThatIllegalArgumentException()
          .as(amount)
          .isThrownBy(() -> proven.json(Order.class))
          .withMessageStartingWith("body must be JSON of a Order: ");
    }
    assertThatIllegalStateException().isThrownBy(() -> verified.json(Runnable.class));
    for (String body : List.of("", "{\"a\":1,\"a\":2}", "{\"a\":NaN}", "{} {}", "[".repeat(65))) {
      Request unread = REQUEST.body(body.getBytes(StandardCharsets.UTF_8));
      Verified proven = verifier(scheme).verify(signer(scheme).sign(unread).addTo(unread));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> proven.json(Object.class))
          .withMessageStartingWith("body must be JSON");
    }
  }

  /** No name in a document chooses a class. */
  @Test
  void verified_bodyThatNamesAClass_isData() {
    Scheme scheme = MessageSignatureScheme.create();
    share(scheme, Key.Algorithm.HMAC_SHA256);
    Request named = REQUEST.body("{\"@class\":\"java.io.File\"}".getBytes(StandardCharsets.UTF_8));
    Verified verified = verifier(scheme).verify(signer(scheme).sign(named).addTo(named));
    assertThat(verified.json(Object.class)).isEqualTo(Map.of("@class", "java.io.File"));
    Request pair = REQUEST.body("[\"java.io.File\",{}]".getBytes(StandardCharsets.UTF_8));
    verified = verifier(scheme).verify(signer(scheme).sign(pair).addTo(pair));
    assertThat(verified.json(Object.class)).isEqualTo(List.of("java.io.File", Map.of()));
  }

  /** To s there is n - s, which verifies too and needs no key. */
  @Test
  void verify_replayWithTheOtherS_stillReplay() {
    Scheme scheme = MessageSignatureScheme.create();
    share(scheme, Key.Algorithm.ECDSA_P256_SHA256);
    Verifier verifier = verifier(scheme);
    Request first = signed(scheme);
    verifier.verify(first);
    String signature = first.headers().first("Signature").orElseThrow();
    byte[] raw = Base64.getDecoder().decode(signature.replaceAll("^sig1=:|:$", ""));
    BigInteger n =
        new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
    BigInteger s = n.subtract(new BigInteger(1, Arrays.copyOfRange(raw, 32, 64)));
    byte[] other = HexFormat.of().parseHex(String.format("%064x", s));
    System.arraycopy(other, 0, raw, 32, 32);
    List<Headers.Field> fields = new ArrayList<>(first.headers().fields());
    fields.removeIf(field -> field.name().equals("Signature"));
    fields.add(
        new Headers.Field("Signature", "sig1=:" + Base64.getEncoder().encodeToString(raw) + ":"));
    Request again = Request.post(first.uri(), first.body()).headers(Headers.of(fields));
    assertThat(again.headers().first("Signature")).isNotEqualTo(Optional.of(signature));
    assertRefused(verifier, again, Reason.REPLAYED);
  }

  @Test
  void verify_schemeThatNamesNobody_needsFrom() {
    Verifier verifier =
        Verifier.create(
            new Verifier.Configuration(
                registry(),
                house.keys,
                house.nonceStore,
                GithubScheme.create(),
                house.clock,
                house.audit(),
                new GatehouseListener() {},
                100));
    assertThatIllegalStateException().isThrownBy(() -> verifier.verify(REQUEST));
  }

  /** An attempt that follows has the same id and another time. */
  @Test
  void standardWebhooks_laterAttempt_noReplay() {
    StandardWebhooksScheme scheme = StandardWebhooksScheme.create();
    share(scheme, Key.Algorithm.HMAC_SHA256);
    Verifier verifier = verifier(scheme);
    Request message = REQUEST.header("webhook-id", "msg_1");
    Signer signer = signer(scheme);
    Request first = signer.sign(message).addTo(message);
    verifier.verify(first);
    house.clock.advance(Duration.ofSeconds(5));
    verifier.verify(signer.sign(message).addTo(message));
    assertRefused(verifier, first, Reason.REPLAYED);
  }

  /** A receiver may list the old and the new signature, in any order, once. */
  @Test
  void standardWebhooks_replayWithSignaturesRearranged_stillReplay() {
    StandardWebhooksScheme scheme = StandardWebhooksScheme.create();
    share(scheme, Key.Algorithm.HMAC_SHA256);
    Verifier verifier = verifier(scheme);
    Request first = signed(scheme);
    verifier.verify(first);
    String signature = first.headers().first("webhook-signature").orElseThrow();
    Request again =
        REQUEST
            .header("webhook-id", first.headers().first("webhook-id").orElseThrow())
            .header("webhook-timestamp", first.headers().first("webhook-timestamp").orElseThrow())
            .header("webhook-signature", "v2,x " + signature + " " + signature);
    assertRefused(verifier, again, Reason.REPLAYED);
  }
}

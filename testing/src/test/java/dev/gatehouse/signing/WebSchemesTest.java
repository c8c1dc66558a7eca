package dev.gatehouse.signing;

import static dev.gatehouse.signing.SigningHouse.APP_KEY;
import static dev.gatehouse.signing.SigningHouse.ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Request;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that a signer signs and a verifier verifies, by keys of a ring, scheme by scheme. */
class WebSchemesTest {
  private static final String MCHID = "1900009191";
  private static final Request REQUEST =
      Request.post(URI.create("https://api.example/orders/17?a=1"), "{\"amount\":1}");

  private final SigningHouse house = new SigningHouse();
  private final Application application =
      Application.named(MCHID).registered(ID, APP_KEY, Instant.EPOCH, null);
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
        Arguments.of(messages, Key.Algorithm.RSA_PKCS1_SHA256, null));
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
    return Signer.create(application, house.keys, scheme, house.clock).sign(REQUEST).addTo(REQUEST);
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
    house.keys.generate(ID, signing.purpose(), algorithm);
    house.keys.generate(ID + 1, signing.purpose(), algorithm);
    Verifier verifier = verifier(verifying);
    Request first = signed(signing);
    Request late = signed(signing);
    assertRefused(verifier, first.body("{}".getBytes(StandardCharsets.UTF_8)), Reason.SIGNATURE);
    assertThat(verifier.authenticate(first)).isEqualTo(application);
    boolean remembers = verifying.remembersUntil(house.clock.instant()).isPresent();
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

  @Test
  void authenticate_schemeThatNamesNobody_needsFrom() {
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
    assertThatIllegalStateException().isThrownBy(() -> verifier.authenticate(REQUEST));
  }

  /** An attempt that follows has the same id and another time. */
  @Test
  void standardWebhooks_laterAttempt_noReplay() {
    house.keys.generate(ID, Key.Purpose.WEBHOOK, Key.Algorithm.HMAC_SHA256);
    StandardWebhooksScheme scheme = StandardWebhooksScheme.create();
    Verifier verifier = verifier(scheme);
    Request message = REQUEST.header("webhook-id", "msg_1");
    Signer signer = Signer.create(application, house.keys, scheme, house.clock);
    Request first = signer.sign(message).addTo(message);
    verifier.verify(first);
    house.clock.advance(Duration.ofSeconds(5));
    verifier.verify(signer.sign(message).addTo(message));
    assertRefused(verifier, first, Reason.REPLAYED);
  }

  /** A receiver may list the old and the new signature, in any order, once. */
  @Test
  void standardWebhooks_replayWithSignaturesRearranged_stillReplay() {
    house.keys.generate(ID, Key.Purpose.WEBHOOK, Key.Algorithm.HMAC_SHA256);
    StandardWebhooksScheme scheme = StandardWebhooksScheme.create();
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

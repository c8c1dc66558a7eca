package dev.gatehouse.signing;

import static dev.gatehouse.signing.SigningHouse.APP_KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Schemes that judge some clients otherwise than the rest, or know them by other names. */
class NamedClientsTest {
  private static final String OLD_KEY = "OldClientOfYears";
  private static final Duration DAYS = SerendipityScheme.DEFAULT_AGE;
  private static final URI PLACE = URI.create("https://host.example/task/create?a=1");

  private final SigningHouse house = SigningHouse.withPublishedKey();
  private final Application old =
      Application.named("old-client").registered(8, OLD_KEY, Instant.EPOCH, null);
  private final SerendipityScheme mixed = SerendipityScheme.compat(DAYS, Set.of(OLD_KEY));

  @BeforeEach
  void register() {
    house.register(old);
    house.keys.importKey(old.id(), Secret.of("0123456789abcdefghijklmnopqrstuv"));
  }

  private Request signed(Application by, Scheme scheme) {
    Request request = Request.post(PLACE, "{\"amount\":1}");
    return Signer.create(by, house.keys, scheme, house.clock).sign(request).addTo(request);
  }

  private static Request altered(Request signed) {
    return signed.body("{\"amount\":1000000}".getBytes(StandardCharsets.UTF_8));
  }

  private static void assertRefused(Verifier verifier, Request request, Reason reason) {
    assertThatThrownBy(() -> verifier.verify(request))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void compatForSome_theOthersAreJudgedStrictly() {
    Verifier verifier = house.verifier(mixed);
    Request lenient = signed(old, mixed);
    Request strict = signed(house.application(), mixed);
    verifier.verify(lenient);
    verifier.verify(altered(lenient));
    assertRefused(verifier, altered(strict), Reason.SIGNATURE);
    verifier.verify(strict);
    assertRefused(verifier, strict, Reason.REPLAYED);
    Request late = signed(house.application(), mixed);
    house.clock.advance(Duration.ofDays(29));
    verifier.verify(lenient);
    assertRefused(verifier, late, Reason.EXPIRED);
    house.clock.advance(Duration.ofDays(2));
    assertRefused(verifier, lenient, Reason.EXPIRED);
  }

  /** The name is not signed: whoever takes the old client's must not be judged like it. */
  @Test
  void compatForSome_strictRequestUnderTheOldName_refused() {
    Request strict = signed(house.application(), mixed);
    List<Headers.Field> fields = new ArrayList<>(strict.headers().fields());
    fields.set(0, new Headers.Field("app_key", OLD_KEY));
    Request renamed = Request.post(PLACE, "{\"amount\":1000000}").headers(Headers.of(fields));
    assertRefused(house.verifier(mixed), renamed, Reason.SIGNATURE);
    Verifier alone = house.verifier(mixed).from(house.application());
    assertRefused(alone, renamed, Reason.SIGNATURE);
    alone.verify(strict);
    assertRefused(alone, strict, Reason.REPLAYED);
  }

  @Test
  void compatForSome_verifierOfThatOne_lenient() {
    Verifier alone = house.verifier(mixed).from(old);
    Request lenient = altered(signed(old, mixed));
    alone.verify(lenient);
    assertThat(alone.verify(lenient).application()).isEqualTo(old);
  }

  @Test
  void compatForSome_noAppKey_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SerendipityScheme.compat(DAYS, Set.of("short")))
        .withMessage("appKey must match [A-Za-z0-9]{16}, was 'short'");
    assertThat(mixed).hasToString("SerendipityScheme compat, 2592000 s, for 1 applications");
  }

  @ParameterizedTest
  @ValueSource(strings = {"test-key-ed25519", "https://peer.example/keys/1", " ", "\"\\"})
  void keyId_ofAClient_itsRequests(String keyId) {
    MessageSignatureScheme scheme = MessageSignatureScheme.create().keyId(keyId, old);
    Request request = signed(old, scheme);
    assertThat(request.headers().first("Signature-Input"))
        .hasValueSatisfying(input -> assertThat(input).doesNotContain(OLD_KEY));
    Verifier verifier = house.verifier(scheme);
    assertThat(verifier.verify(request).application()).isEqualTo(old);
    assertRefused(verifier, request, Reason.REPLAYED);
    verifier.verify(signed(old, MessageSignatureScheme.create()));
    verifier.verify(signed(house.application(), scheme));
    assertRefused(
        house.verifier(MessageSignatureScheme.create()), signed(old, scheme), Reason.SIGNATURE);
  }

  /** Or the answer would tell which partners there are. */
  @ParameterizedTest
  @ValueSource(strings = {"theirs", "nobody's", "' UNION SELECT 1", OLD_KEY})
  void keyId_ofWhomever_sameAnswerToForgeries(String keyId) {
    MessageSignatureScheme scheme = MessageSignatureScheme.create().keyId("theirs", old);
    Request request = Request.post(PLACE, "{}");
    Request forged =
        Signer.of(keyId, KeyMaterial.generate(Key.Algorithm.HMAC_SHA256), scheme, house.clock)
            .sign(request)
            .addTo(request);
    assertRefused(house.verifier(scheme), forged, Reason.SIGNATURE);
  }

  @Test
  void keyId_anyIfAlone_onlyItsKeysProve() {
    MessageSignatureScheme theirs = MessageSignatureScheme.create().keyId("their key", old);
    Verifier plain = house.verifier(MessageSignatureScheme.create());
    Request request = signed(old, theirs);
    assertThat(plain.from(old).verify(request).application()).isEqualTo(old);
    assertRefused(plain.from(house.application()), signed(old, theirs), Reason.SIGNATURE);
  }

  @Test
  void keyId_twiceOrNone_refused() {
    MessageSignatureScheme scheme = MessageSignatureScheme.create().keyId("theirs", old);
    for (Application again : List.of(old, house.application())) {
      assertThatIllegalArgumentException().isThrownBy(() -> scheme.keyId("theirs", again));
    }
    assertThatIllegalArgumentException().isThrownBy(() -> scheme.keyId("other", old));
    for (String none : List.of("", "x".repeat(257), "\u00e9", "a\nb")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> scheme.keyId(none, house.application()))
          .withMessage("name must have 1..256 printable ASCII");
    }
  }

  /** What a request calls itself is not signed by every scheme, so it must not choose a client. */
  @Test
  void keyId_ofAnother_provenByTheirKeyOnly() {
    MessageSignatureScheme scheme = MessageSignatureScheme.create().keyId("theirs", old);
    MessageSignatureScheme forged =
        MessageSignatureScheme.create().keyId("theirs", house.application());
    assertThat(house.application().appKey()).isEqualTo(APP_KEY);
    assertRefused(house.verifier(scheme), signed(house.application(), forged), Reason.SIGNATURE);
  }
}

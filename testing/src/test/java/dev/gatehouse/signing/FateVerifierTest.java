package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The schemes of FATE from signer to verifier, with keys and nonces in a store. */
class FateVerifierTest {
  private static final String UNPROVEN = "the key is unknown or the signature does not match";
  private static final URI CREATE = URI.create("http://b.example/v1/party/J1/guest/10000/create");
  private static final FateSiteScheme AT_9999 = FateSiteScheme.create("9999");
  private static final FateSiteScheme AT_10000 = FateSiteScheme.create("10000");
  private static final FateClientScheme CLIENT = FateClientScheme.create();
  private static final KeyMaterial PAIR = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256);
  private static final byte[] SECRET = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** The site 9999, which signs, and the site 10000, which knows only its public key. */
  private final SigningHouse nines = new SigningHouse();

  private final SigningHouse tens = new SigningHouse();
  private final List<Application> known = new ArrayList<>();
  private final Application site9999 = application(20, "9999", "Site9999Key01234");
  private final Application site10000 = application(21, "10000", "Site10000Key0123");
  private final Application client = application(22, "submitter", "SubmitterKey0123");

  FateVerifierTest() {
    nines.keys.importKey(20, Key.Purpose.SITE, PAIR);
    tens.keys.importKey(20, Key.Purpose.SITE, PAIR.publicPart());
    tens.keys.importKey(
        22, Key.Purpose.REQUEST, KeyMaterial.secret(Key.Algorithm.HMAC_SHA1, SECRET));
    known.addAll(List.of(site9999, site10000, client));
  }

  private static Application application(long id, String name, String appKey) {
    return Application.named(name).registered(id, appKey, Instant.EPOCH, null);
  }

  private Verifier verifier(Scheme scheme) {
    return verifier(scheme, tens.configuration().nonces());
  }

  private Verifier verifier(Scheme scheme, NonceStore nonces) {
    Verifier.Configuration parts = tens.configuration();
    return Verifier.create(
        new Verifier.Configuration(
            registry(),
            parts.keys(),
            nonces,
            scheme,
            parts.clock(),
            parts.audit(),
            parts.listener(),
            parts.nonceQuota()));
  }

  /** A registry that finds by name, whatever its case, and by app key. */
  private Registry registry() {
    return (Registry)
        Proxy.newProxyInstance(
            Registry.class.getClassLoader(),
            new Class<?>[] {Registry.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "findApplication" -> find(arguments[0], true);
                  case "findApplicationByKey" -> find(arguments[0], false);
                  default -> throw new UnsupportedOperationException(method.toString());
                });
  }

  private Optional<Application> find(Object text, boolean byName) {
    return known.stream()
        .filter(
            one -> byName ? one.name().equalsIgnoreCase((String) text) : one.appKey().equals(text))
        .findFirst();
  }

  private Request sent(String body) {
    Request request = Request.post(CREATE, body).header("DEST-PARTY-ID", "10000");
    return Signer.create(site9999, nines.keys, AT_9999, nines.clock).sign(request).addTo(request);
  }

  private Request submitted(String target, String body) {
    Request request = Request.post(URI.create(target), body);
    return Signer.create(client, tens.keys, CLIENT, tens.clock).sign(request).addTo(request);
  }

  private static void assertRefused(Verifier verifier, Request request, Reason reason) {
    assertThatThrownBy(() -> verifier.verify(request))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static Request with(Request request, String name, String value) {
    List<Headers.Field> fields = new ArrayList<>(request.headers().fields());
    fields.replaceAll(field -> field.name().equals(name) ? new Headers.Field(name, value) : field);
    return Request.of(request.method(), request.uri())
        .body(request.body())
        .headers(Headers.of(fields));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"b\": 1, \"a\": \"\u4e2d/\"}", "", "null", "{}", "[1e5, NaN]"})
  void site_signedByOneForTheOther_provenAsOftenAsSent(String body) {
    Request request = sent(body);
    Verifier verifier = verifier(AT_10000);
    for (int i = 0; i < 3; i++) {
      assertThat(verifier.verify(request).application()).isEqualTo(site9999);
      tens.clock.advance(Duration.ofDays(300));
    }
    assertThat(tens.nonceClaims).isEmpty();
  }

  @Test
  void site_bodyOrPartyChanged_refused() {
    Verifier verifier = verifier(AT_10000);
    Request request = sent("{\"b\":1,\"a\":2}");
    verifier.verify(request.body("{ \"b\" : 1, \"a\" : 2 }".getBytes(StandardCharsets.UTF_8)));
    for (String body : List.of("{\"a\":2,\"b\":1}", "{\"b\":1,\"a\":3}", "{\"b\":1}", "")) {
      Request changed = request.body(body.getBytes(StandardCharsets.UTF_8));
      assertRefused(verifier, changed, Reason.SIGNATURE);
      assertThatThrownBy(() -> verifier.verify(changed)).hasMessage(UNPROVEN);
    }
    assertRefused(verifier, request.body(new byte[] {'{'}), Reason.MALFORMED);
    for (String party : List.of("10000", "7", "", "0", "submitter")) {
      Request changed = with(request, "SRC-PARTY-ID", party);
      assertThatThrownBy(() -> verifier.verify(changed)).hasMessage(UNPROVEN);
    }
  }

  @Test
  void site_noParty_isTheReceiverItself() {
    Verifier atHome =
        Verifier.create(
            new Verifier.Configuration(
                registry(),
                nines.keys,
                nines.nonceStore,
                AT_9999,
                nines.clock,
                nines.audit(),
                nines.configuration().listener(),
                1));
    assertThat(atHome.verify(with(sent("{}"), "SRC-PARTY-ID", "0")).application())
        .isEqualTo(site9999);
  }

  @Test
  void site_notEnabled_refused() {
    known.remove(site9999);
    known.add(
        Application.named("9999")
            .status(Application.Status.DISABLED)
            .registered(20, "Site9999Key01234", Instant.EPOCH, null));
    assertRefused(verifier(AT_10000), sent("{}"), Reason.SIGNATURE);
  }

  @Test
  void site_keyForRequests_doesNotServe() {
    KeyMaterial other = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256);
    tens.keys.importKey(21, Key.Purpose.REQUEST, other);
    Signer signer = Signer.create(site10000, tens.keys, AT_10000, tens.clock);
    assertThatThrownBy(() -> signer.sign(Request.post(CREATE, "{}")))
        .isInstanceOf(NotFoundException.class);
    Request request =
        Request.post(CREATE, "{}")
            .header("SRC-PARTY-ID", "10000")
            .header("SITE-SIGNATURE", signed("SHA256withRSA", other, "{}"));
    assertRefused(verifier(AT_10000), request, Reason.SIGNATURE);
  }

  @Test
  void site_signedWithMd5_provenOnlyIfAccepted() {
    Request request =
        Request.post(CREATE, "{\"a\":1}")
            .header("src_party_id", "9999")
            .header("site_signature", signed("MD5withRSA", PAIR, "{\"a\": 1}"));
    assertRefused(verifier(AT_10000), request, Reason.SIGNATURE);
    Verifier accepting = verifier(FateSiteScheme.acceptingMd5("10000"));
    assertThat(accepting.verify(request).application()).isEqualTo(site9999);
    assertThat(accepting.verify(sent("{\"a\":1}")).application()).isEqualTo(site9999);
    assertRefused(accepting, request.body(new byte[] {'1'}), Reason.SIGNATURE);
  }

  private static String signed(String algorithm, KeyMaterial pair, String canonical) {
    String[] lines = pair.toPem().split("\n", -1);
    StringBuilder base64 = new StringBuilder();
    for (String line : lines) {
      base64.append(line.startsWith("-") ? "" : line.strip());
    }
    try {
      Signature signature = Signature.getInstance(algorithm);
      byte[] der = Base64.getDecoder().decode(base64.toString());
      signature.initSign(
          KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der)));
      signature.update(canonical.getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void site_keyRotated_bothUntilTheOverlapEnds() {
    Request old = sent("{}");
    KeyMaterial next = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256);
    Key first = tens.keys.keys(20, Long.MAX_VALUE, 1).get(0);
    tens.keys.importKey(20, Key.Purpose.SITE, next.publicPart());
    tens.keys.retire(20, first.id(), Duration.ofMinutes(10));
    nines.keys.importKey(20, Key.Purpose.SITE, next);
    Request young = sent("{}");
    assertThat(young.headers().first("SITE-SIGNATURE"))
        .isNotEqualTo(old.headers().first("SITE-SIGNATURE"));
    verifier(AT_10000).verify(old);
    verifier(AT_10000).verify(young);
    tens.clock.advance(Duration.ofMinutes(10));
    assertRefused(verifier(AT_10000), old, Reason.SIGNATURE);
    verifier(AT_10000).verify(young);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":1}", "{}", "", "[]", "no JSON"})
  void client_signed_provenOnce(String body) {
    Verifier verifier = verifier(CLIENT);
    Request request = submitted("/v1/job/submit?x=1", body);
    assertThat(verifier.verify(request).application()).isEqualTo(client);
    assertRefused(verifier, request, Reason.REPLAYED);
    tens.clock.advance(Duration.ofMillis(59_999));
    assertRefused(verifier, request, Reason.REPLAYED);
    tens.clock.advance(Duration.ofMillis(1));
    assertRefused(verifier, request, Reason.EXPIRED);
  }

  /** A client's clock may run ahead by almost 60 s; its requests stay fresh for almost 120 s. */
  @Test
  void A22_client_signedInTheFutureAndReplayedUntilItIsOld_refused() {
    Verifier verifier = verifier(CLIENT);
    tens.clock.advance(Duration.ofMillis(59_999));
    Request request = submitted("/v1/job/submit", "{}");
    tens.clock.advance(Duration.ofMillis(-59_999));
    verifier.verify(request);
    tens.clock.advance(Duration.ofMillis(119_998));
    assertRefused(verifier, request, Reason.REPLAYED);
    tens.clock.advance(Duration.ofMillis(1));
    assertRefused(verifier, request, Reason.EXPIRED);
  }

  @Test
  void A22_client_refusedBeforeTheNonce_claimsNone() {
    Verifier verifier = verifier(CLIENT);
    Request request = submitted("/v1/job/submit", "{\"a\":1}");
    assertRefused(
        verifier, request.body("{\"a\":2}".getBytes(StandardCharsets.UTF_8)), Reason.SIGNATURE);
    assertRefused(verifier, with(request, "APP_KEY", "nobody"), Reason.SIGNATURE);
    assertThatThrownBy(() -> verifier.verify(with(request, "APP_KEY", "nobody")))
        .hasMessage(UNPROVEN);
    assertRefused(verifier, with(request, "NONCE", "another"), Reason.SIGNATURE);
    assertRefused(verifier, with(request, "TIMESTAMP", "+1700000100000"), Reason.MALFORMED);
    assertRefused(verifier, request.header("app-key", "SubmitterKey0123"), Reason.MALFORMED);
    assertThat(tens.nonceClaims).isEmpty();
    verifier.verify(request);
  }

  @Test
  void client_keyOfAnotherAlgorithm_doesNotServe() {
    Application other = application(23, "other", "OtherKey01234567");
    known.add(other);
    tens.keys.importKey(
        23, Key.Purpose.REQUEST, KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, SECRET));
    Signer signer = Signer.create(other, tens.keys, CLIENT, tens.clock);
    assertThatThrownBy(() -> signer.sign(Request.post(CREATE, "{}")))
        .isInstanceOf(NotFoundException.class);
    SignatureKey sameSecret = KeyMaterial.secret(Key.Algorithm.HMAC_SHA1, SECRET).signatureKey();
    Request request = Request.post(CREATE, "{}");
    SignedHeaders headers =
        CLIENT.sign(
            request,
            new Signing(
                "OtherKey01234567",
                List.of(new KeySet.ReadyKey(tens.keys.keys(23, 99, 1).get(0), sameSecret, true)),
                tens.clock.instant(),
                "nonce"));
    assertRefused(verifier(CLIENT), headers.addTo(request), Reason.SIGNATURE);
  }

  /** What FATE's own documentation has for an example, and what a site may have for years. */
  @Test
  void client_withItsOwnAppKeyAndAShortSecret_servedAsItIs() {
    Application old = application(30, "old-board", "OldBoardKey01234");
    known.add(old);
    tens.keys.importKey(30, Key.Purpose.REQUEST, KeyMaterial.fateSecret("sk"));
    FateClientScheme scheme = CLIENT.client("ak", old);
    Request request = Request.post(URI.create("/v1/job/submit"), "{\"a\": 1}");
    Request signed = Signer.create(old, tens.keys, scheme, tens.clock).sign(request).addTo(request);
    assertThat(signed.headers().first("APP_KEY")).contains("ak");
    Verifier verifier = verifier(scheme);
    assertThat(verifier.verify(signed).application()).isEqualTo(old);
    assertRefused(verifier, signed, Reason.REPLAYED);
    assertRefused(verifier(CLIENT), signed, Reason.SIGNATURE);
    Request plain = Signer.create(old, tens.keys, CLIENT, tens.clock).sign(request).addTo(request);
    assertThat(plain.headers().first("APP_KEY")).contains(old.appKey());
    assertThat(verifier.verify(plain).application()).isEqualTo(old);
    assertThat(verifier.verify(submitted("/v1/job/submit", "{}")).application()).isEqualTo(client);
  }

  /** Calling oneself by another's app key gains nothing without its secret. */
  @Test
  void client_appKeyOfAnother_provenByThatOnesSecretOnly() {
    Application old = application(30, "old-board", "OldBoardKey01234");
    known.add(old);
    tens.keys.importKey(30, Key.Purpose.REQUEST, KeyMaterial.fateSecret("sk"));
    FateClientScheme mistaken = CLIENT.client(client.appKey(), old);
    assertRefused(verifier(mistaken), submitted("/v1/job/submit", "{}"), Reason.SIGNATURE);
  }

  @Test
  void client_twiceOrMalformed_refused() {
    FateClientScheme once = CLIENT.client("ak", client);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> once.client("ak", site9999))
        .withMessage("a client must be given once, was given again: " + site9999);
    assertThatIllegalArgumentException().isThrownBy(() -> once.client("other", client));
    for (String appKey : List.of("", "a b", "a\n", "\u516c", "x".repeat(129))) {
      assertThatIllegalArgumentException().isThrownBy(() -> CLIENT.client(appKey, client));
    }
    FateClientScheme many = CLIENT;
    for (int i = 0; i < FateClientScheme.MAX_CLIENTS; i++) {
      many =
          many.client("ak" + i, application(100 + i, "n" + i, "Key" + (10_000 + i) + "ABCDEFGH"));
    }
    FateClientScheme full = many;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> full.client("one-more", client))
        .withMessage("number of clients must be in 1..1000, was 1001");
  }

  /** Its timestamps tell milliseconds, so that no part of a second is left open. */
  @Test
  void client_signedAMilliBeforeARestart_refused_atItAccepted() {
    Request before = submitted("http://b.example/v1/job/submit", "{}");
    tens.clock.advance(Duration.ofMillis(1));
    Verifier restarted = verifier(CLIENT, MemoryStorage.create(tens.clock).nonces());
    assertRefused(restarted, before, Reason.UNVERIFIABLE);
    restarted.verify(submitted("http://b.example/v1/job/submit", "{}"));
  }
}

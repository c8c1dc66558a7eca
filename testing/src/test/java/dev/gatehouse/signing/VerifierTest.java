package dev.gatehouse.signing;

import static dev.gatehouse.signing.SigningHouse.APP_KEY;
import static dev.gatehouse.signing.SigningHouse.ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Application.Status;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerifierTest {
  private static final URI PLACE = URI.create("https://gatehouse.example/task/create");
  private static final String B5 =
      "{\"taskNo\":\"order-1001\",\"content\":{\"class\":\"http\",\"_params\":{\"id\":7}},"
          + "\"timeout\":60000,\"name\":\"charge\",\"runtime\":\"2030-01-01 00:00:00\"}";
  private static final String UNPROVEN = "the key is unknown or the signature does not match";

  private final SigningHouse house = SigningHouse.withPublishedKey();
  private final Verifier verifier = house.verifier();

  static Request request() {
    return Request.post(PLACE, "{\"amount\":1}");
  }

  private Request signed() {
    return house.signer().sign(request()).addTo(request());
  }

  private static Headers v1(String appKey, String signature) {
    return Headers.of(
        "app_key", appKey,
        "nonce", "aB3dE5fG7hI9jK1L",
        "timestamps", "1700000000",
        "payload", "9509a13ffc6c94e38b6bc91f4e163e04",
        "signature", signature);
  }

  private static Headers v1() {
    return v1(
        APP_KEY,
        "NzAyODljNWYxNzgyZDY2MzJiZWIxNTVhODc3Y2JkZmY0ZGM0MDgxNjBiMDQ1ZmEwM2Q3ODBlN2Q2YjkxOTFiOQ==");
  }

  private static Request v5() {
    return Request.post(PLACE, B5)
        .headers(
            Headers.of(
                "app_key",
                APP_KEY,
                "nonce",
                "Body0Nonce0Hash1",
                "timestamps",
                "1700000002",
                "payload",
                "0d738f2872c5bcea7bdd6ee1b2bd68a7",
                "signature",
                "YTkxNzlhMDQ5MTJiZjFhYzBlZTY1YzAyMDk3YmIxNGU0ODhkYjIyNjA5NTYzOGIwYjY4NTFiNDgzMTU0ZGFlNw=="));
  }

  private static void assertRefused(Verifier verifier, Request request, Reason reason) {
    assertThatThrownBy(() -> verifier.verify(request))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void case1_v1InCompat_acceptedAsOftenAsSent() {
    Verifier compat = house.verifier(SerendipityScheme.compat());
    for (int i = 0; i < 3; i++) {
      assertThat(compat.verify(request().headers(v1())).application())
          .isEqualTo(house.application());
    }
    assertThat(house.nonceClaims).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cCicXxeC1mMr6xVah3y9/03ECBYLBF+gPXgOfWuRkbk=",
        "NzAyODlDNUYxNzgyRDY2MzJCRUIxNTVBODc3Q0JERkY0REM0MDgxNjBCMDQ1RkEwM0Q3ODBFN0Q2QjkxOTFCOQ==",
        "ZjM0ZDE2MDU2MmQwZWE4OWM4ZTBmODQyNjFmNjBiZWFkZmEyM2E1ODZmNDY4ZTVhYTZiYmM0YmQ1ZjFkNDUxOA==",
        "YjI3NTkyODBlYjBhNWEyMmM1MTVhYTdjNmM4MTA2YjU1ZTE0OTBmNjE1Nzk0MDdlOTlhMjJkYzAzZWEwNWFjNQ=="
      })
  void case2_wrongSignatureInCompat_refused(String signature) {
    Verifier compat = house.verifier(SerendipityScheme.compat());
    assertThatThrownBy(() -> compat.verify(request().headers(v1(APP_KEY, signature))))
        .isInstanceOf(AuthenticationException.class);
  }

  @Test
  void case6_upstreamsAge_exactToTheSecond() {
    Verifier compat = house.verifier(SerendipityScheme.compat(SerendipityScheme.MAX_AGE));
    compat.verify(
        aged(
            "1544480100",
            "MTkxZGMxNzZmZGVkNmYyZTJhNTBmYjI2MzA2MDM2ZDhmNGVjMDYwNDYwOWNjNTdiZDFmOWNjNDk0Njc2YjAxMA=="));
    assertRefused(
        compat,
        aged(
            "1544480099",
            "ZWQyODhkNmE0NGRjZjIyM2FhNWI4Mzk3M2JhOWUyZTMxNTA5OThjZmZlNmNlMDE2NjJkZTc2MzhiNjA2YTQ5Mw=="),
        Reason.EXPIRED);
  }

  private static Request aged(String timestamp, String signature) {
    return request()
        .headers(
            Headers.of(
                "app_key", APP_KEY,
                "nonce", "aB3dE5fG7hI9jK1L",
                "timestamps", timestamp,
                "payload", "9509a13ffc6c94e38b6bc91f4e163e04",
                "signature", signature));
  }

  @Test
  void case8_rightMacOf2030_refusedInBoth() {
    house.clock.set(Instant.ofEpochSecond(1_893_456_000));
    Request request = signed();
    house.clock.set(Instant.ofEpochSecond(1_700_000_100));
    assertRefused(verifier, request, Reason.EXPIRED);
    assertRefused(house.verifier(SerendipityScheme.compat()), request, Reason.EXPIRED);
  }

  @Test
  void case9to11_v5_acceptedOnceAndOnlyUnchanged() {
    assertRefused(
        verifier,
        v5().body(B5.replace("7", "8").getBytes(StandardCharsets.UTF_8)),
        Reason.SIGNATURE);
    assertThat(verifier.verify(v5()).application().id()).isEqualTo(ID);
    assertRefused(verifier, v5(), Reason.REPLAYED);
    assertRefused(house.verifier(), v5(), Reason.REPLAYED);
  }

  @Test
  void case12_v1InStrict_refused() {
    assertRefused(verifier, request().headers(v1()), Reason.SIGNATURE);
  }

  @ParameterizedTest
  @EnumSource(names = {"PENDING", "DISABLED"})
  void case14_applicationNotEnabled_refusedAtOnce(Status status) {
    verifier.verify(signed());
    Request next = signed();
    house.status(status);
    assertThatThrownBy(() -> verifier.verify(next)).hasMessage(UNPROVEN);
    house.status(Status.ENABLED);
    verifier.verify(next);
  }

  @Test
  void verify_secretOfAnother_refused() {
    house.register(
        Application.named("other").registered(8, "Zx81LmNoPqRsTuVw", Instant.EPOCH, null));
    house.keys.importKey(8, Secret.of("0123456789abcdefghijklmnopqrstuv"));
    List<Headers.Field> fields = new ArrayList<>(signed().headers().fields());
    fields.set(0, new Headers.Field("app_key", "Zx81LmNoPqRsTuVw"));
    assertRefused(verifier, request().headers(Headers.of(fields)), Reason.SIGNATURE);
  }

  /** Nobody may learn from an answer which keys exist. */
  @Test
  void verify_unknownKeyOrWrongSignature_sameAnswer() {
    List<Headers.Field> fields = new ArrayList<>(signed().headers().fields());
    fields.set(0, new Headers.Field("app_key", "AAAAAAAAAAAAAAAA"));
    Request unknown = request().headers(Headers.of(fields));
    fields.set(0, new Headers.Field("app_key", APP_KEY));
    fields.set(1, new Headers.Field("nonce", "anotherNonce"));
    Request wrong = request().headers(Headers.of(fields));
    for (Request request : List.of(unknown, wrong)) {
      assertRefused(verifier, request, Reason.SIGNATURE);
      assertThatThrownBy(() -> verifier.verify(request)).hasMessage(UNPROVEN);
    }
    house.clock.advance(Duration.ofHours(1));
    for (Request request : List.of(unknown, wrong)) {
      assertRefused(verifier, request, Reason.EXPIRED);
    }
  }

  /** Or how long the answer takes would tell which keys exist, after each change of any key. */
  @Test
  void verify_unknownKeyOrWrongSignature_sameQueries() {
    house.register(
        Application.named("never-seen").registered(9, "NeverSeenBefore1", Instant.EPOCH, null));
    house.keys.generate(9, Key.Purpose.REQUEST, Key.Algorithm.HMAC_SHA256);
    house.register(
        Application.named("disabled")
            .status(Application.Status.DISABLED)
            .registered(10, "DisabledForLong1", Instant.EPOCH, null));
    house.keys.generate(10, Key.Purpose.REQUEST, Key.Algorithm.HMAC_SHA256);
    List<Headers.Field> fields = new ArrayList<>(signed().headers().fields());
    fields.set(1, new Headers.Field("nonce", "anotherNonce"));
    verifyInVain(fields, APP_KEY);
    List<String> all =
        List.of(APP_KEY, "AAAAAAAAAAAAAAAA", "NeverSeenBefore1", "DisabledForLong1", APP_KEY);
    house.keyQueries.clear();
    all.forEach(appKey -> verifyInVain(fields, appKey));
    assertThat(house.keyQueries).as("nothing has changed").isEmpty();
    for (String appKey : all) {
      house.keyRing(null).generate(8, Key.Purpose.REQUEST, Key.Algorithm.HMAC_SHA256);
      house.clock.advance(Duration.ofSeconds(1));
      house.keyQueries.clear();
      verifyInVain(fields, appKey);
      assertThat(house.keyQueries).as(appKey).containsExactly("version", "changedAfter", "live");
    }
  }

  private void verifyInVain(List<Headers.Field> fields, String appKey) {
    List<Headers.Field> changed = new ArrayList<>(fields);
    changed.set(0, new Headers.Field("app_key", appKey));
    assertRefused(verifier, request().headers(Headers.of(changed)), Reason.SIGNATURE);
  }

  @Test
  void verify_refusedBeforeTheNonce_claimsNone() {
    assertRefused(verifier, request(), Reason.MALFORMED);
    assertRefused(verifier, request().headers(v1()), Reason.SIGNATURE);
    assertRefused(verifier, signed().body(new byte[] {1}), Reason.SIGNATURE);
    assertRefused(verifier, v5().header("nonce", "Body0Nonce0Hash1"), Reason.MALFORMED);
    Request old = signed();
    house.clock.advance(Duration.ofSeconds(301));
    assertRefused(verifier, old, Reason.EXPIRED);
    assertThat(house.nonceClaims).isEmpty();
    assertThat(house.refused)
        .containsExactly("MALFORMED", "SIGNATURE", "SIGNATURE", "MALFORMED", "EXPIRED");
  }

  @Test
  void verify_replayedAtTheEdgeOfTheWindow_refused() {
    Request request = signed();
    verifier.verify(request);
    house.clock.advance(Duration.ofMinutes(5));
    assertRefused(verifier, request, Reason.REPLAYED);
    house.clock.advance(Duration.ofSeconds(1));
    assertRefused(verifier, request, Reason.EXPIRED);
  }

  /** A signer's clock may run ahead by 300 s; its requests stay fresh for 600 s then. */
  @Test
  void verify_signedInTheFutureAndReplayedUntilItIsOld_refused() {
    house.clock.advance(Duration.ofMinutes(5));
    Request request = signed();
    house.clock.advance(Duration.ofMinutes(-5));
    verifier.verify(request);
    house.clock.advance(Duration.ofSeconds(599));
    assertRefused(verifier, request, Reason.REPLAYED);
    house.clock.advance(Duration.ofSeconds(1));
    assertRefused(verifier, request, Reason.REPLAYED);
    house.clock.advance(Duration.ofSeconds(1));
    assertRefused(verifier, request, Reason.EXPIRED);
  }

  @Test
  void verify_clockSetBackBy300Seconds_replayStillRefused() {
    Request request = signed();
    verifier.verify(request);
    for (int i = 0; i < 599; i++) {
      house.clock.advance(Duration.ofSeconds(1));
      verifier.verify(signed());
    }
    house.clock.advance(Duration.ofMinutes(-5));
    assertRefused(verifier, request, Reason.REPLAYED);
  }

  @Test
  void verify_signedBeforeTheStoreRemembers_refusedInStrictOnly() {
    house.clock.set(Instant.ofEpochSecond(1_699_999_999));
    Request before = signed();
    house.clock.set(Instant.ofEpochSecond(1_700_000_000));
    Request since = signed();
    assertRefused(verifier, before, Reason.UNVERIFIABLE);
    verifier.verify(since);
    house.verifier(SerendipityScheme.compat()).verify(before);
  }

  @Test
  void verify_nonceQuotaUsedUp_refusedUntilSomeExpire() {
    Verifier narrow = house.verifier(SerendipityScheme.strict(), house.keys, 3);
    for (int i = 0; i < 3; i++) {
      narrow.verify(signed());
    }
    assertRefused(narrow, signed(), Reason.QUOTA);
    house.clock.advance(Duration.ofSeconds(661));
    narrow.verify(signed());
  }

  @Test
  void verify_sixteenThreadsOneRequest_oneAccepted() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      for (int round = 0; round < 50; round++) {
        Request request = signed();
        Callable<Integer> attempt =
            () -> {
              try {
                verifier.verify(request);
                return 1;
              } catch (AuthenticationException e) {
                assertThat(e.reason()).isEqualTo(Reason.REPLAYED);
                return 0;
              }
            };
        int accepted = 0;
        for (Future<Integer> future : threads.invokeAll(Collections.nCopies(16, attempt))) {
          accepted += future.get(30, TimeUnit.SECONDS);
        }
        assertThat(accepted).isEqualTo(1);
      }
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void verify_normalCase_claimOfTheNonceIsTheOnlyIo() {
    verifier.verify(signed());
    house.keyQueries.clear();
    house.nonceClaims.clear();
    for (int i = 0; i < 100; i++) {
      verifier.verify(signed());
    }
    assertThat(house.keyQueries).as("but the version now and then").doesNotContain("live", "find");
    assertThat(house.nonceClaims).filteredOn("claim"::equals).hasSize(100);
  }

  @Test
  void verify_keyChangedOnAnotherNode_noticedWithinASecond() {
    Request signedBefore = signed();
    verifier.verify(signed());
    house.keyRing(null).disable(ID, 1);
    house.clock.advance(Duration.ofSeconds(1));
    assertRefused(verifier, signedBefore, Reason.SIGNATURE);
    assertThatThrownBy(this::signed)
        .isInstanceOf(NotFoundException.class)
        .hasMessage("application 7 has no key that signs by SerendipityScheme strict");
  }

  /** What a rotation in one step costs: other nodes learn of the new key a second later. */
  @Test
  void verify_rotatedOnAnotherNode_newKeyRefusedUntilASecondHasPassed() {
    Verifier other = house.verifier(SerendipityScheme.strict(), house.node(), 100);
    Request before = signed();
    other.verify(signed());
    house.keys.rotate(ID, KeyRing.SKEW);
    Request after = signed();
    assertRefused(other, after, Reason.SIGNATURE);
    other.verify(before);
    house.clock.advance(Duration.ofSeconds(1));
    other.verify(after);
  }

  @Test
  void verify_preparedASecondAgoAndPromotedOnAnotherNode_acceptedAtOnce() {
    Verifier other = house.verifier(SerendipityScheme.strict(), house.node(), 100);
    other.verify(signed());
    Request before = signed();
    Key next =
        house.keys.prepare(
            ID,
            Key.Purpose.REQUEST,
            KeyMaterial.generate(Key.Algorithm.HMAC_SHA256),
            house.clock.instant(),
            Key.FOREVER);
    house.clock.advance(Duration.ofSeconds(1));
    other.verify(signed());
    house.keys.promote(ID, next.id(), KeyRing.SKEW);
    other.verify(signed());
    other.verify(before);
  }

  /** Malformed requests must not be let work the stores. */
  @Test
  void verify_malformed_neitherRegistryNorKeysAsked() {
    Registry refusing =
        (Registry)
            Proxy.newProxyInstance(
                Registry.class.getClassLoader(),
                new Class<?>[] {Registry.class},
                (proxy, method, arguments) -> {
                  throw new AssertionError(method);
                });
    Verifier.Configuration parts = house.configuration();
    Verifier strict =
        Verifier.create(
            new Verifier.Configuration(
                refusing,
                house.node(),
                parts.nonces(),
                parts.scheme(),
                parts.clock(),
                parts.audit(),
                parts.listener(),
                parts.nonceQuota()));
    house.keyQueries.clear();
    assertRefused(strict, request(), Reason.MALFORMED);
    assertRefused(strict, v5().header("nonce", "Body0Nonce0Hash1"), Reason.MALFORMED);
    assertThat(house.keyQueries).isEmpty();
  }

  /** A weakness of nonces in memory, which the documentation of Verifier names. */
  @Test
  void verify_datedAheadAndReplayedAfterARestart_accepted() {
    house.clock.advance(Duration.ofMinutes(5));
    Request ahead = signed();
    house.clock.advance(Duration.ofMinutes(-5));
    Request present = signed();
    verifier.verify(ahead);
    verifier.verify(present);
    house.clock.advance(Duration.ofSeconds(1));
    Verifier.Configuration parts = house.configuration();
    Verifier restarted =
        Verifier.create(
            new Verifier.Configuration(
                parts.registry(),
                parts.keys(),
                MemoryStorage.create(house.clock).nonces(),
                parts.scheme(),
                parts.clock(),
                parts.audit(),
                parts.listener(),
                parts.nonceQuota()));
    assertRefused(restarted, present, Reason.UNVERIFIABLE);
    restarted.verify(ahead);
    assertRefused(restarted, ahead, Reason.REPLAYED);
  }

  @Test
  void verify_keyDisabledHere_refusedAtOnce() {
    Request request = signed();
    house.keys.disable(ID, 1);
    assertRefused(verifier, request, Reason.SIGNATURE);
  }

  @Test
  void verify_rotated_bothSecretsUntilTheOverlapEnds() {
    Request old = signed();
    Request older = signed();
    house.keys.allowingShortOverlaps().rotate(ID, Duration.ofSeconds(60));
    verifier.verify(old);
    verifier.verify(signed());
    house.clock.advance(Duration.ofSeconds(60));
    assertRefused(verifier, older, Reason.SIGNATURE);
    verifier.verify(signed());
  }

  @Test
  void verify_eightKeys_everyOneVerifies() {
    List<Request> requests = new ArrayList<>();
    requests.add(signed());
    for (int i = 1; i < KeyRing.MAX_LIVE; i++) {
      house.keys.rotate(ID, Duration.ofHours(1));
      requests.add(signed());
    }
    requests.forEach(verifier::verify);
  }

  @Test
  void verify_keyDestroyed_refusedAndSignerSaysSo() {
    Request request = signed();
    house.keys.destroy(ID, 1);
    assertRefused(verifier, request, Reason.SIGNATURE);
    assertThatThrownBy(this::signed).isInstanceOf(NotFoundException.class);
  }

  @Test
  void verify_nonceStoreFails_notAccepted() {
    StorageException failure = new StorageException("broken on purpose");
    NonceStore broken =
        new NonceStore() {
          @Override
          public Outcome claim(
              long applicationId, String nonce, long expiresAt, long now, int quota) {
            throw failure;
          }

          @Override
          public Instant remembersSince() {
            return Instant.EPOCH;
          }
        };
    Verifier.Configuration parts = house.configuration();
    Verifier failing =
        Verifier.create(
            new Verifier.Configuration(
                parts.registry(),
                parts.keys(),
                broken,
                parts.scheme(),
                parts.clock(),
                parts.audit(),
                parts.listener(),
                parts.nonceQuota()));
    assertThatThrownBy(() -> failing.verify(signed())).isSameAs(failure);
    assertThat(house.refused).containsExactly("UNVERIFIABLE");
    assertThat(house.auditContents())
        .contains("Request by app key " + APP_KEY + " refused: broken on purpose");
  }

  /** A forger who knows of the unreadable key is told of as any other. */
  @Test
  void verify_forgedWhileAKeyIsUnreadable_failsAndIsAudited() {
    byte[] bytes = new byte[MasterKey.LENGTH];
    house.keyRing(MasterKey.of(bytes)).generate(ID, Key.Purpose.REQUEST, Key.Algorithm.HMAC_SHA256);
    List<Headers.Field> fields = new ArrayList<>(signed().headers().fields());
    fields.set(1, new Headers.Field("nonce", "anotherNonce"));
    Request forged = request().headers(Headers.of(fields));
    assertThatThrownBy(() -> verifier.verify(forged)).isInstanceOf(StorageException.class);
    assertThat(house.refused).containsExactly("UNVERIFIABLE");
    assertThat(house.auditContents())
        .anyMatch(content -> content.endsWith("is encrypted, and no master key was given"));
    verifier.verify(signed());
  }

  @Test
  void verify_refused_auditedWithoutSecrets() {
    house.audited.clear();
    assertRefused(verifier, request().headers(v1()), Reason.SIGNATURE);
    assertThat(house.auditContents())
        .containsExactly(
            "Request by app key Kp7vQ2mXc9RtZ4aB refused: the signed payload is not a digest of the"
                + " request's content");
    assertThat(house.audited.get(0).ext())
        .contains("{\"appKey\":\"Kp7vQ2mXc9RtZ4aB\",\"reason\":\"SIGNATURE\"}");
  }

  @Test
  void verify_listenerFails_refusalIsAuditedAllTheSame() {
    house.audited.clear();
    Verifier.Configuration parts = house.configuration();
    GatehouseListener failing =
        new GatehouseListener() {
          @Override
          public void signatureRefused(String reason) {
            throw new IllegalStateException("broken on purpose");
          }
        };
    Verifier heard =
        Verifier.create(
            new Verifier.Configuration(
                parts.registry(),
                parts.keys(),
                parts.nonces(),
                parts.scheme(),
                parts.clock(),
                parts.audit(),
                failing,
                parts.nonceQuota()));
    assertRefused(heard, request(), Reason.MALFORMED);
    assertThat(house.auditContents()).containsExactly("Request refused: header app_key is missing");
  }

  @Test
  void verify_floodOfForgeries_auditStaysSmall() {
    house.audited.clear();
    for (int i = 0; i < 5_000; i++) {
      assertRefused(
          verifier, request().headers(v1("AAAAAAAAAAAAAAAA", v5Signature())), Reason.SIGNATURE);
    }
    assertThat(house.audited).hasSize(5);
    house.clock.advance(Duration.ofSeconds(10));
    verifier.verify(signed());
    assertThat(house.auditContents())
        .hasSize(6)
        .last()
        .isEqualTo("Requests refused for SIGNATURE: 4995 more");
  }

  private static String v5Signature() {
    return v5().headers().first("signature").orElseThrow();
  }

  @Test
  void sign_twice_freshNonceAndPresentTime() {
    Set<String> nonces = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      Headers headers = house.signer().sign(request()).headers();
      assertThat(headers.first("nonce").orElseThrow()).matches("[A-Za-z0-9]{16}");
      assertThat(nonces.add(headers.first("nonce").orElseThrow())).isTrue();
    }
    house.clock.advance(Duration.ofSeconds(5));
    assertThat(house.signer().sign(request()).headers().first("timestamps")).contains("1700000105");
  }

  @Test
  void sign_everyShapeOfContent_verifies() {
    List<Request> requests =
        List.of(
            Request.get(PLACE),
            Request.get(URI.create("https://gatehouse.example/a?q=%E8%AE%A2&q=2&empty=")),
            Request.post(PLACE, ""),
            Request.post(PLACE, "\u8ba2\u5355 \ud83d\ude00"),
            Request.post(PLACE, new byte[Request.MAX_BODY]));
    for (Request request : requests) {
      verifier.verify(house.signer().sign(request).addTo(request));
    }
  }
}

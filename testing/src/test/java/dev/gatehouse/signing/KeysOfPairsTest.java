package dev.gatehouse.signing;

import static dev.gatehouse.signing.SigningHouse.ID;
import static dev.gatehouse.signing.SigningHouse.SECRET;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.transport.Request;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys of any algorithm and purpose, their life from preparation on, and new master keys. */
class KeysOfPairsTest {
  private static final byte[] MESSAGE = {1, 2, 3};
  private static final Key.Algorithm ED25519 = Key.Algorithm.ED25519;
  private static final Key.Purpose WEBHOOK = Key.Purpose.OUTGOING_WEBHOOK;

  private final SigningHouse house = new SigningHouse();
  private final KeyRing keys = house.keys;
  private final KeyMaterial pair = KeyMaterial.generate(ED25519);

  private static MasterKey masterKey(int value) {
    byte[] bytes = new byte[MasterKey.LENGTH];
    Arrays.fill(bytes, (byte) value);
    return MasterKey.of(bytes);
  }

  private List<Key> all() {
    return keys.keys(ID, Long.MAX_VALUE, 1000);
  }

  /** The key that signs for the purpose now, as schemes would choose it. */
  private Optional<Key> primary(Key.Purpose purpose, Key.Algorithm algorithm) {
    return ((StoredKeyRing) keys)
        .keysOf(ID).keys().stream()
            .map(KeySet.ReadyKey::key)
            .filter(key -> key.purpose() == purpose && key.algorithm() == algorithm)
            .filter(key -> key.signsAt(house.clock.instant()))
            .findFirst();
  }

  @ParameterizedTest
  @EnumSource
  void generate_everyAlgorithm_signsAndItsPublicHalfVerifies(Key.Algorithm algorithm) {
    IssuedKey issued = keys.generate(ID, WEBHOOK, algorithm);
    assertThat(issued.key().algorithm()).isEqualTo(algorithm);
    assertThat(primary(WEBHOOK, algorithm)).contains(issued.key());
    SignatureKey inside = ((StoredKeyRing) keys).keysOf(ID).keys().get(0).signature();
    byte[] signature = inside.sign(MESSAGE);
    assertThat(issued.material().signatureKey().verify(MESSAGE, signature)).isTrue();
    if (issued.material().fingerprint().isPresent()) {
      assertThat(issued.material().canSign()).as("the private half stays inside").isFalse();
      assertThat(keys.publicPart(ID, 1).toPem()).isEqualTo(issued.material().toPem());
    } else {
      assertThatThrownBy(() -> keys.publicPart(ID, 1))
          .isInstanceOf(ConflictException.class)
          .hasMessage("key 1 is a shared secret");
    }
  }

  @Test
  void importKey_publicHalf_verifiesAndNeverSigns() {
    Key key = keys.importKey(ID, Key.Purpose.SITE, pair.publicPart());
    assertThat(key.state()).isEqualTo(Key.State.VERIFY_ONLY);
    assertThat(key.purpose()).isEqualTo(Key.Purpose.SITE);
    assertThat(primary(Key.Purpose.SITE, ED25519)).isEmpty();
    assertThatThrownBy(() -> keys.promote(ID, key.id(), Duration.ZERO))
        .isInstanceOf(ConflictException.class)
        .hasMessage("of key 1 only the public half is known");
  }

  @Test
  void importKey_sameKeyForAnotherPurpose_refused() {
    keys.importKey(ID, WEBHOOK, pair);
    for (KeyMaterial same : List.of(pair, pair.publicPart())) {
      assertThatThrownBy(() -> keys.importKey(ID, Key.Purpose.SITE, same))
          .isInstanceOf(ConflictException.class)
          .hasMessage("key 1 for OUTGOING_WEBHOOK is the same key");
    }
    byte[] secret = SECRET.reveal().getBytes(StandardCharsets.US_ASCII);
    keys.importKey(ID, WEBHOOK, KeyMaterial.secret(Key.Algorithm.HMAC_SHA1, secret));
    assertThatThrownBy(() -> keys.importKey(ID, SECRET)).isInstanceOf(ConflictException.class);
    assertThat(all()).hasSize(2);
    keys.destroy(ID, 1);
    keys.importKey(ID, Key.Purpose.SITE, pair);
  }

  /** What leaked must not come back because somebody finds it in an old file. */
  @Test
  void importKey_sameAsOneDisabled_refusedUntilThatIsDestroyed() {
    keys.importKey(ID, WEBHOOK, pair);
    keys.disable(ID, 1);
    for (KeyMaterial same : List.of(pair, pair.publicPart())) {
      assertThatThrownBy(() -> keys.importKey(ID, WEBHOOK, same))
          .isInstanceOf(ConflictException.class)
          .hasMessage("key 1 is the same key, and disabled: destroy it first");
    }
    house.clock.advance(KeyRing.SKEW.plusSeconds(1));
    assertThatThrownBy(() -> keys.importKey(ID, WEBHOOK, pair))
        .isInstanceOf(ConflictException.class);
    assertThat(all()).hasSize(1);
    keys.destroy(ID, 1);
    keys.importKey(ID, WEBHOOK, pair);
  }

  @Test
  void importKey_sameAsOneRotatedOutAtOnce_refused() {
    keys.importKey(ID, WEBHOOK, pair);
    keys.rotate(ID, WEBHOOK, pair.algorithm(), Duration.ZERO);
    house.clock.advance(KeyRing.SKEW.plusSeconds(1));
    assertThatThrownBy(() -> keys.importKey(ID, WEBHOOK, pair))
        .isInstanceOf(ConflictException.class);
  }

  @Test
  void importKey_sameSecretByTwoAlgorithmsForOnePurpose_both() {
    byte[] secret = SECRET.reveal().getBytes(StandardCharsets.US_ASCII);
    keys.importKey(ID, SECRET);
    keys.importKey(ID, Key.Purpose.REQUEST, KeyMaterial.secret(Key.Algorithm.HMAC_SHA1, secret));
    assertThat(all()).extracting(Key::state).containsOnly(Key.State.ENABLED);
  }

  @Test
  void importKey_eightForOnePurpose_otherPurposesHaveRoom() {
    for (int i = 0; i < KeyRing.MAX_LIVE; i++) {
      keys.generate(ID, WEBHOOK, ED25519);
    }
    assertThatThrownBy(() -> keys.generate(ID, WEBHOOK, Key.Algorithm.HMAC_SHA256))
        .isInstanceOf(LimitException.class)
        .hasMessage("application 7 has 8 keys for OUTGOING_WEBHOOK, the most it may have");
    keys.generate(ID, Key.Purpose.SITE, ED25519);
    assertThat(primary(Key.Purpose.SITE, ED25519)).isPresent();
    assertThat(((StoredKeyRing) keys).keysOf(ID).keys()).hasSize(9);
  }

  @Test
  void rotate_onePurposeAndAlgorithm_othersStay() {
    keys.generate(ID, WEBHOOK, ED25519);
    keys.generate(ID, WEBHOOK, Key.Algorithm.HMAC_SHA256);
    keys.generate(ID, Key.Purpose.SITE, ED25519);
    keys.importKey(ID, SECRET);
    IssuedKey fresh = keys.rotate(ID, WEBHOOK, ED25519, Duration.ofHours(1));
    assertThat(all())
        .extracting(Key::state)
        .containsExactly(
            Key.State.ENABLED,
            Key.State.ENABLED,
            Key.State.ENABLED,
            Key.State.ENABLED,
            Key.State.VERIFY_ONLY);
    assertThat(primary(WEBHOOK, ED25519)).contains(fresh.key());
    assertThat(all().get(4).notAfter()).isEqualTo(house.clock.instant().plus(Duration.ofHours(1)));
  }

  @Test
  void rotate_ofRequestSecret_leavesOtherKeysAlone() {
    keys.importKey(ID, SECRET);
    keys.generate(ID, WEBHOOK, ED25519);
    keys.generate(ID, Key.Purpose.REQUEST, ED25519);
    keys.rotate(ID, Duration.ofHours(1));
    assertThat(all())
        .extracting(Key::state)
        .containsExactly(
            Key.State.ENABLED, Key.State.ENABLED, Key.State.ENABLED, Key.State.VERIFY_ONLY);
  }

  @Test
  void leastOverlap_policy_allItsWaitsAtTheirLongestAndTheSkew() {
    house.pending = RetryHorizon.of(RetryPolicy.NONE);
    assertThat(keys.leastOverlap(ID)).isEqualTo(KeyRing.SKEW);
    house.pending = RetryHorizon.of(RetryPolicy.DEFAULT);
    assertThat(keys.leastOverlap(ID)).isEqualTo(KeyRing.SKEW.plusSeconds(5 + 10 + 15 + 20 + 25));
    RetryPolicy policy =
        RetryPolicy.exponential(Duration.ofMinutes(1), Duration.ofHours(24), 50).jitter(100);
    house.pending = RetryHorizon.of(policy);
    assertThat(keys.leastOverlap(ID))
        .isGreaterThan(Duration.ofDays(38))
        .isLessThan(KeyRing.MAX_OVERLAP);
  }

  @Test
  void leastOverlap_retriesReachFar_noMoreThanMayBe() {
    house.pending = Duration.ofHours(76);
    assertThat(keys.leastOverlap(ID)).isEqualTo(KeyRing.SKEW.plusHours(76));
    house.pending = Duration.ofDays(3_650);
    assertThat(keys.leastOverlap(ID)).isEqualTo(KeyRing.MAX_OVERLAP);
  }

  @Test
  void everyChangeWithAnOverlap_shorterThanWhatIsPending_refusedAndNothingChanged() {
    house.pending = Duration.ofHours(76);
    Key old = keys.generate(ID, WEBHOOK, ED25519).key();
    Key next = keys.prepare(ID, WEBHOOK, pair, house.clock.instant(), Key.FOREVER);
    keys.importKey(ID, SECRET);
    List<Key> before = all();
    Duration enough = KeyRing.SKEW.plusHours(76);
    for (Duration overlap : List.of(Duration.ofMillis(1), enough.minusMillis(1))) {
      for (Runnable change :
          List.<Runnable>of(
              () -> keys.rotate(ID, overlap),
              () -> keys.rotate(ID, WEBHOOK, ED25519, overlap),
              () -> keys.promote(ID, next.id(), overlap),
              () -> keys.retire(ID, old.id(), overlap),
              () ->
                  house.storage.run(
                      transaction -> keys.joining(transaction).retire(ID, old.id(), overlap)))) {
        assertThatIllegalArgumentException()
            .isThrownBy(change::run)
            .withMessage("overlap must be zero or at least PT76H5M, was " + overlap);
        assertThat(all()).isEqualTo(before);
      }
    }
    keys.rotate(ID, enough);
    keys.rotate(ID, WEBHOOK, ED25519, enough);
    assertThat(keys.promote(ID, next.id(), enough).state()).isEqualTo(Key.State.ENABLED);
    assertThat(keys.retire(ID, next.id(), enough).state()).isEqualTo(Key.State.VERIFY_ONLY);
  }

  @Test
  void everyChangeWithAnOverlap_shortAndToldSo_done() {
    house.pending = Duration.ofHours(76);
    Key old = keys.generate(ID, WEBHOOK, ED25519).key();
    Key next = keys.prepare(ID, WEBHOOK, pair, house.clock.instant(), Key.FOREVER);
    KeyRing told = keys.allowingShortOverlaps();
    told.promote(ID, next.id(), Duration.ofSeconds(1));
    Instant end = house.clock.instant().plusSeconds(1);
    assertThat(all()).filteredOn(Key::id, old.id()).extracting(Key::notAfter).containsExactly(end);
    house.storage.run(
        transaction -> told.joining(transaction).retire(ID, next.id(), Duration.ofMillis(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> told.retire(ID, next.id(), KeyRing.MAX_OVERLAP.plusMillis(1)));
    assertThatIllegalArgumentException()
        .as("the other is as strict as before")
        .isThrownBy(() -> keys.retire(ID, next.id(), Duration.ofMillis(1)));
  }

  /** After a leak nothing may stand in the way. */
  @Test
  void endOfAKey_whateverIsPendingAndHoweverUnknown_possible() {
    KeyRing blind =
        KeyRing.create(
            new KeyRing.Configuration(
                house.keyStore,
                house.storage,
                house.ids::incrementAndGet,
                house.clock,
                house.audit(),
                null,
                (transaction, applicationId, now) -> {
                  throw new StorageException("broken on purpose");
                }));
    Key key = blind.generate(ID, WEBHOOK, ED25519).key();
    assertThatThrownBy(() -> blind.retire(ID, key.id(), Duration.ofDays(365)))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> blind.leastOverlap(ID)).isInstanceOf(StorageException.class);
    assertThat(all()).containsExactly(key);
    blind.rotate(ID, WEBHOOK, ED25519, Duration.ZERO);
    blind.allowingShortOverlaps().rotate(ID, WEBHOOK, ED25519, Duration.ofDays(1));
    blind.disable(ID, all().get(0).id());
    blind.destroy(ID, key.id());
    house.storage.run(transaction -> blind.revoke(transaction, ID));
    assertThat(all()).extracting(Key::state).containsOnly(Key.State.DESTROYED);
  }

  @Test
  void rotate_overlapThatARetryOutlasts_refused() {
    house.pending = RetryHorizon.of(RetryPolicy.DEFAULT);
    Duration least = keys.leastOverlap(ID);
    keys.generate(ID, WEBHOOK, ED25519);
    for (Duration overlap :
        List.of(
            Duration.ofMillis(1),
            least.minusMillis(1),
            Duration.ofMillis(-1),
            KeyRing.MAX_OVERLAP.plusMillis(1))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> keys.rotate(ID, WEBHOOK, ED25519, overlap))
          .withMessageContaining("overlap must be");
    }
    assertThat(all()).hasSize(1);
    keys.rotate(ID, WEBHOOK, ED25519, least);
    keys.rotate(ID, WEBHOOK, ED25519, Duration.ZERO);
    assertThat(all())
        .extracting(Key::state)
        .as("no clock set back brings the old ones back")
        .containsExactly(Key.State.ENABLED, Key.State.DISABLED, Key.State.VERIFY_ONLY);
  }

  /** Add, wait until it is known everywhere, promote, retire. */
  @Test
  void prepare_promoted_takesOverAndTheOldOneVerifiesForAWhile() {
    Key old = keys.generate(ID, WEBHOOK, ED25519).key();
    Instant begin = house.clock.instant().plusSeconds(60);
    Key next = keys.prepare(ID, WEBHOOK, pair, begin, Key.FOREVER);
    assertThat(next.state()).isEqualTo(Key.State.VERIFY_ONLY);
    assertThat(next.verifiesAt(begin.minusMillis(1))).isFalse();
    assertThat(next.verifiesAt(begin)).isTrue();
    assertThat(primary(WEBHOOK, ED25519)).contains(old);
    assertThatThrownBy(() -> keys.promote(ID, next.id(), Duration.ofHours(1)))
        .isInstanceOf(ConflictException.class)
        .hasMessageStartingWith("key 2 has its time from " + begin);
    house.clock.advance(Duration.ofSeconds(60));
    assertThat(primary(WEBHOOK, ED25519)).as("newer, but not promoted").contains(old);
    Key promoted = keys.promote(ID, next.id(), Duration.ofHours(1));
    assertThat(primary(WEBHOOK, ED25519)).contains(promoted);
    Key left = all().get(1);
    assertThat(left.state()).isEqualTo(Key.State.VERIFY_ONLY);
    assertThat(left.notAfter()).isEqualTo(house.clock.instant().plus(Duration.ofHours(1)));
    assertThat(house.auditContents())
        .containsExactly(
            "Key 1 of application 7 generated",
            "Key 2 of application 7 prepared",
            "Key 1 of application 7 left to verify until " + left.notAfter(),
            "Key 2 of application 7 promoted");
  }

  @Test
  void promote_olderKey_signsAlthoughANewerWasEnabled() {
    Key older = keys.prepare(ID, WEBHOOK, pair, house.clock.instant(), Key.FOREVER);
    keys.generate(ID, WEBHOOK, ED25519);
    Key promoted = keys.promote(ID, older.id(), Duration.ZERO);
    assertThat(all()).extracting(Key::state).contains(Key.State.DISABLED);
    assertThat(primary(WEBHOOK, ED25519)).contains(promoted);
  }

  @Test
  void prepare_timeThatIsNone_refused() {
    Instant now = house.clock.instant();
    for (Instant[] time :
        new Instant[][] {
          {now, now},
          {now.plusSeconds(2), now.plusSeconds(1)},
          {now.minusSeconds(2), now},
          {Instant.MIN, now.plusSeconds(1)},
          {now, Instant.MAX}
        }) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> keys.prepare(ID, WEBHOOK, pair, time[0], time[1]));
    }
    assertThat(all()).isEmpty();
  }

  @Test
  void promote_noSuchDisabledDestroyedOrOver_refused() {
    Key key =
        keys.prepare(
            ID, WEBHOOK, pair, house.clock.instant(), house.clock.instant().plusSeconds(10));
    assertThatThrownBy(() -> keys.promote(ID, 99, Duration.ZERO))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> keys.promote(ID + 1, key.id(), Duration.ZERO))
        .isInstanceOf(NotFoundException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> keys.promote(ID, key.id(), Duration.ofDays(366)));
    house.clock.advance(Duration.ofSeconds(10));
    assertThatThrownBy(() -> keys.promote(ID, key.id(), Duration.ZERO))
        .isInstanceOf(ConflictException.class);
    keys.disable(ID, key.id());
    assertThatThrownBy(() -> keys.promote(ID, key.id(), Duration.ZERO))
        .isInstanceOf(ConflictException.class)
        .hasMessage("key 1 is disabled");
    keys.destroy(ID, key.id());
    for (Runnable call :
        List.<Runnable>of(
            () -> keys.promote(ID, key.id(), Duration.ZERO),
            () -> keys.retire(ID, key.id(), Duration.ZERO),
            () -> keys.publicPart(ID, key.id()))) {
      assertThatThrownBy(call::run)
          .isInstanceOf(ConflictException.class)
          .hasMessage("key 1 is destroyed");
    }
  }

  @Test
  void retire_key_verifiesUntilTheOverlapEndsAndNoLonger() {
    Key key = keys.importKey(ID, Key.Purpose.SITE, pair.publicPart());
    Key retired = keys.retire(ID, key.id(), Duration.ofHours(2));
    assertThat(retired.notAfter()).isEqualTo(house.clock.instant().plus(Duration.ofHours(2)));
    assertThat(keys.retire(ID, key.id(), Duration.ofHours(9)).notAfter())
        .as("never later than it was to end")
        .isEqualTo(retired.notAfter());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> keys.retire(ID, key.id(), Duration.ofDays(366)));
  }

  @Test
  void change_auditFails_nothingChanged() {
    Key old = keys.generate(ID, WEBHOOK, ED25519).key();
    Key next = keys.prepare(ID, WEBHOOK, pair, house.clock.instant(), Key.FOREVER);
    List<Key> before = all();
    house.auditFailure = new StorageException("broken on purpose");
    for (Runnable change :
        List.<Runnable>of(
            () -> keys.generate(ID, WEBHOOK, ED25519),
            () -> keys.importKey(ID, WEBHOOK, pair),
            () -> keys.prepare(ID, WEBHOOK, pair, Instant.EPOCH, Key.FOREVER),
            () -> keys.promote(ID, next.id(), Duration.ZERO),
            () -> keys.retire(ID, old.id(), Duration.ZERO),
            () -> keys.rotate(ID, WEBHOOK, ED25519, Duration.ZERO))) {
      assertThatThrownBy(change::run).isSameAs(house.auditFailure);
      assertThat(all()).isEqualTo(before);
    }
  }

  @Test
  void change_everyOne_auditedWithoutSecrets() {
    Key.Algorithm hmac = Key.Algorithm.HMAC_SHA256;
    KeyMaterial next = KeyMaterial.generate(ED25519);
    IssuedKey issued = keys.generate(ID, WEBHOOK, hmac);
    keys.importKey(ID, WEBHOOK, pair);
    Key prepared = keys.prepare(ID, WEBHOOK, next, house.clock.instant(), Key.FOREVER);
    keys.promote(ID, prepared.id(), Duration.ZERO);
    keys.retire(ID, prepared.id(), KeyRing.MAX_OVERLAP);
    IssuedKey rotated = keys.rotate(ID, WEBHOOK, hmac, KeyRing.SKEW);
    keys.disable(ID, prepared.id());
    house.keyRing(masterKey(1).readingClear()).reseal();
    keys.destroy(ID, prepared.id());
    assertThat(house.auditContents())
        .containsExactly(
            "Key 1 of application 7 generated",
            "Key 2 of application 7 imported",
            "Key 3 of application 7 prepared",
            "Key 2 of application 7 disabled",
            "Key 3 of application 7 promoted",
            "Key 3 of application 7 left to verify until 2024-11-13T22:15:00Z",
            "Key 1 of application 7 left to verify until 2023-11-14T22:20:00Z",
            "Key 4 of application 7 rotated in",
            "Key 3 of application 7 disabled",
            "Key 1 of application 7 encrypted under the present master key",
            "Key 2 of application 7 encrypted under the present master key",
            "Key 3 of application 7 encrypted under the present master key",
            "Key 4 of application 7 encrypted under the present master key",
            "Key 3 of application 7 destroyed");
    List<String> secrets = new ArrayList<>();
    Stream.of(issued.material(), rotated.material())
        .map(KeyMaterial::reveal)
        .forEach(secret -> addForms(secrets, secret));
    for (KeyMaterial material : List.of(pair, next)) {
      String der =
          material.toPem().lines().filter(line -> !line.startsWith("-")).collect(joining());
      byte[] whole = Base64.getDecoder().decode(der);
      addForms(secrets, Arrays.copyOfRange(whole, whole.length - 32, whole.length));
    }
    for (AuditRecord record : house.audited) {
      assertThat(record.ext().orElseThrow())
          .contains("\"purpose\":\"OUTGOING_WEBHOOK\"", "\"algorithm\":\"");
      assertThat(record.toString() + record.content() + record.ext()).doesNotContain(secrets);
    }
  }

  /** What goes wrong with keys is logged, and neither secrets nor signatures with it. */
  @Test
  void log_ofAKeysLife_holdsNoSecret() {
    List<String> secrets = new ArrayList<>();
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream usual = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      KeyRing inClear = house.keyRing(null);
      addForms(secrets, SECRET.reveal().getBytes(StandardCharsets.US_ASCII));
      inClear.importKey(ID, SECRET);
      inClear.importKey(ID, Key.Purpose.REQUEST, KeyMaterial.fateSecret("5#0rt!"));
      addForms(secrets, "5#0rt!".getBytes(StandardCharsets.US_ASCII));
      KeyRing sealed = house.keyRing(masterKey(1).readingClear());
      addForms(
          secrets, sealed.generate(ID, WEBHOOK, Key.Algorithm.HMAC_SHA256).material().reveal());
      sealed.reseal();
      Request request = VerifierTest.request();
      Signer signer =
          Signer.create(house.application(), sealed, SerendipityScheme.strict(), house.clock);
      SignedHeaders signed = signer.sign(request);
      signed.headers().all("signature").forEach(secrets::add);
      KeyRing wrong = house.keyRing(masterKey(3));
      Verifier verifier = house.verifier(SerendipityScheme.strict(), wrong, 10);
      house.auditFailure = new StorageException("the audit log fails on purpose");
      assertThatThrownBy(() -> verifier.verify(signed.addTo(request)))
          .isInstanceOf(StorageException.class);
      assertThatThrownBy(() -> wrong.importKey(ID, Secret.of("n".repeat(32))))
          .isInstanceOf(StorageException.class);
      addForms(secrets, "n".repeat(32).getBytes(StandardCharsets.US_ASCII));
    } finally {
      System.setErr(usual);
    }
    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains(
            "No master key was given",
            "is given a secret so short that it can be tried out",
            "Keys are left out of use",
            "A new key was not compared with one that cannot be read")
        .doesNotContain(secrets);
  }

  /** Adds the forms in which bytes get into texts. */
  private static void addForms(List<String> forms, byte[] secret) {
    forms.add(new String(secret, StandardCharsets.ISO_8859_1));
    forms.add(HexFormat.of().formatHex(secret));
    forms.add(Base64.getEncoder().withoutPadding().encodeToString(secret));
    forms.add(Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    forms.add(Arrays.toString(secret));
  }

  @Test
  void reseal_newMasterKey_everythingUnderItAndNothingElseNeeded() {
    KeyRing first = house.keyRing(masterKey(1).readingClear());
    keys.importKey(ID, SECRET);
    for (int application = 1; application <= 250; application++) {
      first.generate(1_000 + application, WEBHOOK, ED25519);
    }
    first.generate(ID, Key.Purpose.SITE, ED25519);
    first.generate(ID, WEBHOOK, ED25519);
    first.destroy(ID, keys.keys(ID, Long.MAX_VALUE, 1).get(0).id());
    house.audited.clear();
    KeyRing next = house.keyRing(masterKey(2).readingClear().replacing(masterKey(1)));
    assertThat(next.reseal()).isEqualTo(252);
    assertThat(house.auditContents())
        .hasSize(252)
        .contains("Key 1 of application 7 encrypted under the present master key");
    assertThat(next.reseal()).as("all is done").isZero();
    StoredKeyRing alone = (StoredKeyRing) house.keyRing(masterKey(2));
    assertThat(alone.keysOf(ID).keys()).hasSize(2);
    assertThat(alone.keysOf(1_250).keys()).hasSize(1);
    assertThat(((StoredKeyRing) first).keysOf(1_250).unreadable())
        .singleElement()
        .extracting(KeySet.UnreadableKey::why)
        .asString()
        .endsWith("is encrypted under another master key");
  }

  /** A key that cannot be read stops neither signing nor verifying by the others. */
  @Test
  void keysOf_oneUnreadable_theOthersServe() {
    house.keyRing(masterKey(1)).generate(ID, WEBHOOK, ED25519);
    Key readable = house.keyRing(masterKey(2)).generate(ID, WEBHOOK, ED25519).key();
    keys.generate(ID, WEBHOOK, ED25519);
    StoredKeyRing second = (StoredKeyRing) house.keyRing(masterKey(2));
    assertThat(second.keysOf(ID).keys()).extracting(KeySet.ReadyKey::key).containsExactly(readable);
    assertThat(second.keysOf(ID).unreadable())
        .hasSize(2)
        .allMatch(key -> key.stored().serves(WEBHOOK));
  }

  /** Nobody could be given a new key while an old one of another purpose could not be read. */
  @Test
  void importKey_keyOfAnotherPurposeUnreadable_added() {
    house.keyRing(masterKey(1)).generate(ID, WEBHOOK, ED25519);
    Key fresh = keys.importKey(ID, Key.Purpose.SITE, pair);
    assertThat(all()).hasSize(2).contains(fresh);
    assertThat(keys.generate(ID, Key.Purpose.REQUEST, ED25519).key().id()).isEqualTo(3);
    keys.rotate(ID, Duration.ofHours(1));
    assertThat(all()).hasSize(4);
    assertThatThrownBy(() -> keys.importKey(ID, Key.Purpose.AUDIT_HEAD, pair))
        .as("those that can be read are compared")
        .isInstanceOf(ConflictException.class);
  }

  @Test
  void reseal_failsMidway_whatWasDoneStandsAndTheRestFollows() {
    KeyRing first = house.keyRing(masterKey(1));
    for (int application = 1; application <= 120; application++) {
      first.generate(1_000 + application, WEBHOOK, ED25519);
    }
    house.keyRing(masterKey(9)).generate(2_000, WEBHOOK, ED25519);
    first.generate(3_000, WEBHOOK, ED25519);
    KeyRing next = house.keyRing(masterKey(2).replacing(masterKey(1)));
    assertThatThrownBy(next::reseal)
        .isInstanceOf(StorageException.class)
        .hasMessage(
            "121 keys were encrypted, 1 cannot be read: key 121 of application 2000 is encrypted"
                + " under another master key");
    StoredKeyRing alone = (StoredKeyRing) house.keyRing(masterKey(2));
    assertThat(alone.keysOf(1_100).keys()).as("in the first hundred").hasSize(1);
    next.destroy(2_000, 121);
    assertThat(next.reseal()).isZero();
    assertThat(alone.keysOf(3_000).keys()).as("behind the one that cannot be read").hasSize(1);
    assertThat(alone.keysOf(1_120).keys()).hasSize(1);
  }

  @Test
  void reseal_noMasterKeyOrInsideATransaction_refused() {
    assertThatIllegalStateException().isThrownBy(keys::reseal);
    KeyRing sealed = house.keyRing(masterKey(1));
    house.storage.run(
        transaction ->
            assertThatIllegalStateException()
                .isThrownBy(() -> sealed.joining(transaction).reseal()));
  }

  @Test
  void generate_largestMaterial_fitsTheStore() {
    IssuedKey rsa = house.keyRing(masterKey(1)).generate(ID, WEBHOOK, Key.Algorithm.RSA_PSS_SHA256);
    assertThat(house.storage.keys().find(ID, rsa.key().id()).orElseThrow().material().length)
        .isBetween(1_000, StoredKey.MAX_MATERIAL);
  }
}

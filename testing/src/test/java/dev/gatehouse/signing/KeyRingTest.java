package dev.gatehouse.signing;

import static dev.gatehouse.signing.SigningHouse.APP_KEY;
import static dev.gatehouse.signing.SigningHouse.ID;
import static dev.gatehouse.signing.SigningHouse.SECRET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KeyRingTest {
  private final SigningHouse house = new SigningHouse();
  private final KeyRing keys = house.keys;

  private Secret issue() {
    return house.storage.call(transaction -> keys.issue(transaction, ID, APP_KEY));
  }

  private List<Key> all() {
    return keys.keys(ID, Long.MAX_VALUE, 1000);
  }

  private List<Key.State> states() {
    return all().stream().map(Key::state).toList();
  }

  @Test
  void issue_firstKey_signsFromNowOn() {
    Secret secret = issue();
    assertThat(secret.reveal()).matches("[A-Za-z0-9]{32}");
    assertThat(all())
        .containsExactly(
            new Key(
                1,
                ID,
                Key.Algorithm.HMAC_SHA256,
                Key.Purpose.REQUEST,
                Key.State.ENABLED,
                house.clock.instant().minus(Duration.ofMinutes(5)),
                Key.FOREVER));
  }

  @Test
  void issue_transactionRolledBack_noKey() {
    RuntimeException failure = new IllegalStateException("the registration fails");
    assertThatThrownBy(
            () ->
                house.storage.run(
                    transaction -> {
                      keys.issue(transaction, ID, APP_KEY);
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(all()).isEmpty();
  }

  @Test
  void rotate_overlap_oldVerifiesUntilItEnds() {
    issue();
    keys.rotate(ID, Duration.ofHours(1));
    Key fresh = all().get(0);
    Key old = all().get(1);
    assertThat(fresh.signsAt(house.clock.instant())).isTrue();
    assertThat(old.state()).isEqualTo(Key.State.VERIFY_ONLY);
    assertThat(old.verifiesAt(house.clock.instant().plusSeconds(3_600).minusMillis(1))).isTrue();
    assertThat(old.verifiesAt(house.clock.instant().plusSeconds(3_600))).isFalse();
    assertThat(old.signsAt(house.clock.instant())).isFalse();
  }

  @Test
  void rotate_secretsAllDifferent() {
    Secret first = issue();
    Secret second = keys.rotate(ID, Duration.ZERO);
    assertThat(second.reveal()).matches("[A-Za-z0-9]{32}").isNotEqualTo(first.reveal());
  }

  @Test
  void rotate_keysWhoseTimeIsOver_destroyed() {
    issue();
    keys.rotate(ID, Duration.ofHours(1));
    house.clock.advance(Duration.ofHours(1).plus(KeyRing.SKEW).minusMillis(1));
    keys.rotate(ID, Duration.ofHours(1));
    assertThat(states())
        .as("on a clock that is behind it verifies still")
        .containsExactly(Key.State.ENABLED, Key.State.VERIFY_ONLY, Key.State.VERIFY_ONLY);
    keys.destroy(ID, all().get(1).id());
    house.clock.advance(Duration.ofMillis(1));
    keys.rotate(ID, Duration.ofHours(1));
    assertThat(states())
        .containsExactly(
            Key.State.ENABLED, Key.State.VERIFY_ONLY, Key.State.DESTROYED, Key.State.DESTROYED);
    assertThat(house.storage.keys().find(ID, 1).orElseThrow().material()).isEmpty();
  }

  @Test
  void rotate_again_doesNotLengthenAnEarlierOverlap() {
    issue();
    keys.rotate(ID, Duration.ofHours(1));
    keys.rotate(ID, Duration.ofHours(9));
    Key first = all().get(2);
    assertThat(first.notAfter()).isEqualTo(house.clock.instant().plus(Duration.ofHours(1)));
  }

  @Test
  void rotate_neverHadAKey_notFoundAndNothingStored() {
    assertThatThrownBy(() -> keys.rotate(ID, Duration.ZERO))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("application 7 never had a key");
    assertThat(all()).isEmpty();
  }

  @Test
  void rotate_onlyKeyIsDisabled_newOneSigns() {
    issue();
    keys.disable(ID, 1);
    keys.rotate(ID, Duration.ofHours(1));
    assertThat(states()).containsExactly(Key.State.ENABLED, Key.State.DISABLED);
  }

  @Test
  void rotate_overlapOutOfRange_refused() {
    issue();
    for (Duration overlap : List.of(Duration.ofMillis(-1), Duration.ofDays(365).plusMillis(1))) {
      assertThatIllegalArgumentException().isThrownBy(() -> keys.rotate(ID, overlap));
    }
    assertThat(all()).hasSize(1);
  }

  @Test
  void importKey_ninthLiveKey_limitAndNothingStored() {
    for (int i = 0; i < KeyRing.MAX_LIVE; i++) {
      keys.importKey(ID, SECRET);
    }
    assertThatThrownBy(() -> keys.importKey(ID, SECRET)).isInstanceOf(LimitException.class);
    assertThatThrownBy(() -> keys.rotate(ID, Duration.ofDays(1)))
        .isInstanceOf(LimitException.class);
    assertThat(states()).hasSize(8).containsOnly(Key.State.ENABLED);
    keys.destroy(ID, 3);
    keys.importKey(ID, SECRET);
    assertThat(all()).hasSize(9);
  }

  @Test
  void disable_enabled_noUseAnyMore() {
    issue();
    keys.disable(ID, 1);
    assertThat(states()).containsExactly(Key.State.DISABLED);
    house.audited.clear();
    keys.disable(ID, 1);
    assertThat(house.audited).as("nothing changed").isEmpty();
  }

  @Test
  void destroy_key_secretIsGoneAndTheRestStays() {
    issue();
    Key before = all().get(0);
    keys.destroy(ID, 1);
    assertThat(all()).containsExactly(before.in(Key.State.DESTROYED));
    assertThat(house.storage.keys().find(ID, 1).orElseThrow().material()).isEmpty();
    house.audited.clear();
    keys.destroy(ID, 1);
    assertThat(house.audited).as("nothing changed").isEmpty();
    assertThatThrownBy(() -> keys.disable(ID, 1)).isInstanceOf(ConflictException.class);
  }

  @Test
  void change_keyOfAnotherApplication_doesNotExist() {
    issue();
    assertThatThrownBy(() -> keys.disable(ID + 1, 1)).isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> keys.destroy(ID + 1, 1)).isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> keys.rotate(ID + 1, Duration.ZERO))
        .isInstanceOf(NotFoundException.class);
    assertThat(keys.keys(ID + 1, Long.MAX_VALUE, 10)).isEmpty();
    assertThat(states()).containsExactly(Key.State.ENABLED);
  }

  /** A refresh that shows a secret proves it by this alone. */
  @Test
  void isSecretOf_keysOfEveryKind_onlyThoseThatVerifyRequests() {
    byte[] bytes = SECRET.reveal().getBytes(StandardCharsets.US_ASCII);
    KeyMaterial material = KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, bytes);
    keys.importKey(101, SECRET);
    Key left = keys.importKey(102, SECRET);
    keys.retire(102, left.id(), KeyRing.SKEW);
    keys.disable(103, keys.importKey(103, SECRET).id());
    keys.importKey(104, Key.Purpose.OUTGOING_WEBHOOK, material);
    keys.importKey(105, Key.Purpose.REQUEST, KeyMaterial.secret(Key.Algorithm.HMAC_SHA1, bytes));
    assertThat(knowing(SECRET)).containsExactly(101L, 102L);
    assertThat(knowing(Secret.of("another" + SECRET.reveal()))).isEmpty();
    house.clock.advance(KeyRing.SKEW);
    assertThat(knowing(SECRET)).as("one is over").containsExactly(101L);
  }

  private List<Long> knowing(Secret secret) {
    return house.storage.call(
        transaction ->
            LongStream.rangeClosed(101, 106)
                .filter(id -> keys.isSecretOf(transaction, id, secret))
                .boxed()
                .toList());
  }

  @Test
  void change_everyOne_auditedWithIdsAndWithoutSecrets() {
    Secret first = issue();
    Secret second = keys.allowingShortOverlaps().rotate(ID, Duration.ofSeconds(90));
    keys.importKey(ID, SECRET);
    keys.disable(ID, 1);
    keys.destroy(ID, 2);
    assertThat(house.auditContents())
        .containsExactly(
            "Key 1 of application 7 issued",
            "Key 1 of application 7 left to verify until 2023-11-14T22:16:30Z",
            "Key 2 of application 7 rotated in",
            "Key 3 of application 7 imported",
            "Key 1 of application 7 disabled",
            "Key 2 of application 7 destroyed");
    for (AuditRecord record : house.audited) {
      assertThat(record.service()).contains("signing");
      assertThat(record.ext().orElseThrow()).contains("\"applicationId\":\"7\"", "\"keyId\":\"");
      assertThat(record.content() + record.ext())
          .doesNotContain(first.reveal(), second.reveal(), SECRET.reveal());
    }
  }

  @Test
  void change_auditFails_nothingChanged() {
    issue();
    List<Key> before = all();
    house.auditFailure = new StorageException("broken on purpose");
    List<Runnable> changes =
        List.of(
            () -> keys.rotate(ID, Duration.ofHours(1)),
            () -> keys.importKey(ID, SECRET),
            () -> keys.disable(ID, 1),
            () -> keys.destroy(ID, 1));
    for (Runnable change : changes) {
      assertThatThrownBy(change::run).isSameAs(house.auditFailure);
      assertThat(all()).isEqualTo(before);
    }
  }

  @Test
  void joining_commit_seesItsOwnWritesBefore() {
    house.storage.run(
        transaction -> {
          KeyRing joined = keys.joining(transaction);
          joined.importKey(ID, SECRET);
          assertThat(joined.keys(ID, Long.MAX_VALUE, 10)).hasSize(1);
          joined.rotate(ID, Duration.ofHours(1));
          assertThat(joined.keys(ID, Long.MAX_VALUE, 10)).hasSize(2);
          Signer signer =
              Signer.create(house.application(), joined, SerendipityScheme.strict(), house.clock);
          signer.sign(VerifierTest.request());
        });
    assertThat(all()).hasSize(2);
  }

  @Test
  void keys_walkedInPages_allOnceNewestFirst() {
    for (int i = 0; i < 7; i++) {
      keys.importKey(ID, SECRET);
    }
    assertThat(keys.keys(ID, Long.MAX_VALUE, 3)).extracting(Key::id).containsExactly(7L, 6L, 5L);
    assertThat(keys.keys(ID, 5, 3)).extracting(Key::id).containsExactly(4L, 3L, 2L);
    assertThatIllegalArgumentException().isThrownBy(() -> keys.keys(ID, 5, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> keys.keys(ID, 5, 1001));
  }

  @Test
  void masterKey_given_storeHoldsNoSecret() {
    byte[] bytes = new byte[MasterKey.LENGTH];
    KeyRing sealed = house.keyRing(MasterKey.of(bytes));
    sealed.importKey(ID, SECRET);
    byte[] material = house.storage.keys().find(ID, 1).orElseThrow().material();
    assertThat(new String(material, StandardCharsets.ISO_8859_1)).doesNotContain(SECRET.reveal());
  }

  @Test
  void masterKey_wrongOrMissing_clearFailure() {
    byte[] bytes = new byte[MasterKey.LENGTH];
    house.keyRing(MasterKey.of(bytes)).importKey(ID, SECRET);
    Arrays.fill(bytes, (byte) 1);
    for (MasterKey masterKey : Arrays.asList(MasterKey.of(bytes), null)) {
      Signer signer =
          Signer.create(
              house.application(),
              house.keyRing(masterKey),
              SerendipityScheme.strict(),
              house.clock);
      assertThatThrownBy(() -> signer.sign(VerifierTest.request()))
          .isInstanceOf(StorageException.class)
          .hasMessageStartingWith("key 1 of application 7 is encrypted");
    }
  }
}

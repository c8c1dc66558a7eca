package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which keys try which signatures. */
class KeySetTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);
  private static final Scheme SCHEME = SerendipityScheme.strict();
  private static final byte[] MESSAGE = {1, 2, 3};

  /** Somebody has a key of each kind, and nobody has more. */
  private static final Trials ONE =
      Trials.among(
          List.of(
              new KeySet(
                  Arrays.stream(Key.Algorithm.values())
                      .map(algorithm -> key(algorithm, Key.Purpose.REQUEST, Key.State.ENABLED))
                      .map(key -> new KeySet.ReadyKey(key, TestKeys.of(key.algorithm()), true))
                      .toList())));

  /** A key that counts how often it was tried. */
  private static final class Counting implements SignatureKey {
    private final SignatureKey key;
    private int tried;

    Counting(SignatureKey key) {
      this.key = key;
    }

    @Override
    public Key.Algorithm algorithm() {
      return key.algorithm();
    }

    @Override
    public byte[] sign(byte[] message) {
      return key.sign(message);
    }

    @Override
    public boolean verify(byte[] message, byte[] signature) {
      tried++;
      return key.verify(message, signature);
    }

    @Override
    public boolean verifyAny(byte[] message, List<byte[]> signatures) {
      tried++;
      return key.verifyAny(message, signatures);
    }
  }

  private static Key key(Key.Algorithm algorithm, Key.Purpose purpose, Key.State state) {
    return new Key(1, 7, algorithm, purpose, state, NOW.minusSeconds(10), NOW.plusSeconds(10));
  }

  private static KeySet set(Key key, SignatureKey signature) {
    return new KeySet(List.of(new KeySet.ReadyKey(key, signature, true)));
  }

  private static Claim claim(List<Proof> proofs) {
    return new Claim("party", NOW, "nonce", "", proofs);
  }

  private static Claim claim(byte[] signature, Key.Algorithm algorithm) {
    return claim(List.of(new Proof(MESSAGE, signature, Set.of(algorithm))));
  }

  @ParameterizedTest
  @EnumSource
  void proves_noKey_falseForEveryAlgorithmAndLength(Key.Algorithm algorithm) {
    for (int length : new int[] {0, 1, 20, 32, 64, 255, 256, 257, 384, 512, 513, 100_000}) {
      assertThat(KeySet.NONE.proves(claim(new byte[length], algorithm), SCHEME, NOW, ONE))
          .isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void nobody_sameKindAgain_sameKey(Key.Algorithm algorithm) {
    assertThat(Nobody.key(algorithm, 256)).isSameAs(Nobody.key(algorithm, 256));
    assertThat(Nobody.key(algorithm, 256).algorithm()).isEqualTo(algorithm);
  }

  @Test
  void proves_anyOneOfTheSignatures_true() {
    SignatureKey key = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256).signatureKey();
    KeySet keys = set(key(key.algorithm(), Key.Purpose.REQUEST, Key.State.VERIFY_ONLY), key);
    Proof wrong = new Proof(MESSAGE, new byte[32], Set.of(Key.Algorithm.HMAC_SHA256));
    Proof right = new Proof(MESSAGE, key.sign(MESSAGE), Set.of(Key.Algorithm.HMAC_SHA256));
    assertThat(keys.proves(claim(List.of(wrong, right)), SCHEME, NOW, ONE)).isTrue();
    assertThat(keys.proves(claim(List.of(right, wrong)), SCHEME, NOW, ONE)).isTrue();
    assertThat(keys.proves(claim(List.of(wrong, wrong)), SCHEME, NOW, ONE)).isFalse();
  }

  /** The public key of a pair, taken for the secret of an HMAC. */
  @Test
  void proves_hmacUnderThePublicKey_false() {
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.ED25519);
    KeySet keys =
        set(
            key(Key.Algorithm.ED25519, Key.Purpose.REQUEST, Key.State.VERIFY_ONLY),
            pair.publicPart().signatureKey());
    byte[] known = pair.publicPart().toPem().getBytes(StandardCharsets.US_ASCII);
    byte[] forged = new HmacKey(Key.Algorithm.HMAC_SHA256, known).sign(MESSAGE);
    assertThat(keys.proves(claim(forged, Key.Algorithm.HMAC_SHA256), SCHEME, NOW, ONE)).isFalse();
    Proof either =
        new Proof(MESSAGE, forged, Set.of(Key.Algorithm.HMAC_SHA256, Key.Algorithm.ED25519));
    assertThat(keys.proves(claim(List.of(either)), SCHEME, NOW, ONE)).isFalse();
  }

  @Test
  void proves_anotherPurposeStateOrTime_falseAndNotTried() {
    SignatureKey key = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256).signatureKey();
    Claim claim = claim(key.sign(MESSAGE), Key.Algorithm.HMAC_SHA256);
    Key good = key(key.algorithm(), Key.Purpose.REQUEST, Key.State.ENABLED);
    Counting counting = new Counting(key);
    assertThat(set(good, counting).proves(claim, SCHEME, NOW, ONE)).isTrue();
    assertThat(counting.tried).isEqualTo(1);
    for (Key other :
        List.of(
            key(key.algorithm(), Key.Purpose.SITE, Key.State.ENABLED),
            good.in(Key.State.DISABLED),
            good.until(NOW))) {
      assertThat(set(other, counting).proves(claim, SCHEME, NOW, ONE)).isFalse();
    }
    assertThat(set(good, counting).proves(claim, SCHEME, NOW.minusSeconds(11), ONE)).isFalse();
    assertThat(counting.tried).isEqualTo(1);
  }

  @Test
  void proves_eightKeysEightSignatures_eachTriedOnceByEach() {
    List<Counting> counting = new ArrayList<>();
    List<KeySet.ReadyKey> ready = new ArrayList<>();
    List<Proof> proofs = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Counting key = new Counting(KeyMaterial.generate(Key.Algorithm.HMAC_SHA256).signatureKey());
      counting.add(key);
      ready.add(
          new KeySet.ReadyKey(
              key(key.algorithm(), Key.Purpose.REQUEST, Key.State.ENABLED), key, true));
      proofs.add(new Proof(MESSAGE, new byte[32], Set.of(Key.Algorithm.HMAC_SHA256)));
    }
    assertThat(new KeySet(ready).proves(claim(proofs), SCHEME, NOW, ONE)).isFalse();
    assertThat(counting).allSatisfy(key -> assertThat(key.tried).isEqualTo(8));
  }

  /** For whom there is no key, and whose key has no work, one that nobody has does the work. */
  @Test
  void proves_refused_workDoneForEveryAlgorithm() {
    SignatureKey rsa = TestKeys.of(Key.Algorithm.RSA_PKCS1_SHA256);
    KeySet known = set(key(rsa.algorithm(), Key.Purpose.REQUEST, Key.State.ENABLED), rsa);
    KeySet disabled = set(key(rsa.algorithm(), Key.Purpose.REQUEST, Key.State.DISABLED), rsa);
    Set<Key.Algorithm> either = Set.of(Key.Algorithm.RSA_PKCS1_SHA256, Key.Algorithm.ED25519);
    assertThat(judgedByNobody(KeySet.NONE, new byte[256], either)).isEqualTo(either);
    assertThat(judgedByNobody(disabled, new byte[256], either)).isEqualTo(either);
    assertThat(judgedByNobody(known, new byte[256], either)).containsExactly(Key.Algorithm.ED25519);
    assertThat(judgedByNobody(known, new byte[512], either)).isEqualTo(either);
    assertThat(judgedByNobody(known, rsa.sign(MESSAGE), either)).isEmpty();
  }

  /** An application costs as much as none, whichever keys it has one of, and a proof may be by. */
  @Test
  void proves_refused_asManyTrialsAsForNobody() {
    Map<Key.Algorithm, byte[]> lengths =
        Map.of(
            Key.Algorithm.HMAC_SHA256, new byte[32],
            Key.Algorithm.ED25519, new byte[64],
            Key.Algorithm.ECDSA_P256_SHA256, new byte[64],
            Key.Algorithm.RSA_PKCS1_SHA256, new byte[256]);
    lengths.forEach(
        (algorithm, signature) -> {
          Counting own = new Counting(TestKeys.of(algorithm));
          KeySet known = set(key(algorithm, Key.Purpose.REQUEST, Key.State.ENABLED), own);
          for (Set<Key.Algorithm> claimed :
              List.of(Set.of(algorithm), lengths.keySet(), Set.of(Key.Algorithm.ED25519))) {
            own.tried = 0;
            int nobodys = judgedByNobody(known, signature, claimed).size();
            assertThat(own.tried + nobodys)
                .as("%s, claimed %s", algorithm, claimed)
                .isEqualTo(judgedByNobody(KeySet.NONE, signature, claimed).size())
                .isEqualTo(claimed.size());
          }
        });
  }

  /** While keys overlap; who has more pays alone. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 8})
  void proves_refusedWithSeveralKeys_asManyTrialsAsForOthers(int number) {
    Key key = key(Key.Algorithm.HMAC_SHA256, Key.Purpose.REQUEST, Key.State.VERIFY_ONLY);
    Counting own = new Counting(KeyMaterial.generate(key.algorithm()).signatureKey());
    KeySet known = new KeySet(Collections.nCopies(number, new KeySet.ReadyKey(key, own, true)));
    Trials trials = Trials.among(List.of(set(key, own), known, KeySet.NONE));
    int most = Math.min(Math.max(1, number), Trials.MOST);
    assertThat(trials(known, own, trials)).isEqualTo(Math.max(number, most));
    assertThat(trials(KeySet.NONE, own, trials)).isEqualTo(most);
    assertThat(trials(set(key, own), own, trials)).isEqualTo(most);
    assertThat(trials(set(key.in(Key.State.DISABLED), own), own, trials)).isEqualTo(most);
    assertThat(trials(known, own, Trials.NONE))
        .as("who is alone pays for itself")
        .isEqualTo(number);
  }

  private static int trials(KeySet keys, Counting own, Trials trials) {
    own.tried = 0;
    List<Key.Algorithm> nobodys = new ArrayList<>();
    Claim claim = claim(new byte[32], Key.Algorithm.HMAC_SHA256);
    keys.proves(claim, SCHEME, NOW, trials, (proof, algorithm) -> nobodys.add(algorithm));
    return own.tried + nobodys.size();
  }

  @Test
  void trials_ofOtherPurposesAndAlgorithms_none() {
    Key key = key(Key.Algorithm.HMAC_SHA256, Key.Purpose.REQUEST, Key.State.ENABLED);
    Trials trials = Trials.among(List.of(set(key, TestKeys.of(key.algorithm()))));
    assertThat(trials.of(Key.Purpose.REQUEST, Key.Algorithm.HMAC_SHA256)).isEqualTo(1);
    assertThat(trials.of(Key.Purpose.REQUEST, Key.Algorithm.ED25519)).isZero();
    assertThat(trials.of(Key.Purpose.SITE, Key.Algorithm.HMAC_SHA256)).isZero();
  }

  @Test
  void signing_keysLeftToVerify_behindTheOneThatSigns() {
    Key first = key(Key.Algorithm.HMAC_SHA256, Key.Purpose.REQUEST, Key.State.ENABLED);
    SignatureKey signature = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256).signatureKey();
    KeySet.ReadyKey primary = new KeySet.ReadyKey(first, signature, true);
    KeySet.ReadyKey left = new KeySet.ReadyKey(first.in(Key.State.VERIFY_ONLY), signature, true);
    KeySet.ReadyKey over =
        new KeySet.ReadyKey(first.in(Key.State.VERIFY_ONLY).until(NOW), signature, true);
    KeySet.ReadyKey publicHalf =
        new KeySet.ReadyKey(first.in(Key.State.VERIFY_ONLY), signature, false);
    KeySet.ReadyKey older = new KeySet.ReadyKey(first, signature, true);
    KeySet.ReadyKey disabled = new KeySet.ReadyKey(first.in(Key.State.DISABLED), signature, true);
    KeySet keys = new KeySet(List.of(left, primary, over, publicHalf, older, disabled));
    assertThat(keys.signing(SCHEME, NOW)).containsExactly(primary, left);
    assertThat(new KeySet(List.of(left)).signing(SCHEME, NOW)).as("none signs").isEmpty();
  }

  private static Set<Key.Algorithm> judgedByNobody(
      KeySet keys, byte[] signature, Set<Key.Algorithm> algorithms) {
    Set<Key.Algorithm> judged = EnumSet.noneOf(Key.Algorithm.class);
    Claim claim = claim(List.of(new Proof(MESSAGE, signature, algorithms)));
    keys.proves(claim, SCHEME, NOW, ONE, (proof, algorithm) -> judged.add(algorithm));
    return judged;
  }

  /** No number that a real key would have to reckon with is too large for nobody's. */
  @Test
  void nobody_rsa_reckonsWithWhateverARealKeyDoes() {
    byte[] large = new byte[256];
    Arrays.fill(large, (byte) 0xff);
    large[255] = (byte) 0xfe;
    assertThat(Nobody.key(Key.Algorithm.RSA_PKCS1_SHA256, 256).hasForm(large)).isTrue();
  }

  private static KeySet unreadable(StoredKey stored) {
    return new KeySet(List.of(), List.of(new KeySet.UnreadableKey(stored, "key 3 cannot be read")));
  }

  private static StoredKey stored(Key key) {
    return new StoredKey(key, new byte[] {1});
  }

  private static StoredKey unknown(
      Optional<Key.Purpose> purpose, Optional<Key.State> state, Instant notAfter) {
    return StoredKey.of(new UnknownKey(3, 7, purpose, state, NOW.minusSeconds(10), notAfter));
  }

  @Test
  void proves_keyThatCannotBeRead_notTakenForForged() {
    Key key = key(Key.Algorithm.HMAC_SHA256, Key.Purpose.REQUEST, Key.State.ENABLED);
    KeySet keys = unreadable(stored(key));
    Claim claim = claim(new byte[32], Key.Algorithm.HMAC_SHA256);
    assertThatThrownBy(() -> keys.proves(claim, SCHEME, NOW, ONE))
        .isInstanceOf(StorageException.class)
        .hasMessage("key 3 cannot be read");
    assertThatThrownBy(() -> keys.signing(SCHEME, NOW)).isInstanceOf(StorageException.class);
    assertThat(keys.proves(claim, FateSiteScheme.create("1"), NOW, ONE)).isFalse();
  }

  /** What it cannot have proven nor signed is refused as if it were not there. */
  @Test
  void proves_keyThatCannotBeReadAndCannotHaveProvenIt_false() {
    Key good = key(Key.Algorithm.HMAC_SHA256, Key.Purpose.REQUEST, Key.State.ENABLED);
    Claim claim = claim(new byte[32], Key.Algorithm.HMAC_SHA256);
    for (Key other :
        List.of(
            good.in(Key.State.DISABLED),
            good.until(NOW),
            key(Key.Algorithm.ED25519, Key.Purpose.REQUEST, Key.State.ENABLED),
            key(Key.Algorithm.HMAC_SHA256, Key.Purpose.SITE, Key.State.ENABLED))) {
      assertThat(unreadable(stored(other)).proves(claim, SCHEME, NOW, ONE)).isFalse();
      assertThat(unreadable(stored(other)).signing(SCHEME, NOW)).isEmpty();
    }
    KeySet verifying = unreadable(stored(good.in(Key.State.VERIFY_ONLY)));
    assertThat(verifying.signing(SCHEME, NOW)).as("it would not have signed").isEmpty();
    assertThatThrownBy(() -> verifying.proves(claim, SCHEME, NOW, ONE))
        .isInstanceOf(StorageException.class);
  }

  @Test
  void proves_keyOfALaterVersion_failsOnlyWhereItMightServe() {
    Claim claim = claim(new byte[32], Key.Algorithm.HMAC_SHA256);
    Optional<Key.Purpose> request = Optional.of(Key.Purpose.REQUEST);
    for (Optional<Key.State> state :
        List.of(Optional.<Key.State>empty(), Optional.of(Key.State.ENABLED))) {
      KeySet keys = unreadable(unknown(request, state, NOW.plusMillis(1)));
      assertThatThrownBy(() -> keys.proves(claim, SCHEME, NOW, ONE))
          .isInstanceOf(StorageException.class);
      assertThatThrownBy(() -> keys.signing(SCHEME, NOW)).isInstanceOf(StorageException.class);
      assertThat(keys.proves(claim, FateSiteScheme.create("1"), NOW, ONE)).isFalse();
    }
    for (StoredKey harmless :
        List.of(
            unknown(Optional.empty(), Optional.of(Key.State.ENABLED), Key.FOREVER),
            unknown(request, Optional.of(Key.State.DISABLED), Key.FOREVER),
            unknown(request, Optional.of(Key.State.DESTROYED), Key.FOREVER),
            unknown(request, Optional.empty(), NOW))) {
      assertThat(unreadable(harmless).proves(claim, SCHEME, NOW, ONE)).isFalse();
      assertThat(unreadable(harmless).signing(SCHEME, NOW)).isEmpty();
    }
    KeySet verifying =
        unreadable(unknown(request, Optional.of(Key.State.VERIFY_ONLY), Key.FOREVER));
    assertThat(verifying.signing(SCHEME, NOW)).isEmpty();
  }

  /** Whoever probes with a signature of another length learns nothing of the key's. */
  @Test
  void isWorkFor_signatureOfAnotherLength_leftToNobody() {
    SignatureKey rsa = TestKeys.of(Key.Algorithm.RSA_PKCS1_SHA256);
    Set<Key.Algorithm> algorithms = Set.of(Key.Algorithm.RSA_PKCS1_SHA256);
    assertThat(new Proof(MESSAGE, new byte[256], algorithms).isWorkFor(rsa)).isTrue();
    assertThat(new Proof(MESSAGE, new byte[512], algorithms).isWorkFor(rsa)).isFalse();
    byte[] tooLarge = new byte[256];
    Arrays.fill(tooLarge, (byte) 0xff);
    assertThat(new Proof(MESSAGE, tooLarge, algorithms).isWorkFor(rsa)).isFalse();
    assertThat(new Proof(MESSAGE, new byte[256], Set.of(Key.Algorithm.ED25519)).isWorkFor(rsa))
        .isFalse();
  }

  @Test
  void proves_eightSignaturesOfOneMessage_oneMac() {
    SignatureKey key = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256).signatureKey();
    Counting counting = new Counting(key);
    List<byte[]> signatures = new ArrayList<>(Collections.nCopies(7, new byte[32]));
    signatures.add(key.sign(MESSAGE));
    KeySet keys = set(key(key.algorithm(), Key.Purpose.REQUEST, Key.State.ENABLED), counting);
    Claim claim = claim(List.of(new Proof(MESSAGE, signatures, Set.of(key.algorithm()))));
    assertThat(keys.proves(claim, SCHEME, NOW, ONE)).isTrue();
    assertThat(counting.tried).isEqualTo(1);
  }

  @Test
  void toString_ofASet_showsNothingSecret() {
    KeyMaterial material = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256);
    KeySet keys =
        set(
            key(material.algorithm(), Key.Purpose.REQUEST, Key.State.ENABLED),
            material.signatureKey());
    assertThat(keys.toString()).contains("HmacKey[...]").doesNotContain("[B@");
  }
}

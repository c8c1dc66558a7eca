package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VaultTest {
  private static final String TEXT = "nE3wS8hYdL5uJ1fGk6oT0pCiVbMxWqRz";
  private static final KeyMaterial SECRET = secret(TEXT);

  private final MasterKey masterKey = MasterKey.of(bytes(1));
  private final Vault sealed = new Vault(masterKey);
  private final Vault clear = new Vault(null);

  private static byte[] bytes(int value) {
    byte[] bytes = new byte[MasterKey.LENGTH];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static Key key(long id, long applicationId) {
    return key(id, applicationId, Key.Algorithm.HMAC_SHA256, Key.Purpose.REQUEST);
  }

  private static Key key(
      long id, long applicationId, Key.Algorithm algorithm, Key.Purpose purpose) {
    return new Key(
        id, applicationId, algorithm, purpose, Key.State.ENABLED, Instant.EPOCH, Key.FOREVER);
  }

  private static KeyMaterial secret(String text) {
    return KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(KeyMaterial secret) {
    return text(secret.reveal());
  }

  private static String text(byte[] ascii) {
    return new String(ascii, StandardCharsets.ISO_8859_1);
  }

  @Test
  void open_whatWasClosed_theSecret() {
    assertThat(text(sealed.open(sealed.close(key(1, 7), SECRET)))).isEqualTo(TEXT);
    assertThat(text(clear.open(clear.close(key(1, 7), SECRET)))).isEqualTo(TEXT);
  }

  @Test
  void close_longestSecret_fitsTheStore() {
    KeyMaterial longest = secret("s".repeat(KeyMaterial.MAX_SECRET));
    assertThat(text(sealed.open(sealed.close(key(1, 7), longest))))
        .isEqualTo("s".repeat(KeyMaterial.MAX_SECRET));
  }

  @Test
  void close_withMasterKey_secretDoesNotShow() {
    assertThat(text(sealed.close(key(1, 7), SECRET).material())).doesNotContain(TEXT);
    assertThat(text(clear.close(key(1, 7), SECRET).material())).contains(TEXT);
  }

  @Test
  void close_sameSecretAgain_otherBytesEachTime() {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      assertThat(seen.add(text(sealed.close(key(1, 7), SECRET).material()))).isTrue();
    }
  }

  @Test
  void open_storedInClearBefore_readableOnlyIfTheMasterKeySaysSo() {
    StoredKey inClear = clear.close(key(1, 7), SECRET);
    assertThatThrownBy(() -> sealed.open(inClear))
        .isInstanceOf(StorageException.class)
        .hasMessage(
            "key 1 of application 7 is stored in clear, which the master key does not allow");
    assertThat(text(new Vault(masterKey.readingClear()).open(inClear))).isEqualTo(TEXT);
    MasterKey replacing = MasterKey.of(bytes(2)).readingClear().replacing(masterKey);
    assertThat(text(new Vault(replacing).open(inClear))).isEqualTo(TEXT);
    assertThat(text(new Vault(replacing).open(sealed.close(key(1, 7), SECRET)))).isEqualTo(TEXT);
  }

  @Test
  void open_anotherMasterKey_saysSo() {
    StoredKey stored = sealed.close(key(5, 7), SECRET);
    assertThatThrownBy(() -> new Vault(MasterKey.of(bytes(2))).open(stored))
        .isInstanceOf(StorageException.class)
        .hasMessage("key 5 of application 7 is encrypted under another master key");
  }

  @Test
  void open_noMasterKey_saysSo() {
    StoredKey stored = sealed.close(key(5, 7), SECRET);
    assertThatThrownBy(() -> clear.open(stored))
        .isInstanceOf(StorageException.class)
        .hasMessage("key 5 of application 7 is encrypted, and no master key was given");
  }

  @Test
  void open_materialMovedToAnotherRow_refused() {
    byte[] material = sealed.close(key(5, 7), SECRET).material();
    for (Key other : new Key[] {key(6, 7), key(5, 8), key(7, 5)}) {
      assertThatThrownBy(() -> sealed.open(new StoredKey(other, material)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("altered");
    }
  }

  @Test
  void open_anyBitFlipped_refused() {
    byte[] material = sealed.close(key(5, 7), SECRET).material();
    for (int bit = 0; bit < material.length * 8; bit++) {
      byte[] flipped = material.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      if (flipped[0] != 0) {
        assertThatThrownBy(() -> sealed.open(new StoredKey(key(5, 7), flipped)))
            .as("bit %s", bit)
            .isInstanceOf(StorageException.class);
      }
    }
  }

  @Test
  void open_anyPrefix_refused() {
    byte[] material = sealed.close(key(5, 7), SECRET).material();
    for (int length = 1; length < material.length; length++) {
      StoredKey cut = new StoredKey(key(5, 7), Arrays.copyOf(material, length));
      assertThatThrownBy(() -> sealed.open(cut)).isInstanceOf(StorageException.class);
    }
  }

  /** Else whoever writes to the storage could let a public key pass for a shared secret. */
  @Test
  void open_rowSaysAnotherAlgorithmOrPurpose_refused() {
    KeyMaterial publicHalf = KeyMaterial.generate(Key.Algorithm.ED25519).publicPart();
    byte[] material =
        sealed
            .close(key(5, 7, Key.Algorithm.ED25519, Key.Purpose.OUTGOING_WEBHOOK), publicHalf)
            .material();
    for (Key altered :
        new Key[] {
          key(5, 7, Key.Algorithm.HMAC_SHA256, Key.Purpose.OUTGOING_WEBHOOK),
          key(5, 7, Key.Algorithm.ED25519, Key.Purpose.REQUEST)
        }) {
      assertThatThrownBy(() -> sealed.open(new StoredKey(altered, material)))
          .isInstanceOf(StorageException.class)
          .hasMessage("key 5 of application 7 was altered in the storage");
    }
    StoredKey inClear =
        clear.close(key(5, 7, Key.Algorithm.ED25519, Key.Purpose.OUTGOING_WEBHOOK), publicHalf);
    Key shared = key(5, 7, Key.Algorithm.HMAC_SHA256, Key.Purpose.OUTGOING_WEBHOOK);
    assertThatThrownBy(() -> clear.open(new StoredKey(shared, inClear.material())))
        .isInstanceOf(StorageException.class)
        .hasMessage("key 5 of application 7 is stored in no known form");
  }

  @Test
  void open_everyAlgorithmPairAndPublicHalf_signsAndVerifiesAsBefore() {
    for (Key.Algorithm algorithm : Key.Algorithm.values()) {
      Key key = key(5, 7, algorithm, Key.Purpose.OUTGOING_WEBHOOK);
      KeyMaterial material = TestKeys.material(algorithm);
      KeyMaterial opened = sealed.open(sealed.close(key, material));
      byte[] message = {1, 2, 3};
      byte[] signature = opened.signatureKey().sign(message);
      assertThat(material.signatureKey().verify(message, signature)).as("%s", algorithm).isTrue();
      if (!KeyForms.isShared(algorithm)) {
        KeyMaterial half = sealed.open(sealed.close(key, material.publicPart()));
        assertThat(half.canSign()).isFalse();
        assertThat(half.signatureKey().verify(message, signature)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 41, 42})
  void open_userIdOfItsOwn_kept(int thirds) {
    Key key = key(5, 7, Key.Algorithm.SM2_SM3, Key.Purpose.SITE);
    String userId = "\u516c".repeat(thirds) + (thirds == 42 ? "--" : "");
    KeyMaterial material = KeyMaterial.generate(Key.Algorithm.SM2_SM3).userId(userId);
    byte[] message = {1, 2, 3};
    byte[] signature = sealed.open(sealed.close(key, material)).signatureKey().sign(message);
    assertThat(material.signatureKey().verify(message, signature)).isTrue();
    assertThat(
            material.userId(KeyMaterial.DEFAULT_USER_ID).signatureKey().verify(message, signature))
        .isFalse();
  }

  @Test
  void open_sealedUnderAReplacedKey_readAndNotCurrent() {
    StoredKey old = sealed.close(key(5, 7), SECRET);
    Vault next = new Vault(MasterKey.of(bytes(2)).replacing(MasterKey.of(bytes(3)), masterKey));
    assertThat(text(next.open(old))).isEqualTo(TEXT);
    assertThat(next.isCurrent(old)).isFalse();
    assertThat(next.isCurrent(clear.close(key(5, 7), SECRET))).isFalse();
    StoredKey fresh = next.close(key(5, 7), SECRET);
    assertThat(next.isCurrent(fresh)).isTrue();
    assertThat(text(new Vault(MasterKey.of(bytes(2))).open(fresh))).isEqualTo(TEXT);
    assertThatThrownBy(() -> sealed.open(fresh)).isInstanceOf(StorageException.class);
  }

  @Test
  void replacing_noneOrNine_refused() {
    assertThatIllegalArgumentException().isThrownBy(masterKey::replacing);
    MasterKey[] nine = new MasterKey[MasterKey.MAX_REPLACED + 1];
    Arrays.fill(nine, masterKey);
    assertThatIllegalArgumentException().isThrownBy(() -> masterKey.replacing(nine));
  }

  @Test
  void masterKey_otherLength_refused() {
    for (int length : new int[] {0, 16, 31, 33}) {
      assertThatIllegalArgumentException().isThrownBy(() -> MasterKey.of(new byte[length]));
    }
  }

  @Test
  void toString_ofAnythingSecret_showsNothing() {
    StoredKey stored = clear.close(key(1, 7), SECRET);
    SignatureKey hmac = SECRET.signatureKey();
    assertThat(stored + " " + masterKey + " " + hmac + " " + SECRET)
        .doesNotContain(TEXT)
        .doesNotContain("[B@")
        .contains("MasterKey[...]", "HmacKey[...]", "KeyMaterial[HMAC_SHA256 secret]");
  }
}

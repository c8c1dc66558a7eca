package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VaultTest {
  private static final String TEXT = "nE3wS8hYdL5uJ1fGk6oT0pCiVbMxWqRz";
  private static final Secret SECRET = Secret.of(TEXT);

  private final MasterKey masterKey = MasterKey.of(bytes(1));
  private final Vault sealed = new Vault(masterKey);
  private final Vault clear = new Vault(null);

  private static byte[] bytes(int value) {
    byte[] bytes = new byte[MasterKey.LENGTH];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static Key key(long id, long applicationId) {
    return new Key(
        id,
        applicationId,
        Key.Algorithm.HMAC_SHA256,
        Key.Purpose.REQUEST,
        Key.State.ENABLED,
        Instant.EPOCH,
        Key.FOREVER);
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
    Secret longest = Secret.of("s".repeat(256));
    assertThat(text(sealed.open(sealed.close(key(1, 7), longest)))).isEqualTo("s".repeat(256));
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
  void open_storedInClearBefore_stillReadable() {
    assertThat(text(sealed.open(clear.close(key(1, 7), SECRET)))).isEqualTo(TEXT);
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

  @Test
  void masterKey_otherLength_refused() {
    for (int length : new int[] {0, 16, 31, 33}) {
      assertThatIllegalArgumentException().isThrownBy(() -> MasterKey.of(new byte[length]));
    }
  }

  @Test
  void toString_ofAnythingSecret_showsNothing() {
    StoredKey stored = clear.close(key(1, 7), SECRET);
    HmacKey hmac = new HmacKey(TEXT.getBytes(StandardCharsets.US_ASCII));
    assertThat(stored + " " + masterKey + " " + hmac + " " + SECRET)
        .doesNotContain(TEXT)
        .doesNotContain("[B@")
        .contains("MasterKey[...]", "HmacKey[...]");
  }
}

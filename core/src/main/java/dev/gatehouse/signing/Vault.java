package dev.gatehouse.signing;

import dev.gatehouse.error.StorageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Turns keys into stored material and back. Material is one byte of form and then, in clear, the
 * key as it encodes itself, or, sealed, the mark of the master key, a random 96-bit nonce, and
 * AES-256-GCM ciphertext with its tag. With it are authenticated the ids of key and application, so
 * that material cannot be moved from one row to another, and algorithm and purpose, so that no row
 * can be made to say that a public key is a shared secret.
 */
final class Vault {
  private static final byte CLEAR = 0;
  private static final byte SEALED = 1;
  private static final int NONCE_LENGTH = 12;
  private static final int HEAD_LENGTH = 1 + MasterKey.MARK_LENGTH;
  private static final int TAG_LENGTH = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final @Nullable MasterKey masterKey;

  /**
   * A vault that writes in clear if there is no master key, and reads what is in clear only then or
   * if the master key says so: else whoever can write to the table could add a key of his own.
   */
  Vault(@Nullable MasterKey masterKey) {
    this.masterKey = masterKey;
  }

  StoredKey close(Key key, KeyMaterial material) {
    byte[] encoded = material.encoded();
    if (masterKey == null) {
      return new StoredKey(
          key, ByteBuffer.allocate(1 + encoded.length).put(CLEAR).put(encoded).array());
    }
    byte[] nonce = new byte[NONCE_LENGTH];
    RANDOM.nextBytes(nonce);
    try {
      byte[] sealed =
          cipher(Cipher.ENCRYPT_MODE, masterKey.key(), nonce, associated(key)).doFinal(encoded);
      ByteBuffer stored = ByteBuffer.allocate(HEAD_LENGTH + NONCE_LENGTH + sealed.length);
      stored.put(SEALED).put(masterKey.mark()).put(nonce).put(sealed);
      return new StoredKey(key, stored.array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK cannot encrypt with AES-256-GCM", e);
    }
  }

  /** Whether what is stored is as this vault would store it now. */
  boolean isCurrent(StoredKey stored) {
    if (!stored.isKnown()) {
      return false;
    }
    byte[] material = stored.material();
    return masterKey == null
        ? material[0] == CLEAR
        : material[0] == SEALED && Arrays.equals(mark(material), masterKey.mark());
  }

  private static byte[] mark(byte[] material) {
    return Arrays.copyOfRange(material, 1, HEAD_LENGTH);
  }

  /**
   * The key.
   *
   * @throws StorageException if this version does not know the key, or the material is damaged or
   *     sealed under a master key not at hand
   */
  KeyMaterial open(StoredKey stored) {
    if (!stored.isKnown()) {
      throw unknownForm(stored);
    }
    byte[] encoded = encoded(stored);
    try {
      return KeyMaterial.decode(stored.key().algorithm(), encoded);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw unknownForm(stored);
    }
  }

  private static StorageException unknownForm(StoredKey stored) {
    return new StorageException(name(stored) + " is stored in no known form");
  }

  private byte[] encoded(StoredKey stored) {
    byte[] material = stored.material();
    if (material.length > 1 && material[0] == CLEAR) {
      if (masterKey != null && !masterKey.readsClear()) {
        throw new StorageException(
            name(stored) + " is stored in clear, which the master key does not allow");
      }
      return Arrays.copyOfRange(material, 1, material.length);
    }
    if (material.length < HEAD_LENGTH + NONCE_LENGTH + TAG_LENGTH || material[0] != SEALED) {
      throw unknownForm(stored);
    }
    if (masterKey == null) {
      throw new StorageException(name(stored) + " is encrypted, and no master key was given");
    }
    MasterKey reader =
        masterKey
            .reader(mark(material))
            .orElseThrow(
                () ->
                    new StorageException(name(stored) + " is encrypted under another master key"));
    return unseal(stored, material, reader);
  }

  private static byte[] unseal(StoredKey stored, byte[] material, MasterKey masterKey) {
    int start = HEAD_LENGTH + NONCE_LENGTH;
    byte[] nonce = Arrays.copyOfRange(material, HEAD_LENGTH, start);
    try {
      return cipher(Cipher.DECRYPT_MODE, masterKey.key(), nonce, associated(stored.key()))
          .doFinal(material, start, material.length - start);
    } catch (AEADBadTagException e) {
      throw new StorageException(name(stored) + " was altered in the storage", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK cannot decrypt with AES-256-GCM", e);
    }
  }

  private static byte[] associated(Key key) {
    byte[] use = (key.algorithm() + "/" + key.purpose()).getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(2 * Long.BYTES + use.length)
        .putLong(key.id())
        .putLong(key.applicationId())
        .put(use)
        .array();
  }

  static Cipher cipher(int mode, SecretKey key, byte[] nonce, byte[] associated)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonce));
    cipher.updateAAD(associated);
    return cipher;
  }

  private static String name(StoredKey stored) {
    return "key " + stored.id() + " of application " + stored.applicationId();
  }
}

package dev.gatehouse.signing;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Secret;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Turns secrets into stored material and back. Material is one byte of form and then, in clear, the
 * ASCII of the secret, or, sealed, the mark of the master key, a random 96-bit nonce, and
 * AES-256-GCM ciphertext with its tag. The ids of key and application are authenticated with it, so
 * that material cannot be moved from one row to another.
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
   * A vault that writes in clear if there is no master key; it reads clear material in any case.
   */
  Vault(@Nullable MasterKey masterKey) {
    this.masterKey = masterKey;
  }

  StoredKey close(Key key, Secret secret) {
    byte[] ascii = secret.reveal().getBytes(StandardCharsets.US_ASCII);
    if (masterKey == null) {
      return new StoredKey(
          key, ByteBuffer.allocate(1 + ascii.length).put(CLEAR).put(ascii).array());
    }
    byte[] nonce = new byte[NONCE_LENGTH];
    RANDOM.nextBytes(nonce);
    try {
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, masterKey, key, nonce).doFinal(ascii);
      ByteBuffer material = ByteBuffer.allocate(HEAD_LENGTH + NONCE_LENGTH + sealed.length);
      material.put(SEALED).put(masterKey.mark()).put(nonce).put(sealed);
      return new StoredKey(key, material.array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK cannot encrypt with AES-256-GCM", e);
    }
  }

  /**
   * The secret's ASCII.
   *
   * @throws StorageException if the material is damaged or sealed under another master key
   */
  byte[] open(StoredKey stored) {
    byte[] material = stored.material();
    if (material.length > 1 && material[0] == CLEAR) {
      return Arrays.copyOfRange(material, 1, material.length);
    }
    if (material.length < HEAD_LENGTH + NONCE_LENGTH + TAG_LENGTH || material[0] != SEALED) {
      throw new StorageException(name(stored) + " is stored in no known form");
    }
    if (masterKey == null) {
      throw new StorageException(name(stored) + " is encrypted, and no master key was given");
    }
    if (!Arrays.equals(Arrays.copyOfRange(material, 1, HEAD_LENGTH), masterKey.mark())) {
      throw new StorageException(name(stored) + " is encrypted under another master key");
    }
    return unseal(stored, material, masterKey);
  }

  private static byte[] unseal(StoredKey stored, byte[] material, MasterKey masterKey) {
    int start = HEAD_LENGTH + NONCE_LENGTH;
    byte[] nonce = Arrays.copyOfRange(material, HEAD_LENGTH, start);
    try {
      return cipher(Cipher.DECRYPT_MODE, masterKey, stored.key(), nonce)
          .doFinal(material, start, material.length - start);
    } catch (AEADBadTagException e) {
      throw new StorageException(name(stored) + " was altered in the storage", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK cannot decrypt with AES-256-GCM", e);
    }
  }

  private static Cipher cipher(int mode, MasterKey masterKey, Key key, byte[] nonce)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, masterKey.key(), new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonce));
    cipher.updateAAD(
        ByteBuffer.allocate(2 * Long.BYTES).putLong(key.id()).putLong(key.applicationId()).array());
    return cipher;
  }

  private static String name(StoredKey stored) {
    return "key " + stored.key().id() + " of application " + stored.key().applicationId();
  }
}

package dev.gatehouse.audit;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;

/** Keys of heads for tests: Ed25519. */
final class HeadKeys {
  private HeadKeys() {}

  static KeyPair pair() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static HeadKey key(String name, KeyPair pair) {
    byte[] spki = pair.getPublic().getEncoded();
    return HeadKey.ed25519(name, Arrays.copyOfRange(spki, spki.length - 32, spki.length));
  }

  static HeadSigner signer(KeyPair pair) {
    return text -> {
      try {
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(pair.getPrivate());
        signature.update(text);
        return signature.sign();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    };
  }
}

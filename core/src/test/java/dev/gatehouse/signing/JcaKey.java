package dev.gatehouse.signing;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Keys straight from the JDK, to judge what the schemes make. */
final class JcaKey {
  private JcaKey() {}

  static SignatureKey hmac(Key.Algorithm algorithm, byte[] secret) {
    String name = algorithm == Key.Algorithm.HMAC_SHA1 ? "HmacSHA1" : "HmacSHA256";
    return new Hmac(algorithm, new SecretKeySpec(secret, name));
  }

  static SignatureKey rsa(PrivateKey privateKey, PublicKey publicKey) {
    return new Rsa(privateKey, publicKey);
  }

  private record Hmac(Key.Algorithm algorithm, SecretKeySpec secret) implements SignatureKey {
    @Override
    public byte[] sign(byte[] message) {
      try {
        Mac mac = Mac.getInstance(secret.getAlgorithm());
        mac.init(secret);
        return mac.doFinal(message);
      } catch (GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public boolean verify(byte[] message, byte[] signature) {
      return MessageDigest.isEqual(sign(message), signature);
    }
  }

  private record Rsa(PrivateKey privateKey, PublicKey publicKey) implements SignatureKey {
    @Override
    public Key.Algorithm algorithm() {
      return Key.Algorithm.RSA_PKCS1_SHA256;
    }

    @Override
    public byte[] sign(byte[] message) {
      try {
        Signature signer = Signature.getInstance("SHA256withRSA");
        signer.initSign(privateKey);
        signer.update(message);
        return signer.sign();
      } catch (GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public boolean verify(byte[] message, byte[] signature) {
      return verify("SHA256withRSA", message, signature);
    }

    @Override
    public boolean verifyWithMd5(byte[] message, byte[] signature) {
      return verify("MD5withRSA", message, signature);
    }

    private boolean verify(String algorithm, byte[] message, byte[] signature) {
      try {
        Signature verifier = Signature.getInstance(algorithm);
        verifier.initVerify(publicKey);
        verifier.update(message);
        return verifier.verify(signature);
      } catch (SignatureException e) {
        return false;
      } catch (GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }
  }
}

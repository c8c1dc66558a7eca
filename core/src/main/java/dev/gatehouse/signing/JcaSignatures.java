package dev.gatehouse.signing;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.function.Supplier;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;

/**
 * A pair of RSA keys at work in the JDK's implementation of an algorithm. A {@link Signature} that
 * is set up with its key is kept for the next use. Safe for use by multiple threads.
 */
final class JcaSignatures {
  private final @Nullable Pool<Signature> signing;
  private final Pool<Signature> verifying;

  private JcaSignatures(@Nullable Pool<Signature> signing, Pool<Signature> verifying) {
    this.signing = signing;
    this.verifying = verifying;
  }

  /**
   * What an algorithm of the JDK needs to be told.
   *
   * @param name of the algorithm
   */
  record Algorithm(String name, @Nullable AlgorithmParameterSpec parameters) {
    private interface Init {
      void on(Signature signature) throws GeneralSecurityException;
    }

    private Supplier<Signature> maker(Init init) {
      return () -> {
        try {
          Signature signature = Signature.getInstance(name);
          if (parameters != null) {
            signature.setParameter(parameters);
          }
          init.on(signature);
          return signature;
        } catch (GeneralSecurityException e) {
          throw new IllegalStateException("this JDK has no " + name, e);
        }
      };
    }
  }

  static JcaSignatures of(Algorithm algorithm, RsaNumbers numbers) {
    SubjectPublicKeyInfo publicInfo = numbers.publicInfo();
    try {
      KeyFactory keys = KeyFactory.getInstance("RSA");
      PublicKey publicKey = keys.generatePublic(new X509EncodedKeySpec(Der.encoded(publicInfo)));
      Pool<Signature> verifying =
          new Pool<>(algorithm.maker(signature -> signature.initVerify(publicKey)));
      if (!numbers.canSign()) {
        return new JcaSignatures(null, verifying);
      }
      PrivateKeyInfo privateInfo = numbers.privateInfo();
      PrivateKey privateKey =
          keys.generatePrivate(new PKCS8EncodedKeySpec(Der.encoded(privateInfo)));
      return new JcaSignatures(
          new Pool<>(algorithm.maker(signature -> signature.initSign(privateKey))), verifying);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not take a key for " + algorithm.name(), e);
    }
  }

  byte[] sign(byte[] message) {
    if (signing == null) {
      throw new UnsupportedOperationException("only the public half of the key is known");
    }
    Signature signature = signing.take();
    try {
      signature.update(message);
      byte[] signed = signature.sign();
      signing.give(signature);
      return signed;
    } catch (SignatureException e) {
      throw new IllegalStateException("the JDK could not sign", e);
    }
  }

  boolean verify(byte[] message, byte[] signed) {
    Signature signature = verifying.take();
    try {
      signature.update(message);
      boolean verified = signature.verify(signed);
      verifying.give(signature);
      return verified;
    } catch (SignatureException e) {
      return false;
    }
  }
}

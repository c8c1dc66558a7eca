package dev.gatehouse.benchmarks.signing;

import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyAtWork;
import dev.gatehouse.signing.KeyMaterial;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jspecify.annotations.Nullable;

/** One implementation of an algorithm with a key of its own. Not safe: confine to one thread. */
interface SignatureSide {
  /** The signature of the message. */
  byte[] sign(byte[] message) throws GeneralSecurityException;

  /** Whether the key made the signature. */
  boolean verify(byte[] message, byte[] signature) throws GeneralSecurityException;

  /** Makes a side with a new key. */
  @FunctionalInterface
  interface Opener {
    SignatureSide open() throws GeneralSecurityException;
  }

  /** Gatehouse. */
  static SignatureSide gatehouse(Key.Algorithm algorithm) {
    KeyAtWork key = KeyAtWork.of(KeyMaterial.generate(algorithm));
    return new SignatureSide() {
      @Override
      public byte[] sign(byte[] message) {
        return key.sign(message);
      }

      @Override
      public boolean verify(byte[] message, byte[] signature) {
        return key.verify(message, signature);
      }
    };
  }

  /** A {@link Mac} that is set up once, and the comparison that every verifier needs. */
  static SignatureSide bareMac(String name) throws GeneralSecurityException {
    return bareMac(Mac.getInstance(name));
  }

  /** HMAC with SM3 as BouncyCastle's provider has it. */
  static SignatureSide bouncyCastleSm3() throws GeneralSecurityException {
    return bareMac(Mac.getInstance("HmacSM3", new BouncyCastleProvider()));
  }

  private static SignatureSide bareMac(Mac mac) throws GeneralSecurityException {
    mac.init(new SecretKeySpec(new byte[32], mac.getAlgorithm()));
    return new SignatureSide() {
      @Override
      public byte[] sign(byte[] message) {
        return mac.doFinal(message);
      }

      @Override
      public boolean verify(byte[] message, byte[] signature) {
        return MessageDigest.isEqual(mac.doFinal(message), signature);
      }
    };
  }

  /** Two {@link Signature} objects that are set up once. */
  static SignatureSide bareSignature(
      String name, @Nullable AlgorithmParameterSpec parameters, KeyPairGenerator generator)
      throws GeneralSecurityException {
    KeyPair pair = generator.generateKeyPair();
    Signature signing = Signature.getInstance(name);
    Signature verifying = Signature.getInstance(name);
    if (parameters != null) {
      signing.setParameter(parameters);
      verifying.setParameter(parameters);
    }
    signing.initSign(pair.getPrivate());
    verifying.initVerify(pair.getPublic());
    return of(signing, verifying);
  }

  private static SignatureSide of(Signature signing, Signature verifying) {
    return new SignatureSide() {
      @Override
      public byte[] sign(byte[] message) throws GeneralSecurityException {
        signing.update(message);
        return signing.sign();
      }

      @Override
      public boolean verify(byte[] message, byte[] signature) throws GeneralSecurityException {
        verifying.update(message);
        return verifying.verify(signature);
      }
    };
  }

  /** ECDSA on P-256 as BouncyCastle's provider has it, two objects that are set up once. */
  static SignatureSide bouncyCastleEcdsa() throws GeneralSecurityException {
    return ofProvider("SHA256withPLAIN-ECDSA", "secp256r1");
  }

  /** SM2 as BouncyCastle's provider has it, two objects that are set up once. */
  static SignatureSide bouncyCastleSm2() throws GeneralSecurityException {
    return ofProvider("SM3withSM2", "sm2p256v1");
  }

  private static SignatureSide ofProvider(String name, String curve)
      throws GeneralSecurityException {
    Provider provider = new BouncyCastleProvider();
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
    generator.initialize(new ECGenParameterSpec(curve));
    KeyPair pair = generator.generateKeyPair();
    Signature signing = Signature.getInstance(name, provider);
    Signature verifying = Signature.getInstance(name, provider);
    signing.initSign(pair.getPrivate());
    verifying.initVerify(pair.getPublic());
    return of(signing, verifying);
  }

  /** BouncyCastle's own classes, each object used again and again. */
  static SignatureSide bouncyCastleEd25519() {
    Ed25519PrivateKeyParameters key = new Ed25519PrivateKeyParameters(new SecureRandom());
    Ed25519Signer signer = new Ed25519Signer();
    signer.init(true, key);
    Ed25519Signer verifier = new Ed25519Signer();
    verifier.init(false, key.generatePublicKey());
    return new SignatureSide() {
      @Override
      public byte[] sign(byte[] message) {
        signer.update(message, 0, message.length);
        return signer.generateSignature();
      }

      @Override
      public boolean verify(byte[] message, byte[] signature) {
        verifier.update(message, 0, message.length);
        return verifier.verifySignature(signature);
      }
    };
  }
}

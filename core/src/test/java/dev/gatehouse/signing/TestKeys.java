package dev.gatehouse.signing;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Keys for tests, some of which take long to make. */
final class TestKeys {
  private static final Map<Key.Algorithm, KeyMaterial> MADE = new ConcurrentHashMap<>();

  private TestKeys() {}

  static SignatureKey hmac(byte[] secret) {
    return KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, secret).signatureKey();
  }

  static SignatureKey hmac(String secret) {
    return hmac(secret.getBytes(StandardCharsets.UTF_8));
  }

  /** A key of that algorithm, the same for all tests. */
  static SignatureKey of(Key.Algorithm algorithm) {
    return MADE.computeIfAbsent(algorithm, KeyMaterial::generate).signatureKey();
  }

  /** Another key of that algorithm; quick but for RSA. */
  static SignatureKey another(Key.Algorithm algorithm) {
    return KeyMaterial.generate(algorithm).signatureKey();
  }

  static SignatureKey ofPem(Key.Algorithm algorithm, String pem) {
    return KeyMaterial.ofPem(algorithm, pem).signatureKey();
  }

  /** Of a public key in SPKI in Base64. */
  static SignatureKey ofSpki(Key.Algorithm algorithm, String base64) {
    return ofPem(
        algorithm, "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n");
  }
}

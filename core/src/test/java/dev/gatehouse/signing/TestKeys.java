package dev.gatehouse.signing;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Keys for tests, some of which take long to make. */
final class TestKeys {
  private static final Map<Key.Algorithm, KeyMaterial> MATERIAL = new ConcurrentHashMap<>();

  private TestKeys() {}

  static SignatureKey hmac(byte[] secret) {
    return KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, secret).signatureKey();
  }

  static SignatureKey hmac(String secret) {
    return hmac(secret.getBytes(StandardCharsets.UTF_8));
  }

  /** A key of that algorithm, the same for all tests; that of RSA's algorithms from a file. */
  static KeyMaterial material(Key.Algorithm algorithm) {
    return MATERIAL.computeIfAbsent(
        algorithm,
        made ->
            RsaKey.ALGORITHMS.contains(made)
                ? KeyMaterial.ofPem(made, rsa())
                : KeyMaterial.generate(made));
  }

  private static String rsa() {
    try {
      return KeyMaterialTest.pem("rsa-pkcs8");
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static SignatureKey of(Key.Algorithm algorithm) {
    return material(algorithm).signatureKey();
  }

  /** Another key of that algorithm, to verify with. */
  static SignatureKey another(Key.Algorithm algorithm) {
    return RsaKey.ALGORITHMS.contains(algorithm)
        ? Nobody.key(algorithm, 256)
        : KeyMaterial.generate(algorithm).signatureKey();
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

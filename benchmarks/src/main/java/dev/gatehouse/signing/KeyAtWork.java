package dev.gatehouse.signing;

/**
 * A key's signing and verifying without the scheme around it, which only this package can reach.
 * Safe for use by multiple threads.
 */
public final class KeyAtWork {
  private final SignatureKey key;

  private KeyAtWork(SignatureKey key) {
    this.key = key;
  }

  /** The key of that material. */
  public static KeyAtWork of(KeyMaterial material) {
    return new KeyAtWork(material.signatureKey());
  }

  /** The signature of the message. */
  public byte[] sign(byte[] message) {
    return key.sign(message);
  }

  /** Whether the key made the signature. */
  public boolean verify(byte[] message, byte[] signature) {
    return key.verify(message, signature);
  }
}

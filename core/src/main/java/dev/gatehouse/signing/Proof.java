package dev.gatehouse.signing;

/** Bytes and what is claimed to be their signature. */
final class Proof {
  private final byte[] message;
  private final byte[] signature;

  /** Takes both arrays over: they must not change any more. */
  Proof(byte[] message, byte[] signature) {
    this.message = message;
    this.signature = signature;
  }

  /** Whether that key made the signature. */
  boolean isBy(HmacKey key) {
    return key.verify(message, signature);
  }
}

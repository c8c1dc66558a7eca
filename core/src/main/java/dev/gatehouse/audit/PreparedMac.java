package dev.gatehouse.audit;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * HMAC-SHA256 (RFC 2104) under one key: SHA-256 that has taken the padded key, copied for each MAC,
 * which is half the work of a {@code javax.crypto.Mac} and needs no lock. Safe for use by multiple
 * threads.
 */
final class PreparedMac {
  private static final int BLOCK = 64;

  private final MessageDigest inner;
  private final MessageDigest outer;

  private PreparedMac(MessageDigest inner, MessageDigest outer) {
    this.inner = inner;
    this.outer = outer;
  }

  /** Under a key of at most 64 bytes. */
  static PreparedMac of(byte[] key) {
    return new PreparedMac(keyed(key, 0x36), keyed(key, 0x5c));
  }

  private static MessageDigest keyed(byte[] key, int pad) {
    byte[] block = Arrays.copyOf(key, BLOCK);
    for (int i = 0; i < BLOCK; i++) {
      block[i] ^= (byte) pad;
    }
    MessageDigest digest = MerkleHash.sha256();
    digest.update(block);
    return digest;
  }

  /** The MAC of the two, one after the other. */
  byte[] mac(byte[] first, byte[] second) {
    MessageDigest digest = copy(inner);
    digest.update(first);
    byte[] hash = digest.digest(second);
    return copy(outer).digest(hash);
  }

  private static MessageDigest copy(MessageDigest digest) {
    try {
      return (MessageDigest) digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 can be copied", e);
    }
  }
}

package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.signing.NonceStore;
import java.security.SecureRandom;

/**
 * 128 bits that stand for a nonce: SipHash-1-3 with the longer output (Aumasson and Bernstein,
 * https://www.aumasson.jp/siphash/) under a key that each process draws for itself. Whoever chooses
 * nonces can make no two of them collide; by chance a pair does once in 2^128, and then a request
 * would be refused that need not have been, never one accepted.
 *
 * @param low never 0, which marks free slots
 */
record NonceFingerprint(long low, long high) {
  private static final int FINAL_ROUNDS = 3;
  private static final int CHARS = 8;
  private static final long KEY0;
  private static final long KEY1;

  static {
    SecureRandom random = new SecureRandom();
    KEY0 = random.nextLong();
    KEY1 = random.nextLong();
  }

  /**
   * The fingerprint of a nonce; its chars, eight to a word, its length on top of the last.
   *
   * @throws IllegalArgumentException if it is not one to 128 characters of printable ASCII
   */
  static NonceFingerprint of(String nonce) {
    int length = nonce.length();
    Check.range(length, 1, NonceStore.MAX_NONCE, "length of nonce");
    long v0 = KEY0 ^ 0x736f6d6570736575L;
    long v1 = KEY1 ^ 0x646f72616e646f6dL ^ 0xee;
    long v2 = KEY0 ^ 0x6c7967656e657261L;
    long v3 = KEY1 ^ 0x7465646279746573L;
    for (int from = 0; from <= length; from += CHARS) {
      long word = word(nonce, from, Math.min(length, from + CHARS));
      v3 ^= word;
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
      v0 ^= word;
    }
    long low = 0;
    v2 ^= 0xee;
    for (int round = 0; round < 2 * FINAL_ROUNDS; round++) {
      if (round == FINAL_ROUNDS) {
        low = v0 ^ v1 ^ v2 ^ v3;
        v1 ^= 0xdd;
      }
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
    }
    return new NonceFingerprint(low == 0 ? 1 : low, v0 ^ v1 ^ v2 ^ v3);
  }

  private static long word(String nonce, int from, int end) {
    long word = end - from == CHARS ? 0 : (long) nonce.length() << 56;
    for (int i = from; i < end; i++) {
      char c = nonce.charAt(i);
      if (c < ' ' || c > '~') {
        throw new IllegalArgumentException("nonce must be of printable ASCII, was not");
      }
      word |= (long) c << ((i - from) * Byte.SIZE);
    }
    return word;
  }
}

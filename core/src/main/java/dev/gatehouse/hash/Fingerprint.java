package dev.gatehouse.hash;

import java.security.SecureRandom;

/**
 * 128 bits that stand for a text: SipHash-1-3 with the longer output (Aumasson and Bernstein,
 * https://www.aumasson.jp/siphash/) under a key that each process draws for itself.
 *
 * <p>Whoever chooses the texts, be it in grants or in requests, can neither make them collide in a
 * table, as they could {@code "Aa"} and {@code "BB"} under {@link String#hashCode}, nor find one
 * that passes for another: two texts share a fingerprint with a chance of one in 2^128, and no
 * answer tells a bit of one. So tables compare fingerprints and leave the texts, which lie
 * elsewhere in memory, alone. One key for the process, so that a subject, a resource or a nonce is
 * hashed once, for whatever table. Immutable.
 *
 * @param low never 0, which marks free slots
 * @param high the other half
 */
public record Fingerprint(long low, long high) {
  private static final int FINAL_ROUNDS = 3;
  private static final long KEY0;
  private static final long KEY1;

  static {
    SecureRandom random = new SecureRandom();
    KEY0 = random.nextLong();
    KEY1 = random.nextLong();
  }

  /** The fingerprint of the text, as of its bytes in UTF-16LE. */
  public static Fingerprint of(String text) {
    return of(text, KEY0, KEY1);
  }

  static Fingerprint of(String text, long key0, long key1) {
    long v0 = key0 ^ 0x736f6d6570736575L;
    long v1 = key1 ^ 0x646f72616e646f6dL ^ 0xee;
    long v2 = key0 ^ 0x6c7967656e657261L;
    long v3 = key1 ^ 0x7465646279746573L;
    int words = text.length() / 4 + 1;
    for (int index = 0; index < words; index++) {
      long word = word(text, index);
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
    return new Fingerprint(low == 0 ? 1 : low, v0 ^ v1 ^ v2 ^ v3);
  }

  /** The first half for a text together with a number, 0 or more; the second stays as it is. */
  public static long with(long low, int number) {
    long mixed = low ^ ((number + 1L) * 0x9E3779B97F4A7C15L);
    return mixed == 0 ? 1 : mixed;
  }

  /** As {@link #with(long, int)}. */
  public Fingerprint with(int number) {
    return new Fingerprint(with(low, number), high);
  }

  private static long word(String text, int index) {
    int from = index * 4;
    int left = text.length() - from;
    if (left >= 4) {
      return text.charAt(from)
          | (long) text.charAt(from + 1) << 16
          | (long) text.charAt(from + 2) << 32
          | (long) text.charAt(from + 3) << 48;
    }
    long word = (2L * text.length()) << 56;
    for (int i = 0; i < left; i++) {
      word |= (long) text.charAt(from + i) << (i * 16);
    }
    return word;
  }
}

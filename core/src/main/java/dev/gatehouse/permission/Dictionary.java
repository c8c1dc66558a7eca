package dev.gatehouse.permission;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * Texts numbered 0, 1, 2 and so on, fixed when built: asking for an unknown text leaves no trace.
 *
 * <p>Open addressing with linear probing, at most three quarters full. The hash is SipHash-1-3
 * (Aumasson and Bernstein, https://www.aumasson.jp/siphash/) under a key that nobody outside knows:
 * whoever chooses the texts, be it in grants or in requests, cannot make them collide, as they
 * could {@code "Aa"} and {@code "BB"} under {@link String#hashCode}. A slot keeps part of the hash,
 * so that a probe reads a text only when it most likely is the right one; it is then compared
 * whole.
 */
final class Dictionary {
  private static final int NONE = -1;
  private static final int FINAL_ROUNDS = 3;

  private static final long KEY0;
  private static final long KEY1;

  static {
    SecureRandom random = new SecureRandom();
    KEY0 = random.nextLong();
    KEY1 = random.nextLong();
  }

  private final String[] texts;
  private final int[] slots;
  private final int[] tags;
  private final int mask;

  /** The distinct texts, numbered in the order of the collection. */
  Dictionary(Collection<String> distinct) {
    texts = distinct.toArray(String[]::new);
    int capacity = Integer.highestOneBit(Math.max(2, texts.length + texts.length / 3)) << 1;
    mask = capacity - 1;
    slots = new int[capacity];
    tags = new int[capacity];
    Arrays.fill(slots, NONE);
    for (int number = 0; number < texts.length; number++) {
      long hash = hash(texts[number]);
      int slot = (int) hash & mask;
      while (slots[slot] != NONE) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = number;
      tags[slot] = (int) (hash >>> 32);
    }
  }

  /** The same texts and others that come after them. */
  Dictionary with(Collection<String> more) {
    List<String> all = new ArrayList<>(List.of(texts));
    all.addAll(more);
    return new Dictionary(all);
  }

  String text(int number) {
    return texts[number];
  }

  /** The number of the text, or -1. */
  int find(String text) {
    long hash = hash(text);
    int tag = (int) (hash >>> 32);
    int slot = (int) hash & mask;
    while (slots[slot] != NONE) {
      if (tags[slot] == tag && texts[slots[slot]].equals(text)) {
        return slots[slot];
      }
      slot = (slot + 1) & mask;
    }
    return NONE;
  }

  /** SipHash-1-3 of the chars, four to a word; the top of the last word holds the length. */
  private long hash(String text) {
    long v0 = KEY0 ^ 0x736f6d6570736575L;
    long v1 = KEY1 ^ 0x646f72616e646f6dL;
    long v2 = KEY0 ^ 0x6c7967656e657261L;
    long v3 = KEY1 ^ 0x7465646279746573L;
    int words = text.length() / 4 + 1;
    for (int round = 0; round < words + FINAL_ROUNDS; round++) {
      long word = round < words ? word(text, round) : 0;
      v2 ^= round == words ? 0xff : 0;
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
    return v0 ^ v1 ^ v2 ^ v3;
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
    long word = (long) text.length() << 48;
    for (int i = 0; i < left; i++) {
      word |= (long) text.charAt(from + i) << (i * 16);
    }
    return word;
  }
}

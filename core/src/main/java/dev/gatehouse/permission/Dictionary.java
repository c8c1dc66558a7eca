package dev.gatehouse.permission;

import dev.gatehouse.hash.Fingerprint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * Texts numbered 0, 1, 2 and so on, fixed when built: asking for an unknown text leaves no trace.
 *
 * <p>Open addressing with linear probing, at most three quarters full, by {@link String#hashCode},
 * which a text computes once. Whoever chooses the texts can make those collide, {@code "Aa"} and
 * {@code "BB"}; if a few do, all are found by the keyed {@link Fingerprint} instead. A slot keeps
 * part of the hash, so that a probe reads a text only when it most likely is the right one; it is
 * then compared whole.
 */
final class Dictionary {
  private static final int NONE = -1;

  /** A text that stands further from its first slot makes the hashes keyed. */
  private static final int FAR = 16;

  private final String[] texts;
  private final int[] slots;
  private final int[] tags;
  private final int mask;
  private final boolean keyed;

  /** The distinct texts, numbered in the order of the collection. */
  Dictionary(Collection<String> distinct) {
    texts = distinct.toArray(String[]::new);
    int capacity = Integer.highestOneBit(Math.max(2, texts.length + texts.length / 3)) << 1;
    mask = capacity - 1;
    slots = new int[capacity];
    tags = new int[capacity];
    keyed = !fill(false);
    if (keyed) {
      fill(true);
    }
  }

  /** False, with the work left undone, if hashes that are not keyed collide too much. */
  private boolean fill(boolean withKey) {
    Arrays.fill(slots, NONE);
    for (int number = 0; number < texts.length; number++) {
      long hash = hash(texts[number], withKey);
      int slot = (int) hash & mask;
      int first = slot;
      while (slots[slot] != NONE) {
        slot = (slot + 1) & mask;
      }
      if (!withKey && ((slot - first) & mask) > FAR) {
        return false;
      }
      slots[slot] = number;
      tags[slot] = (int) (hash >>> 32);
    }
    return true;
  }

  private static long hash(String text, boolean withKey) {
    return withKey ? Fingerprint.of(text).low() : (text.hashCode() * 0x9E3779B97F4A7C15L) >>> 16;
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
    long hash = hash(text, keyed);
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
}

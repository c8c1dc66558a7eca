package dev.gatehouse.permission;

import java.util.Arrays;

/**
 * Numbers pairs of small numbers 0, 1, 2 and so on in the order in which they come. Open addressing
 * with linear probing, at most three quarters full. Filled by one thread, then only read.
 */
final class PairMap {
  private static final int NONE = -1;

  private final long seed;
  private long[] keys = new long[16];
  private int[] slots = new int[16];
  private int size;

  PairMap(long seed) {
    this.seed = seed;
    Arrays.fill(slots, NONE);
  }

  int size() {
    return size;
  }

  /** The number of the pair, or -1. */
  int find(int first, int second) {
    return slots[slot(key(first, second))];
  }

  /** The number of the pair, a new one if it has none. */
  int add(int first, int second) {
    long key = key(first, second);
    int slot = slot(key);
    if (slots[slot] != NONE) {
      return slots[slot];
    }
    keys[slot] = key;
    slots[slot] = size++;
    if (size > keys.length / 4 * 3) {
      grow();
    }
    return size - 1;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldSlots = slots;
    keys = new long[oldKeys.length * 2];
    slots = new int[oldKeys.length * 2];
    Arrays.fill(slots, NONE);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldSlots[i] != NONE) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        slots[slot] = oldSlots[i];
      }
    }
  }

  private int slot(long key) {
    long mixed = (key ^ seed) * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
    int mask = keys.length - 1;
    int slot = (int) (mixed >>> 32) & mask;
    while (slots[slot] != NONE && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long key(int first, int second) {
    return (long) first << 32 | second;
  }
}

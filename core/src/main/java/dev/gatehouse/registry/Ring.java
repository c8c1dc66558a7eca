package dev.gatehouse.registry;

import java.util.Arrays;

/**
 * A consistent hash: each instance owns points on a ring of 64-bit numbers, as many as its weight
 * says, and a key belongs to the owner of the next point. Points depend on the instance's address
 * alone, but for their last bits, which tell the owner, so that they stay where they are while
 * others come and go. Immutable.
 */
final class Ring {
  /** Enough for the most instances that a server has, with its own address. */
  private static final int OWNER_BITS = 10;

  private static final long OWNER = (1L << OWNER_BITS) - 1;

  /** An odd number near 2^64 divided by the golden ratio, which keeps multiples apart. */
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private final long[] points;

  private Ring(long[] points) {
    this.points = points;
  }

  static Ring of(Candidates candidates) {
    int size = 0;
    for (int owner = 0; owner < candidates.size(); owner++) {
      size += points(candidates, owner);
    }
    long[] points = new long[size];
    int next = 0;
    for (int owner = 0; owner < candidates.size(); owner++) {
      long start = hash(candidates.instance(owner).address());
      for (int i = 0; i < points(candidates, owner); i++) {
        points[next++] = (spread(start + i * STEP) & ~OWNER) | owner;
      }
    }
    Arrays.sort(points);
    return new Ring(points);
  }

  private static int points(Candidates candidates, int owner) {
    return Math.max(1, candidates.instance(owner).weight());
  }

  int find(String key) {
    int found = Arrays.binarySearch(points, spread(hash(key)) & ~OWNER);
    int next = found >= 0 ? found : -found - 1;
    return (int) (points[next == points.length ? 0 : next] & OWNER);
  }

  /** FNV-1a over the chars. */
  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }

  /** The last steps of MurmurHash3, which spread a number over the ring. */
  private static long spread(long number) {
    long hash = (number ^ (number >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return hash ^ (hash >>> 33);
  }
}

package dev.gatehouse.registry;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * A consistent hash: each instance owns points on a ring of 64-bit numbers, as many as its weight
 * says, and a key belongs to the owner of the next point. Points depend on the instance's address
 * alone, so that they stay where they are while others come and go. Immutable.
 */
final class Ring {
  private final long[] points;
  private final int[] owners;

  private Ring(long[] points, int[] owners) {
    this.points = points;
    this.owners = owners;
  }

  static Ring of(Candidates candidates) {
    int[] counts =
        IntStream.range(0, candidates.size())
            .map(i -> Math.max(1, candidates.instance(i).weight()))
            .toArray();
    int size = Arrays.stream(counts).sum();
    long[] points = new long[size];
    int[] owners = new int[size];
    int next = 0;
    for (int member = 0; member < counts.length; member++) {
      String address = candidates.instance(member).address();
      for (int i = 0; i < counts[member]; i++) {
        points[next] = hash(address + '#' + i);
        owners[next++] = member;
      }
    }
    int[] order =
        IntStream.range(0, size)
            .boxed()
            .sorted(Comparator.comparingLong(i -> points[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    return new Ring(
        Arrays.stream(order).mapToLong(i -> points[i]).toArray(),
        Arrays.stream(order).map(i -> owners[i]).toArray());
  }

  int find(String key) {
    int found = Arrays.binarySearch(points, hash(key));
    int next = found >= 0 ? found : -found - 1;
    return owners[next == points.length ? 0 : next];
  }

  /** FNV-1a over the chars, then the last steps of MurmurHash3, which spread it over the ring. */
  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return hash ^ (hash >>> 33);
  }
}

package dev.gatehouse.registry;

import java.time.Duration;

/**
 * Shortens waits by a share that looks random and is a function of seed and number: the 64-bit
 * finalizer of SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
 * 2014), so that ids that follow each other draw shares that do not.
 */
final class Jitter {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private Jitter() {}

  static Duration shorten(Duration delay, int percent, long seed, int number) {
    if (percent == 0) {
      return delay;
    }
    double share = (mix(seed + number * GOLDEN) >>> 11) * 0x1.0p-53;
    long millis = delay.toMillis();
    return Duration.ofMillis(millis - Math.round(millis * (percent / 100.0) * share));
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}

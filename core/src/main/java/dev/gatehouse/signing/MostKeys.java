package dev.gatehouse.signing;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The greatest number of keys that any application has for a purpose and by an algorithm, at least
 * one. So many trials each refusal costs, so that their number does not tell who was named.
 *
 * <p>Counted are the applications that were met in this time and the one before; a time lasts an
 * hour and ends with the next change of a key, so that what is held in memory was met in this one.
 */
final class MostKeys {
  /** How long a time lasts at least. */
  static final long TIME_NANOS = TimeUnit.HOURS.toNanos(1);

  private final long sinceNanos;
  private final Map<Kind, Integer> before;
  private final Map<Kind, Integer> met = new ConcurrentHashMap<>();

  private MostKeys(long sinceNanos, Map<Kind, Integer> before) {
    this.sinceNanos = sinceNanos;
    this.before = before;
  }

  /** What is counted together. */
  private record Kind(Key.Purpose purpose, Key.Algorithm algorithm) {}

  /** Of no applications yet. */
  static MostKeys since(long nanos) {
    return new MostKeys(nanos, Map.of());
  }

  /** For after a change of a key: the next time, if this one has lasted long enough. */
  MostKeys after(long nanos) {
    return nanos - sinceNanos < TIME_NANOS ? this : new MostKeys(nanos, met);
  }

  /** Counts the keys of an application, but those whose time is over. */
  void meet(KeySet keys, Instant now) {
    Map<Kind, Integer> counts = new HashMap<>();
    for (KeySet.ReadyKey ready : keys.keys()) {
      Key key = ready.key();
      if (key.notAfter().isAfter(now)) {
        counts.merge(new Kind(key.purpose(), key.algorithm()), 1, Integer::sum);
      }
    }
    counts.forEach((kind, count) -> met.merge(kind, count, Math::max));
  }

  int of(Key.Purpose purpose, Key.Algorithm algorithm) {
    Kind kind = new Kind(purpose, algorithm);
    return Math.max(1, Math.max(met.getOrDefault(kind, 0), before.getOrDefault(kind, 0)));
  }
}

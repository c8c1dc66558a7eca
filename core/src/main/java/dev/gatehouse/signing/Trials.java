package dev.gatehouse.signing;

import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How often a refusal tries a key of each purpose and algorithm, whoever was named: as many times
 * as any application has such keys, up to {@link #MOST}. So the number of trials does not tell
 * which application was named, or whether it is one. Immutable.
 *
 * <p>The limit keeps one application from making the refusals of all others dear: who has more keys
 * of a kind than it takes to replace one pays alone, and can be told by it while they are live.
 */
final class Trials {
  /** A key and the one that replaces it. */
  static final int MOST = 2;

  /** For who can name one application only, and so learns nothing from how long it takes. */
  static final Trials NONE = among(List.of());

  private final Map<Key.Purpose, Map<Key.Algorithm, Integer>> most;

  private Trials(Map<Key.Purpose, Map<Key.Algorithm, Integer>> most) {
    this.most = most;
  }

  static Trials among(Collection<KeySet> sets) {
    Map<Key.Purpose, Map<Key.Algorithm, Integer>> most = new EnumMap<>(Key.Purpose.class);
    for (KeySet set : sets) {
      for (KeySet.ReadyKey ready : set.keys()) {
        Key key = ready.key();
        Map<Key.Algorithm, Integer> ofPurpose =
            most.computeIfAbsent(key.purpose(), purpose -> new EnumMap<>(Key.Algorithm.class));
        if (ofPurpose.getOrDefault(key.algorithm(), 0) < MOST) {
          ofPurpose.merge(key.algorithm(), count(set, key), Math::max);
        }
      }
    }
    return new Trials(most);
  }

  /** How many keys of the set are of that key's kind. */
  private static int count(KeySet set, Key like) {
    int count = 0;
    for (KeySet.ReadyKey ready : set.keys()) {
      Key key = ready.key();
      if (key.purpose() == like.purpose() && key.algorithm() == like.algorithm()) {
        count++;
      }
    }
    return Math.min(count, MOST);
  }

  int of(Key.Purpose purpose, Key.Algorithm algorithm) {
    return most.getOrDefault(purpose, Map.of()).getOrDefault(algorithm, 0);
  }
}

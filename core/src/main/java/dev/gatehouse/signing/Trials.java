package dev.gatehouse.signing;

import java.util.Collection;
import java.util.List;

/**
 * How often a refusal tries a key of each purpose and algorithm, whoever was named: as many times
 * as any application has such keys, up to {@link #MOST}. So the number of trials does not tell
 * which application was named, or whether it is one. Immutable.
 *
 * <p>The limit keeps one application from making the refusals of all others dear: who has more keys
 * of a kind than it takes to replace one pays alone, and can be told by it while they are live.
 */
final class Trials {
  private static final int ALGORITHMS = Key.Algorithm.values().length;

  /** A key and the one that replaces it. */
  static final int MOST = 2;

  /** For who can name one application only, and so learns nothing from how long it takes. */
  static final Trials NONE = among(List.of());

  /** By purpose, then algorithm. */
  private final int[] most;

  private Trials(int[] most) {
    this.most = most;
  }

  static Trials among(Collection<KeySet> sets) {
    int[] most = new int[Key.Purpose.values().length * ALGORITHMS];
    for (KeySet set : sets) {
      for (KeySet.ReadyKey ready : set.keys()) {
        int kind = kind(ready.key().purpose(), ready.key().algorithm());
        if (most[kind] < MOST) {
          most[kind] = Math.max(most[kind], count(set, kind));
        }
      }
    }
    return new Trials(most);
  }

  private static int kind(Key.Purpose purpose, Key.Algorithm algorithm) {
    return purpose.ordinal() * ALGORITHMS + algorithm.ordinal();
  }

  private static int count(KeySet set, int kind) {
    int count = 0;
    for (KeySet.ReadyKey ready : set.keys()) {
      if (kind(ready.key().purpose(), ready.key().algorithm()) == kind) {
        count++;
      }
    }
    return Math.min(count, MOST);
  }

  int of(Key.Purpose purpose, Key.Algorithm algorithm) {
    return most[kind(purpose, algorithm)];
  }
}

package dev.gatehouse.registry;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * SPI: chooses which instance of a server takes a call. It is asked on the caller's thread, for
 * each call, and never with fewer than two candidates; it must not block. Must be safe for use by
 * multiple threads.
 */
@FunctionalInterface
public interface Balancer {
  /**
   * The index of the chosen candidate, from 0. While an instance starts slowly, a part of the calls
   * that it is chosen for are chosen for anew. For an index out of range, and what this throws, the
   * call fails.
   *
   * @param key what the call is about, such as an account, for who keeps calls of one key together;
   *     null if none was said
   */
  int pick(Candidates candidates, @Nullable String key);

  /**
   * Each in turn, whatever its weight. Threads take turns with those whose counter they share, up
   * to eight there are of a server; so of any calls, none gets more than one for each counter more
   * than another.
   */
  static Balancer roundRobin() {
    return Stock.ROUND_ROBIN;
  }

  /** Any, each as likely, whatever its weight. */
  static Balancer random() {
    return Stock.RANDOM;
  }

  /** Any, as likely as its weight says. */
  static Balancer weighted() {
    return Stock.WEIGHTED;
  }

  /**
   * The better of two random ones, each as likely as its weight says (power of two choices): whose
   * answers take less time, times one and the calls under way there, which count for less where the
   * weight is greater. Equally fast ones share the calls by weight. The time is a moving average
   * that follows a slow answer at once, fades within tens of seconds, and takes a failure, or a
   * refusal with 429, for an answer after five seconds at least, so that an instance that fails
   * fast does not look like the best.
   */
  static Balancer latency() {
    return Stock.LATENCY;
  }

  /**
   * Of three random ones the first whose CPU is known to be busy for less than 10 %, else the least
   * busy; any if of none of the three it is known. Whatever the weights. What was told more than 30
   * seconds ago counts for nothing.
   */
  static Balancer cpu() {
    return Stock.CPU;
  }

  /**
   * The same for the same key, by a consistent hash with 100 virtual nodes for an instance of
   * weight 100: when an instance comes or goes, only the keys that it takes or had change theirs,
   * at once, without a slow start. Without a key any, as likely as its weight says.
   */
  static Balancer shard() {
    return Stock.SHARD;
  }

  /** Those that come with the library. Safe for use by multiple threads. */
  enum Stock implements Balancer {
    /** {@link Balancer#roundRobin}. */
    ROUND_ROBIN {
      @Override
      public int pick(Candidates candidates, @Nullable String key) {
        return candidates.inTurn();
      }
    },
    /** {@link Balancer#random()}. */
    RANDOM {
      @Override
      public int pick(Candidates candidates, @Nullable String key) {
        return candidates.random(candidates.size());
      }
    },
    /** {@link Balancer#weighted}. */
    WEIGHTED {
      @Override
      public int pick(Candidates candidates, @Nullable String key) {
        return candidates.weighted();
      }
    },
    /** {@link Balancer#latency}. */
    LATENCY {
      @Override
      public int pick(Candidates candidates, @Nullable String key) {
        int one = candidates.weighted();
        return candidates.cheaper(one, candidates.weightedBut(one));
      }
    },
    /** {@link Balancer#cpu}. */
    CPU {
      @Override
      public int pick(Candidates candidates, @Nullable String key) {
        int best = -1;
        int least = Integer.MAX_VALUE;
        long now = candidates.now();
        for (int sample = 0; sample < 3; sample++) {
          int index = candidates.random(candidates.size());
          int busy = candidates.cpu(index, now);
          if (busy >= 0 && busy < 10) {
            return index;
          }
          if (busy >= 0 && busy < least) {
            best = index;
            least = busy;
          }
        }
        return best >= 0 ? best : candidates.random(candidates.size());
      }
    },
    /** {@link Balancer#shard}. */
    SHARD {
      @Override
      public int pick(Candidates candidates, @Nullable String key) {
        return key == null ? candidates.weighted() : candidates.shard(key);
      }
    };

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}

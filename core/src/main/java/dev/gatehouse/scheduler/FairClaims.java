package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.TaskStore.Reach;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A node's claims in the store, without what is {@link PassedOver}, and with something of everybody
 * although a few have very much.
 *
 * <p>A store gives the earliest, so the backlog of one application stands before all that others
 * schedule later. While claims come back full, the applications that fill them are remembered as
 * noisy, and up to half of a claim that begins anew is taken from all others first. If that half
 * comes back full too, whoever fills it is noisy as well, until those are found that have little.
 * Who has not filled a claim for a while, though others have, is noisy no longer.
 *
 * <p>A store steps over every task that it passes over, so a look at all of them takes the longer
 * the more there are. One that took long and left nothing behind is not made again before a
 * multiple of its time has passed, half a minute at most: until then looks begin shortly before the
 * last one, where what was scheduled since is due. What became ready further back waits for the
 * next look at all. Beside a backlog, the first of these is not made before that has lasted for a
 * while.
 *
 * <p>Not safe: confine to one thread.
 */
final class FairClaims {
  /** What was committed so long after its due time is found by a look at all only. */
  private static final long MARGIN_MILLIS = 1_000;

  private static final long QUICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** One that took so much longer may have waited for a store that stood still. */
  private static final long LONGEST_REST_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final long BESIDE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long LASTING_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long NOISY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int MAX_NOISY = Exclusion.MAX_APPLICATIONS / 2;

  /** More than so many that share a claim are a crowd, and none of them is noisy. */
  private static final int MOST_TOGETHER = 8;

  private final TaskStore store;
  private final PassedOver passedOver;
  private final EngineClock clock;
  private final Looks looks = new Looks(9);
  private final Looks looksBeside = new Looks(49);

  /** Until when applications are noisy at least, in nanoseconds. */
  private final Map<Long, Long> noisy = new HashMap<>();

  private long nextBesideNanos;

  FairClaims(TaskStore store, PassedOver passedOver, EngineClock clock) {
    this.store = store;
    this.passedOver = passedOver;
    this.clock = clock;
    nextBesideNanos = clock.nanoTime();
  }

  /** As {@link TaskStore#earliestDue()}. */
  OptionalLong earliestDue() {
    Exclusion exclusion = passedOver.exclusion();
    if (exclusion.isNone()) {
      return store.earliestDue(exclusion);
    }
    looks.begin(exclusion);
    OptionalLong earliest = store.earliestDue(looks.exclusion());
    looks.end(earliest.orElse(Long.MAX_VALUE) >= looks.startMillis);
    return earliest;
  }

  /**
   * As {@link TaskStore#claim(int, Reach, Exclusion, long, int)}.
   *
   * @param reach where to begin if it is for all; for those who are not noisy it may begin anew
   */
  List<ClaimedTask> claim(int node, Reach reach, long untilMillis, int limit) {
    Exclusion exclusion = passedOver.exclusion();
    List<ClaimedTask> beside = List.of();
    if (reach == Reach.ALL && limit > 1 && isTimeForOthers()) {
      beside = claimBeside(node, exclusion, untilMillis, limit / 2);
    }
    int rest = limit - beside.size();
    List<ClaimedTask> claimed = claimAll(node, reach, exclusion, untilMillis, rest);
    if (claimed.size() == rest && limit > 1) {
      if (noisy.isEmpty()) {
        looksBeside.rest(LASTING_NANOS);
      }
      learn(claimed);
      long now = clock.nanoTime();
      noisy.values().removeIf(until -> now - until >= 0);
    } else if (reach == Reach.ALL) {
      noisy.clear();
    }
    return beside.isEmpty() ? claimed : inOrder(beside, claimed);
  }

  private List<ClaimedTask> claimAll(
      int node, Reach reach, Exclusion exclusion, long untilMillis, int limit) {
    if (exclusion.isNone() || reach != Reach.ALL) {
      return store.claim(node, reach, exclusion, untilMillis, limit);
    }
    looks.begin(exclusion);
    List<ClaimedTask> claimed = store.claim(node, reach, looks.exclusion(), untilMillis, limit);
    looks.end(claimed.size() < limit);
    return claimed;
  }

  private boolean isTimeForOthers() {
    return !noisy.isEmpty() && clock.nanoTime() - nextBesideNanos >= 0;
  }

  private List<ClaimedTask> claimBeside(
      int node, Exclusion exclusion, long untilMillis, int limit) {
    Set<Long> applications = new HashSet<>(exclusion.applicationIds());
    applications.addAll(noisy.keySet());
    looksBeside.begin(new Exclusion(exclusion.kinds(), applications, Long.MIN_VALUE));
    List<ClaimedTask> claimed =
        store.claim(node, Reach.BESIDE, looksBeside.exclusion(), untilMillis, limit);
    boolean all = claimed.size() < limit;
    long tookNanos = looksBeside.end(all);
    if (!all) {
      learn(claimed);
    }
    nextBesideNanos = clock.nanoTime() + Math.max(BESIDE_NANOS, all ? 0 : 9 * tookNanos);
    return claimed;
  }

  /** Those who have most of a claim that came back full are noisy, unless that takes many. */
  private void learn(List<ClaimedTask> full) {
    Map<Long, Integer> counts = new HashMap<>();
    full.forEach(task -> counts.merge(task.row().applicationId(), 1, Integer::sum));
    List<Long> most = new ArrayList<>();
    int sum = 0;
    for (Map.Entry<Long, Integer> one : byCount(counts)) {
      if (2 * sum > full.size()) {
        break;
      }
      sum += one.getValue();
      most.add(one.getKey());
    }
    if (most.size() > MOST_TOGETHER) {
      return;
    }
    long until = clock.nanoTime() + NOISY_NANOS;
    for (long application : most) {
      if (noisy.size() < MAX_NOISY || noisy.containsKey(application)) {
        noisy.put(application, until);
      }
    }
  }

  private static List<Map.Entry<Long, Integer>> byCount(Map<Long, Integer> counts) {
    return counts.entrySet().stream()
        .sorted(Map.Entry.<Long, Integer>comparingByValue().reversed())
        .limit(MOST_TOGETHER + 1L)
        .toList();
  }

  private static List<ClaimedTask> inOrder(List<ClaimedTask> some, List<ClaimedTask> others) {
    List<ClaimedTask> all = new ArrayList<>(some);
    all.addAll(others);
    all.sort(
        Comparator.comparingLong(ClaimedTask::dueMillis).thenComparing(task -> task.row().id()));
    return all;
  }

  /** Looks of one sort, each with what it passes over. */
  private final class Looks {
    private final int rest;
    private Exclusion last = Exclusion.NONE;
    private long restUntilNanos;
    private long fromMillis = Long.MIN_VALUE;
    private long startNanos;
    private long startMillis;

    /**
     * Looks that do not begin at the earliest due time for a while.
     *
     * @param rest how many times as long as one that took long
     */
    Looks(int rest) {
      this.rest = rest;
    }

    /** For so long, looks begin shortly before now. */
    void rest(long nanos) {
      fromMillis = clock.millis() - MARGIN_MILLIS;
      restUntilNanos = clock.nanoTime() + nanos;
      last = Exclusion.NONE;
    }

    void begin(Exclusion exclusion) {
      startNanos = clock.nanoTime();
      startMillis = clock.millis();
      boolean rests = exclusion.includes(last) && startNanos - restUntilNanos < 0;
      if (!rests) {
        fromMillis = Long.MIN_VALUE;
      }
      last = exclusion;
    }

    Exclusion exclusion() {
      return fromMillis == Long.MIN_VALUE ? last : last.dueFrom(fromMillis);
    }

    /**
     * Ends the look.
     *
     * @param left whether nothing was left that is due
     * @return how many nanoseconds it took
     */
    long end(boolean left) {
      long now = clock.nanoTime();
      long took = now - startNanos;
      if (fromMillis == Long.MIN_VALUE && left && took >= QUICK_NANOS) {
        fromMillis = startMillis - MARGIN_MILLIS;
        restUntilNanos = now + Math.min(LONGEST_REST_NANOS, rest * took);
      } else if (fromMillis == Long.MIN_VALUE) {
        restUntilNanos = now;
      }
      return took;
    }
  }
}

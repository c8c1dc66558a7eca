package dev.gatehouse.registry;

import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The instances of a server that may take a call now, at least one: what a {@link Balancer} chooses
 * from. None of its methods allocates or locks, but for the first {@link #shard} and the first
 * {@link #weighted}. What it tells of an instance changes with time. Safe for use by multiple
 * threads.
 */
public final class Candidates {
  private static final long NEVER = Long.MAX_VALUE;

  /** So often a pick is made anew while it falls on one that starts slowly and must pass. */
  private static final int RAMP_PICKS = 8;

  private static final int DRAWS = 4;

  private final Fleet fleet;
  private final AtomicLong turns;
  private final Member[] members;
  private final int[] positions;
  private final int version;
  private final long until;
  private final double meanWeight;
  private volatile @Nullable Balancer balancer;
  private volatile @Nullable AliasTable weights;
  private volatile @Nullable Ring ring;

  Candidates(Fleet fleet, int[] positions, int version, long until) {
    this.fleet = fleet;
    this.turns = fleet.state().turns;
    this.positions = positions;
    this.members = Arrays.stream(positions).mapToObj(fleet::member).toArray(Member[]::new);
    this.version = version;
    this.until = until;
    this.meanWeight =
        Arrays.stream(positions).map(i -> fleet.instance(i).weight()).average().orElse(0);
  }

  int version() {
    return version;
  }

  int position(int index) {
    return positions[index];
  }

  /** When nothing but a change of state makes other candidates. */
  static long never() {
    return NEVER;
  }

  boolean isCurrent(int present) {
    return version == present && (until == NEVER || fleet.nanoTime() - until < 0);
  }

  /**
   * The position that takes a call. Of the calls that the balancer gives to one that starts slowly,
   * it gets as many as it has of its share; others are chosen for anew. A balancer that chooses the
   * same again has its will.
   */
  int choose(@Nullable String key) {
    int index = pick(key);
    for (int again = 1; again < RAMP_PICKS && until != NEVER && mustPass(index); again++) {
      index = pick(key);
    }
    return positions[index];
  }

  private int pick(@Nullable String key) {
    if (members.length == 1) {
      return 0;
    }
    Balancer chooser = chooser();
    int index = chooser.pick(this, key);
    if (index < 0 || index >= members.length) {
      throw new IllegalStateException(
          "balancer " + chooser + " must choose 0.." + (members.length - 1) + ", chose " + index);
    }
    return index;
  }

  private Balancer chooser() {
    Balancer chooser = balancer;
    if (chooser == null) {
      chooser = fleet.balancer();
      balancer = chooser;
    }
    return chooser;
  }

  /** Whether each of them is chosen in turn until the state changes, whatever time it is. */
  boolean takeTurns() {
    return members.length > 1 && until == NEVER && chooser() == Balancer.Stock.ROUND_ROBIN;
  }

  private boolean mustPass(int index) {
    double ramp = members[index].ramp(fleet.nanoTime());
    return ramp < 1 && (fleet.random() >>> 11) * 0x1.0p-53 >= ramp;
  }

  /** A position that is not in the set, any of them; -1 if there is none. */
  int another(BitSet taken) {
    int start = members.length == 0 ? 0 : random(members.length);
    for (int i = 0; i < members.length; i++) {
      int position = positions[(start + i) % members.length];
      if (!taken.get(position)) {
        return position;
      }
    }
    return -1;
  }

  /** How many there are. */
  public int size() {
    return members.length;
  }

  /** The instance of that index, from 0. */
  public Instance instance(int index) {
    return fleet.instance(positions[index]);
  }

  /**
   * Its weight; more than 0 unless all have weight 0. That an instance starts slowly is no matter
   * of the balancer's: what it gives to one is kept from it in part.
   */
  public double weight(int index) {
    return instance(index).weight();
  }

  /**
   * How long it takes to answer, in nanoseconds, as {@link Balancer#latency} says; a millisecond if
   * nothing is known.
   */
  public double latencyNanos(int index) {
    return members[index].latency().now(fleet.nanoTime());
  }

  /** How many calls are under way there from this process. */
  public int inFlight(int index) {
    return members[index].inFlight();
  }

  /** How busy its CPU was told to be last, in per cent; -1 if that is not known. */
  public int cpu(int index) {
    return cpu(index, now());
  }

  int cpu(int index, long now) {
    return members[index].cpu(now);
  }

  /** The time by which one pick judges all that it looks at: it takes longer to read than these. */
  long now() {
    return fleet.nanoTime();
  }

  /** Which of two would take less time for one more call; the first if neither. */
  int cheaper(int one, int other) {
    long now = now();
    return cost(other, now) < cost(one, now) ? other : one;
  }

  /** Calls under way wait for each other, and who has twice the weight bears twice as many. */
  private double cost(int index, long now) {
    double latency = members[index].latency().now(now);
    int inFlight = inFlight(index);
    double weight = inFlight == 0 ? 0 : weight(index);
    return latency * (1 + (weight > 0 ? inFlight * meanWeight / weight : inFlight));
  }

  /** A number that grows by one at each call, for all callers together, and may wrap around. */
  public long turn() {
    return turns.getAndIncrement();
  }

  int inTurn() {
    return Turns.next(fleet.state().counters(), members.length);
  }

  /** A random number from 0 to the bound, not included. */
  public int random(int bound) {
    return (int) Long.remainderUnsigned(fleet.random() >>> 1, bound);
  }

  /** A random index, as likely as its weight says. */
  public int weighted() {
    AliasTable present = weights;
    return (present == null ? weighed() : present).pick(fleet.random());
  }

  /** Another random index, as likely as its weight says, or any where one has nearly all. */
  int weightedBut(int index) {
    for (int draw = 0; draw < DRAWS; draw++) {
      int other = weighted();
      if (other != index) {
        return other;
      }
    }
    int other = random(members.length - 1);
    return other >= index ? other + 1 : other;
  }

  /** The index that a key belongs to, by a consistent hash. */
  public int shard(String key) {
    Ring present = ring;
    return (present == null ? arranged() : present).find(key);
  }

  /** Made by the first that asks, while the others wait: all of them would take as long. */
  private synchronized AliasTable weighed() {
    AliasTable present = weights;
    if (present == null) {
      present = AliasTable.of(this);
      weights = present;
    }
    return present;
  }

  private synchronized Ring arranged() {
    Ring present = ring;
    if (present == null) {
      present = Ring.of(this);
      ring = present;
    }
    return present;
  }
}

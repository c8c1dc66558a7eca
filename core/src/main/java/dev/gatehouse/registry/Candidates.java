package dev.gatehouse.registry;

import org.jspecify.annotations.Nullable;

/**
 * The instances of a server that may take a call now, at least one: what a {@link Balancer} chooses
 * from. None of its methods allocates or locks, but for the first {@link #shard}. What it tells of
 * an instance changes with time. Safe for use by multiple threads.
 */
public final class Candidates {
  private static final long NEVER = Long.MAX_VALUE;

  private final Fleet fleet;
  private final Member[] members;
  private final int[] positions;
  private final AliasTable weights;
  private final int version;
  private final long until;
  private volatile @Nullable Ring ring;

  Candidates(Fleet fleet, Member[] members, int[] positions, int version, long until) {
    this.fleet = fleet;
    this.members = members;
    this.positions = positions;
    this.version = version;
    this.until = until;
    this.weights = AliasTable.of(members);
  }

  /** When nothing but a change of state makes other candidates. */
  static long never() {
    return NEVER;
  }

  boolean isCurrent(int present) {
    return version == present && (until == NEVER || fleet.nanoTime() - until < 0);
  }

  int position(int index) {
    return positions[index];
  }

  /** How many there are. */
  public int size() {
    return members.length;
  }

  /** The instance of that index, from 0. */
  public Instance instance(int index) {
    return members[index].instance();
  }

  /**
   * Its share of the calls: its weight, or less while it starts slowly; more than 0 unless all have
   * weight 0.
   */
  public double weight(int index) {
    Member member = members[index];
    return until == NEVER
        ? member.instance().weight()
        : member.instance().weight() * member.ramp(fleet.nanoTime());
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
    return members[index].cpu();
  }

  double cost(int index) {
    double weight = weight(index);
    return latencyNanos(index) * (inFlight(index) + 1) / (weight > 0 ? weight : 1);
  }

  /** A number that grows by one at each call, for all callers together, and may wrap around. */
  public long turn() {
    return fleet.state().turn();
  }

  /** A random number from 0 to the bound, not included. */
  public int random(int bound) {
    return (int) Long.remainderUnsigned(fleet.random() >>> 1, bound);
  }

  /** A random index, as likely as its weight says. */
  public int weighted() {
    int index = weights.pick(fleet.random());
    for (int attempt = 0; attempt < 8 && until != NEVER; attempt++) {
      double ramp = members[index].ramp(fleet.nanoTime());
      if (ramp >= 1 || (fleet.random() >>> 11) * 0x1.0p-53 < ramp) {
        return index;
      }
      index = weights.pick(fleet.random());
    }
    return index;
  }

  /** The index that a key belongs to, by a consistent hash. */
  public int shard(String key) {
    Ring present = ring;
    if (present == null) {
      present = Ring.of(members);
      ring = present;
    }
    return present.find(key);
  }
}

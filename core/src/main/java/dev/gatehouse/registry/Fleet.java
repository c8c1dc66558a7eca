package dev.gatehouse.registry;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.registry.FleetOptions.AllDown;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The instances of a server as one snapshot has them, and the choice among them. Which may take
 * calls is worked out anew when that changes; every other pick reads what was worked out, takes no
 * lock and allocates nothing. Safe for use by multiple threads.
 */
final class Fleet {
  /** What fleets share. */
  record Parts(FleetOptions options, LongSupplier nanoTime) {}

  private final FleetState state;
  private final List<Instance> instances;
  private final Member[] members;
  private final Parts parts;
  private final Balancer balancer;
  private volatile @Nullable Candidates candidates;

  Fleet(FleetState state, List<Instance> instances, Parts parts) {
    this.state = state;
    this.instances = instances;
    this.parts = parts;
    long now = nanoTime();
    this.members = instances.stream().map(one -> state.member(one, now)).toArray(Member[]::new);
    this.balancer = parts.options().balancers().apply(state.server());
  }

  FleetState state() {
    return state;
  }

  /** Makes these the instances that are known. */
  void publish() {
    state.publish(members, instances);
  }

  Member member(int position) {
    return members[position];
  }

  int size() {
    return members.length;
  }

  long nanoTime() {
    return parts.nanoTime().getAsLong();
  }

  long random() {
    return parts.options().random().getAsLong();
  }

  /**
   * The position of the instance that takes a call.
   *
   * @throws TransportException if none may
   */
  int pick(@Nullable String key) {
    Candidates present = candidates;
    if (present == null || !present.isCurrent(state.version())) {
      present = workOut();
    }
    int size = present.size();
    if (size == 0) {
      throw new TransportException("no instance of server '" + state.server() + "' is up");
    }
    return present.position(size == 1 ? 0 : balancer.pick(present, key));
  }

  /** The first position that may take a call and is not in the set; -1 if there is none. */
  int firstUp(BitSet taken) {
    for (int i = 0; i < members.length; i++) {
      if (!taken.get(i) && members[i].isUp() && hasWeight(i)) {
        return i;
      }
    }
    return -1;
  }

  private Candidates workOut() {
    long now = nanoTime();
    state.settle(now);
    int version = state.version();
    boolean weighty = IntStream.range(0, members.length).anyMatch(this::hasWeight);
    Predicate<Member> mayTake = one -> !weighty || one.instance().weight() > 0;
    int[] up = positions(one -> mayTake.test(one) && one.isUp());
    state.allDown(up.length == 0);
    if (up.length == 0 && parts.options().allDown() == AllDown.PANIC) {
      up = positions(mayTake);
    }
    int[] chosen = preferred(up);
    Member[] who = new Member[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      who[i] = members[chosen[i]];
    }
    Candidates worked = new Candidates(this, who, chosen, version, nextChange());
    candidates = worked;
    return worked;
  }

  private boolean hasWeight(int position) {
    return members[position].instance().weight() > 0;
  }

  private int[] positions(Predicate<Member> which) {
    return IntStream.range(0, members.length).filter(i -> which.test(members[i])).toArray();
  }

  /** Those that are near, if one of them is; else all. */
  private int[] preferred(int[] positions) {
    Map<String, String> local = parts.options().local();
    if (local.isEmpty()) {
      return positions;
    }
    int[] near =
        IntStream.of(positions)
            .filter(i -> members[i].instance().metadata().entrySet().containsAll(local.entrySet()))
            .toArray();
    return near.length == 0 ? positions : near;
  }

  /** When the first ejection or slow start ends. */
  private long nextChange() {
    long next = Candidates.never();
    long now = nanoTime();
    for (Member member : members) {
      if (member.ejected) {
        next = sooner(next, member.ejectedUntil, now);
      }
      if (member.ramping) {
        next = sooner(next, member.rampEnd(), now);
      }
    }
    return next;
  }

  /** The clock may wrap around, and the value for never be hit by chance: then a tick sooner. */
  private static long sooner(long one, long other, long now) {
    long valid = other == Candidates.never() ? other - 1 : other;
    return one == Candidates.never() || valid - now < one - now ? valid : one;
  }
}

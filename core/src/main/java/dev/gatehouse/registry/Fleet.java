package dev.gatehouse.registry;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.registry.FleetOptions.AllDown;
import dev.gatehouse.transport.Deadline;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
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
  private volatile @Nullable Candidates candidates;

  Fleet(FleetState state, List<Instance> instances, Parts parts) {
    this.state = state;
    this.instances = instances;
    this.parts = parts;
    long now = nanoTime();
    this.members = instances.stream().map(one -> state.member(one, now)).toArray(Member[]::new);
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

  /** The position of the instance of that address; -1 if there is none. */
  int position(String address) {
    String key = RegistryStore.nameKey(address);
    for (int i = 0; i < members.length; i++) {
      if (members[i].address().equals(key)) {
        return i;
      }
    }
    return -1;
  }

  Instance instance(int position) {
    return instances.get(position);
  }

  /**
   * A request to an instance is under way; null stands for a place that is none of them.
   *
   * @return when it began
   */
  long began(@Nullable Member member) {
    if (member != null) {
      member.began();
    }
    return nanoTime();
  }

  /** It has ended. */
  void ended(@Nullable Member member, long start, Ending ending) {
    if (member != null) {
      member.ended();
      long now = nanoTime();
      state.ended(member, Math.max(0, now - start), ending, now);
    }
  }

  int size() {
    return members.length;
  }

  long nanoTime() {
    return parts.nanoTime().getAsLong();
  }

  Deadline deadline(Duration timeout) {
    LongSupplier clock = parts.nanoTime();
    return clock == RegistryOptions.SYSTEM_NANO_TIME
        ? Deadline.in(timeout)
        : Deadline.in(timeout, clock);
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
    return candidates().choose(key);
  }

  /** One or more who may take calls now, or throws as {@link #pick}. */
  Candidates candidates() {
    Candidates present = current();
    if (present.size() == 0) {
      throw new TransportException("no instance of server '" + state.server() + "' is up");
    }
    return present;
  }

  /** Who may take calls now; tells of ejections that are over, and of all being down. */
  Candidates current() {
    Candidates present = candidates;
    return present == null || !present.isCurrent(state.version()) ? workOut() : present;
  }

  /**
   * A position that may take a call and is not in the set, any of those that are preferred, else
   * any; -1 if there is none.
   */
  int another(BitSet taken) {
    int preferred = current().another(taken);
    int start = preferred >= 0 ? 0 : (int) Long.remainderUnsigned(random(), members.length);
    for (int i = 0; preferred < 0 && i < members.length; i++) {
      int position = (start + i) % members.length;
      if (!taken.get(position) && members[position].isUp() && hasWeight(position)) {
        return position;
      }
    }
    return preferred;
  }

  /** Asked late, so that a host's function that throws fails picks of this server alone. */
  Balancer balancer() {
    return parts.options().balancers().apply(state.server());
  }

  /** Where the others went down or lost their weight meanwhile, who is ejected takes calls. */
  private Candidates workOut() {
    long now = nanoTime();
    state.settle(now);
    int version = state.version();
    boolean weighty = IntStream.range(0, members.length).anyMatch(this::hasWeight);
    IntPredicate mayTake = i -> !weighty || hasWeight(i);
    int[] up = positions(mayTake.and(i -> members[i].isUp()));
    if (up.length == 0) {
      up = positions(mayTake.and(i -> !members[i].down));
    }
    state.allDown(up.length == 0);
    if (up.length == 0 && parts.options().allDown() == AllDown.PANIC) {
      up = positions(mayTake);
    }
    Candidates worked = new Candidates(this, preferred(up), version, nextChange());
    candidates = worked;
    return worked;
  }

  private boolean hasWeight(int position) {
    return instances.get(position).weight() > 0;
  }

  private int[] positions(IntPredicate which) {
    return IntStream.range(0, members.length).filter(which).toArray();
  }

  /** Those that are near, if one of them is; else all. */
  private int[] preferred(int[] positions) {
    Map<String, String> local = parts.options().local();
    if (local.isEmpty()) {
      return positions;
    }
    int[] near =
        IntStream.of(positions)
            .filter(i -> instances.get(i).metadata().entrySet().containsAll(local.entrySet()))
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

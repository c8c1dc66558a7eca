package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls and probes end while instances come and go and time passes, all at once. */
@Timeout(60)
final class FleetStressTest {
  private static final int CALLERS = 4;
  private static final int CALLS = 20_000;
  private static final int MOST = 8;

  private final AtomicLong nanos = new AtomicLong(-5);
  private final FleetOptions options = FleetOptions.DEFAULT.balancer(Balancer.weighted());
  private final FleetState state = new FleetState("s", options);
  private final Set<Member> everPublished = Collections.newSetFromMap(new IdentityHashMap<>());
  private final AtomicReference<Fleet> inUse = new AtomicReference<>(published(MOST));
  private final Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean over = new AtomicBoolean();

  private Fleet published(int size) {
    List<Instance> instances =
        IntStream.range(0, size).mapToObj(i -> Instance.on("s").at("h" + i, 80)).toList();
    Fleet fleet = new Fleet(state, instances, new Fleet.Parts(options, nanos::get));
    fleet.publish();
    IntStream.range(0, size).mapToObj(fleet::member).forEach(everPublished::add);
    return fleet;
  }

  private Thread running(Runnable work) {
    Thread thread = new Thread(work);
    thread.setUncaughtExceptionHandler((one, failure) -> wrong.add(failure));
    thread.start();
    return thread;
  }

  private void call(long seed) {
    Random random = new Random(seed);
    Ending[] endings = Ending.values();
    for (int call = 0; call < CALLS; call++) {
      Fleet fleet = inUse.get();
      int position = fleet.pick(null);
      assertThat(position).isBetween(0, fleet.size() - 1);
      Member member = fleet.member(position);
      long start = fleet.began(member);
      boolean isBad = position % 2 == 0;
      fleet.ended(member, start, isBad ? endings[random.nextInt(endings.length)] : Ending.ANSWERED);
    }
  }

  private void probe() {
    for (int round = 0; !over.get(); round++) {
      Fleet fleet = inUse.get();
      fleet.state().probed(fleet.member(1), round % 7 < 3, nanos.get());
    }
  }

  /** The last is the whole, so that each address is there to come back. */
  private void change() {
    for (int round = 0; !over.get(); round++) {
      inUse.set(published(2 + round % (MOST - 1)));
      nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    }
    inUse.set(published(MOST));
  }

  @Test
  void everythingAtOnce_nothingIsLeftUnderWayAndWhoIsThereComesBack() throws Exception {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    List<Thread> callers = new ArrayList<>();
    for (int caller = 0; caller < CALLERS; caller++) {
      long own = seed + caller;
      callers.add(running(() -> call(own)));
    }
    List<Thread> others = List.of(running(this::change), running(this::probe));
    for (Thread caller : callers) {
      caller.join();
    }
    over.set(true);
    for (Thread other : others) {
      other.join();
    }
    assertThat(wrong).as("seed %d", seed).isEmpty();
    Fleet fleet = inUse.get();
    List<Member> members = IntStream.range(0, MOST).mapToObj(fleet::member).toList();
    assertThat(everPublished).as("seed %d", seed).allMatch(member -> member.inFlight() == 0);
    assertThat(members.stream().filter(member -> member.ejected)).hasSizeLessThanOrEqualTo(1);
    fleet.state().probed(fleet.member(1), true, nanos.get());
    nanos.addAndGet(Duration.ofHours(1).toNanos());
    assertThat(fleet.current().size()).as("seed %d", seed).isEqualTo(MOST);
    nanos.addAndGet(Duration.ofHours(1).toNanos());
    fleet.current();
    assertThat(members).noneMatch(member -> member.ejected || member.ramping);
  }
}

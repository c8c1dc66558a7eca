package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.observe.GatehouseListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The health of a server's instances as this process sees it. Changes are made under its monitor,
 * in which nothing blocks; picks read without it. The listener hears of changes after that. Safe
 * for use by multiple threads.
 */
final class FleetState {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final int MOST_EJECTIONS = 10;
  private static final int PROBES_TO_FALL = 3;

  private final String server;
  private final FleetOptions options;
  final AtomicLong turns = new AtomicLong();
  private volatile long @Nullable [] counters;
  private volatile int version;
  private final Map<String, Member> members = new HashMap<>();
  private final Map<String, ServicePolicies> policies = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable RetryBudget> budget = new AtomicReference<>();
  private final AtomicReference<@Nullable CallOptions> calls = new AtomicReference<>();
  private boolean allDown;
  private boolean published;
  private volatile boolean forgotten;

  FleetState(String server, FleetOptions options) {
    this.server = server;
    this.options = options;
  }

  GatehouseListener listener() {
    return options.listener();
  }

  String server() {
    return server;
  }

  /** Changes whenever other instances may take calls than before. */
  int version() {
    return version;
  }

  /**
   * What is known of an instance. One that was not there before starts slowly, unless nothing was;
   * so does one that took a new lease, for it was started anew. Changes nothing: the snapshot that
   * this is for may never come to be.
   */
  synchronized Member member(Instance instance, long now) {
    Member known = members.get(instance.address());
    if (known != null && known.isSame(instance)) {
      return known;
    }
    Member fresh = new Member(instance, options.slowStart().toNanos());
    if (published) {
      fresh.beginRamp(now);
    }
    return fresh;
  }

  /** From now on these are the instances, and no others. */
  synchronized void publish(Member[] present, List<Instance> instances) {
    forgotten = false;
    boolean anyWeight = instances.stream().anyMatch(instance -> instance.weight() > 0);
    for (int i = 0; i < present.length; i++) {
      present[i].hasShare = !anyWeight || instances.get(i).weight() > 0;
    }
    if (published && areKnown(present)) {
      return;
    }
    members.clear();
    for (Member member : present) {
      members.put(member.address(), member);
    }
    published = true;
    version++;
  }

  /** The server was removed. That it is down no more is the last that is told of it. */
  void forget() {
    synchronized (this) {
      publish(new Member[0], List.of());
      forgotten = true;
      if (!allDown) {
        return;
      }
      allDown = false;
    }
    LOG.info("Server '{}' was removed while none of its instances was up", server);
    tellDown(false);
  }

  boolean isForgotten() {
    return forgotten;
  }

  private boolean areKnown(Member[] present) {
    return members.size() == present.length && Arrays.stream(present).allMatch(this::isKnown);
  }

  /** Whether it is still there: calls and probes may end after what they went to was removed. */
  private boolean isKnown(Member member) {
    return members.get(member.address()) == member;
  }

  /** How the server's services are called, as it was said when that was asked first. */
  CallOptions calls(RegistryOptions registry) {
    CallOptions known = calls.get();
    if (known != null) {
      return known;
    }
    CallOptions said = registry.callsOf().apply(server, registry.calls());
    calls.compareAndSet(null, requireNonNull(said, "callsOf"));
    return requireNonNull(calls.get());
  }

  /** By which its instances take turns; most servers have other balancers, or one instance. */
  long[] counters() {
    long[] known = counters;
    return known == null ? beginTurns(Turns.begin()) : known;
  }

  synchronized long[] beginTurns(long[] fresh) {
    if (counters == null) {
      counters = fresh;
    }
    return requireNonNull(counters);
  }

  /** The policies of a service's calls. */
  ServicePolicies policies(String service, CallOptions chosen, LongSupplier nanoTime) {
    return policies.computeIfAbsent(
        service, name -> new ServicePolicies(this, name, chosen, nanoTime));
  }

  /** What all calls of the server save up for repetitions. */
  RetryBudget budget(CallOptions chosen) {
    if (budget.get() == null) {
      budget.compareAndSet(null, new RetryBudget(chosen.retryBudget()));
    }
    return requireNonNull(budget.get());
  }

  /** Forgets the policies of all other services. */
  void retainServices(Set<String> services) {
    policies.forEach(
        (service, known) -> {
          if (!services.contains(service) && policies.remove(service, known)) {
            known.forget();
          }
        });
  }

  /** Takes note of how a request to an instance ended, after so long. */
  void ended(Member member, long nanos, Ending ending, long now) {
    switch (ending) {
      case ANSWERED -> {
        member.latency().observe(nanos, true, now);
        member.forgetFailures();
      }
      case SHED -> member.latency().observe(nanos, false, now);
      case FAILED -> {
        member.latency().observe(nanos, false, now);
        countFailure(member, now);
      }
      case OVERTAKEN -> {
        member.latency().observeAtLeast(nanos, now);
        countFailure(member, now);
      }
      case ABANDONED -> member.latency().observeAtLeast(nanos, now);
    }
  }

  /** Who is ejected already is not ejected anew, when it is back, for what was under way then. */
  private void countFailure(Member member, long now) {
    if (!member.ejected && member.countFailure() >= options.failures()) {
      eject(member, now);
    }
  }

  private void eject(Member member, long now) {
    synchronized (this) {
      if (member.ejected || !isKnown(member) || !mayEject(member)) {
        return;
      }
      long base = options.ejection().toNanos();
      int healed = (int) Math.min(MOST_EJECTIONS, Math.max(0, now - member.ejectedUntil) / base);
      member.ejections = Math.min(MOST_EJECTIONS, Math.max(0, member.ejections - healed) + 1);
      member.ejectedUntil = now + base * member.ejections;
      member.ejected = true;
      member.forgetFailures();
      version++;
    }
    tell(member, "ejected");
  }

  /** So many may be ejected, one at least, but never the last that takes calls. */
  private boolean mayEject(Member member) {
    int ejected = 0;
    int up = 0;
    for (Member one : members.values()) {
      ejected += one.ejected ? 1 : 0;
      up += one.isUp() && one.hasShare && one != member ? 1 : 0;
    }
    return up > 0 && ejected < Math.max(1, members.size() * options.maxEjected() / 100);
  }

  /** Takes note of the answer to a probe: three failures in a row are down, one success is up. */
  void probed(Member member, boolean success, long now) {
    String change;
    synchronized (this) {
      if (!isKnown(member)) {
        return;
      }
      member.probeFailures = success ? 0 : member.probeFailures + 1;
      if (success && member.down) {
        member.down = false;
        member.forgetFailures();
        member.beginRamp(now);
        change = "up";
      } else if (member.probeFailures >= PROBES_TO_FALL && !member.down) {
        member.down = true;
        change = "down";
      } else {
        return;
      }
      version++;
    }
    tell(member, change);
  }

  /** Ends ejections and slow starts whose time is over. */
  void settle(long now) {
    List<Member> restored = new ArrayList<>(0);
    synchronized (this) {
      for (Member member : members.values()) {
        if (member.ejected && now - member.ejectedUntil >= 0) {
          member.ejected = false;
          member.forgetFailures();
          member.beginRamp(now);
          restored.add(member);
        }
        if (member.ramping && now - member.rampEnd() >= 0) {
          member.ramping = false;
        }
      }
      if (!restored.isEmpty()) {
        version++;
      }
    }
    restored.forEach(member -> tell(member, "restored"));
  }

  /** Tells once that no instance may take calls, and once that some may again. */
  void allDown(boolean value) {
    synchronized (this) {
      if (allDown == value || forgotten) {
        return;
      }
      allDown = value;
    }
    if (value) {
      LOG.warn("No instance of server '{}' is up: calls {}", server, options.allDown());
    } else {
      LOG.info("Instances of server '{}' are up again", server);
    }
    tellDown(value);
  }

  private void tellDown(boolean value) {
    try {
      options.listener().serverDown(server, value, options.allDown().name());
    } catch (RuntimeException e) {
      LOG.error("A listener failed", e);
    }
  }

  private void tell(Member member, String change) {
    LOG.info("Instance {} of server '{}' is {}", member.address(), server, change);
    try {
      options.listener().instanceChanged(server, member.address(), change);
    } catch (RuntimeException e) {
      LOG.error("A listener failed", e);
    }
  }
}

package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ClosedException;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The upkeep whose work is a function that a thread, or a test, calls time and again. One step runs
 * at a time; a second caller goes away.
 */
final class SteppedUpkeep implements RegistryUpkeep {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final long STEP_MILLIS = 500;
  private static final long SWEEP_NANOS = 1_000_000_000L;

  /** Where nothing is leased or probed, what other processes registered is looked for so often. */
  private static final long IDLE_NANOS = 10_000_000_000L;

  private static final long PROBE_NANOS = 10_000_000_000L;
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(3);

  /** An instance that is kept, and when its lease is renewed next. */
  private record Kept(Instance instance, long dueNanos) {}

  private final SnapshotRegistry registry;
  private final RegistryOptions options;
  private final Map<String, Kept> kept = new ConcurrentHashMap<>();
  private final Map<Member, Long> probes = new HashMap<>();
  private final ReentrantLock stepping = new ReentrantLock();
  private final AtomicBoolean failing = new AtomicBoolean();
  private final Object lifecycle = new Object();
  private @Nullable Thread thread;
  private volatile boolean closed;
  private @Nullable Snapshot known;
  private boolean leases;
  private boolean health;
  private long lookedAt;
  private long sweptAt;
  private boolean swept;

  SteppedUpkeep(SnapshotRegistry registry) {
    this.registry = requireNonNull(registry, "registry");
    this.options = registry.options();
  }

  @Override
  public Instance keep(Instance instance) {
    Check.that(instance.lease().isPresent(), "instance must have a lease");
    requireOpen();
    Instance registered = registry.register(instance);
    kept.put(keyOf(instance), new Kept(registered, nextRenewal(registered)));
    return registered;
  }

  @Override
  public void release(Instance instance) {
    Kept known = kept.remove(keyOf(instance));
    if (known != null) {
      registry.release(known.instance());
    }
  }

  private static String keyOf(Instance instance) {
    return RegistryStore.nameKey(instance.server()) + '\n' + instance.address();
  }

  private long nextRenewal(Instance instance) {
    return now() + instance.lease().orElseThrow().toNanos() / 3;
  }

  @Override
  public void step() {
    requireOpen();
    if (!stepping.tryLock()) {
      return;
    }
    try {
      kept.forEach(this::renewIfDue);
      lookIfDue();
      sweepIfDue();
      probeWhoIsDue();
      if (failing.compareAndSet(true, false)) {
        LOG.info("The upkeep of the registry works again");
      }
    } catch (GatehouseException e) {
      if (failing.compareAndSet(false, true)) {
        LOG.warn("The upkeep of the registry failed, and is tried again", e);
      }
    } finally {
      stepping.unlock();
    }
  }

  private void renewIfDue(String key, Kept known) {
    if (now() - known.dueNanos() < 0) {
      return;
    }
    Instance instance = known.instance();
    try {
      registry.renew(instance);
      kept.replace(key, known, new Kept(instance, nextRenewal(instance)));
    } catch (NotFoundException e) {
      takeAnew(key, known);
    }
  }

  private void takeAnew(String key, Kept known) {
    Instance instance = known.instance();
    LOG.warn("The lease of {} was lost", instance);
    options.fleet().listener().leaseLost(instance.server(), instance.address());
    try {
      Instance again = registry.register(instance);
      if (!kept.replace(key, known, new Kept(again, nextRenewal(again)))) {
        registry.release(again);
      }
    } catch (NotFoundException e) {
      LOG.warn("{} is kept no more: its server was removed", instance);
      kept.remove(key, known);
    }
  }

  /** What there is to do, from what the process knows; the storage is asked now and then only. */
  private void lookIfDue() {
    boolean due = known == null || leases || health || now() - lookedAt >= IDLE_NANOS;
    Snapshot snapshot = due ? registry.snapshot() : registry.knownSnapshot();
    if (due) {
      lookedAt = now();
    }
    if (snapshot != known) {
      leases = snapshot.anyInstance(instance -> instance.lease().isPresent());
      health = snapshot.anyServer(server -> server.metadata().containsKey(Server.HEALTH));
      known = snapshot;
    }
  }

  private void sweepIfDue() {
    if (!leases) {
      return;
    }
    if (!swept || now() - sweptAt >= SWEEP_NANOS) {
      registry.removeLapsed();
      swept = true;
      sweptAt = now();
    }
  }

  private void probeWhoIsDue() {
    Transport transport = options.calls().transport();
    if (transport == null || !health) {
      probes.clear();
      return;
    }
    Set<Member> present = new HashSet<>();
    requireNonNull(known, "known")
        .forEachSite(
            site ->
                site.server()
                    .map(server -> server.metadata().get(Server.HEALTH))
                    .ifPresent(path -> probe(site.fleet(), path, transport, present)));
    probes.keySet().retainAll(present);
  }

  private void probe(Fleet fleet, String path, Transport transport, Set<Member> present) {
    for (int i = 0; i < fleet.size(); i++) {
      Member member = fleet.member(i);
      present.add(member);
      long due = probes.computeIfAbsent(member, one -> now() + spread(0, PROBE_NANOS));
      if (now() - due >= 0) {
        probes.put(member, now() + spread(PROBE_NANOS * 9 / 10, PROBE_NANOS / 5));
        send(fleet, member, path, transport);
      }
    }
  }

  private static void send(Fleet fleet, Member member, String path, Transport transport) {
    Request request = Request.get(URI.create(member.instance().origin() + path));
    transport
        .send(request, Deadline.in(PROBE_TIMEOUT))
        .whenComplete(
            (response, failure) ->
                fleet.state().probed(member, isGood(response), fleet.nanoTime()));
  }

  private static boolean isGood(@Nullable Response response) {
    return response != null && response.status() >= 200 && response.status() <= 299;
  }

  private long spread(long least, long width) {
    return least + Long.remainderUnsigned(options.fleet().random().getAsLong(), width);
  }

  private long now() {
    return options.nanoTime().getAsLong();
  }

  @Override
  public void start() {
    synchronized (lifecycle) {
      requireOpen();
      if (thread == null) {
        thread = new Thread(this::run, "gatehouse-registry");
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  private void run() {
    while (!closed) {
      try {
        step();
      } catch (ClosedException e) {
        return;
      } catch (RuntimeException e) {
        LOG.error("The upkeep of the registry failed, and is tried again", e);
      }
      synchronized (lifecycle) {
        try {
          if (!closed) {
            lifecycle.wait(STEP_MILLIS);
          }
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new ClosedException("the registry's upkeep is closed");
    }
  }

  @Override
  public void close() {
    Thread running;
    synchronized (lifecycle) {
      if (closed) {
        return;
      }
      closed = true;
      lifecycle.notifyAll();
      running = thread;
    }
    if (running != null && running != Thread.currentThread()) {
      join(running);
    }
    for (Kept each : kept.values()) {
      try {
        registry.release(each.instance());
      } catch (GatehouseException e) {
        LOG.warn("{} could not be released: its lease will end by itself", each.instance(), e);
      }
    }
  }

  private static void join(Thread running) {
    try {
      running.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

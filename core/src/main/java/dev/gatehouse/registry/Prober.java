package dev.gatehouse.registry;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Asks instances how they are, and lets ejections end that no call asks for. It goes by what the
 * process knows and asks no storage, so that it goes on while that fails. Not safe: one thread at a
 * time; answers come on the transport's threads.
 */
final class Prober {
  private static final long PROBE_NANOS = 10_000_000_000L;
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  /** So that instances that do not answer leave room in the transport for calls. */
  private static final int MOST_UNDER_WAY = 32;

  /** A probe that is due, and for how long. */
  private record Due(Fleet fleet, int position, String path, Transport transport, long nanos) {
    Member member() {
      return fleet.member(position);
    }
  }

  private final SnapshotRegistry registry;
  private final RegistryOptions options;
  private final Map<Member, Long> due = new HashMap<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private @Nullable RuntimeException failure;

  Prober(SnapshotRegistry registry) {
    this.registry = registry;
    this.options = registry.options();
  }

  /**
   * Probes all that are due, as far as there is room those first that have been for longest: else
   * those that come first and never answer would keep the others from being asked at all. What is
   * thrown for one keeps no other from it.
   */
  void probeWhoIsDue() {
    failure = null;
    Set<Member> present = new HashSet<>();
    List<Due> overdue = new ArrayList<>();
    registry
        .knownSnapshot()
        .forEachSite(
            site -> {
              if (!site.isFixed()) {
                site.fleet().current();
              }
              String path = healthPath(site);
              if (path != null) {
                collect(site.fleet(), path, present, overdue);
              }
            });
    due.keySet().retainAll(present);
    overdue.sort(Comparator.comparingLong(Due::nanos).reversed());
    for (Due next : overdue) {
      if (underWay.get() < MOST_UNDER_WAY) {
        due.put(next.member(), now() + spread(PROBE_NANOS * 9 / 10, PROBE_NANOS / 5));
        send(next);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static @Nullable String healthPath(Site site) {
    return site.server().map(server -> server.metadata().get(Server.HEALTH)).orElse(null);
  }

  private void collect(Fleet fleet, String path, Set<Member> present, List<Due> overdue) {
    Transport transport = transport(fleet);
    if (transport == null) {
      return;
    }
    long now = now();
    for (int i = 0; i < fleet.size(); i++) {
      Member member = fleet.member(i);
      present.add(member);
      long nanos = now - due.computeIfAbsent(member, one -> now + spread(0, PROBE_NANOS));
      if (nanos >= 0) {
        overdue.add(new Due(fleet, i, path, transport, nanos));
      }
    }
  }

  private @Nullable Transport transport(Fleet fleet) {
    try {
      return fleet.state().calls(options).transport();
    } catch (RuntimeException e) {
      failure = e;
      return null;
    }
  }

  private void send(Due next) {
    Fleet fleet = next.fleet();
    underWay.incrementAndGet();
    try {
      next.transport()
          .send(
              Request.get(URI.create(fleet.instance(next.position()).origin() + next.path())),
              fleet.deadline(TIMEOUT))
          .whenComplete(
              (response, thrown) -> {
                underWay.decrementAndGet();
                if (!(thrown instanceof LimitException)) {
                  fleet.state().probed(next.member(), isGood(response), fleet.nanoTime());
                }
              });
    } catch (RuntimeException e) {
      underWay.decrementAndGet();
      failure = e;
    }
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
}

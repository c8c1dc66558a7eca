package dev.gatehouse.transport.http;

import dev.gatehouse.error.LimitException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many requests be under way to a host and in all; others wait, the oldest that may goes
 * first. OkHttp's dispatcher would do so for requests on its own threads only. Changes are made
 * under its monitor, in which nothing blocks and nothing is called. Safe for use by multiple
 * threads.
 */
final class Places {
  /** How many may be under way to a host, in all, and in all with those that wait. */
  record Limits(int ofHost, int ofAll, int withWaiting) {}

  private final Limits limits;
  private final Map<String, Integer> hosts = new HashMap<>();
  private final Set<Place> waiting = new LinkedHashSet<>();
  private int taken;

  Places(Limits limits) {
    this.limits = limits;
  }

  /** A place that is not taken yet. */
  Place of(String host, Runnable start) {
    return new Place(host, start);
  }

  private boolean isFree(String host) {
    return taken < limits.ofAll() && hosts.getOrDefault(host, 0) < limits.ofHost();
  }

  private void take(String host) {
    taken++;
    hosts.merge(host, 1, Integer::sum);
  }

  private void free(String host) {
    taken--;
    hosts.computeIfPresent(host, (same, count) -> count == 1 ? null : count - 1);
  }

  private @Nullable Place next() {
    for (Iterator<Place> all = waiting.iterator(); all.hasNext(); ) {
      Place place = all.next();
      if (isFree(place.host)) {
        all.remove();
        take(place.host);
        return place;
      }
    }
    return null;
  }

  /** Where one request goes through. Safe for use by multiple threads. */
  final class Place {
    private final String host;
    private final Runnable start;

    private Place(String host, Runnable start) {
      this.host = host;
      this.start = start;
    }

    /**
     * Runs the start once it may: here, or later on the thread of who leaves.
     *
     * @throws LimitException if too many wait already
     */
    void enter() {
      synchronized (Places.this) {
        if (taken + waiting.size() >= limits.withWaiting()) {
          throw new LimitException("too many requests under way, at most " + limits.withWaiting());
        }
        if (!isFree(host)) {
          waiting.add(this);
          return;
        }
        take(host);
      }
      start.run();
    }

    /**
     * Waits no more. No effect on what has started, which {@link #leave leaves} when it is over.
     */
    boolean giveUp() {
      synchronized (Places.this) {
        return waiting.remove(this);
      }
    }

    /** To be called once by what has started. */
    void leave() {
      Place next;
      synchronized (Places.this) {
        free(host);
        next = waiting.isEmpty() ? null : next();
      }
      if (next != null) {
        next.start.run();
      }
    }
  }
}

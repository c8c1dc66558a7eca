package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a node runs tasks. Immutable. */
public final class SchedulerOptions {
  /** Which tasks get an audit record when they become final, in the transaction that ends them. */
  public enum Audited {
    /** None. */
    NONE,
    /** Those of applications. */
    APPLICATIONS,
    /** All, the host's own too. */
    ALL
  }

  private static final int MAX_CAPACITY = 50_000;
  private static final long MIN_HELD_BYTES = 1L << 20;
  private static final long MAX_HELD_BYTES = 1L << 40;
  private static final Duration LEAST_FOR_FAILED = Duration.ofDays(30);

  /** The defaults. */
  public static final SchedulerOptions DEFAULT = builder().build();

  private final Duration lease;
  private final Duration claimWindow;
  private final Duration pollInterval;
  private final int capacity;
  private final long maxHeldBytes;
  private final int maxRunning;
  private final int settleBatch;
  private final int maxCrashes;
  private final Duration retention;
  private final Duration failedRetention;
  private final Set<String> forgotten;
  private final Duration drain;
  private final Audited audited;
  private final Map<String, Limit> limits;
  private final @Nullable Limit applicationLimit;

  private SchedulerOptions(Builder builder) {
    lease = builder.lease;
    claimWindow = builder.claimWindow;
    pollInterval = builder.pollInterval;
    capacity = builder.capacity;
    maxHeldBytes = builder.maxHeldBytes;
    maxRunning = builder.maxRunning;
    settleBatch = builder.settleBatch;
    maxCrashes = builder.maxCrashes;
    retention = builder.retention;
    failedRetention = builder.failedRetention();
    forgotten = Set.copyOf(builder.forgotten);
    drain = builder.drain;
    audited = builder.audited;
    limits = Map.copyOf(builder.limits);
    applicationLimit = builder.applicationLimit;
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** How long the node's lease lasts. */
  public Duration lease() {
    return lease;
  }

  /** How far ahead of their due time tasks are leased. */
  public Duration claimWindow() {
    return claimWindow;
  }

  /** How often the store is asked for due tasks. */
  public Duration pollInterval() {
    return pollInterval;
  }

  /** Most tasks leased at once. */
  public int capacity() {
    return capacity;
  }

  /** Most bytes of contents leased at once, about. */
  public long maxHeldBytes() {
    return maxHeldBytes;
  }

  /** Most attempts under way at once. */
  public int maxRunning() {
    return maxRunning;
  }

  /** Most attempts settled in one transaction. */
  public int settleBatch() {
    return settleBatch;
  }

  /** After how many crashes a task may still be tried. */
  public int maxCrashes() {
    return maxCrashes;
  }

  /** How long tasks that finished or were cancelled are kept, and workflows. */
  public Duration retention() {
    return retention;
  }

  /** How long tasks that failed are kept. */
  public Duration failedRetention() {
    return failedRetention;
  }

  /** Whether tasks of that handler are not kept once they finished. */
  public boolean isForgotten(String handler) {
    return retention.isZero() || forgotten.contains(handler);
  }

  /** The settlement as it is to be made: of some tasks nothing is kept once they finished. */
  Settlement toKeep(@Nullable HeldTask held, Settlement settlement) {
    return held != null
            && settlement instanceof Settlement.Finish finish
            && isForgotten(held.row().kind())
        ? new Settlement.Forget(held.row(), finish.attempt())
        : settlement;
  }

  /** How long closing waits for attempts under way. */
  public Duration drain() {
    return drain;
  }

  /** Which tasks are audited. */
  public Audited audited() {
    return audited;
  }

  /** The limit of a handler. */
  public Optional<Limit> limit(String handler) {
    return Optional.ofNullable(limits.get(handler));
  }

  /** The limit of each application. */
  public Optional<Limit> applicationLimit() {
    return Optional.ofNullable(applicationLimit);
  }

  /** Makes options. Not safe: confine to one thread. */
  public static final class Builder {
    private Duration lease = Duration.ofSeconds(10);
    private Duration claimWindow = Duration.ofSeconds(1);
    private Duration pollInterval = Duration.ofMillis(100);
    private int capacity = 10_000;
    private long maxHeldBytes = Math.max(MIN_HELD_BYTES, Runtime.getRuntime().maxMemory() / 8);
    private int maxRunning = 128;
    private int settleBatch = 1_000;
    private int maxCrashes = 5;
    private Duration retention = Duration.ofDays(7);
    private @Nullable Duration failedRetention;
    private final Set<String> forgotten = new HashSet<>();
    private Duration drain = Duration.ofSeconds(10);
    private Audited audited = Audited.APPLICATIONS;
    private final Map<String, Limit> limits = new HashMap<>();
    private @Nullable Limit applicationLimit;

    private Builder() {}

    /**
     * How long the node's lease lasts, 1 s to 36,500 days; it is renewed after four tenths of that,
     * for which a connection must be had within half of it. When a node dies, its tasks wait so
     * long, and about a second more, for another. A node that could not renew for nine tenths of it
     * (because of a long collection, a suspended machine, a lost database) takes itself for dead:
     * it gives its tasks back and registers anew. When the wall clock has gone ahead of the
     * monotonic one by a second, as after the machine was suspended, nothing begins before the
     * lease is renewed. Default 10 s.
     */
    public Builder lease(Duration value) {
      lease = Check.range(value, Duration.ofSeconds(1), Duration.ofDays(36_500), "lease");
      return this;
    }

    /**
     * How far ahead of their due time tasks are leased, 0 to 1 min: so they start from memory, on
     * time, whatever the store's latency. Those of a node that dies are late by the lease. Default
     * 1 s.
     */
    public Builder claimWindow(Duration value) {
      claimWindow = Check.range(value, Duration.ZERO, Duration.ofMinutes(1), "claimWindow");
      return this;
    }

    /**
     * How often the store is asked for due tasks while there is something to do, 1 ms to 1 min; a
     * task that another node schedules for at once may be late by so much. While there is nothing
     * to do, the store is asked every 2.5 s. Default 100 ms.
     */
    public Builder pollInterval(Duration value) {
      pollInterval =
          Check.range(value, Duration.ofMillis(1), Duration.ofMinutes(1), "pollInterval");
      return this;
    }

    /**
     * Most tasks leased at once, 1 to 50,000: claimed ahead, under way, or ended and not yet
     * settled. Of those that are due and have not begun only as many are leased as the node could
     * begin within about a second: one for each of {@link #maxRunning} that is free, and as many as
     * it began in the last, or some tens if that is less; none beside other nodes while it can
     * begin none. The rest is left to other nodes, and what would wait long, as when handlers
     * become slow, is given back within seconds. What is not due yet leaves as many places free as
     * may run, a quarter at most, so that it does not keep what is due from beginning. Of fewer
     * than ten at a time the earliest are leased, whatever their {@link Priority}: for urgent tasks
     * to come before a backlog it should be larger than {@link #maxRunning} by 20 or more. Default
     * 10,000.
     */
    public Builder capacity(int value) {
      capacity = Check.range(value, 1, MAX_CAPACITY, "capacity");
      return this;
    }

    /**
     * Most bytes of contents leased at once, 1 MiB to 1 TiB, a character for a byte: a node that
     * holds so much claims no more, whatever the {@link #capacity}. What a claim brings is judged
     * by those before it, so it may be exceeded by one claim, which is of no more tasks than would
     * be twice as much if each had 1 MiB. So where it is less than 500 MiB, claims are smaller than
     * they might be, and where it is less than 5 MiB, of the earliest only, as with a small {@link
     * #capacity}. Default an eighth of the memory that the virtual machine may use for objects.
     */
    public Builder maxHeldBytes(long value) {
      maxHeldBytes = Check.range(value, MIN_HELD_BYTES, MAX_HELD_BYTES, "maxHeldBytes");
      return this;
    }

    /**
     * Most attempts under way at once, handlers and callbacks together, 1 to 5,000. A handler that
     * does not heed its interruption counts until it returns. Default 128.
     */
    public Builder maxRunning(int value) {
      maxRunning = Check.range(value, 1, TaskStore.MAX_BATCH, "maxRunning");
      return this;
    }

    /** Most attempts settled in one transaction, 1 to 5,000. Default 1,000. */
    public Builder settleBatch(int value) {
      settleBatch = Check.range(value, 1, TaskStore.MAX_BATCH, "settleBatch");
      return this;
    }

    /**
     * After how many crashes a task may still be tried, 0 to 100; one more, and it fails: it may be
     * what kills its node. The first crash counts against all that the node held; from then on one
     * counts only against what was begun. Tasks that crashed before are begun fewer at a time the
     * more often they did, and one at a time at last, so that only what was alone fails: with 1
     * from the first crash on, and with 0 not at all, for then all that a lost node held fails.
     * Default 5.
     */
    public Builder maxCrashes(int value) {
      maxCrashes = Check.range(value, 0, 100, "maxCrashes");
      return this;
    }

    /**
     * How long tasks that finished or were cancelled, their numbers, and workflows are kept, 0 to
     * 36,500 days; they go up to five minutes later, or one if they are kept no longer. With 0
     * those that finished are not kept at all. Default 7 days.
     */
    public Builder retention(Duration value) {
      retention = Check.range(value, Duration.ZERO, Duration.ofDays(36_500), "retention");
      return this;
    }

    /**
     * How long tasks that failed and their numbers are kept, 0 to 36,500 days: so long somebody can
     * look at them and requeue them, whatever {@link #retention} says; with 0 they are deleted
     * within a minute or so. Default 30 days, or the retention of others if that is longer.
     */
    public Builder failedRetention(Duration value) {
      failedRetention =
          Check.range(value, Duration.ZERO, Duration.ofDays(36_500), "failedRetention");
      return this;
    }

    private Duration failedRetention() {
      if (failedRetention != null) {
        return failedRetention;
      }
      return retention.compareTo(LEAST_FOR_FAILED) > 0 ? retention : LEAST_FOR_FAILED;
    }

    /**
     * Handlers whose tasks are not kept once they finished; those that failed or were cancelled
     * are. Adds to names given before. Default none.
     */
    public Builder forget(String... handlers) {
      forgotten.addAll(List.of(handlers));
      return this;
    }

    /** How long {@link TaskEngine#close()} waits for attempts under way, 0 to 1 h. Default 10 s. */
    public Builder drain(Duration value) {
      drain = Check.range(value, Duration.ZERO, Duration.ofHours(1), "drain");
      return this;
    }

    /** Which tasks are audited. Default those of applications. */
    public Builder audited(Audited value) {
      audited = requireNonNull(value, "audited");
      return this;
    }

    /**
     * Limits the attempts of a handler, or of callbacks ({@link TaskRow#CALLBACK}), in all the
     * cluster; it should be the same on each node, for each keeps to what it was told. Tasks that
     * find no room wait their turn without holding up others. Replaces one given before. Default
     * none.
     */
    public Builder limit(String handler, Limit value) {
      limits.put(Check.text(handler, 1, 64, "handler"), requireNonNull(value, "value"));
      return this;
    }

    /** As {@link #limit}, for the attempts of each application. Default none. */
    public Builder limitApplications(Limit value) {
      applicationLimit = requireNonNull(value, "value");
      return this;
    }

    /** The options. */
    public SchedulerOptions build() {
      return new SchedulerOptions(this);
    }
  }
}

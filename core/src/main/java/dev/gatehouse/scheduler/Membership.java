package dev.gatehouse.scheduler;

import dev.gatehouse.observe.GatehouseListener;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's lease: joined, renewed, and given up by the node itself once it can no longer be sure
 * of it. A lease runs from the moment its request was sent, so it ends here before it ends at the
 * store, by a margin of a tenth for clocks that drift. A node that lost its lease joins as another.
 * If the machine may have been suspended, the lease is in doubt until it is renewed.
 *
 * <p>{@link #keep} and {@link #leave} are called by one thread at a time, the rest is safe for use
 * by multiple threads.
 */
final class Membership {
  private static final int FIRST_SAMPLES = 10;
  private static final long PRECISE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final Logger LOGGER = LoggerFactory.getLogger(Membership.class);

  private final NodeLeases leases;
  private final EngineClock clock;
  private final Holdings holdings;
  private final Attempts attempts;
  private final GatehouseListener listener;
  private final IntConsumer nodeNumber;
  private final Waker waker;
  private final Duration lease;
  private final long trustedNanos;
  private final long renewNanos;
  private final AtomicReference<@Nullable Node> node = new AtomicReference<>();
  private volatile long othersExpireMillis;
  private volatile boolean others;
  private volatile boolean wantsPrecision;
  private volatile long sampledNanos;
  private long renewedNanos; // used by the thread that keeps the lease

  Membership(
      SchedulerParts parts, NodeLeases leases, EngineClock clock, Attempts attempts, Waker waker) {
    this.leases = leases;
    holdings = attempts.holdings();
    this.clock = clock;
    this.attempts = attempts;
    listener = parts.listener();
    nodeNumber = parts.nodeNumber();
    this.waker = waker;
    lease = parts.options().lease();
    trustedNanos = lease.toNanos() / 10 * 9;
    renewNanos = lease.toNanos() / 10 * 4;
  }

  /** The node, if its lease is beyond doubt. */
  @Nullable Node live() {
    if (clock.hasLeapt()) {
      waker.wake(Waker.Role.LEASE);
      return null;
    }
    Node current = node.get();
    return current != null && current.isLive(clock.nanoTime()) ? current : null;
  }

  /** When another node may be lost, as far as is known, in epoch milliseconds of the store's. */
  long othersExpireMillis() {
    return othersExpireMillis;
  }

  /** Whether there were other nodes when the lease was last renewed. */
  boolean hasOthers() {
    return others;
  }

  private void heardOf(NodeLease lease) {
    othersExpireMillis = lease.othersExpireMillis();
    others = lease.othersExpireMillis() != Long.MAX_VALUE;
  }

  /** What lost nodes held is being freed; the next renewal tells of further ones. */
  void recovered() {
    othersExpireMillis = Long.MAX_VALUE;
  }

  /**
   * Renews the lease if it is time, joins if there is none, and follows the store's clock while
   * there are tasks. Asks the store.
   *
   * @return nanoseconds until it should be called again
   */
  long keep() {
    watch();
    Node current = node.get();
    long sinceRenewal = clock.nanoTime() - renewedNanos;
    boolean isTime = current == null || sinceRenewal >= renewNanos || clock.hasLeapt();
    boolean precise = wantsPrecision;
    if (!isTime && !precise) {
      return renewNanos - sinceRenewal;
    }
    wantsPrecision = false;
    if (current == null) {
      join();
    } else if (isTime) {
      renew(current);
    }
    if (current == null || precise || !holdings.isEmpty()) {
      sample(current == null ? FIRST_SAMPLES : 1);
    }
    return nanosToRenewal();
  }

  /** Tasks came in after a pause, in which the store's clock was not followed closely. */
  void wantPrecision() {
    if (clock.followsStore() && clock.nanoTime() - sampledNanos > PRECISE_NANOS) {
      wantsPrecision = true;
      waker.wake(Waker.Role.LEASE);
    }
  }

  /** The lease must not run out over it. */
  private boolean isSoon(long begunNanos) {
    return clock.nanoTime() - begunNanos < renewNanos / 10;
  }

  /**
   * Asks the store for its time alone: what it tells with a lease is older by a commit, and tasks
   * would begin later by as much. More often at first, for the first answers are slow.
   */
  private void sample(int times) {
    long begun = clock.nanoTime();
    for (int i = 0; i < times && clock.followsStore() && isSoon(begun); i++) {
      long sent = clock.nanoTime();
      long micros = leases.nowMicros();
      clock.sampledMicros(sent, micros, clock.nanoTime());
      sampledNanos = sent;
    }
  }

  /**
   * Gives the lease up if it ran out. Does not ask the store.
   *
   * @return nanoseconds until it would run out
   */
  long watch() {
    Node current = node.get();
    if (current == null) {
      return Long.MAX_VALUE;
    }
    if (clock.hasLeapt()) {
      waker.wake(Waker.Role.LEASE);
    }
    long now = clock.nanoTime();
    if (current.isLive(now)) {
      return current.deadlineNanos() - now;
    }
    fence(current);
    return Long.MAX_VALUE;
  }

  /** The time until the lease is to be renewed. */
  long nanosToRenewal() {
    return node.get() == null ? 0 : renewNanos - (clock.nanoTime() - renewedNanos);
  }

  /**
   * Ends the lease at the store, so that what is still held there can be recovered at once. Nothing
   * can be asked after that.
   */
  void leave() {
    try (leases) {
      Node current = node.getAndSet(null);
      if (current != null && current.lose()) {
        attempts.loseAll(current);
        leases.leave(current.number(), current.boot());
      }
    }
  }

  private void join() {
    String boot = UUID.randomUUID().toString();
    EngineClock.Reading reading = clock.reading();
    long sent = reading.nanoTime();
    NodeLease joined = leases.join(boot, lease);
    clock.sampled(sent, joined.nowMillis(), clock.nanoTime());
    heardOf(joined);
    renewedNanos = sent;
    clock.trust(reading);
    nodeNumber.accept(joined.node());
    node.set(new Node(joined.node(), boot, sent + trustedNanos));
    LOGGER.info("scheduler joined as node {}", joined.node());
    waker.wake(Waker.Role.CLAIMER);
    waker.wake(Waker.Role.TIMER);
  }

  private void renew(Node current) {
    EngineClock.Reading reading = clock.reading();
    long sent = reading.nanoTime();
    Optional<NodeLease> renewed = leases.renew(current.number(), current.boot(), lease);
    if (renewed.isEmpty()) {
      fence(current);
      return;
    }
    clock.sampled(sent, renewed.get().nowMillis(), clock.nanoTime());
    heardOf(renewed.get());
    renewedNanos = sent;
    current.prolong(sent + trustedNanos);
    boolean waited = clock.hasLeapt();
    clock.trust(reading);
    if (waited) {
      waker.wake(Waker.Role.CLAIMER);
      waker.wake(Waker.Role.TIMER);
    }
  }

  private void fence(Node lost) {
    if (!lost.lose()) {
      return;
    }
    node.compareAndSet(lost, null);
    LOGGER.warn(
        "node {} lost its lease: what it had not begun is given back, it joins anew",
        lost.number());
    attempts.loseAll(lost);
    listener.nodeFenced();
    waker.wake(Waker.Role.LEASE);
  }
}

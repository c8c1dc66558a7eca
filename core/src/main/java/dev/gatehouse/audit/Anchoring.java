package dev.gatehouse.audit;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives new heads to the anchors, not too often: on a thread for that alone once it was started, so
 * that an anchor that hangs keeps nobody from sequencing. An anchor that fails keeps none of the
 * others from theirs, and is tried again with the next. Safe for use by multiple threads.
 */
final class Anchoring {
  private static final Logger LOGGER = LoggerFactory.getLogger(Anchoring.class);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final AuditOptions options;
  private final LongSupplier nanoTime;
  private final Map<Anchor, SignedHead> last = new HashMap<>(); // under its own monitor
  private final AtomicBoolean underWay = new AtomicBoolean();
  private volatile @Nullable ExecutorService thread;
  private volatile long nextNanos;
  private volatile Optional<String> fault = Optional.empty();

  Anchoring(AuditOptions options, LongSupplier nanoTime) {
    this.options = options;
    this.nanoTime = nanoTime;
    nextNanos = nanoTime.getAsLong();
  }

  /** Begins to use a thread. */
  void start() {
    if (options.anchors().isEmpty()) {
      return;
    }
    thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread daemon = new Thread(work, "gatehouse-anchor");
              daemon.setDaemon(true);
              return daemon;
            });
  }

  /**
   * Gives the newest head to the anchors that do not have it, if it is time.
   *
   * @param isOurs asked only then: whether it falls to this node
   */
  void anchor(Supplier<Optional<SignedHead>> newest, BooleanSupplier isOurs) {
    if (options.anchors().isEmpty() || nanoTime.getAsLong() - nextNanos < 0 || underWay.get()) {
      return;
    }
    Optional<SignedHead> head = newest.get().filter(one -> !lacking(one).isEmpty());
    if (head.isEmpty()) {
      return;
    }
    nextNanos = nanoTime.getAsLong() + options.anchorInterval().toNanos();
    if (isOurs.getAsBoolean()) {
      give(head.get());
    }
  }

  private void give(SignedHead head) {
    ExecutorService own = thread;
    underWay.set(true);
    if (own == null) {
      publish(head);
      return;
    }
    try {
      own.execute(() -> publish(head));
    } catch (RejectedExecutionException e) {
      underWay.set(false); // closed meanwhile
    }
  }

  /** As {@link #anchor}, whether it is time or not, and ends the thread; waits for 2 s at most. */
  void close(Supplier<Optional<SignedHead>> newest, BooleanSupplier isOurs) {
    nextNanos = nanoTime.getAsLong();
    try {
      anchor(newest, isOurs);
    } finally {
      stop();
    }
  }

  private void stop() {
    ExecutorService own = thread;
    if (own == null) {
      return;
    }
    own.shutdown();
    try {
      if (!own.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        own.shutdownNow();
        LOGGER.warn("an anchor of the audit log does not answer: its last head is not kept there");
      }
    } catch (InterruptedException e) {
      own.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  /** The anchors that have not taken this head. */
  private List<Anchor> lacking(SignedHead head) {
    synchronized (last) {
      return options.anchors().stream()
          .filter(anchor -> last.get(anchor) == null || !last.get(anchor).saysTheSame(head))
          .toList();
    }
  }

  private void publish(SignedHead head) {
    Optional<String> failure = Optional.empty();
    try {
      for (Anchor anchor : lacking(head)) {
        Optional<String> thrown = publish(anchor, head);
        failure = thrown.isPresent() ? thrown : failure;
      }
    } finally {
      fault = failure;
      underWay.set(false);
    }
  }

  private Optional<String> publish(Anchor anchor, SignedHead head) {
    try {
      anchor.publish(head);
    } catch (RuntimeException e) {
      LOGGER.warn("{} did not take the head of {} leaves", anchor, head.size(), e);
      return Optional.of(anchor + " did not take the last head: " + e.getMessage());
    }
    synchronized (last) {
      last.put(anchor, head);
    }
    return Optional.empty();
  }

  /** What went wrong the last time, or does not end. */
  Optional<String> fault() {
    boolean late = underWay.get() && nanoTime.getAsLong() - nextNanos >= 0;
    return late ? Optional.of("an anchor has not taken the last head yet") : fault;
  }
}

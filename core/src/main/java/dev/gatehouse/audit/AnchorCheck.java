package dev.gatehouse.audit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the tree in the store still has the newest heads that the anchors keep: asked before a
 * node builds on a tree that it has not seen grow, which may come out of an old copy. Anchors are
 * read on threads for that alone, one for each, and waited for no longer than that; what one
 * answers later counts then. One that fails keeps nobody from anything: it is told, and asked again
 * after the anchors' interval, as is one that contradicts the tree. Not safe: confine to one thread
 * at a time, but for {@link #fault}.
 */
final class AnchorCheck {
  private static final Logger LOGGER = LoggerFactory.getLogger(AnchorCheck.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final AuditOptions options;
  private final LongSupplier nanoTime;
  private final List<Asked> all = new ArrayList<>();
  private long askedNanos;
  private volatile Optional<String> fault = Optional.empty();

  /** One anchor. */
  private static final class Asked {
    private final Anchor anchor;
    private @Nullable CompletableFuture<List<SignedHead>> answer; // to what was asked last
    private @Nullable List<SignedHead> unsettled; // what it said, if that is not agreed with yet
    private boolean isSettled; // what it said last is of this tree

    Asked(Anchor anchor) {
      this.anchor = anchor;
    }

    boolean isUnderWay() {
      return answer != null && !answer.isDone();
    }

    /** What it has said; a failure takes nothing of that back. */
    @Nullable List<SignedHead> heard() {
      CompletableFuture<List<SignedHead>> last = answer;
      if (last != null && last.isDone() && !last.isCompletedExceptionally()) {
        unsettled = last.join();
        answer = null;
        isSettled = false;
      }
      return unsettled;
    }

    void settle() {
      unsettled = null;
      isSettled = true;
    }
  }

  AnchorCheck(AuditOptions options, LongSupplier nanoTime) {
    this.options = options;
    this.nanoTime = nanoTime;
    for (Anchor anchor : options.anchors()) {
      if (anchor.isReadable()) {
        all.add(new Asked(anchor));
      }
    }
  }

  /** Asks all anchors, and waits until they answered, for half of a lease or 5 s at most. */
  void ask() {
    all.forEach(one -> one.isSettled = false);
    askUnsettled();
    Duration half = options.lease().dividedBy(2);
    long end = System.nanoTime() + (half.compareTo(PATIENCE) < 0 ? half : PATIENCE).toNanos();
    for (Asked one : all) {
      await(one, end);
    }
  }

  /** Asks those again, without waiting, that have not agreed, if it is time. */
  void askAgain() {
    if (isDue() && !isSettled()) {
      askUnsettled();
    }
  }

  /** Whether the anchors' interval has passed since they were asked. */
  boolean isDue() {
    return nanoTime.getAsLong() - askedNanos >= options.anchorInterval().toNanos();
  }

  /** Whether what each anchor said last is of this tree. */
  boolean isSettled() {
    return all.stream().allMatch(one -> one.isSettled);
  }

  private void askUnsettled() {
    askedNanos = nanoTime.getAsLong();
    for (Asked one : all) {
      if (!one.isSettled && !one.isUnderWay()) {
        one.answer = AnchorReading.of(one.anchor, this::newest);
      }
    }
  }

  /** The largest of this log that are signed as they should be: of one size, if there is any. */
  private List<SignedHead> newest(List<SignedHead> kept) {
    List<SignedHead> own =
        kept.stream()
            .filter(head -> head.origin().equals(options.origin()))
            .sorted(Comparator.comparingLong(SignedHead::size).reversed())
            .limit(Anchor.MAX_HEADS)
            .toList();
    List<SignedHead> newest = new ArrayList<>();
    for (SignedHead head : own) {
      if (!newest.isEmpty() && head.size() < newest.get(0).size()) {
        break;
      }
      if (options.isTrusted(head)) {
        newest.add(head);
      }
    }
    return newest;
  }

  private static void await(Asked one, long end) {
    CompletableFuture<List<SignedHead>> answer = one.answer;
    if (answer == null) {
      return;
    }
    try {
      answer.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOGGER.debug("{} has not told its heads", one.anchor, e);
    }
  }

  /** Whether an anchor has said what is not agreed with yet. */
  boolean hasNews() {
    return all.stream().anyMatch(one -> one.heard() != null);
  }

  /** Throws if an anchor that has answered has a head that is not of this tree. */
  void requireWithin(TreeLoader loader, long size, byte[] root) {
    tellFaults();
    for (Asked one : all) {
      List<SignedHead> heads = one.heard();
      if (heads != null) {
        heads.forEach(head -> requireWithin(one.anchor, head, loader, size, root));
        one.settle();
      }
    }
  }

  private static void requireWithin(
      Anchor anchor, SignedHead head, TreeLoader loader, long size, byte[] root) {
    TreeLoader.require(
        head.size() <= size,
        "it has "
            + size
            + " leaves, and "
            + anchor
            + " a head of "
            + head.size()
            + ": an old copy was put back");
    TreeLoader.require(
        Arrays.equals(loader.rootThen(head.size(), size, root), head.root()),
        "its first "
            + head.size()
            + " leaves are not those of the head in "
            + anchor
            + ": another copy was put back");
  }

  private void tellFaults() {
    Optional<String> now =
        all.stream()
            .filter(one -> one.heard() == null && !one.isSettled)
            .map(one -> one.anchor + " was not heard on whether an old copy was put back")
            .findFirst();
    if (now.isPresent() && !now.equals(fault)) {
      LOGGER.warn("{}: it is asked again", now.get());
    }
    fault = now;
  }

  /** Which anchor could not be asked; empty if none. */
  Optional<String> fault() {
    return fault;
  }
}

package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.Damage.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What anchors keep of a log, and what is wrong with them: one that cannot be read, or that has
 * lost everything, must not pass for one that agrees. Not safe: confine to one thread.
 */
final class AnchoredHeads {
  /** How long after a log's first head an anchor may have none. */
  private static final Duration GRACE = Duration.ofMinutes(10);

  private final AuditOptions options;
  private final List<SignedHead> heads;
  private final List<Damage> damages = new ArrayList<>();

  AnchoredHeads(AuditOptions options, List<SignedHead> given) {
    this.options = options;
    heads = new ArrayList<>(given);
  }

  /**
   * Reads all anchors, side by side, and waits for them as long as that at most.
   *
   * @param first head of the log, if it has any
   */
  void read(List<StoredHead> first, Instant now, Duration patience) {
    boolean isOld = !first.isEmpty() && isOld(first.get(0), now);
    Map<Anchor, CompletableFuture<List<SignedHead>>> answers = new LinkedHashMap<>();
    for (Anchor anchor : options.anchors()) {
      if (anchor.isReadable()) {
        answers.put(anchor, AnchorReading.of(anchor, this::own));
      }
    }
    long end = System.nanoTime() + patience.toNanos();
    answers.forEach((anchor, answer) -> take(anchor, answer, end, isOld));
  }

  private boolean isOld(StoredHead first, Instant now) {
    try {
      Instant made = SignedHead.parse(first.note()).time();
      return made.plus(options.anchorInterval()).plus(GRACE).isBefore(now);
    } catch (IllegalArgumentException e) {
      return false; // told where heads are compared
    }
  }

  private List<SignedHead> own(List<SignedHead> kept) {
    return kept.stream().filter(head -> head.origin().equals(options.origin())).toList();
  }

  private void take(
      Anchor anchor, CompletableFuture<List<SignedHead>> answer, long end, boolean isOld) {
    try {
      List<SignedHead> kept =
          answer.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      heads.addAll(kept);
      if (kept.isEmpty() && isOld) {
        damages.add(new Damage(Kind.ANCHOR_EMPTY, 0, anchor + " has no head of this log"));
      }
    } catch (ExecutionException e) {
      unreadable(anchor, "could not be read: " + requireNonNull(e.getCause()).getMessage());
    } catch (TimeoutException e) {
      unreadable(anchor, "has not answered in time");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      unreadable(anchor, "was not waited for: the thread was interrupted");
    }
  }

  private void unreadable(Anchor anchor, String why) {
    damages.add(new Damage(Kind.ANCHOR_UNREADABLE, 0, anchor + " " + why));
  }

  List<SignedHead> heads() {
    return heads;
  }

  List<Damage> damages() {
    return damages;
  }
}

package dev.gatehouse.audit;

import dev.gatehouse.audit.Damage.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

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
   * Reads all anchors.
   *
   * @param first head of the log, if it has any
   */
  void read(List<StoredHead> first, Instant now) {
    boolean isOld = !first.isEmpty() && isOld(first.get(0), now);
    for (Anchor anchor : options.anchors()) {
      if (anchor.isReadable()) {
        read(anchor, isOld);
      }
    }
  }

  private boolean isOld(StoredHead first, Instant now) {
    try {
      Instant made = SignedHead.parse(first.note()).time();
      return made.plus(options.anchorInterval()).plus(GRACE).isBefore(now);
    } catch (IllegalArgumentException e) {
      return false; // told where heads are compared
    }
  }

  private void read(Anchor anchor, boolean isOld) {
    try {
      List<SignedHead> kept =
          anchor.heads().stream().filter(head -> head.origin().equals(options.origin())).toList();
      heads.addAll(kept);
      if (kept.isEmpty() && isOld) {
        damages.add(new Damage(Kind.ANCHOR_EMPTY, 0, anchor + " has no head of this log"));
      }
    } catch (RuntimeException e) {
      damages.add(
          new Damage(Kind.ANCHOR_UNREADABLE, 0, anchor + " could not be read: " + e.getMessage()));
    }
  }

  List<SignedHead> heads() {
    return heads;
  }

  List<Damage> damages() {
    return damages;
  }
}

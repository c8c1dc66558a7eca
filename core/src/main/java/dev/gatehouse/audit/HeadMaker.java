package dev.gatehouse.audit;

import java.time.Instant;
import java.time.InstantSource;

/** Makes heads and has them signed. Safe for use by multiple threads. */
final class HeadMaker {
  private final AuditOptions options;
  private final InstantSource clock;
  private volatile boolean matched;

  HeadMaker(AuditOptions options, InstantSource clock) {
    this.options = options;
    this.clock = clock;
  }

  /** Once: a head that its own key does not verify would stop the next node for good. */
  private void requireMatched(SignedHead head) {
    HeadKey key = options.key().orElse(null);
    if (key != null && !head.isSignedBy(key)) {
      throw new IllegalStateException("the signer of heads must sign under " + key.name());
    }
    matched = true;
  }

  /** The head of a tree as it is now. */
  StoredHead make(TreeBuilder tree) {
    byte[] root = tree.root();
    Instant now = clock.instant();
    SignedHead head = options.sign(SignedHead.unsigned(options.origin(), tree.size(), root, now));
    if (!matched) {
      requireMatched(head);
    }
    return new StoredHead(tree.size(), root, head.note());
  }
}

package dev.gatehouse.permission;

import dev.gatehouse.permission.Condition.Truth;
import dev.gatehouse.permission.Explanation.Part;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What may keep a grant from counting. Immutable.
 *
 * @param expiry the first millisecond at which it counts no more, the greatest if there is none
 * @param condition when it counts; null if always
 * @param counted whether it counts its uses
 * @param usedUp whether none of them is left
 * @param grant the grant itself; null if it does nothing but expire
 */
record Limit(
    long expiry,
    @Nullable Condition condition,
    boolean counted,
    boolean usedUp,
    @Nullable Grant grant) {

  /** Null if nothing limits the grant. */
  static @Nullable Limit of(Grant grant) {
    boolean conditional = grant.terms().isConditional();
    if (!conditional && grant.expiresAt().isEmpty()) {
      return null;
    }
    return new Limit(
        grant.expiresAt().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE),
        grant.condition().orElse(null),
        grant.times().isPresent(),
        false,
        conditional ? grant : null);
  }

  /** The same of a grant without uses left. */
  Limit inVain() {
    return new Limit(expiry, condition, counted, true, grant);
  }

  /** What becomes of the grant at that moment, be there no other. */
  Part part(Attributes attributes, long now) {
    if (now >= expiry) {
      return Part.EXPIRED;
    }
    if (usedUp) {
      return Part.USED_UP;
    }
    Truth truth = truth(attributes, now);
    boolean counts = truth == Truth.TRUE || (truth == Truth.UNKNOWN && denies());
    return counts ? Part.DECIDES : Part.UNMET;
  }

  private boolean denies() {
    return grant != null && grant.effect() == Effect.DENY;
  }

  /** What the condition comes to. */
  Truth truth(Attributes attributes, long now) {
    return condition == null ? Truth.TRUE : condition.judge(attributes, now);
  }
}

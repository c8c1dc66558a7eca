package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.Arrays;

/**
 * SPI: an entry that loses the values of some fields. Immutable.
 *
 * @param before as it is kept
 * @param after as it is to be kept: with the same canonical bytes, leaf hash and MAC
 */
public record AuditErasure(AuditEntry before, AuditEntry after) {
  /** Checks that nothing but openings differs. */
  public AuditErasure {
    requireNonNull(before, "before");
    requireNonNull(after, "after");
    Check.that(
        Arrays.equals(before.canonical(), after.canonical())
            && Arrays.equals(before.leafHash(), after.leafHash())
            && Arrays.equals(before.mac(), after.mac()),
        "an erasure must leave the canonical bytes, their hash and MAC as they are");
  }

  @Override
  public String toString() {
    return "AuditErasure of " + after.record();
  }
}

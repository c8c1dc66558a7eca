package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.util.Optional;

/**
 * What can be told of a stored key that this version does not know: a later one stored it with
 * another algorithm, purpose or state, or its row is damaged. It neither signs nor verifies here,
 * and nothing but {@link KeyRing#destroy} and the removal of its application changes it. Immutable.
 *
 * @param id 1 or more
 * @param applicationId whose key it is, 1 or more
 * @param purpose for which it serves; empty if that is not known, so that nothing here needs it
 * @param state what it may do while in its time; empty if that is not known
 * @param notBefore its time begins here
 * @param notAfter its time ends before this
 */
public record UnknownKey(
    long id,
    long applicationId,
    Optional<Key.Purpose> purpose,
    Optional<Key.State> state,
    Instant notBefore,
    Instant notAfter) {
  /** Checks the ids, and that nothing is missing. */
  public UnknownKey {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    Check.range(applicationId, 1, Long.MAX_VALUE, "applicationId");
    requireNonNull(purpose, "purpose");
    requireNonNull(state, "state");
    requireNonNull(notBefore, "notBefore");
    requireNonNull(notAfter, "notAfter");
  }
}

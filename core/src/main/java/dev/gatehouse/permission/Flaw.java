package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Something in the stored permissions that has no effect, or cannot be meant; {@link
 * Permissions#lint} finds them. Immutable.
 *
 * @param kind what is wrong
 * @param ids of the rows it is about, the one that is at fault first
 * @param sentence what is wrong, for people
 */
public record Flaw(Kind kind, List<Long> ids, String sentence) {
  /** What can be wrong. */
  public enum Kind {
    /** Roles inherit in a circle, which this library refuses; the ids are of memberships. */
    CIRCLE,
    /** A membership or a grant names a role that is not defined, and counts for nothing. */
    UNDEFINED_ROLE,
    /** No subject has the role, be it by inheritance; the id is the role's. */
    ROLE_WITHOUT_MEMBERS,
    /** The role neither holds a grant nor inherits one; the id is the role's. */
    ROLE_WITHOUT_GRANTS,
    /** The grant has expired. */
    EXPIRED,
    /** The grant's uses are used up. */
    USED_UP,
    /** Whatever the first grant says, the second says to all its subjects, as long and always. */
    SHADOWED,
    /** The first grant allows only what the second denies, as long and always. */
    DENIED
  }

  /** A flaw. */
  public Flaw {
    requireNonNull(kind, "kind");
    ids = List.copyOf(ids);
    requireNonNull(sentence, "sentence");
  }
}

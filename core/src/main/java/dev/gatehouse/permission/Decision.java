package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * The answer to whether a subject may do something. It names the version of the permissions it was
 * taken from and the grant that decided; {@link PermissionChecker#explain} gives the rest.
 * Immutable.
 */
public sealed interface Decision {
  /** Why a decision is as it is. */
  enum Reason {
    /** No grant that counts covers the action on the resource. */
    NOT_GRANTED,
    /** The subject holds neither a grant nor a role. */
    UNKNOWN_SUBJECT,
    /** No grant names the action, and none that covers every action applies. */
    UNKNOWN_ACTION,
    /** No grant covers the resource. */
    UNKNOWN_RESOURCE,
    /** A grant denies it. */
    DENIED,
    /** Only a grant that has expired would allow it. */
    EXPIRED,
    /** Only a grant whose condition is false, or cannot be told, would allow it. */
    CONDITION_UNMET,
    /** Only a grant whose uses are used up would allow it. */
    USED_UP,
    /** What is known is too old to decide by, and the storage cannot be read or is no newer. */
    STALE,
    /** A grant allows it, and none denies it. */
    GRANTED
  }

  /** Whether the subject may act. */
  boolean allowed();

  /** Why. */
  Reason reason();

  /** The version of the permissions that were asked; 0 while there are none. */
  long version();

  /** The id of the grant that decided, alone though others may say the same; 0 if none did. */
  long grantId();

  /**
   * The subject may act. Immutable.
   *
   * @param version the version of the permissions that were asked
   * @param grantId the grant that decided; 0 if somebody else decided, who knows no grants
   */
  record Allowed(long version, long grantId) implements Decision {
    @Override
    public boolean allowed() {
      return true;
    }

    @Override
    public Reason reason() {
      return Reason.GRANTED;
    }
  }

  /**
   * The subject may not act. Immutable.
   *
   * @param reason why; never {@link Reason#GRANTED}
   * @param version the version of the permissions that were asked
   * @param grantId the grant that denies; 0 if none does
   */
  record Denied(Reason reason, long version, long grantId) implements Decision {
    /** A denial. */
    public Denied {
      requireNonNull(reason, "reason");
      Check.that(reason != Reason.GRANTED, "reason of a denial must not be GRANTED");
    }

    @Override
    public boolean allowed() {
      return false;
    }
  }
}

package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

/** A change of permissions, as {@link Permissions} would make it, to be tried. Immutable. */
public sealed interface PermissionChange {
  /** {@link Permissions#grant}. */
  static PermissionChange grant(Grant.Terms terms) {
    return new Granting(terms);
  }

  /** {@link Permissions#revoke(Grant.Terms)}. */
  static PermissionChange revoke(Grant.Terms terms) {
    return new Revoking(terms);
  }

  /** {@link Permissions#defineRole}. */
  static PermissionChange defineRole(String role) {
    return new Defining(role);
  }

  /** {@link Permissions#removeRole}. */
  static PermissionChange removeRole(String role) {
    return new Removing(role);
  }

  /** {@link Permissions#inherit}. */
  static PermissionChange inherit(String role, String inherited) {
    return new Joining(Subject.role(role), inherited);
  }

  /** {@link Permissions#disinherit}. */
  static PermissionChange disinherit(String role, String inherited) {
    return new Leaving(Subject.role(role), inherited);
  }

  /** {@link Permissions#assign}. */
  static PermissionChange assign(Subject subject, String role) {
    return new Joining(StoredPermissions.noRole(subject), role);
  }

  /** {@link Permissions#unassign}. */
  static PermissionChange unassign(Subject subject, String role) {
    return new Leaving(StoredPermissions.noRole(subject), role);
  }

  /**
   * Grants.
   *
   * @param terms what
   */
  record Granting(Grant.Terms terms) implements PermissionChange {
    /** Checks that nothing is missing. */
    public Granting {
      requireNonNull(terms, "terms");
    }
  }

  /**
   * Takes a grant back.
   *
   * @param terms which, whatever its limits
   */
  record Revoking(Grant.Terms terms) implements PermissionChange {
    /** Checks that nothing is missing. */
    public Revoking {
      requireNonNull(terms, "terms");
    }
  }

  /**
   * Defines a role.
   *
   * @param role its name
   */
  record Defining(String role) implements PermissionChange {
    /** Checks the name. */
    public Defining {
      Names.name(role, "role");
    }
  }

  /**
   * Removes a role.
   *
   * @param role its name
   */
  record Removing(String role) implements PermissionChange {
    /** Checks the name. */
    public Removing {
      Names.name(role, "role");
    }
  }

  /**
   * Gives a subject a role, or lets a role inherit from another.
   *
   * @param member who gets it
   * @param role what it gets
   */
  record Joining(Subject member, String role) implements PermissionChange {
    /** Checks the name. */
    public Joining {
      requireNonNull(member, "member");
      Names.name(role, "role");
    }
  }

  /**
   * Takes a role from a subject, or ends an inheritance.
   *
   * @param member who loses it
   * @param role what it loses
   */
  record Leaving(Subject member, String role) implements PermissionChange {
    /** Checks the name. */
    public Leaving {
      requireNonNull(member, "member");
      Names.name(role, "role");
    }
  }
}

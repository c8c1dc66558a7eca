package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.ArrayList;
import java.util.List;

/**
 * Roles, inheritance, members and grants that are to be added together; see {@link
 * Permissions#load}. Immutable.
 *
 * @param roles names of roles to define
 * @param inheritances which role is to inherit which
 * @param assignments who is to have which role
 * @param grants what is to be granted
 */
public record PermissionBatch(
    List<String> roles,
    List<Inheritance> inheritances,
    List<Assignment> assignments,
    List<Grant.Terms> grants) {
  /** Most rows of one batch. */
  public static final int MAX_ROWS = 10_000;

  /** Checks the names and the number of rows. */
  public PermissionBatch {
    roles = List.copyOf(roles);
    inheritances = List.copyOf(inheritances);
    assignments = List.copyOf(assignments);
    grants = List.copyOf(grants);
    roles.forEach(role -> Names.name(role, "role"));
    int rows = roles.size() + inheritances.size() + assignments.size() + grants.size();
    Check.range(rows, 1, MAX_ROWS, "number of rows");
  }

  /** A builder of a batch of nothing. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A role has whatever another has. Immutable.
   *
   * @param role which role
   * @param inherited which other
   */
  public record Inheritance(String role, String inherited) {
    /** Checks the names. */
    public Inheritance {
      Names.name(role, "role");
      Names.name(inherited, "role");
    }
  }

  /**
   * A subject has a role. Immutable.
   *
   * @param subject no role: roles inherit
   * @param role which role
   */
  public record Assignment(Subject subject, String role) {
    /** Checks subject and name. */
    public Assignment {
      Check.that(
          !requireNonNull(subject, "subject").isRole(),
          () ->
              "subject must not be a role: a role inherits, was "
                  + Check.shown(subject.toString()));
      Names.name(role, "role");
    }
  }

  /**
   * What came of a batch. Immutable.
   *
   * @param roles how many roles were not defined before
   * @param memberships how many inheritances and assignments were not there before
   * @param grants how many grants were made; not those whose terms stood already
   */
  public record Loaded(int roles, int memberships, int grants) {}

  /** Gathers a batch. Not safe: confine to one thread. */
  public static final class Builder {
    private final List<String> roles = new ArrayList<>();
    private final List<Inheritance> inheritances = new ArrayList<>();
    private final List<Assignment> assignments = new ArrayList<>();
    private final List<Grant.Terms> grants = new ArrayList<>();

    private Builder() {}

    /** Adds a role, named as a {@link Subject} is. */
    public Builder role(String name) {
      roles.add(Names.name(name, "role"));
      return this;
    }

    /** Adds that a role inherits another. */
    public Builder inherit(String role, String inherited) {
      inheritances.add(new Inheritance(role, inherited));
      return this;
    }

    /** Adds that a subject has a role. */
    public Builder assign(Subject subject, String role) {
      assignments.add(new Assignment(subject, role));
      return this;
    }

    /** Adds a grant. */
    public Builder grant(Grant.Terms terms) {
      grants.add(requireNonNull(terms, "terms"));
      return this;
    }

    /** How many rows there are. */
    public int size() {
      return roles.size() + inheritances.size() + assignments.size() + grants.size();
    }

    /**
     * The batch.
     *
     * @throws IllegalArgumentException if it has no rows or more than {@value #MAX_ROWS}
     */
    public PermissionBatch build() {
      return new PermissionBatch(roles, inheritances, assignments, grants);
    }
  }
}

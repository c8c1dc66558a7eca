package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Roles, memberships and grants, as they are moved from one storage to another, without ids; {@link
 * Permissions#export} makes one, {@link Permissions#load} takes one.
 *
 * <p>As text it has two forms. JSON lines hold everything, one JSON object a line. Casbin's policy
 * form holds what Casbin's model of roles does:
 *
 * <pre>
 * p, editor, reports/q1, read
 * p, ann, reports/**, write, deny
 * g, ann, editor
 * </pre>
 *
 * The roles are the names that stand last in a {@code g} line; every other name is a subject of one
 * type. Objects are the paths of resources of one type, and lose one slash that they begin with; an
 * object {@code *} is every resource of that type, an action {@code *} every action. Fields may
 * stand in double quotes; lines that begin with {@code #}, and blank ones, say nothing. Refused are
 * domains (a fourth field of {@code g}, a {@code p} whose fifth is neither {@code allow} nor {@code
 * deny}), and objects with another star than a last segment {@code **}, as what a star means there
 * depends on Casbin's matcher. Immutable.
 */
public final class PermissionSet {
  /** A subject has a role, or a role inherits from another. */
  record Place(Subject member, String role) {
    Place {
      requireNonNull(member, "member");
      Names.name(role, "role");
    }
  }

  private final Set<String> roles;
  private final Set<Place> places;
  private final Set<Grant.Terms> grants;

  PermissionSet(Set<String> roles, Set<Place> places, Set<Grant.Terms> grants) {
    this.roles = roles;
    this.places = places;
    this.grants = grants;
  }

  static PermissionSet of(Snapshot.Rows rows) {
    Set<String> roles = new LinkedHashSet<>();
    rows.roles().forEach(role -> roles.add(role.name()));
    Set<Place> places = new LinkedHashSet<>();
    rows.memberships().forEach(each -> places.add(new Place(each.member(), each.role())));
    Set<Grant.Terms> grants = new LinkedHashSet<>();
    rows.grants().forEach(grant -> grants.add(grant.terms()));
    return new PermissionSet(roles, places, grants);
  }

  /**
   * The permissions in JSON lines.
   *
   * @throws IllegalArgumentException naming the line, if one is not as {@link #toJsonLines} makes
   *     it
   */
  public static PermissionSet ofJsonLines(String text) {
    return PermissionLines.read(requireNonNull(text, "text"));
  }

  /**
   * The permissions in Casbin's policy form.
   *
   * @param subjectType the type of subjects that are no roles, such as {@code user}
   * @param resourceType the type of resources
   * @throws IllegalArgumentException naming the line, if one is not as described above
   */
  public static PermissionSet ofCasbin(String csv, String subjectType, String resourceType) {
    requireNonNull(csv, "csv");
    return new CasbinPolicy(subjectType, resourceType).read(csv);
  }

  /** One JSON object a line: roles, then memberships, then grants. */
  public String toJsonLines() {
    return PermissionLines.write(this);
  }

  /**
   * These permissions in Casbin's policy form, which {@link #ofCasbin} reads as the same.
   *
   * @throws IllegalArgumentException if the form cannot hold one of them: a subject or resource of
   *     another type, a limited grant, a wildcard within a path, a role without members, or a
   *     subject that is named as a role is
   */
  public String toCasbin(String subjectType, String resourceType) {
    return new CasbinPolicy(subjectType, resourceType).write(this);
  }

  /** The names of the roles. */
  public List<String> roles() {
    return List.copyOf(roles);
  }

  /** What is granted. */
  public List<Grant.Terms> grants() {
    return List.copyOf(grants);
  }

  Set<Place> places() {
    return places;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PermissionSet that
        && roles.equals(that.roles)
        && places.equals(that.places)
        && grants.equals(that.grants);
  }

  @Override
  public int hashCode() {
    return roles.hashCode() ^ places.hashCode() ^ grants.hashCode();
  }

  /** How much there is, as in {@code 2 roles, 3 memberships, 5 grants}. */
  @Override
  public String toString() {
    return roles.size() + " roles, " + places.size() + " memberships, " + grants.size() + " grants";
  }
}

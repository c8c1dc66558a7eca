package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.ArrayList;
import java.util.List;

/**
 * Which allowances of {@link PermissionChecker#require} are audited. Its refusals always are, at a
 * bounded rate, and so is every change. Immutable.
 */
public final class DecisionAudit {
  /** No allowances; the default. */
  public static final DecisionAudit DENIALS = new DecisionAudit(0, List.of());

  /** Most calls of {@link #always}. */
  public static final int MAX_ALWAYS = 100;

  private record Permission(String action, ResourcePattern resources) {
    boolean covers(Question question) {
      return (action.equals(Names.ANY) || action.equals(question.action()))
          && resources.covers(question.resource());
    }
  }

  private final int oneIn;
  private final List<Permission> always;

  private DecisionAudit(int oneIn, List<Permission> always) {
    this.oneIn = oneIn;
    this.always = always;
  }

  /**
   * One allowance in so many. One that cannot be recorded is allowed all the same.
   *
   * @param oneIn 1..1,000,000; 1 records each
   */
  public static DecisionAudit sampling(int oneIn) {
    return new DecisionAudit(Check.range(oneIn, 1, 1_000_000, "oneIn"), List.of());
  }

  /**
   * Also each allowance of that action on those resources. One that cannot be recorded is not
   * allowed: {@code require} throws what the audit log threw.
   *
   * @param action an action, or {@code *} for every action
   */
  public DecisionAudit always(String action, ResourcePattern resources) {
    requireNonNull(action, "action");
    requireNonNull(resources, "resources");
    List<Permission> more = new ArrayList<>(always);
    String name = action.equals(Names.ANY) ? action : Names.action(action);
    more.add(new Permission(name, resources));
    Check.range(more.size(), 1, MAX_ALWAYS, "number of permissions always audited");
    return new DecisionAudit(oneIn, List.copyOf(more));
  }

  /** 0 if none are sampled. */
  int oneIn() {
    return oneIn;
  }

  boolean isAlways(Question question) {
    for (Permission permission : always) {
      if (permission.covers(question)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return "1 in " + oneIn + ", always " + always;
  }
}

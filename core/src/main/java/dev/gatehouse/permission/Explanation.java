package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;

/**
 * A decision with all that led to it. Its text is for people:
 *
 * <pre>
 * DENIED: user:ann may not write file:reports/q1 (DENIED, permissions version 7)
 *   x grant 12 denies role:intern write on file:reports/** [decides]
 *       user:ann -> role:editor -> role:intern
 *   + grant 10 allows user:ann write on file:reports/q1 [overridden]
 *       user:ann
 * </pre>
 *
 * Immutable.
 *
 * @param subject who asked to act
 * @param action what for
 * @param resource on what
 * @param decision the decision, the same that {@link PermissionChecker#check} takes
 * @param findings each grant of the subject that covers action and resource, denials first, each
 *     kind by id
 */
public record Explanation(
    Subject subject, String action, Resource resource, Decision decision, List<Finding> findings) {

  /** What became of a grant in a decision. */
  public enum Part {
    /** It is the reason for the decision, alone or with others. */
    DECIDES,
    /** It allows, but another grant denies. */
    OVERRIDDEN,
    /** It has expired and does not count. */
    EXPIRED,
    /** It does not count: its condition is false, or, if it allows, cannot be told. */
    UNMET,
    /** Its uses are used up, and it does not count. */
    USED_UP
  }

  /**
   * A grant that speaks of the matter. Immutable.
   *
   * @param grant the grant
   * @param path how the subject comes by it, by one of the shortest ways: the subject first, then
   *     each role, the grant's holder last
   * @param part what became of it
   * @param truth what its condition comes to; true if it has none
   */
  public record Finding(Grant grant, List<Subject> path, Part part, Condition.Truth truth) {
    /** A finding. */
    public Finding {
      requireNonNull(grant, "grant");
      path = List.copyOf(path);
      requireNonNull(part, "part");
      requireNonNull(truth, "truth");
    }

    /** A finding about a grant without a condition. */
    public Finding(Grant grant, List<Subject> path, Part part) {
      this(grant, path, part, Condition.Truth.TRUE);
    }
  }

  /** An explanation. */
  public Explanation {
    requireNonNull(subject, "subject");
    requireNonNull(action, "action");
    requireNonNull(resource, "resource");
    requireNonNull(decision, "decision");
    findings = List.copyOf(findings);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(decision.allowed() ? "ALLOWED: " : "DENIED: ")
        .append(sentence(subject, action, resource, decision));
    if (findings.isEmpty()) {
      text.append("\n  no grant of ").append(subject).append(" covers it");
    }
    for (Finding finding : findings) {
      append(text, finding);
    }
    return text.toString();
  }

  private static void append(StringBuilder text, Finding finding) {
    Grant grant = finding.grant();
    boolean allows = grant.effect() == Effect.ALLOW;
    text.append(allows ? "\n  + grant " : "\n  x grant ")
        .append(grant.id())
        .append(allows ? " allows " : " denies ")
        .append(grant.holder())
        .append(' ')
        .append(grant.action())
        .append(" on ")
        .append(grant.resource());
    text.append(grant.terms().limitsText())
        .append(" [")
        .append(finding.part().name().toLowerCase(Locale.ROOT).replace('_', ' '))
        .append(finding.truth() == Condition.Truth.UNKNOWN ? ", condition unknown" : "")
        .append("]\n      ");
    for (int i = 0; i < finding.path().size(); i++) {
      text.append(i == 0 ? "" : " -> ").append(finding.path().get(i));
    }
  }

  static String sentence(Subject subject, String action, Resource resource, Decision decision) {
    return subject
        + (decision.allowed() ? " may " : " may not ")
        + action
        + " "
        + resource
        + " ("
        + decision.reason()
        + ", permissions version "
        + decision.version()
        + ")";
  }
}

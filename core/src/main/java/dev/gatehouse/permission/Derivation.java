package dev.gatehouse.permission;

import dev.gatehouse.permission.Explanation.Finding;
import dev.gatehouse.permission.Explanation.Part;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Tells how a snapshot comes to a decision: walks the same resources and patterns as the check, and
 * notes every grant that the subject holds, instead of the weightiest. Not safe: confine to one
 * thread.
 */
final class Derivation implements PatternTrie.Judge {
  private static final int NONE = -1;

  private final Snapshot snapshot;
  private final List<Finding> findings = new ArrayList<>();

  private Derivation(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  /** Explains as of one moment of the clock. */
  static Explanation explain(Snapshot snapshot, Question question, InstantSource clock) {
    Subject subject = question.subject();
    String action = question.action();
    Resource resource = question.resource();
    Instant moment = clock.instant();
    Decision decision = snapshot.decide(question, () -> moment);
    Derivation derivation = new Derivation(snapshot);
    int holder = snapshot.holderNumber(subject);
    if (holder != NONE) {
      snapshot.judgeAll(
          derivation, resource, snapshot.actionNumber(action), holder, moment.toEpochMilli());
      derivation.noteConditional(question, holder, moment);
    }
    boolean denied = decision.reason() == Decision.Reason.DENIED;
    List<Finding> sorted =
        derivation.findings.stream()
            .map(finding -> denied ? overridden(finding) : finding)
            .sorted(
                Comparator.comparing(
                        (Finding finding) -> finding.grant().effect() == Effect.ALLOW ? 1 : 0)
                    .thenComparing(finding -> finding.grant().id()))
            .toList();
    return new Explanation(subject, action, resource, decision, sorted);
  }

  private static Finding overridden(Finding finding) {
    boolean loses = finding.part() == Part.DECIDES && finding.grant().effect() == Effect.ALLOW;
    return loses
        ? new Finding(finding.grant(), finding.path(), Part.OVERRIDDEN, finding.truth())
        : finding;
  }

  private void noteConditional(Question question, int holder, Instant moment) {
    snapshot
        .conditional()
        .forEach(
            question.action(),
            question.resource(),
            snapshot.holdersOf(question.subject()),
            entry ->
                findings.add(
                    new Finding(
                        entry.grant(),
                        snapshot
                            .roles()
                            .path(holder, snapshot.holderNumber(entry.grant().holder()))
                            .stream()
                            .map(snapshot::holder)
                            .toList(),
                        entry.part(question.attributes(), moment),
                        entry.truth(question.attributes(), moment))));
  }

  @Override
  public long judge(int resource, int action, int holder, long now) {
    for (Effect effect : Effect.values()) {
      note(effect, action, resource, holder, now);
      note(effect, snapshot.anyAction(), resource, holder, now);
    }
    return Snapshot.COVERED;
  }

  private void note(Effect effect, int action, int resource, int holder, long now) {
    int permission = action == NONE ? NONE : snapshot.permission(action, resource);
    if (permission == NONE) {
      return;
    }
    GrantTable grants = snapshot.grants(effect);
    grants.forEach(
        permission,
        entry -> {
          List<Integer> path = snapshot.roles().path(holder, grants.holder(entry));
          if (!path.isEmpty()) {
            findings.add(
                new Finding(
                    grant(grants, entry, effect, action, resource),
                    path.stream().map(snapshot::holder).toList(),
                    now < grants.expiry(entry) ? Part.DECIDES : Part.EXPIRED));
          }
        });
  }

  private Grant grant(GrantTable grants, int entry, Effect effect, int action, int resource) {
    Subject holder = snapshot.holder(grants.holder(entry));
    String name = snapshot.action(action);
    ResourcePattern pattern = snapshot.resource(resource);
    Grant.Terms terms =
        effect == Effect.ALLOW
            ? Grant.allow(holder, name, pattern)
            : Grant.deny(holder, name, pattern);
    long expiry = grants.expiry(entry);
    return new Grant(
        grants.id(entry),
        expiry == GrantTable.NEVER ? terms : terms.until(Instant.ofEpochMilli(expiry)));
  }
}

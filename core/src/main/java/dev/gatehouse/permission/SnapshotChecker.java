package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.DeniedException;
import dev.gatehouse.permission.Decision.Allowed;
import dev.gatehouse.permission.Decision.Denied;
import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.PermissionView.Request;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Decides by snapshots of one consistency, audits what is to be audited, and takes the uses of
 * grants that count them. Safe for use by multiple threads, if its parts are.
 */
final class SnapshotChecker implements PermissionChecker {
  /** Takes uses of grants that count them. */
  interface Uses {
    /**
     * The first of the grants of which a use could be taken, which it was; empty if all are used
     * up.
     */
    Optional<Grant> take(UseTaker.Wanted wanted);
  }

  private final Snapshots snapshots;
  private final Consistency consistency;
  private final InstantSource clock;
  private final DecisionLog log;
  private final Uses uses;

  SnapshotChecker(
      Snapshots snapshots,
      Consistency consistency,
      InstantSource clock,
      DecisionLog log,
      Uses uses) {
    this.snapshots = snapshots;
    this.consistency = consistency;
    this.clock = clock;
    this.log = log;
    this.uses = uses;
  }

  SnapshotChecker with(Consistency other) {
    requireNonNull(other, "consistency");
    return new SnapshotChecker(snapshots, other, clock, log, uses);
  }

  @Override
  public Decision check(Subject subject, String action, Resource resource, Attributes attributes) {
    requireNonNull(attributes, "attributes");
    Snapshot snapshot = snapshots.find(consistency);
    return snapshot == null
        ? stale(new Question(subject, action, resource, attributes))
        : snapshot.decide(subject, action, resource, attributes, clock);
  }

  @Override
  public List<Decision> checkAll(Subject subject, List<Request> requests, Attributes attributes) {
    requireNonNull(subject, "subject");
    requireNonNull(attributes, "attributes");
    Snapshot snapshot = snapshots.find(consistency);
    return requests.stream()
        .map(request -> new Question(subject, request.action(), request.resource(), attributes))
        .map(asked -> snapshot == null ? stale(asked) : snapshot.decide(asked, clock))
        .toList();
  }

  @Override
  public void require(Subject subject, String action, Resource resource, Attributes attributes) {
    Question question = new Question(subject, action, resource, attributes);
    Snapshot snapshot = snapshots.find(consistency);
    InstantSource moment = InstantSource.fixed(clock.instant());
    Decision plain = snapshot == null ? stale(question) : snapshot.decide(question, moment);
    List<Grant> counted = snapshot == null ? List.of() : snapshot.counted(question, plain, moment);
    Decision decision = counted.isEmpty() ? plain : use(counted, question, plain);
    log.settle();
    if (!decision.allowed()) {
      log.refused(question, decision);
      throw new DeniedException(Explanation.sentence(subject, action, resource, decision));
    }
    if (counted.isEmpty()) {
      log.allowed(question, decision); // A use was recorded with its taking.
    }
  }

  /** Takes a use, since only grants that count them allow it. */
  private Decision use(List<Grant> counted, Question question, Decision decision) {
    return uses.take(new UseTaker.Wanted(counted, question, decision.version()))
        .<Decision>map(grant -> new Allowed(decision.version(), grant.id()))
        .orElseGet(() -> new Denied(Reason.USED_UP, decision.version(), 0));
  }

  @Override
  public Explanation explain(
      Subject subject, String action, Resource resource, Attributes attributes) {
    Question question = new Question(subject, action, resource, attributes);
    Snapshot snapshot = snapshots.find(consistency);
    return snapshot == null
        ? new Explanation(subject, action, resource, stale(question), List.of())
        : Derivation.explain(snapshot, question, clock);
  }

  private Decision stale(Question question) {
    Names.action(question.action());
    return new Denied(Reason.STALE, snapshots.lastVersion(), 0);
  }
}

package dev.gatehouse.permission;

import dev.gatehouse.permission.Explanation.Finding;
import dev.gatehouse.permission.Explanation.Part;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells how a snapshot comes to a decision: walks the same resources and patterns as the check, and
 * notes every grant that the subject holds, instead of the weightiest. Not safe: confine to one
 * thread.
 */
final class Derivation implements PatternTrie.Judge {
  private static final int NONE = -1;

  private final Snapshot snapshot;
  private final int subject;

  /** How the subject comes by each role that it has: from the subject itself, or another role. */
  private final Map<Integer, Integer> cameFrom = new HashMap<>();

  private final List<Finding> findings = new ArrayList<>();

  private Derivation(Snapshot snapshot, int place) {
    this.snapshot = snapshot;
    this.subject = (int) (snapshot.holders().second(place) >>> 32);
    Entries entries = snapshot.entries();
    Deque<Integer> queue = new ArrayDeque<>();
    cameFrom.put(subject, NONE);
    if (subject < Roles.LIMIT) {
      queue.add(subject);
    } else {
      Roles.forEach(
          snapshot.holders().first(place),
          entries.lists(),
          role -> {
            cameFrom.put(role, subject);
            queue.add(role);
          });
    }
    while (!queue.isEmpty()) {
      int at = queue.remove();
      for (int parent : entries.roles().parents(at)) {
        if (cameFrom.putIfAbsent(parent, at) == null) {
          queue.add(parent);
        }
      }
    }
  }

  /** Explains as of one moment of the clock. */
  static Explanation explain(Snapshot snapshot, Question question, InstantSource clock) {
    Subject subject = question.subject();
    String action = question.action();
    Resource resource = question.resource();
    Instant moment = clock.instant();
    Decision decision = snapshot.decide(question, () -> moment);
    List<Finding> findings = new ArrayList<>();
    int place = snapshot.holderPlace(subject);
    if (place != NONE) {
      Derivation derivation = new Derivation(snapshot, place);
      int number = snapshot.actionNumber(action);
      snapshot.judgeAll(derivation, resource, number, derivation.subject, 0, moment.toEpochMilli());
      findings.addAll(derivation.findings);
      snapshot
          .conditional()
          .forEach(
              action,
              resource,
              snapshot.holdersOf(subject),
              entry ->
                  findings.add(
                      finding(entry, derivation.path(entry.grant().holder()), question, moment)));
    } else {
      snapshot
          .conditional()
          .forEach(
              action,
              resource,
              subject::equals,
              entry -> findings.add(finding(entry, List.of(subject), question, moment)));
    }
    boolean denied = decision.reason() == Decision.Reason.DENIED;
    List<Finding> sorted =
        findings.stream()
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

  private static Finding finding(
      ConditionalGrants.Entry entry, List<Subject> path, Question question, Instant moment) {
    return new Finding(
        entry.grant(),
        path,
        entry.part(question.attributes(), moment),
        entry.truth(question.attributes(), moment));
  }

  /** The way from the subject to a holder that it is or has. */
  private List<Subject> path(Subject holder) {
    int place = snapshot.holderPlace(holder);
    return place == NONE ? List.of(holder) : path((int) (snapshot.holders().second(place) >>> 32));
  }

  @Override
  public long judge(long low, long high, int action, int holder, long held, long now) {
    note(low, high, action, now);
    note(low, high, snapshot.anyAction(), now);
    return Entries.COVERED;
  }

  private void note(long low, long high, int action, long now) {
    int place = snapshot.accessPlace(low, high, action);
    int resource = snapshot.named(low, high);
    if (place == NONE || resource == NONE) {
      return;
    }
    long second = snapshot.accesses().second(place);
    int start = Entries.start(second);
    int allowances = start + Entries.denials(snapshot.accesses().first(place));
    for (int entry = start; entry < start + Entries.count(second); entry++) {
      int holder = snapshot.entries().holder(entry);
      if (cameFrom.containsKey(holder)) {
        Effect effect = entry < allowances ? Effect.DENY : Effect.ALLOW;
        boolean counts = snapshot.entries().counts(entry, now);
        findings.add(
            new Finding(
                grant(entry, effect, action, resource),
                path(holder),
                counts ? Part.DECIDES : Part.EXPIRED));
      }
    }
  }

  private List<Subject> path(int holder) {
    List<Subject> path = new ArrayList<>();
    for (int at = holder; at != NONE; at = cameFrom.getOrDefault(at, NONE)) {
      path.add(snapshot.holder(at));
    }
    Collections.reverse(path);
    return path;
  }

  private Grant grant(int entry, Effect effect, int action, int resource) {
    Entries entries = snapshot.entries();
    Subject holder = snapshot.holder(entries.holder(entry));
    String name = snapshot.action(action);
    ResourcePattern pattern = snapshot.resource(resource);
    Grant.Terms terms =
        effect == Effect.ALLOW
            ? Grant.allow(holder, name, pattern)
            : Grant.deny(holder, name, pattern);
    int limit = entries.limit(entry);
    if (limit != 0) {
      long expiry = entries.limits().get(limit - 1).expiry();
      terms = terms.until(Instant.ofEpochMilli(expiry));
    }
    return new Grant(entries.ids().get(entry), terms);
  }
}

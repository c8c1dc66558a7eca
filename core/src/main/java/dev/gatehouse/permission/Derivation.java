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

  private final List<Found> found = new ArrayList<>();

  /** A grant that the subject holds, and what the entry does not tell of it. */
  private record Found(int entry, Effect effect, int action, int resource) {}

  private Derivation(Snapshot snapshot, int place) {
    this.snapshot = snapshot;
    if (place == NONE) {
      subject = NONE;
      return;
    }
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
    long now = clock.millis();
    Decision decision = snapshot.decide(question, InstantSource.fixed(Instant.ofEpochMilli(now)));
    boolean denied = decision.reason() == Decision.Reason.DENIED;
    Derivation derivation = of(snapshot, question);
    List<Finding> findings =
        derivation.found.stream()
            .map(place -> derivation.finding(place, question.attributes(), now))
            .map(finding -> denied ? overridden(finding) : finding)
            .sorted(
                Comparator.comparing(
                        (Finding finding) -> finding.grant().effect() == Effect.ALLOW ? 1 : 0)
                    .thenComparing(finding -> finding.grant().id()))
            .toList();
    return new Explanation(
        question.subject(), question.action(), question.resource(), decision, findings);
  }

  /** Every grant that the subject holds and that speaks of the matter, whatever becomes of it. */
  static int[] entries(Snapshot snapshot, Question question) {
    return of(snapshot, question).found.stream().mapToInt(Found::entry).toArray();
  }

  private static Derivation of(Snapshot snapshot, Question question) {
    Derivation derivation = new Derivation(snapshot, snapshot.holderPlace(question.subject()));
    int action = snapshot.actionNumber(question.action());
    snapshot.judgeAll(derivation, question.resource(), action, derivation.subject, 0, 0);
    return derivation;
  }

  private static Finding overridden(Finding finding) {
    boolean loses = finding.part() == Part.DECIDES && finding.grant().effect() == Effect.ALLOW;
    return loses
        ? new Finding(finding.grant(), finding.path(), Part.OVERRIDDEN, finding.truth())
        : finding;
  }

  private Finding finding(Found place, Attributes attributes, long now) {
    Entries entries = snapshot.entries();
    List<Subject> path = path(entries.holder(place.entry));
    Limit limit = entries.limitOf(place.entry);
    return limit == null
        ? new Finding(grant(place), path, Part.DECIDES)
        : new Finding(
            grant(place), path, limit.part(attributes, now), limit.truth(attributes, now));
  }

  @Override
  public long judge(long low, long high, int action, int holder, long held, long now) {
    note(low, high, action);
    note(low, high, snapshot.anyAction());
    return Entries.COVERED;
  }

  private void note(long low, long high, int action) {
    int place = snapshot.accessPlace(low, high, action);
    int resource = snapshot.named(low, high);
    if (place == NONE || resource == NONE) {
      return;
    }
    long first = snapshot.accesses().first(place);
    long second = snapshot.accesses().second(place);
    int start = Entries.start(second);
    int allowances = start + Entries.denials(first);
    for (int entry = start; entry < start + Entries.count(first, second); entry++) {
      if (cameFrom.containsKey(snapshot.entries().holder(entry))) {
        Effect effect = entry < allowances ? Effect.DENY : Effect.ALLOW;
        found.add(new Found(entry, effect, action, resource));
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

  private Grant grant(Found place) {
    Entries entries = snapshot.entries();
    Limit limit = entries.limitOf(place.entry);
    if (limit != null && limit.grant() != null) {
      return limit.grant();
    }
    Subject holder = snapshot.holder(entries.holder(place.entry));
    String action = snapshot.action(place.action);
    ResourcePattern pattern = snapshot.resource(place.resource);
    Grant.Terms terms =
        place.effect == Effect.ALLOW
            ? Grant.allow(holder, action, pattern)
            : Grant.deny(holder, action, pattern);
    if (limit != null) {
      terms = terms.until(Instant.ofEpochMilli(limit.expiry()));
    }
    return new Grant(entries.ids().get(place.entry), terms);
  }
}

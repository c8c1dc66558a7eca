package dev.gatehouse.benchmarks;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * One question that is put to several subjects in turn: to Gatehouse, to a peer, to the limit of
 * the machine. Immutable.
 *
 * @param name unique in its area
 * @param metrics what a measurement may answer; reports keep this order
 * @param subjects who is asked, 1 or more
 * @param always whether it is part of a quick run; if not, it must be asked for
 * @param turns how often the subjects take turns in each of the plan's rounds, 1 or more: many
 *     short turns show all of them the same machine
 */
public record Case(
    String name, List<Metric> metrics, List<Subject> subjects, boolean always, int turns) {
  /** Checks that there is something to ask and someone to be asked, and copies the lists. */
  public Case {
    requireNonNull(name, "name");
    metrics = List.copyOf(metrics);
    subjects = List.copyOf(subjects);
    if (metrics.isEmpty() || subjects.isEmpty()) {
      throw new IllegalArgumentException("case must have metrics and subjects: " + name);
    }
    if (turns < 1) {
      throw new IllegalArgumentException("turns must be 1 or more, was " + turns);
    }
  }

  /** A case that is part of every run. */
  public static Case of(String name, List<Metric> metrics, List<Subject> subjects) {
    return new Case(name, metrics, subjects, true, 1);
  }

  /** This case, only for runs that have time, or ask for it by name. */
  public Case atLength() {
    return new Case(name, metrics, subjects, false, turns);
  }

  /** This case in so many turns a round. */
  public Case inTurns(int number) {
    return new Case(name, metrics, subjects, always, number);
  }

  /** Whether that is this case's name, or one under which it reports. */
  boolean answersTo(String wanted) {
    return name.equals(wanted) || metrics.stream().anyMatch(metric -> metric.name().equals(wanted));
  }
}

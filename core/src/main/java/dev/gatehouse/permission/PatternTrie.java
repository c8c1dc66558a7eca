package dev.gatehouse.permission;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The patterns that hold wildcards, as one tree of their steps: the type, then each segment. No
 * regular expressions: a match walks at most the two branches, name and star, of each step, so it
 * visits no more nodes than there are steps in all patterns. Recursion is as deep as a path is
 * long, 17 at most.
 */
final class PatternTrie {
  private static final int NONE = -1;

  /** Judges one covering pattern, or exact resource. */
  interface Judge {
    /** The verdict; of several, the greatest counts. */
    long judge(int resource, int action, int holder, long now);
  }

  private final Dictionary segments;
  private final PairMap edges;
  private final int[] star;
  private final int[] ends;
  private final int[] rests;

  /** The patterns with their numbers among resources. */
  PatternTrie(Map<ResourcePattern, Integer> patterns, long key0, long key1) {
    Set<String> names = new LinkedHashSet<>();
    patterns.keySet().forEach(pattern -> names.addAll(List.of(pattern.steps())));
    segments = new Dictionary(names, key0, key1);
    edges = new PairMap(key0);
    // Edge number n leads to node n + 1; node 0 is the root.
    List<int[]> found = new ArrayList<>();
    patterns.forEach((pattern, number) -> found.add(insert(pattern, number)));
    star = new int[edges.size() + 1];
    ends = new int[edges.size() + 1];
    rests = new int[edges.size() + 1];
    Arrays.fill(ends, NONE);
    Arrays.fill(rests, NONE);
    for (int[] end : found) {
      (end[2] == 0 ? ends : rests)[end[0]] = end[1];
    }
    int any = segments.find(Names.ANY);
    for (int node = 0; node < star.length; node++) {
      star[node] = any == NONE ? NONE : child(node, any);
    }
  }

  /** The node at which the pattern ends, its number, and 1 if it takes the rest. */
  private int[] insert(ResourcePattern pattern, int number) {
    int node = 0;
    for (String step : pattern.steps()) {
      if (step.equals(Names.REST)) {
        return new int[] {node, number, 1};
      }
      node = edges.add(node, segments.find(step)) + 1;
    }
    return new int[] {node, number, 0};
  }

  /** The greatest verdict on the patterns that cover the resource; 0 if none does. */
  long match(Resource resource, Judge judge, int action, int holder, long now) {
    return edges.size() == 0 ? 0 : walk(0, 0, resource, judge, action, holder, now);
  }

  private long walk(
      int node, int depth, Resource resource, Judge judge, int action, int holder, long now) {
    long verdict = 0;
    if (rests[node] != NONE) {
      verdict = judge.judge(rests[node], action, holder, now);
    }
    if (depth == resource.depth()) {
      return ends[node] == NONE
          ? verdict
          : Math.max(verdict, judge.judge(ends[node], action, holder, now));
    }
    int segment = segments.find(resource.step(depth));
    int next = segment == NONE ? NONE : child(node, segment);
    if (next != NONE) {
      verdict = Math.max(verdict, walk(next, depth + 1, resource, judge, action, holder, now));
    }
    if (star[node] != NONE) {
      verdict =
          Math.max(verdict, walk(star[node], depth + 1, resource, judge, action, holder, now));
    }
    return verdict;
  }

  private int child(int node, int segment) {
    int edge = edges.find(node, segment);
    return edge == NONE ? NONE : edge + 1;
  }
}

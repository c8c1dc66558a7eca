package dev.gatehouse.permission;

import dev.gatehouse.hash.Fingerprint;

/**
 * The patterns that hold wildcards, as one tree of their steps: the type, then each segment. No
 * regular expressions: a match walks at most the two branches, name and star, of each step, so it
 * visits no more nodes than there are steps in all patterns. Recursion is as deep as a path is
 * long, 17 at most. A node is the slot of the edge that leads to it: its number, whether a star
 * goes on from it, and which patterns end there. Immutable; an {@link Editor} makes the next one.
 *
 * @param edges by step and node
 * @param patterns the fingerprints of the patterns
 */
record PatternTrie(SlotTable edges, Column<Fingerprint> patterns) {
  static final PatternTrie EMPTY = new PatternTrie(SlotTable.EMPTY, Column.empty());

  private static final int NONE = SlotTable.NONE;
  private static final int ROOT = 0;
  private static final long STARRED = 1L << 32;
  private static final Fingerprint STAR = Fingerprint.of(Names.ANY);

  /** Judges one covering pattern, or exact resource, by its fingerprint. */
  interface Judge {
    /** The verdict. */
    long judge(long low, long high, int action, int holder, long held, long now);

    /** The one of two verdicts that counts. */
    default long heavier(long one, long other) {
      return Math.max(one, other);
    }
  }

  boolean isEmpty() {
    return edges.size() == 0;
  }

  /** The heaviest verdict on the patterns that cover the resource; 0 if none does. */
  long match(Resource resource, Judge judge, int action, int holder, long held, long now) {
    if (isEmpty()) {
      return 0;
    }
    long[] marks = resource.marks();
    long verdict = 0;
    int next = child(ROOT, marks[0], marks[1]);
    if (next != NONE) {
      verdict = walk(next, 1, marks, judge, action, holder, held, now);
    }
    int star = child(ROOT, STAR.low(), STAR.high());
    if (star != NONE) {
      verdict = judge.heavier(verdict, walk(star, 1, marks, judge, action, holder, held, now));
    }
    return verdict;
  }

  private long walk(
      int place,
      int depth,
      long[] marks,
      Judge judge,
      int action,
      int holder,
      long held,
      long now) {
    long ends = edges.second(place);
    long verdict = 0;
    if ((int) ends != 0) {
      Fingerprint rest = patterns.get((int) ends - 1);
      verdict = judge.judge(rest.low(), rest.high(), action, holder, held, now);
    }
    if (depth * 2 == marks.length) {
      int end = (int) (ends >>> 32);
      if (end != 0) {
        Fingerprint whole = patterns.get(end - 1);
        verdict =
            judge.heavier(
                verdict, judge.judge(whole.low(), whole.high(), action, holder, held, now));
      }
      return verdict;
    }
    long node = edges.first(place);
    int next = child((int) node, marks[depth * 2], marks[depth * 2 + 1]);
    if (next != NONE) {
      verdict =
          judge.heavier(verdict, walk(next, depth + 1, marks, judge, action, holder, held, now));
    }
    int star = (node & STARRED) == 0 ? NONE : child((int) node, STAR.low(), STAR.high());
    if (star != NONE) {
      verdict =
          judge.heavier(verdict, walk(star, depth + 1, marks, judge, action, holder, held, now));
    }
    return verdict;
  }

  private int child(int node, long low, long high) {
    return edges.find(Fingerprint.with(low, node), high);
  }

  /** Adds patterns to a copy of a trie. Not safe: confine to one thread. */
  static final class Editor {
    private final SlotTable.Editor edges;
    private final Column.Editor<Fingerprint> patterns;
    private int nodes;

    Editor(PatternTrie trie) {
      edges = new SlotTable.Editor(trie.edges);
      patterns = new Column.Editor<>(trie.patterns);
      nodes = trie.edges.size();
    }

    /** Adds a pattern that is not in it. */
    void add(ResourcePattern pattern, Fingerprint fingerprint) {
      int number = patterns.add(fingerprint) + 1;
      Fingerprint at = fingerprint;
      int node = ROOT;
      for (String step : pattern.steps()) {
        if (step.equals(Names.REST)) {
          int place = edges.place(at);
          edges.set(place, edges.first(place), edges.second(place) | number);
          return;
        }
        if (step.equals(Names.ANY) && node != ROOT) {
          int place = edges.place(at);
          edges.set(place, edges.first(place) | STARRED, edges.second(place));
        }
        at = Fingerprint.of(step).with(node);
        int place = edges.place(at);
        if (edges.first(place) == 0) {
          edges.set(place, ++nodes, 0);
        }
        node = (int) edges.first(place);
      }
      int place = edges.place(at);
      edges.set(place, edges.first(place), edges.second(place) | (long) number << 32);
    }

    PatternTrie trie() {
      return new PatternTrie(edges.table(), patterns.column());
    }
  }
}

package dev.gatehouse.audit;

import dev.gatehouse.audit.Damage.Kind;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The heads of a log and of its anchors, in order of their size, to be compared with the roots that
 * the leaves add up to. The newest must be signed as it should be; an older one that the leaves add
 * up to is proven by it, whoever has signed that: so keys can change, and a verification costs one
 * signature. Not safe: confine to one thread.
 */
final class HeadCheck {
  private final AuditTreeStore store;
  private final AuditOptions options;
  private final Findings findings;
  private final TreeLoader loader;
  private final Deque<StoredHead> kept = new ArrayDeque<>();
  private final Deque<SignedHead> anchored = new ArrayDeque<>();
  private final long anchoredHeads;
  private final long anchoredUpTo;
  private long read;

  HeadCheck(
      AuditTreeStore store, AuditOptions options, Findings findings, List<SignedHead> anchored) {
    this.store = store;
    this.options = options;
    this.findings = findings;
    loader = new TreeLoader(store, options);
    anchored.stream()
        .filter(head -> head.origin().equals(options.origin()))
        .filter(this::isTrusted)
        .sorted(Comparator.comparingLong(SignedHead::size))
        .forEach(this.anchored::add);
    anchoredHeads = this.anchored.size();
    anchoredUpTo = this.anchored.isEmpty() ? 0 : this.anchored.getLast().size();
  }

  private boolean isTrusted(SignedHead head) {
    boolean trusted = options.isTrusted(head);
    if (!trusted) {
      findings.add(
          Kind.ANCHOR_FORGED, head.size(), "an anchor's head is not signed under this log's key");
    }
    return trusted;
  }

  long anchoredHeads() {
    return anchoredHeads;
  }

  long anchoredUpTo() {
    return anchoredUpTo;
  }

  /**
   * How many leaves there are to verify: what the newest head says, unless that has more than the
   * tree and nobody who could sign says so. The tree grows meanwhile, so it is asked again.
   */
  long size() {
    TreeState state = store.state();
    Optional<StoredHead> head = store.head();
    while (head.isPresent()) {
      StoredHead newest = head.get();
      if (newest.size() > state.size()) {
        state = store.state();
      }
      if (newest.size() <= state.size() || isSigned(newest)) {
        tellState(newest.size(), state.size());
        tellRoot(newest.size(), newest.root(), state);
        return newest.size();
      }
      head = store.head(newest.size() - 1);
    }
    tellState(0, state.size());
    tellRoot(0, MerkleHash.empty(), state);
    return 0;
  }

  /** Nobody believes the root beside the size, but it keeps a node from building on the tree. */
  private void tellRoot(long size, byte[] root, TreeState state) {
    if (size == state.size() && !Arrays.equals(root, state.root())) {
      findings.add(
          Kind.HEAD_MISMATCH,
          size,
          "the tree has another root than its head of " + size + " leaves");
    }
  }

  private boolean isSigned(StoredHead head) {
    boolean signed = options.key().isPresent() && trusted(head) != null;
    if (options.key().isEmpty()) {
      findings.add(
          Kind.HEAD_FORGED, head.size(), "a head has " + head.size() + " leaves, the tree less");
    }
    return signed;
  }

  private void tellState(long size, long ofTree) {
    if (ofTree < size) {
      findings.add(Kind.TRUNCATED, size, "a head has " + size + " leaves, the tree " + ofTree);
    }
    long newest = size < ofTree ? store.head().map(StoredHead::size).orElse(0L) : size;
    if (newest < ofTree) {
      findings.add(
          Kind.HEAD_MISSING,
          ofTree,
          "the tree has " + ofTree + " leaves, the newest head " + newest);
    }
  }

  /** The size of the next head that is to be compared; MAX_VALUE if there is none. */
  long nextSize() {
    return Math.min(nextKept(), anchored.isEmpty() ? Long.MAX_VALUE : anchored.peek().size());
  }

  private long nextKept() {
    if (kept.isEmpty()) {
      kept.addAll(store.heads(read, AuditTreeStore.MAX_BATCH));
    }
    StoredHead next = kept.peek();
    return next == null ? Long.MAX_VALUE : next.size();
  }

  /** Whether an anchor has a head of that size that says otherwise; takes those that there are. */
  @Nullable SignedHead anchoredOtherwise(long size, byte[] root) {
    SignedHead other = null;
    while (!anchored.isEmpty() && anchored.peek().size() <= size) {
      SignedHead head = anchored.remove();
      if (head.size() == size && !Arrays.equals(head.root(), root)) {
        other = head;
      }
    }
    return other;
  }

  /** The log's own head of that size. */
  @Nullable StoredHead kept(long size) {
    StoredHead last = null;
    while (nextKept() <= size) {
      last = kept.remove();
      read = last.size();
    }
    return last != null && last.size() == size ? last : null;
  }

  /** The head, if it is signed as it should be; else that is told. */
  @Nullable SignedHead trusted(StoredHead stored) {
    return judged(stored, false);
  }

  /** The head, if it says what its row says, and is proven or signed; else that is told. */
  @Nullable SignedHead judged(StoredHead stored, boolean isProven) {
    try {
      return isProven ? loader.read(stored) : loader.trusted(stored);
    } catch (TreeLoader.DamagedTreeException e) {
      findings.add(Kind.HEAD_FORGED, stored.size(), String.valueOf(e.getMessage()));
      return null;
    }
  }

  /** Anchors that know of more leaves than there are. */
  void tellLarger(long size) {
    for (SignedHead head : anchored) {
      if (head.size() > size) {
        findings.add(
            Kind.ROLLED_BACK,
            head.size(),
            "an anchor has a head of " + head.size() + " leaves, the log has " + size);
      }
    }
  }
}

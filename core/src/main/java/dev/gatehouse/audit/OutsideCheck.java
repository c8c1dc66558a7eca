package dev.gatehouse.audit;

import dev.gatehouse.audit.Damage.Kind;
import dev.gatehouse.error.StorageException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Looks at what is not in the tree: records that wait for it or were set aside, and rows that
 * nothing accounts for. Not safe: confine to one thread.
 */
final class OutsideCheck {
  private final AuditStore log;
  private final AuditTreeStore store;
  private final AuditOptions options;
  private final Findings findings;
  private final Openings openings;
  private final MerkleHash hash = new MerkleHash();

  /** Looks at the openings of a record. */
  interface Openings {
    void check(long id, long at, byte[] canonical, byte[] openings);
  }

  private interface Page {
    List<Long> after(long id);
  }

  OutsideCheck(AuditStore log, AuditOptions options, Findings findings, Openings openings) {
    this.log = log;
    this.store = log.tree();
    this.options = options;
    this.findings = findings;
    this.openings = openings;
  }

  /**
   * Looks at everything.
   *
   * @param size that the tree has for sure
   */
  void check(long size) {
    int limit = AuditTreeStore.MAX_BATCH;
    for (TreeStray stray : store.beyond(size, limit)) {
      findings.add(Kind.TREE_STRAY, stray.at(), stray + " is beyond the tree");
    }
    tell(
        Kind.RECORD_STRAY,
        after -> store.strays(after, size, limit),
        "is neither in the tree nor pending");
    tell(Kind.PENDING_DELETED, after -> store.orphans(after, limit), "is gone, was pending");
    tell(
        Kind.PENDING_SEQUENCED,
        after -> store.doubles(after, limit),
        "is in the tree and waits for it again");
    tell(Kind.RECORD_UNAUTHENTIC, after -> store.refused(after, limit), "was set aside");
    pending();
  }

  private void tell(Kind kind, Page pages, String what) {
    long after = Long.MIN_VALUE;
    List<Long> page;
    do {
      page = pages.after(after);
      for (long id : page) {
        findings.add(kind, id, "record " + id + " " + what);
        after = id;
      }
    } while (page.size() == AuditTreeStore.MAX_BATCH);
  }

  private void pending() {
    long after = Long.MIN_VALUE;
    List<PendingLeaf> page;
    do {
      page = store.pending(after, AuditTreeStore.MAX_BATCH);
      for (PendingLeaf leaf : page) {
        check(leaf);
        after = leaf.id();
      }
    } while (page.size() == AuditTreeStore.MAX_BATCH);
  }

  private void check(PendingLeaf leaf) {
    Optional<RowKey> key = options.rowKey();
    if (key.isPresent()
        && !key.get().admits(options.origin(), leaf.id(), leaf.leafHash(), leaf.mac())) {
      findings.add(
          Kind.RECORD_UNAUTHENTIC,
          leaf.id(),
          "pending record " + leaf.id() + " has no MAC under the key");
    }
    if (!isUnchanged(leaf)) {
      findings.add(
          Kind.RECORD_EDITED,
          leaf.id(),
          "pending record " + leaf.id() + " is not what was appended");
    }
  }

  private boolean isUnchanged(PendingLeaf leaf) {
    try {
      Optional<AuditEntry> entry = log.find(leaf.id());
      if (entry.isEmpty()) {
        return true;
      }
      byte[] canonical = entry.get().canonical();
      boolean same =
          entry.get().record().id() == leaf.id()
              && Arrays.equals(hash.leaf(canonical), leaf.leafHash());
      if (same) {
        openings.check(leaf.id(), leaf.id(), canonical, entry.get().openings());
      }
      return same;
    } catch (StorageException e) {
      return false;
    }
  }
}

package dev.gatehouse.audit;

import dev.gatehouse.audit.Damage.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log from the first leaf to the newest head. The tree is built anew out of the records'
 * bytes. Where these differ from what the tiles and leaves say they should be, a second tree is
 * built out of that, and the next signed head that one of the two adds up to tells which is right.
 * Not safe: confine to one thread.
 */
final class LogVerification {
  private static final byte[] NONE = {};

  private final AuditStore log;
  private final AuditTreeStore store;
  private final AuditOptions options;
  private final AuditProgress progress;
  private final Findings findings = new Findings();
  private final MerkleHash hash = new MerkleHash();

  /** Tree out of the records. */
  private TreeBuilder found = new TreeBuilder(hash);

  /** Tree out of what should be there; null while that is the same. */
  private @Nullable TreeBuilder expected;

  /** Records that differ from their tile, but not from their leaf: one of the two is wrong. */
  private final List<Findings.Wrong> doubtful = new ArrayList<>();

  private boolean isBroken; // a hash is missing: no root can be told from there on
  private boolean isMismatched; // told once
  private long lastGood;
  private long size;
  private long records;
  private long erasedFields;
  private long removedRecords;
  private Evidence evidence;
  private RemovedLeaves removed;
  private @Nullable Tile tile;

  LogVerification(AuditStore log, AuditOptions options, AuditProgress progress) {
    this.log = log;
    this.store = log.tree();
    this.options = options;
    this.progress = progress;
    evidence = new Evidence(log, options, 0);
    removed = new RemovedLeaves(store, evidence);
  }

  AuditReport verify(AnchoredHeads anchored) {
    anchored.damages().forEach(one -> findings.add(one.kind(), one.at(), one.detail()));
    HeadCheck heads = new HeadCheck(store, options, findings, anchored.heads());
    size = heads.size();
    evidence = new Evidence(log, options, size);
    removed = new RemovedLeaves(store, evidence);
    long index = 0;
    while (index < size) {
      List<TreeLeaf> leaves =
          store.leaves(index, (int) Math.min(AuditTreeStore.MAX_BATCH, size - index));
      if (leaves.isEmpty() || leaves.get(0).index() >= size) {
        findings.add(
            Kind.TRUNCATED, index, "the leaves from " + index + " to " + size + " are gone");
        isBroken = true;
        break;
      }
      for (TreeLeaf leaf : leaves) {
        if (leaf.index() >= size) {
          break;
        }
        gap(index, leaf.index(), heads);
        index = leaf.index();
        begin(index);
        check(leaf);
        index++;
        compare(index, heads);
      }
      progress.verified(index, size);
    }
    if (isBroken) {
      store.head(size).ifPresent(heads::trusted); // no root to compare it with, but a signature
    }
    heads.tellLarger(size);
    resolve(false);
    new OutsideCheck(log, options, findings, this::checkOpenings).check(size);
    return findings.report(
        new AuditReport(
            size,
            records,
            erasedFields,
            removedRecords,
            heads.anchoredHeads(),
            heads.anchoredUpTo(),
            List.of(),
            0));
  }

  /** Leaves that are not there: one by one where a tile remembers them, else all at once. */
  private void gap(long from, long to, HeadCheck heads) {
    long index = from;
    while (index < to) {
      begin(index);
      Tile known = tile;
      if (known == null) {
        isBroken = true;
        findings.add(
            Kind.LEAF_MISSING, index, "the leaves from " + index + " to " + to + " are gone");
        load(to / Tile.WIDTH);
        return;
      }
      if (removed.has(index)) {
        removedRecords++;
      } else {
        findings.add(Kind.LEAF_MISSING, index, "there is no leaf " + index);
      }
      byte[] should = known.node(0, (int) (index % Tile.WIDTH));
      add(should, should);
      index++;
      compare(index, heads);
    }
  }

  /** At the first leaf of a tile, reads that, if it can be full. */
  private void begin(long index) {
    if (index % Tile.WIDTH == 0) {
      load(index / Tile.WIDTH);
    }
  }

  private void load(long tileIndex) {
    tile =
        tileIndex < size / Tile.WIDTH
            ? store.tile(0, tileIndex).map(one -> Tile.of(one.hashes(), hash)).orElse(null)
            : null;
  }

  private void check(TreeLeaf leaf) {
    Tile known = tile;
    byte[] should =
        known == null ? leaf.leafHash() : known.node(0, (int) (leaf.index() % Tile.WIDTH));
    byte[] canonical = leaf.canonical();
    if (canonical == null) {
      findings.add(
          Kind.RECORD_DELETED,
          leaf.index(),
          "record " + leaf.id() + " at leaf " + leaf.index() + " is gone");
      add(should, should);
      return;
    }
    records++;
    byte[] is = hash.leaf(canonical);
    add(is, should);
    if (!Arrays.equals(is, should)) {
      Findings.Wrong wrong = Findings.Wrong.of(leaf.index(), leaf.id(), is, should);
      if (Arrays.equals(is, leaf.leafHash())) {
        doubt(wrong);
      } else {
        findings.add(wrong);
      }
      return;
    }
    if (!Arrays.equals(leaf.leafHash(), should)) {
      findings.add(
          Kind.LEAF_EDITED, leaf.index(), "leaf " + leaf.index() + " is not that of its record");
    }
    if (isForeign(canonical)) {
      findings.add(Kind.RECORD_FOREIGN, leaf.index(), "record " + leaf.id() + " is of another log");
      return;
    }
    byte[] openings = leaf.openings() == null ? NONE : leaf.openings();
    checkOpenings(leaf.id(), leaf.index(), canonical, openings);
    checkColumns(leaf, is, canonical, openings);
  }

  /** What begins as no log's record is told where its columns are compared. */
  private boolean isForeign(byte[] canonical) {
    try {
      return LogName.ofFrame(canonical) != log.log();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Beyond what can be listed, only their number matters. */
  private void doubt(Findings.Wrong wrong) {
    if (doubtful.size() < AuditReport.MAX_DAMAGES) {
      doubtful.add(wrong);
    } else {
      findings.addUnlisted();
    }
  }

  private void checkOpenings(long id, long at, byte[] canonical, byte[] openings) {
    List<String> wrong = AuditFrame.misopened(canonical, openings, hash);
    if (!wrong.isEmpty()) {
      findings.add(Kind.FIELD_EDITED, at, "record " + id + " has another value in " + wrong);
    } else if (openings.length > 0) {
      AuditFrame.eachErased(
          canonical, openings, (name, evidenceId) -> checkErased(id, at, name, evidenceId));
    }
  }

  private void checkErased(long id, long at, String name, long evidenceId) {
    if (evidence.tellsErasure(evidenceId, id, name)) {
      erasedFields++;
    } else {
      findings.add(
          Kind.FIELD_DELETED,
          at,
          "record " + id + " has lost its " + name + ", and no record tells of an erasure");
    }
  }

  private void checkColumns(TreeLeaf leaf, byte[] leafHash, byte[] canonical, byte[] openings) {
    TreeLeaf.Columns columns = leaf.columns();
    if (columns == null) {
      return;
    }
    boolean isOfTheHash = columns.leafHash() == null || Arrays.equals(columns.leafHash(), leafHash);
    String differing =
        isOfTheHash ? AuditFrame.difference(canonical, openings, columns) : "leaf hash";
    if (differing != null) {
      findings.add(
          Kind.COLUMN_EDITED,
          leaf.index(),
          "record " + leaf.id() + " is found by another " + differing + " than it has");
    }
  }

  private void add(byte[] is, byte[] should) {
    if (isBroken) {
      return;
    }
    if (expected == null && !Arrays.equals(is, should)) {
      expected = found.copy();
    }
    found.add(is, full -> compare(full, expected == null));
    if (expected != null) {
      expected.add(should, full -> compare(full, true));
    }
  }

  private void compare(TreeTile full, boolean isReference) {
    if (!isReference) {
      return;
    }
    Optional<TreeTile> kept = store.tile(full.level(), full.index());
    if (kept.isEmpty()) {
      findings.add(Kind.TILE_MISSING, firstLeaf(full), full + " is gone");
    } else if (!Arrays.equals(kept.get().root(), full.root())
        || (full.level() > 0 && !Arrays.equals(kept.get().hashes(), full.hashes()))) {
      findings.add(
          Kind.TILE_EDITED, firstLeaf(full), full + " does not add up with what is below it");
    }
  }

  private static long firstLeaf(TreeTile tile) {
    return tile.index() << (Tile.HEIGHT * (tile.level() + 1));
  }

  /** Compares the tree with the heads of its size. */
  private void compare(long at, HeadCheck heads) {
    if (heads.nextSize() > at || isBroken) {
      return;
    }
    byte[] root = found.root();
    StoredHead stored = heads.kept(at);
    SignedHead head = stored == null ? null : head(stored, root, heads);
    if (head != null) {
      if (Arrays.equals(root, head.root())) {
        resolve(true);
      } else if (expected != null && Arrays.equals(expected.root(), head.root())) {
        resolve(false);
        found = expected;
        root = head.root();
      } else {
        mismatch(at);
        resolve(false);
      }
      expected = null;
    }
    SignedHead other = heads.anchoredOtherwise(at, root);
    if (other != null) {
      findings.add(
          Kind.ANCHOR_MISMATCH,
          at,
          "an anchor has another root for " + at + " leaves, of " + other.time());
    }
    if (head != null && Arrays.equals(root, head.root())) {
      lastGood = at;
    }
  }

  /** An older head needs no signature where the newest proves it, and nothing is in doubt. */
  private @Nullable SignedHead head(StoredHead stored, byte[] root, HeadCheck heads) {
    boolean isProven =
        stored.size() < size && expected == null && Arrays.equals(root, stored.root());
    return heads.judged(stored, isProven);
  }

  /** Told once: what comes after cannot fit either. */
  private void mismatch(long size) {
    if (!isMismatched) {
      isMismatched = true;
      findings.add(
          Kind.HEAD_MISMATCH,
          size,
          "leaves from "
              + lastGood
              + " to "
              + size
              + " do not add up to the head: some were altered, or are in another order");
    }
  }

  /** A head has told whether the records are right that differ from their tile, or the tile is. */
  private void resolve(boolean recordsAreRight) {
    for (Findings.Wrong one : doubtful) {
      if (recordsAreRight) {
        findings.add(
            Kind.TILE_EDITED,
            one.index(),
            "the tile of leaf " + one.index() + " has another hash than the leaf");
      } else {
        findings.add(one);
      }
    }
    doubtful.clear();
  }
}

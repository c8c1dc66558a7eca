package dev.gatehouse.audit;

import dev.gatehouse.error.StorageException;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Writes what {@link AuditExport} describes. Not safe: confine to one thread. */
final class ExportWriter {
  private static final int BUFFER = 1 << 16;

  private final LogName log;
  private final AuditTreeStore store;
  private final SignedHead head;
  private final DataOutputStream out;
  private final MerkleHash hash = new MerkleHash();
  private long written;

  /** Gives the hash of a leaf out of its tile. */
  interface Hashes {
    byte[] of(long index);
  }

  ExportWriter(AuditStore log, SignedHead head, OutputStream out) {
    this.log = log.log();
    this.store = log.tree();
    this.head = head;
    this.out = new DataOutputStream(new BufferedOutputStream(out, BUFFER));
  }

  long write(long from, long to, List<byte[]> around, Hashes hashes) throws IOException {
    out.write(log.exportTag());
    byte[] note = head.note().getBytes(StandardCharsets.UTF_8);
    out.writeInt(note.length);
    out.write(note);
    out.writeLong(from);
    out.writeLong(to);
    out.writeInt(around.size());
    for (byte[] one : around) {
      out.write(one);
    }
    long index = from;
    while (index < to) {
      int limit = (int) Math.min(AuditTreeStore.MAX_BATCH, to - index);
      List<TreeLeaf> leaves = store.leaves(index, limit);
      for (TreeLeaf leaf : leaves) {
        if (leaf.index() >= to) {
          break;
        }
        writeRemoved(index, leaf.index(), hashes);
        write(leaf);
        index = leaf.index() + 1;
      }
      if (leaves.isEmpty() || leaves.get(leaves.size() - 1).index() >= to) {
        writeRemoved(index, to, hashes);
        index = to;
      }
    }
    out.write(AuditExport.END);
    out.flush();
    return written;
  }

  /** The leaves that were removed with their records, as their hashes. */
  private void writeRemoved(long begin, long end, Hashes hashes) throws IOException {
    for (long index = begin; index < end; index++) {
      List<AuditRemoval.Range> range = store.removals(index, 1);
      if (range.isEmpty() || range.get(0).from() > index) {
        throw missing(index);
      }
      long last = Math.min(end, range.get(0).to()) - 1;
      for (; index < last; index++) {
        writeGone(hashes.of(index));
      }
      writeGone(hashes.of(index));
    }
  }

  private void writeGone(byte[] leafHash) throws IOException {
    out.writeInt(AuditExport.GONE);
    out.write(leafHash);
  }

  private static StorageException missing(long index) {
    return new StorageException(
        "leaf " + index + " is gone, the audit log was damaged: see verify()");
  }

  private void write(TreeLeaf leaf) throws IOException {
    byte[] canonical = leaf.canonical();
    byte[] openings = leaf.openings();
    if (canonical == null || openings == null) {
      writeGone(leaf.leafHash());
      return;
    }
    if (!Arrays.equals(hash.leaf(canonical), leaf.leafHash())) {
      throw new StorageException(
          "record " + leaf.id() + " is not that of its leaf, the log was damaged: see verify()");
    }
    out.writeInt(canonical.length);
    out.write(canonical);
    out.writeInt(openings.length);
    out.write(openings);
    written++;
  }
}

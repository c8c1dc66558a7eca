package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.AuthenticationException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A range of a log in one file, with all that it takes to prove it offline: the records' canonical
 * bytes, the hashes of the rest of the tree, and the signed head.
 *
 * <p>The file, all numbers with their highest byte first: the 24 bytes of ASCII {@code
 * gatehouse-audit-export 1}, or {@code gatehouse-event-export 1} of the {@linkplain LogName event
 * log}, and a line feed; the length of the head in 4 bytes and its text in UTF-8 ({@link
 * SignedHead}); the index of the first leaf and the one after the last, 8 bytes each; the number of
 * hashes in 4 bytes and the hashes, 32 bytes each; for each leaf of the range the length of the
 * record in 4 bytes and its canonical bytes, the length of their openings in 4 bytes and these
 * ({@link AuditEntry}), or, if the record is gone, 0xFFFFFFFF and the hash of the leaf; at last the
 * 4 bytes of ASCII {@code end.}, and nothing after them.
 *
 * <p>The hashes are those of the parts of the tree beside the range, from left to right, in the
 * order in which a walk comes upon them that begins at the root, splits what is partly in the range
 * as RFC 6962 does, and stops at what is wholly outside or a single leaf. So one file of a million
 * records has at most 126 hashes beside them.
 *
 * <p>Reading needs memory for one record. Not safe: confine to one thread.
 */
public final class AuditExport {
  static final byte[] END = "end.".getBytes(StandardCharsets.US_ASCII);
  static final int GONE = -1;
  static final int MAX_RECORD = 150_000;
  private static final int MAX_HASHES = 128;
  private static final byte[] NONE = {};
  private static final int BUFFER = 1 << 16;

  private final DataInputStream in;
  private final RecordReader records;
  private final MerkleHash hash = new MerkleHash();
  private final Deque<byte[]> around = new ArrayDeque<>();
  private final byte[] buffer = new byte[MAX_RECORD];
  private LogName log = LogName.AUDIT;
  private SignedHead head;
  private long from;
  private long to;
  private long read;
  private long gone;
  private long erased;

  /** Is handed each record of a file, before it is known whether the file is genuine. */
  @FunctionalInterface
  public interface RecordReader {
    /**
     * A record at an index.
     *
     * @param canonical null if the record is gone
     * @param openings of the commitments in it, empty if there are none or the record is gone
     */
    void read(long index, byte @Nullable [] canonical, byte[] openings);
  }

  /**
   * What a file has turned out to be. Immutable.
   *
   * @param log that all its records are of
   * @param head of the tree that the range is in; signed by whoever the caller trusts
   * @param from index of the first leaf
   * @param to index after the last
   * @param records that are in the file
   * @param gone records of the range that are not, but their hashes
   * @param erased fields of the records whose values were erased
   */
  public record Verified(
      LogName log, SignedHead head, long from, long to, long records, long gone, long erased) {}

  private AuditExport(InputStream in, RecordReader records) {
    this.in = new DataInputStream(new BufferedInputStream(in, BUFFER));
    this.records = records;
    head = SignedHead.unsigned("none", 0, MerkleHash.empty(), Instant.EPOCH);
  }

  /** As {@link #verify(InputStream, HeadKey, RecordReader)}, for whom the records do not matter. */
  public static Verified verify(InputStream in, @Nullable HeadKey key) throws IOException {
    return verify(in, key, (index, canonical, openings) -> {});
  }

  /**
   * Reads a file to its end and checks that its records are those of the head's tree, in their
   * order and without a gap, and that the key has signed the head.
   *
   * @param key null if the caller compares the head with one from elsewhere
   * @throws AuthenticationException if the records or the head are not genuine
   * @throws IllegalArgumentException if the file is not of the form above
   */
  public static Verified verify(InputStream in, @Nullable HeadKey key, RecordReader records)
      throws IOException {
    return new AuditExport(requireNonNull(in, "in"), requireNonNull(records, "records"))
        .verify(key);
  }

  /**
   * As {@link #verify(InputStream, HeadKey, RecordReader)}, of the log with that origin alone: one
   * key may sign the heads of several.
   */
  public static Verified verify(InputStream in, HeadKey key, String origin, RecordReader records)
      throws IOException {
    Verified verified = verify(in, requireNonNull(key, "key"), records);
    if (!verified.head().origin().equals(requireNonNull(origin, "origin"))) {
      throw new AuthenticationException(
          AuthenticationException.Reason.SIGNATURE,
          "the file must be of '" + origin + "', was of '" + verified.head().origin() + "'");
    }
    return verified;
  }

  private Verified verify(@Nullable HeadKey key) throws IOException {
    try {
      readHeader();
      if (key != null && !head.isSignedBy(key)) {
        throw new AuthenticationException(
            AuthenticationException.Reason.SIGNATURE,
            "the head of the file is not signed under the key " + key.name());
      }
      byte[] root = root(0, head.size());
      require(around.isEmpty(), "the file must have as many hashes as the range needs, has more");
      byte[] end = in.readNBytes(END.length + 1);
      require(Arrays.equals(end, END), "the file must end after its last record, does not");
      if (!Arrays.equals(root, head.root())) {
        throw new AuthenticationException(
            AuthenticationException.Reason.SIGNATURE,
            "the records do not add up to the head of the file: some were altered, removed,"
                + " added or put in another order");
      }
      return new Verified(log, head, from, to, read, gone, erased);
    } catch (EOFException e) {
      throw new IllegalArgumentException("the file must have all its records, is cut", e);
    }
  }

  private void readHeader() throws IOException {
    log = LogName.ofExport(in.readNBytes(LogName.AUDIT.exportTag().length));
    byte[] note = new byte[length(4 * SignedHead.MAX_NOTE, "length of the head")];
    in.readFully(note);
    head = SignedHead.parse(Check.utf8(note, "head"));
    from = in.readLong();
    to = in.readLong();
    require(
        0 <= from && from < to && to <= head.size(),
        "the range must be within the tree, was " + from + " to " + to + " of " + head.size());
    int hashes = length(MAX_HASHES, "number of hashes");
    for (int i = 0; i < hashes; i++) {
      byte[] one = new byte[MerkleHash.BYTES];
      in.readFully(one);
      around.add(one);
    }
  }

  private int length(int max, String name) throws IOException {
    int length = in.readInt();
    require(length >= 0 && length <= max, name + " must be in 0.." + max + ", was " + length);
    return length;
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(rule);
    }
  }

  /** The root over some leaves, of which those in the range are read on the way. */
  private byte[] root(long begin, long end) throws IOException {
    if (end <= from || begin >= to) {
      byte[] given = around.poll();
      require(given != null, "the file must have as many hashes as the range needs, has fewer");
      return requireNonNull(given, "hash");
    }
    if (end - begin == 1) {
      return leaf(begin);
    }
    long split = begin + TreeNodes.split(end - begin);
    byte[] left = root(begin, split);
    byte[] right = root(split, end);
    return hash.node(left, right);
  }

  private byte[] leaf(long index) throws IOException {
    int length = in.readInt();
    byte[] leafHash = new byte[MerkleHash.BYTES];
    if (length == GONE) {
      in.readFully(leafHash);
      gone++;
      records.read(index, null, NONE);
      return leafHash;
    }
    require(
        length >= 0 && length <= MAX_RECORD,
        "length of record " + index + " must be in 0.." + MAX_RECORD + ", was " + length);
    in.readFully(buffer, 0, length);
    hash.leaf(buffer, 0, length, leafHash, 0);
    read++;
    byte[] canonical = Arrays.copyOf(buffer, length);
    byte[] openings = new byte[length(MAX_RECORD, "length of openings")];
    in.readFully(openings);
    requireOfTheLog(index, canonical);
    requireOpened(index, canonical, openings);
    records.read(index, canonical, openings);
    return leafHash;
  }

  private void requireOfTheLog(long index, byte[] canonical) {
    LogName says = LogName.ofFrame(canonical);
    if (says != log) {
      throw new AuthenticationException(
          AuthenticationException.Reason.SIGNATURE,
          "the file must be of the " + log + " log, leaf " + index + " is of the " + says + " log");
    }
  }

  private void requireOpened(long index, byte[] canonical, byte[] openings) {
    List<String> wrong = AuditFrame.misopened(canonical, openings, hash);
    if (!wrong.isEmpty()) {
      throw new AuthenticationException(
          AuthenticationException.Reason.SIGNATURE,
          "the record at leaf " + index + " has other values than it commits to: " + wrong);
    }
    if (openings.length > 0) {
      AuditFrame.eachErased(canonical, openings, (name, evidence) -> erased++);
    }
  }
}

package dev.gatehouse.audit;

import dev.gatehouse.transport.Transport;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/**
 * A place out of reach of who administers the log's database, where heads of its tree are kept. A
 * verifier compares them with the log: so a log that was cut, or rewritten as a whole by someone
 * with the signing key, is found out; and no node lets a log grow that was set back. Without such a
 * place it is not. Must be safe for use by multiple threads.
 */
public interface Anchor {
  /** Most heads that a verifier reads of an anchor: the newest. */
  int MAX_HEADS = 10_000;

  /**
   * Keeps the head. Called on a thread for that alone, or on the caller's of {@link
   * AuditTree#sequence} where the tree was not started; what it throws is logged, told in the
   * tree's status, and followed by another try with a later head.
   */
  void publish(SignedHead head);

  /**
   * The newest heads that are kept, {@link #MAX_HEADS} at most, in any order, of whatever logs.
   * Called by a verifier, and by a node that begins to let the tree grow, on a thread for that
   * alone: a tree that does not have the newest of them is not built on.
   */
  List<SignedHead> heads();

  /** Whether {@link #heads} can tell what is kept. Default true. */
  default boolean isReadable() {
    return true;
  }

  /**
   * Lines at the end of a file, one for each head: its text with tabs for line feeds. Each is on
   * the disk when {@link #publish} returns. The file may be on another machine's disk, or one that
   * only lets files grow. A line that was cut by a crash, or is none of this, is skipped when read.
   *
   * @throws dev.gatehouse.error.StorageException by both methods if the file cannot be used
   */
  static Anchor file(Path file) {
    return new FileAnchor(file);
  }

  /**
   * A POST of each head's text to the URI, as {@code text/plain}, which must be answered by 2xx
   * within 10 seconds. What it keeps is not read: give its heads to {@link
   * AuditTree#verify(AuditProgress, List)}.
   *
   * @throws dev.gatehouse.error.TransportException by {@link #publish} if it is not
   * @throws dev.gatehouse.error.LimitException by it if the transport has no room for the request
   */
  static Anchor http(Transport transport, URI uri) {
    return new HttpAnchor(transport, uri);
  }
}

package dev.gatehouse.audit;

/**
 * Signs heads of a tree. Called by one thread at a time, in strict mode inside the host's
 * transaction; what it throws keeps the tree from growing until it works again. Must be safe for
 * use by multiple threads.
 */
@FunctionalInterface
public interface HeadSigner {
  /**
   * The signature of those bytes, by the private half of the {@link HeadKey} that goes with it.
   *
   * @return 1..512 bytes
   */
  byte[] sign(byte[] text);
}

package dev.gatehouse.audit;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hashes of RFC 6962, section 2.1: SHA-256 with the byte 0 before a leaf's bytes and the byte 1
 * before two nodes, so that no record can pass for a node. One digest and one buffer for all. Not
 * safe: confine to one thread.
 */
final class MerkleHash {
  /** Bytes of a hash. */
  static final int BYTES = 32;

  private static final byte LEAF = 0;
  private static final byte NODE = 1;
  private static final byte COMMITMENT = 2;

  private final MessageDigest digest = sha256();
  private final byte[] pair = new byte[1 + 2 * BYTES];

  MerkleHash() {
    pair[0] = NODE;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The root of a tree without leaves. */
  static byte[] empty() {
    return sha256().digest();
  }

  byte[] leaf(byte[] bytes) {
    digest.update(LEAF);
    return digest.digest(bytes);
  }

  void leaf(byte[] bytes, int offset, int length, byte[] out, int at) {
    digest.update(LEAF);
    digest.update(bytes, offset, length);
    finish(out, at);
  }

  /** What a record commits to instead of a value: no leaf and no node can pass for it. */
  byte[] commitment(byte[] salts, int saltAt, byte[] value, int valueAt, int length) {
    digest.update(COMMITMENT);
    digest.update(salts, saltAt, AuditFrame.SALT);
    digest.update(value, valueAt, length);
    return digest.digest();
  }

  byte[] node(byte[] left, byte[] right) {
    byte[] out = new byte[BYTES];
    node(left, 0, right, 0, out, 0);
    return out;
  }

  void node(byte[] left, int leftAt, byte[] right, int rightAt, byte[] out, int at) {
    System.arraycopy(left, leftAt, pair, 1, BYTES);
    System.arraycopy(right, rightAt, pair, 1 + BYTES, BYTES);
    digest.update(pair, 0, pair.length);
    finish(out, at);
  }

  private void finish(byte[] out, int at) {
    try {
      digest.digest(out, at, BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException("a hash has " + BYTES + " bytes", e);
    }
  }
}

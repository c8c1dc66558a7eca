package dev.gatehouse.signing;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * The two spellings of a signature on a curve of 256 bits: raw, which is r and s in 32 bytes each,
 * and DER, a SEQUENCE of two INTEGERs. Each pair of numbers has one raw and one DER spelling.
 */
final class EcSignatures {
  /** Length of a raw signature. */
  static final int LENGTH = 64;

  private static final int HALF = LENGTH / 2;
  private static final int SEQUENCE = 0x30;
  private static final int INTEGER = 2;

  private EcSignatures() {}

  /** The raw spelling; empty if the DER is not the shortest, or no such signature at all. */
  static Optional<byte[]> raw(byte[] der) {
    if (der.length < 8 || der.length > 72 || der[0] != SEQUENCE || der[1] != der.length - 2) {
      return Optional.empty();
    }
    ByteBuffer raw = ByteBuffer.allocate(LENGTH);
    int end = number(der, 2, raw);
    return end > 0 && number(der, end, raw) == der.length
        ? Optional.of(raw.array())
        : Optional.empty();
  }

  /** Reads the number that begins there into 32 bytes; where it ends, or -1 if it is none. */
  private static int number(byte[] der, int start, ByteBuffer raw) {
    if (der.length - start < 3 || der[start] != INTEGER) {
      return -1;
    }
    int length = der[start + 1];
    int first = start + 2;
    if (length < 1 || length > HALF + 1 || length > der.length - first || der[first] < 0) {
      return -1;
    }
    boolean padded = der[first] == 0 && length > 1;
    if (padded ? der[first + 1] >= 0 : length > HALF) {
      return -1;
    }
    int skipped = padded ? 1 : 0;
    raw.position(raw.position() + HALF - (length - skipped));
    raw.put(der, first + skipped, length - skipped);
    return first + length;
  }

  /** The DER spelling of a raw signature. */
  static byte[] der(byte[] raw) {
    byte[] r = new BigInteger(1, Arrays.copyOf(raw, HALF)).toByteArray();
    byte[] s = new BigInteger(1, Arrays.copyOfRange(raw, HALF, LENGTH)).toByteArray();
    return ByteBuffer.allocate(6 + r.length + s.length)
        .put((byte) SEQUENCE)
        .put((byte) (4 + r.length + s.length))
        .put((byte) INTEGER)
        .put((byte) r.length)
        .put(r)
        .put((byte) INTEGER)
        .put((byte) s.length)
        .put(s)
        .array();
  }

  /** Whether those are 64 bytes that hold two numbers of 1..order-1. */
  static boolean isRaw(byte[] signature, BigInteger order) {
    return signature.length == LENGTH
        && isBelow(new BigInteger(1, Arrays.copyOf(signature, HALF)), order)
        && isBelow(new BigInteger(1, Arrays.copyOfRange(signature, HALF, LENGTH)), order);
  }

  private static boolean isBelow(BigInteger number, BigInteger order) {
    return number.signum() > 0 && number.compareTo(order) < 0;
  }
}

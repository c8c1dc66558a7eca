package dev.gatehouse.signing;

import java.math.BigInteger;

/** Numbers from 0 on as big-endian bytes. */
final class Unsigned {
  private Unsigned() {}

  /**
   * The number in so many bytes.
   *
   * @throws IllegalArgumentException if it takes more; the number is not told
   */
  static byte[] bytes(BigInteger number, int length) {
    byte[] signed = number.toByteArray();
    int start = signed.length > 1 && signed[0] == 0 ? 1 : 0;
    int size = signed.length - start;
    if (number.signum() < 0 || size > length) {
      throw new IllegalArgumentException("number must fit " + length + " bytes, took " + size);
    }
    byte[] bytes = new byte[length];
    System.arraycopy(signed, start, bytes, length - size, size);
    return bytes;
  }

  /** The number in as few bytes as it takes, one at least. */
  static byte[] shortest(BigInteger number) {
    return bytes(number, Math.max(1, (number.bitLength() + Byte.SIZE - 1) / Byte.SIZE));
  }
}

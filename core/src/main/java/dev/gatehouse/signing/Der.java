package dev.gatehouse.signing;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Object;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;

/** Reads and writes DER. What it does not take it refuses without a word of what stood there. */
final class Der {
  /** More than a key of RSA with 4096 bits takes. */
  static final int MAX_LENGTH = 8 << 10;

  /** More than a key needs, and few enough that no reader runs out of stack. */
  private static final int MAX_DEPTH = 12;

  private static final int CONSTRUCTED = 0x20;
  private static final int HIGH_TAG = 0x1f;

  private Der() {}

  /**
   * Reads one value that the bytes hold whole, in the one form that DER has for it.
   *
   * @param what the bytes are, for the message
   * @throws IllegalArgumentException if they are not that
   */
  static <T extends ASN1Object> T read(byte[] der, Function<Object, T> type, String what) {
    if (der.length > MAX_LENGTH || !isShallow(der, 0, der.length, 0)) {
      throw malformed(what);
    }
    return extract(
        () -> {
          try {
            T value = type.apply(ASN1Primitive.fromByteArray(der));
            if (value != null && Arrays.equals(encoded(value), der)) {
              return value;
            }
          } catch (IOException e) {
            throw malformed(what);
          }
          throw malformed(what);
        },
        what);
  }

  /** Takes something out of what was read, of which parts are looked at only then. */
  static <R> R extract(Supplier<R> part, String what) {
    try {
      return part.get();
    } catch (RuntimeException e) {
      throw malformed(what);
    }
  }

  private static IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException("key must be " + what + " in DER, was not");
  }

  /** Whether nothing in there lies too deep, and every length is told. */
  private static boolean isShallow(byte[] der, int start, int end, int depth) {
    int next = start;
    while (next < end) {
      int tag = der[next] & 0xff;
      int lengthAt = next + 1;
      if ((tag & HIGH_TAG) == HIGH_TAG || lengthAt >= end) {
        return false;
      }
      int length = der[lengthAt];
      int content = lengthAt + 1;
      if (length < 0) {
        int octets = length & 0x7f;
        if (octets == 0 || octets > 2 || octets > end - content) {
          return false;
        }
        length = new BigInteger(1, Arrays.copyOfRange(der, content, content + octets)).intValue();
        content += octets;
      }
      if (length > end - content) {
        return false;
      }
      boolean nested = (tag & CONSTRUCTED) != 0;
      if (nested && (depth == MAX_DEPTH || !isShallow(der, content, content + length, depth + 1))) {
        return false;
      }
      next = content + length;
    }
    return true;
  }

  /** The bytes of a public key. */
  static byte[] octets(ASN1BitString bits) {
    return extract(bits::getOctets, "a public key of whole bytes");
  }

  /** PKCS#8 of a private key. */
  static PrivateKeyInfo privateInfo(AlgorithmIdentifier algorithm, ASN1Object privateKey) {
    try {
      return new PrivateKeyInfo(algorithm, privateKey);
    } catch (IOException e) {
      throw new IllegalStateException("not writable as DER", e);
    }
  }

  static byte[] encoded(ASN1Object value) {
    try {
      return value.getEncoded(ASN1Encoding.DER);
    } catch (IOException e) {
      throw new IllegalStateException("not writable as DER", e);
    }
  }
}

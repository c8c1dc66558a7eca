package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/**
 * What a signature by HMAC allocates: the result, and what the JDK itself makes. Counted in bytes
 * of this thread, never timed.
 */
class HmacAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int ROUNDS = 500;
  private static final byte[] SECRET = new byte[32];

  /** A signature in an array of 20 or 32 bytes, with its header. */
  private static final long RESULT = 48;

  private interface Work {
    Object once();
  }

  /** Where the last result goes, so that none is optimised away. */
  private volatile Object last = "";

  private long bytesOf(Work work) {
    long least = Long.MAX_VALUE;
    for (int series = 0; series < 10; series++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < ROUNDS; i++) {
        last = work.once();
      }
      long after = THREADS.getCurrentThreadAllocatedBytes();
      least = Math.min(least, (after - before) / ROUNDS);
    }
    assertThat(last).isNotNull();
    return least;
  }

  private static Mac bare(String name) throws Exception {
    Mac mac = Mac.getInstance(name);
    mac.init(new SecretKeySpec(SECRET, name));
    return mac;
  }

  private static SignatureKey key(Key.Algorithm algorithm) {
    return new HmacKey(algorithm, SECRET);
  }

  @Test
  void sign_hmacOfTheJdk_nothingButWhatTheJdkAllocates() throws Exception {
    for (int size : new int[] {0, 256, 16 << 10}) {
      byte[] message = new byte[size];
      Mac sha256 = bare("HmacSHA256");
      SignatureKey own256 = key(Key.Algorithm.HMAC_SHA256);
      assertThat(bytesOf(() -> own256.sign(message)))
          .as("bytes a signature, of %s bytes", size)
          .isLessThanOrEqualTo(bytesOf(() -> sha256.doFinal(message)));
      Mac sha1 = bare("HmacSHA1");
      SignatureKey own1 = key(Key.Algorithm.HMAC_SHA1);
      assertThat(bytesOf(() -> own1.sign(message)))
          .isLessThanOrEqualTo(bytesOf(() -> sha1.doFinal(message)));
    }
  }

  @Test
  void sign_hmacWithSm3_theResultAlone() {
    for (int size : new int[] {0, 256, 16 << 10}) {
      byte[] message = new byte[size];
      SignatureKey own = key(Key.Algorithm.HMAC_SM3);
      assertThat(bytesOf(() -> own.sign(message))).isLessThanOrEqualTo(RESULT);
    }
  }

  @Test
  void verify_everyHmac_noMoreThanSigning() {
    byte[] message = new byte[256];
    for (Key.Algorithm algorithm :
        List.of(Key.Algorithm.HMAC_SHA256, Key.Algorithm.HMAC_SHA1, Key.Algorithm.HMAC_SM3)) {
      SignatureKey own = key(algorithm);
      byte[] signature = own.sign(message);
      assertThat(bytesOf(() -> own.verify(message, signature)))
          .as("%s", algorithm)
          .isLessThanOrEqualTo(bytesOf(() -> own.sign(message)));
    }
  }

  /** As a verifier asks. */
  @Test
  void verifyAny_everyHmac_noMoreThanSigning() {
    byte[] message = new byte[256];
    for (Key.Algorithm algorithm :
        List.of(Key.Algorithm.HMAC_SHA256, Key.Algorithm.HMAC_SHA1, Key.Algorithm.HMAC_SM3)) {
      SignatureKey own = key(algorithm);
      List<byte[]> signatures = List.of(own.sign(message));
      assertThat(bytesOf(() -> own.verifyAny(message, signatures)))
          .as("%s", algorithm)
          .isLessThanOrEqualTo(bytesOf(() -> own.sign(message)));
    }
  }

  /** A key that were set up for every signature would be seen here. */
  @Test
  void bytesOf_aMacSetUpEachTime_more() throws Exception {
    byte[] message = new byte[256];
    Mac kept = bare("HmacSHA256");
    SecretKeySpec secret = new SecretKeySpec(SECRET, "HmacSHA256");
    long each =
        bytesOf(
            () -> {
              try {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(secret);
                return mac.doFinal(message);
              } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(each).isGreaterThan(bytesOf(() -> kept.doFinal(message)));
  }
}

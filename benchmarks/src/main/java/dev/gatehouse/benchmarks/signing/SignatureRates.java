package dev.gatehouse.benchmarks.signing;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How many messages of one length a side signs and verifies in a second of one thread's processor
 * time, which others that are busy on the machine do not take part of.
 */
final class SignatureRates {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Turns a round. */
  static final int TURNS = 20;

  /** The clock is read once in so many operations, which take a microsecond at the least. */
  private static final int AT_ONCE = 10;

  private final Plan plan;
  private final byte[] message;
  private final Metric signing;
  private final Metric verifying;

  SignatureRates(Plan plan, String name, int length) {
    this.plan = plan;
    message = new byte[length];
    signing = new Metric("sign/s " + name, "1/s");
    verifying = new Metric("verify/s " + name, "1/s");
  }

  List<Metric> metrics() {
    return List.of(signing, verifying);
  }

  private interface Operation {
    boolean succeeds() throws GeneralSecurityException;
  }

  /** Someone who signs and verifies, with one key in all turns. Warm after the first. */
  Subject subject(String who, SignatureSide.Opener opener) {
    AtomicReference<@Nullable SignatureSide> warm = new AtomicReference<>();
    return new Subject(
        who,
        () -> {
          try {
            SignatureSide side = warm.get();
            if (side == null) {
              side = opener.open();
              rates(side, plan.pick(300, 3_000));
              warm.set(side);
            }
            return rates(side, plan.pick(20, 50));
          } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private Measurement rates(SignatureSide side, int millis) throws GeneralSecurityException {
    byte[] signature = side.sign(message);
    return new Measurement()
        .with(signing, rate(() -> side.sign(message).length > 0, millis))
        .with(verifying, rate(() -> side.verify(message, signature), millis));
  }

  private static double rate(Operation operation, int millis) throws GeneralSecurityException {
    long spent = THREADS.getCurrentThreadCpuTime();
    long begin = System.nanoTime();
    long end = begin + TimeUnit.MILLISECONDS.toNanos(millis);
    long done = 0;
    long now = begin;
    while (now < end) {
      for (int i = 0; i < AT_ONCE; i++) {
        if (!operation.succeeds()) {
          throw new IllegalStateException("a good signature was refused");
        }
      }
      done += AT_ONCE;
      now = System.nanoTime();
    }
    spent = THREADS.getCurrentThreadCpuTime() - spent;
    return done * (double) TimeUnit.SECONDS.toNanos(1) / spent;
  }
}

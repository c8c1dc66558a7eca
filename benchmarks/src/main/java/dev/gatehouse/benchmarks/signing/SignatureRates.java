package dev.gatehouse.benchmarks.signing;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How many messages of one length a side signs and verifies in a second, on one thread. */
final class SignatureRates {
  private static final int PARTS = 5;

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

  Measurement measure(SignatureSide.Opener opener) {
    try {
      SignatureSide side = opener.open();
      byte[] signature = side.sign(message);
      Measurement measurement = new Measurement();
      measure(measurement, signing, () -> side.sign(message).length > 0);
      measure(measurement, verifying, () -> side.verify(message, signature));
      return measurement;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private void measure(Measurement measurement, Metric metric, Operation operation)
      throws GeneralSecurityException {
    rate(operation, plan.pick(300, 3_000));
    for (int part = 0; part < PARTS; part++) {
      measurement.with(metric, rate(operation, plan.pick(60, 600)));
    }
  }

  private static double rate(Operation operation, int millis) throws GeneralSecurityException {
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
    return done * (double) TimeUnit.SECONDS.toNanos(1) / (now - begin);
  }
}

package dev.gatehouse.benchmarks.signing;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;

/**
 * How long the verification of a request takes from its headers to the claim of its nonce, with
 * registry, keys and nonces in memory; beside it, the bare primitive over the same body.
 */
final class WholeVerifications {
  private static final int BODY = 1 << 10;

  private final Metric median = new Metric("verification p50 ns hmac-sha256 1KiB", "ns");
  private final Metric slowest = new Metric("verification p99 ns hmac-sha256 1KiB", "ns");
  private final Plan plan;

  WholeVerifications(Plan plan) {
    this.plan = plan;
  }

  List<Metric> metrics() {
    return List.of(median, slowest);
  }

  /** Verifies the one of that index; each once. */
  private interface Verification {
    boolean succeeds(int index) throws GeneralSecurityException;
  }

  Measurement gatehouse() {
    try (Gatehouse gatehouse = Gatehouse.builder().storage(MemoryStorage.create()).build()) {
      Application application = gatehouse.registry().register(Application.named("benchmark"));
      Signer signer = gatehouse.signer(application);
      Verifier verifier = gatehouse.verifier();
      Request[] signed = new Request[2 * count()];
      for (int i = 0; i < signed.length; i++) {
        Request request = Request.post(URI.create("/orders/" + i), "x".repeat(BODY));
        signed[i] = signer.sign(request).addTo(request);
      }
      return measure(
          index -> verifier.verify(signed[index]).application().id() == application.id());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  Measurement bare() {
    try {
      SignatureSide side = SignatureSide.bareMac("HmacSHA256");
      byte[] body = new byte[BODY];
      byte[] signature = side.sign(body);
      return measure(index -> side.verify(body, signature));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private int count() {
    return plan.pick(10_000, 40_000);
  }

  /** The first half warms up. */
  private Measurement measure(Verification verification) throws GeneralSecurityException {
    int count = count();
    long[] nanos = new long[count];
    for (int i = 0; i < 2 * count; i++) {
      long begin = System.nanoTime();
      boolean succeeded = verification.succeeds(i);
      nanos[i % count] = System.nanoTime() - begin;
      if (!succeeded) {
        throw new IllegalStateException("a good signature was refused");
      }
    }
    Arrays.sort(nanos);
    return new Measurement()
        .with(median, (double) nanos[count / 2])
        .with(slowest, (double) nanos[count * 99 / 100]);
  }
}

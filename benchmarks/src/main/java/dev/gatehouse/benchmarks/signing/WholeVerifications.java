package dev.gatehouse.benchmarks.signing;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.Scheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;

/**
 * How long the verification of a request takes from its headers to the claim of its nonce, with
 * registry, keys and nonces in memory; beside it, the bare primitive over the same body.
 */
final class WholeVerifications {
  private static final URI PLACE = URI.create("https://host.example/orders");

  private final Metric median;
  private final Metric slowest;
  private final int count;
  private final int length;
  private final Key.Algorithm algorithm;
  private final Scheme signing;
  private final Scheme verifying;
  private final SignatureSide.Opener primitive;

  /**
   * Verifications of requests with a body of that length.
   *
   * @param signing by which the other side signs
   * @param verifying by which this one verifies
   * @param primitive the algorithm without all else
   */
  WholeVerifications(
      Plan plan,
      String name,
      int length,
      Key.Algorithm algorithm,
      Scheme signing,
      Scheme verifying,
      SignatureSide.Opener primitive) {
    median = new Metric("verification p50 ns " + name, "ns");
    slowest = new Metric("verification p99 ns " + name, "ns");
    count =
        algorithm == Key.Algorithm.HMAC_SHA256 ? plan.pick(2_000, 20_000) : plan.pick(200, 2_000);
    this.length = length;
    this.algorithm = algorithm;
    this.signing = signing;
    this.verifying = verifying;
    this.primitive = primitive;
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
      KeyMaterial material = KeyMaterial.generate(algorithm);
      gatehouse.keys().importKey(application.id(), Key.Purpose.REQUEST, material);
      Signer signer = Signer.of(application.appKey(), material, signing, InstantSource.system());
      Verifier verifier = gatehouse.verifier(verifying).from(application);
      Request request = Request.post(PLACE, "x".repeat(length));
      Request[] signed = new Request[2 * count];
      for (int i = 0; i < signed.length; i++) {
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
      SignatureSide side = primitive.open();
      byte[] body = new byte[length];
      byte[] signature = side.sign(body);
      return measure(index -> side.verify(body, signature));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The first half warms up. */
  private Measurement measure(Verification verification) throws GeneralSecurityException {
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

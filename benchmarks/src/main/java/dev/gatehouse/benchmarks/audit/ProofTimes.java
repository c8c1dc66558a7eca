package dev.gatehouse.benchmarks.audit;

import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proofs of single records of a large log in memory: of the newest, whose tiles are all in the
 * cache after the first turn, and of any, most of which are not. The log is written once.
 */
final class ProofTimes {
  /** Fewer than the cache has tiles for. */
  private static final int NEWEST = 200_000;

  /** What a record takes in memory with all that stands beside it. */
  private static final long BYTES_PER_RECORD = 1_400;

  private final Metric cached = new Metric("proof memory p99, tiles in the cache", "us");
  private final Metric any = new Metric("proof memory p99, any record", "us");
  private final Plan plan;
  private @Nullable AuditTree tree;

  ProofTimes(Plan plan) {
    this.plan = plan;
  }

  List<Metric> metrics() {
    return List.of(cached, any);
  }

  Measurement measure() {
    int count = plan.pick(1_000_000, 10_000_000);
    long needed = count * BYTES_PER_RECORD;
    TreeRates.require(
        Runtime.getRuntime().maxMemory() >= needed,
        "the heap must have " + (needed >> 20) + " MiB: set MAVEN_OPTS=-Xmx");
    AuditTree grown = tree;
    if (grown == null) {
      grown = TreeRates.grow(count);
      tree = grown;
    }
    TreeRates.proof(grown, count, NEWEST);
    return new Measurement()
        .with(cached, TreeRates.proof(grown, count, NEWEST))
        .with(any, TreeRates.proof(grown, count, count));
  }
}

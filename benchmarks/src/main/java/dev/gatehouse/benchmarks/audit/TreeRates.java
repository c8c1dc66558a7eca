package dev.gatehouse.benchmarks.audit;

import dev.gatehouse.audit.AuditExport;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** One thread appends records in memory, sequences, proves and verifies them. */
final class TreeRates {
  private static final int BATCH = 500;
  private static final int PROOFS = 20_000;
  private static final int WARM_UP = 2;

  private final Metric append = new Metric("records/s memory, appended and sequenced", "1/s");
  private final Metric verify = new Metric("records/s memory, verified", "1/s");
  private final Metric offline = new Metric("records/s exported file, verified", "1/s");
  private final Metric proof = new Metric("proof memory p99", "us");
  private final Plan plan;

  TreeRates(Plan plan) {
    this.plan = plan;
  }

  List<Metric> metrics() {
    return List.of(append, verify, offline, proof);
  }

  Measurement measure() {
    int count = plan.pick(200_000, 1_000_000);
    for (int i = 0; i < WARM_UP; i++) {
      measure(plan.pick(100_000, 300_000));
    }
    return measure(count);
  }

  private Measurement measure(int count) {
    long begin = System.nanoTime();
    AuditTree tree = grow(count);
    long appended = System.nanoTime();
    require(tree.verify(AuditProgress.NONE).isSound(), "the log was found to be damaged");
    long verified = System.nanoTime();
    return new Measurement()
        .with(append, rate(count, begin, appended))
        .with(verify, rate(count, appended, verified))
        .with(offline, offline(tree, count))
        .with(proof, proof(tree, count, count));
  }

  /** A tree over so many records, whose ids are their numbers from 1. */
  static AuditTree grow(int count) {
    MemoryStorage storage = MemoryStorage.create();
    byte[] secret = new byte[RowKey.MIN_SECRET];
    AuditTree tree =
        AuditTree.create(
            new AuditTree.Parts(
                storage.audit(),
                storage,
                InstantSource.system(),
                System::nanoTime,
                GatehouseListener.NONE,
                AuditOptions.builder().rowKey(RowKey.of(secret)).build()));
    AtomicLong ids = new AtomicLong();
    AuditLog log =
        AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);
    List<AuditRecord> batch = new ArrayList<>(BATCH);
    for (int i = 0; i < count; i++) {
      batch.add(Records.record(i));
      if (batch.size() == BATCH) {
        log.writeAll(batch);
        batch.clear();
      }
    }
    require(tree.sequence() == count, "not all records were sequenced");
    return tree;
  }

  private static double offline(AuditTree tree, int count) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      tree.export(0, count, out);
      byte[] file = out.toByteArray();
      long begin = System.nanoTime();
      long records = AuditExport.verify(new ByteArrayInputStream(file), null).records();
      require(records == count, "the file has not all records");
      return rate(count, begin, System.nanoTime());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The 99th percentile of proofs of some of the newest records, in microseconds. */
  static double proof(AuditTree tree, int count, int newest) {
    Random random = new Random(1);
    long[] nanos = new long[PROOFS];
    for (int i = 0; i < PROOFS; i++) {
      long begin = System.nanoTime();
      require(tree.prove(count - random.nextInt(newest)).isPresent(), "a record was not proven");
      nanos[i] = System.nanoTime() - begin;
    }
    Arrays.sort(nanos);
    return nanos[PROOFS - PROOFS / 100] / (double) TimeUnit.MICROSECONDS.toNanos(1);
  }

  static double rate(int count, long begin, long end) {
    return count * (double) TimeUnit.SECONDS.toNanos(1) / (end - begin);
  }

  static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }
}

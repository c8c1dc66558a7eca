package dev.gatehouse.benchmarks.audit;

import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.benchmarks.database.Servers;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Appending to a log on PostgreSQL beside the bare insertion of the same rows, and the tree in
 * memory. Not safe: confine to one thread.
 */
public final class AuditArea implements Area {
  private static final String GATEHOUSE = "gatehouse";
  private static final String TERMS = "gatehouse terms";
  private static final String RAW = "raw jdbc";

  private final Plan plan;
  private final Servers servers = new Servers();
  private final FindTimes find;

  /** An area that measures as much as the plan says. */
  public AuditArea(Plan plan) {
    this.plan = plan;
    find = new FindTimes(plan, servers::postgres);
  }

  @Override
  public List<Case> cases() {
    return List.of(memory(), proofs(), batches(), writers(1), writers(8), find());
  }

  private Case memory() {
    TreeRates rates = new TreeRates(plan);
    return Case.of("tree memory", rates.metrics(), List.of(new Subject(GATEHOUSE, rates::measure)));
  }

  private Case proofs() {
    ProofTimes times = new ProofTimes(plan);
    return Case.of(
            "proofs memory", times.metrics(), List.of(new Subject(GATEHOUSE, times::measure)))
        .atLength();
  }

  private Case find() {
    return Case.of(
            "find postgresql",
            find.metrics(),
            List.of(
                new Subject(GATEHOUSE, find::gatehouse),
                new Subject(TERMS, find::terms),
                new Subject(RAW, find::raw)))
        .atLength();
  }

  private Case batches() {
    AppendRates rates = new AppendRates(plan, "batch of 100", 1, 100);
    return Case.of(
        "append postgresql batch of 100",
        rates.metrics(),
        List.of(
            new Subject(
                GATEHOUSE, () -> rates.gatehouse(servers.postgres(), UnaryOperator.identity())),
            new Subject(
                TERMS, () -> rates.gatehouse(servers.postgres(), JdbcStorage::withAuditTerms)),
            new Subject(RAW, () -> rates.raw(servers.postgres()))));
  }

  private Case writers(int count) {
    String name = count == 1 ? "1 writer" : count + " writers";
    AppendRates rates = new AppendRates(plan, name, count, 1);
    return Case.of(
        "append postgresql " + name,
        rates.metrics(),
        List.of(
            new Subject(
                GATEHOUSE, () -> rates.gatehouse(servers.postgres(), UnaryOperator.identity())),
            new Subject(RAW, () -> rates.raw(servers.postgres()))));
  }

  @Override
  public Map<String, String> versions() {
    return servers.versions();
  }

  @Override
  public void close() {
    try {
      find.close();
    } finally {
      servers.close();
    }
  }
}

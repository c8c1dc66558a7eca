package dev.gatehouse.benchmarks.audit;

import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.benchmarks.database.Databases;
import dev.gatehouse.benchmarks.database.Servers;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Appending to a log on PostgreSQL and MariaDB beside the bare insertion of the same rows, and the
 * tree in memory. Not safe: confine to one thread.
 */
public final class AuditArea implements Area {
  private static final String GATEHOUSE = "gatehouse";
  private static final String TERMS = "gatehouse terms";
  private static final String RAW = "raw jdbc";

  private final Plan plan;
  private final Servers servers = new Servers();
  private final FindTimes onPostgres;
  private final FindTimes onMariaDb;

  /** An area that measures as much as the plan says. */
  public AuditArea(Plan plan) {
    this.plan = plan;
    onPostgres = FindTimes.postgres(plan, servers::postgres);
    onMariaDb = FindTimes.mariaDb(plan, servers::mariaDb);
  }

  @Override
  public List<Case> cases() {
    List<Case> cases = new ArrayList<>(List.of(memory()));
    cases.addAll(appends("postgresql", servers::postgres));
    cases.addAll(appends("mariadb", servers::mariaDb));
    cases.add(proofs());
    cases.addAll(finds());
    return cases;
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

  private List<Case> finds() {
    Subject terms = new Subject(TERMS, onPostgres::terms);
    return List.of(
        find("find postgresql", onPostgres, Stream.of(terms)),
        find("find mariadb", onMariaDb, Stream.of()));
  }

  private static Case find(String name, FindTimes times, Stream<Subject> more) {
    Stream<Subject> ours = Stream.of(new Subject(GATEHOUSE, times::gatehouse));
    Stream<Subject> raw = Stream.of(new Subject(RAW, times::raw));
    List<Subject> subjects = Stream.of(ours, more, raw).flatMap(each -> each).toList();
    return Case.of(name, times.metrics(), subjects).atLength();
  }

  private List<Case> appends(String product, Databases databases) {
    return List.of(
        append("append/s " + product, databases, 1, 1_000),
        append("append/s " + product + " commit-per-record 1 writer", databases, 1, 1),
        append("append/s " + product + " commit-per-record 8 writers", databases, 8, 1));
  }

  private Case append(String name, Databases databases, int writers, int batch) {
    AppendRates rates = new AppendRates(plan, name, writers, batch);
    List<Subject> subjects = new ArrayList<>();
    subjects.add(
        new Subject(
            GATEHOUSE, () -> rates.gatehouse(databases.create(), UnaryOperator.identity())));
    if (name.equals("append/s postgresql")) {
      subjects.add(
          new Subject(
              TERMS, () -> rates.gatehouse(databases.create(), JdbcStorage::withAuditTerms)));
    }
    subjects.add(new Subject(RAW, () -> rates.raw(databases.create())));
    return Case.of(name, rates.metrics(), subjects);
  }

  @Override
  public Map<String, String> versions() {
    return servers.versions();
  }

  @Override
  public void close() {
    try (servers;
        onMariaDb) {
      onPostgres.close();
    }
  }
}

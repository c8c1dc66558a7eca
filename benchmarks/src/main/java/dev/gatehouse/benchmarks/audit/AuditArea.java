package dev.gatehouse.benchmarks.audit;

import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Appending to a log on PostgreSQL beside the bare insertion of the same rows, and the tree in
 * memory. Not safe: confine to one thread.
 */
public final class AuditArea implements Area {
  private static final String GATEHOUSE = "gatehouse";
  private static final String RAW = "raw jdbc";

  private final Plan plan;
  private @Nullable PostgresServer server;

  /** An area that measures as much as the plan says. */
  public AuditArea(Plan plan) {
    this.plan = plan;
  }

  @Override
  public List<Case> cases() {
    return List.of(memory(), batches(), writers(1), writers(8));
  }

  private Case memory() {
    TreeRates rates = new TreeRates(plan);
    return Case.of("tree memory", rates.metrics(), List.of(new Subject(GATEHOUSE, rates::measure)));
  }

  private Case batches() {
    AppendRates rates = new AppendRates(plan, "batch of 100", 1, 100);
    return appends("append postgresql batch of 100", rates);
  }

  private Case writers(int count) {
    String name = count == 1 ? "1 writer" : count + " writers";
    return appends("append postgresql " + name, new AppendRates(plan, name, count, 1));
  }

  private Case appends(String name, AppendRates rates) {
    return Case.of(
        name,
        rates.metrics(),
        List.of(
            new Subject(GATEHOUSE, () -> rates.gatehouse(database())),
            new Subject(RAW, () -> rates.raw(database()))));
  }

  private Database database() throws SQLException {
    PostgresServer running = server;
    if (running == null) {
      running = PostgresServer.start();
      server = running;
    }
    return running.create();
  }

  @Override
  public Map<String, String> versions() {
    PostgresServer running = server;
    return running == null ? Map.of() : running.settings();
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}

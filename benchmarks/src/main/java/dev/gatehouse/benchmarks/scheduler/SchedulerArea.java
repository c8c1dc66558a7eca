package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.H2Databases;
import dev.gatehouse.benchmarks.database.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Delayed tasks beside db-scheduler and a bare JDBC loop. Not safe: confine to one thread. */
public final class SchedulerArea implements Area {
  private final Plan plan;
  private @Nullable PostgresServer postgres;

  /** An area that measures as much as the plan says. */
  public SchedulerArea(Plan plan) {
    this.plan = plan;
  }

  @Override
  public List<Case> cases() {
    return List.of(burnDownPostgres(), burnDownH2());
  }

  private Case burnDownPostgres() {
    BurnDown ours =
        new BurnDown(
            "burn-down postgresql",
            this::postgres,
            plan,
            BurnDown.Load.of(plan.pick(60_000, 500_000)));
    BurnDown peer = ours.with(ours.load().tasks(plan.pick(20_000, 500_000)));
    return Case.of(
        ours.name(),
        ours.metrics(),
        List.of(
            new Subject(GatehouseSide.NAME, () -> ours.measure(GatehouseSide::withoutHistory)),
            new Subject(DbSchedulerSide.NAME, () -> peer.measure(DbSchedulerSide::open))));
  }

  private Case burnDownH2() {
    BurnDown both =
        new BurnDown(
            "burn-down h2",
            H2Databases::create,
            plan,
            BurnDown.Load.of(plan.pick(40_000, 500_000)));
    return Case.of(
        both.name(),
        both.metrics(),
        List.of(
            new Subject(GatehouseSide.NAME, () -> both.measure(GatehouseSide::withoutHistory)),
            new Subject(DbSchedulerSide.NAME, () -> both.measure(DbSchedulerSide::open))));
  }

  private Database postgres() throws SQLException {
    if (postgres == null) {
      postgres = PostgresServer.start();
    }
    return postgres.create();
  }

  @Override
  public Map<String, String> versions() {
    return postgres == null ? Map.of() : postgres.settings();
  }

  @Override
  public void close() {
    if (postgres != null) {
      postgres.close();
    }
  }
}

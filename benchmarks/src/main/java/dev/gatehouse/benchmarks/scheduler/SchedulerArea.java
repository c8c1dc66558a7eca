package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.benchmarks.database.Databases;
import dev.gatehouse.benchmarks.database.H2Databases;
import dev.gatehouse.benchmarks.database.Servers;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** Delayed tasks beside db-scheduler and a bare JDBC loop. Not safe: confine to one thread. */
public final class SchedulerArea implements Area {

  private final Plan plan;
  private final Servers servers = new Servers();

  /** An area that measures as much as the plan says. */
  public SchedulerArea(Plan plan) {
    this.plan = plan;
  }

  /** What a case does with each of its subjects. */
  @FunctionalInterface
  private interface Measure {
    Measurement of(Side.Opener opener) throws SQLException, InterruptedException;
  }

  @Override
  public List<Case> cases() {
    Load load = Load.of(plan, 60_000, 500_000);
    return List.of(
        beside(burnDown("burn-down postgresql", load.warmUp(plan.pick(10_000, 150_000)))),
        lateness("2k/s postgresql", 2_000, 0),
        burnDownH2(),
        peered(burnDown("burn-down postgresql 4 nodes", load.nodes(4))),
        beside(burnDown("burn-down postgresql 1KiB", load.payload(1 << 10))),
        history(),
        scheduling("schedule batch postgresql", plan.pick(20_000, 200_000), true),
        scheduling("schedule single postgresql", plan.pick(500, 10_000), false),
        idleness(),
        lateness("5k/s postgresql", 5_000, 0),
        peered(burnDown("future backlog postgresql", load.later(plan.pick(50_000, 1_000_000)))),
        lateness("2k/s future backlog postgresql", 2_000, plan.pick(50_000, 1_000_000)).atLength(),
        limited(onMariaDb("burn-down mariadb", load.warmUp(plan.pick(10_000, 150_000)))),
        nodes("nodes postgresql", servers::postgres, load),
        nodes("nodes mariadb", servers::mariaDb, load),
        sustained());
  }

  private BurnDown burnDown(String name, Load load) {
    return new BurnDown(name, servers::postgres, plan, load);
  }

  private BurnDown onMariaDb(String name, Load load) {
    return new BurnDown(name, servers::mariaDb, plan, load);
  }

  /** Beside the limit. */
  private static Case limited(BurnDown ours) {
    return Case.of(
        ours.name(), ours.metrics(), List.of(gatehouse(ours::measure), raw(ours::measure)));
  }

  /** By one, two and four nodes. */
  private Case nodes(String name, Databases databases, Load load) {
    Nodes nodes =
        Nodes.of(
            count ->
                new BurnDown(
                    name + " " + count, databases, plan, load.nodes(count).warmUp(10_000)));
    return Case.of(name, nodes.metrics(), List.of(gatehouse(nodes::measure))).atLength();
  }

  /** Beside the peer. */
  private Case peered(BurnDown ours) {
    return Case.of(ours.name(), ours.metrics(), List.of(gatehouse(ours::measure), peer(ours)));
  }

  /** Beside the peer and the limit. */
  private Case beside(BurnDown ours) {
    return Case.of(
        ours.name(),
        ours.metrics(),
        List.of(gatehouse(ours::measure), peer(ours), raw(ours::measure)));
  }

  private Case history() {
    BurnDown ours = burnDown("burn-down postgresql history", Load.of(plan, 60_000, 500_000));
    Subject kept = new Subject(GatehouseSide.NAME, () -> ours.measure(GatehouseSide::withHistory));
    return Case.of(ours.name(), ours.metrics(), List.of(kept, peer(ours)));
  }

  private Case burnDownH2() {
    Load load = Load.of(plan, 4_000, 200_000).warmUp(plan.pick(2_000, 20_000));
    BurnDown both = new BurnDown("burn-down h2", H2Databases::create, plan, load);
    return Case.of(
        both.name(), both.metrics(), List.of(gatehouse(both::measure), peer(both::measure)));
  }

  private Case lateness(String where, int perSecond, int later) {
    Load load = Load.of(plan, 2 * perSecond, 60 * perSecond).later(later);
    Lateness both = new Lateness(where, servers::postgres, plan, perSecond, load);
    return Case.of(
        both.name(), both.metrics(), List.of(gatehouse(both::measure), peer(both::measure)));
  }

  private Case scheduling(String name, int tasks, boolean batched) {
    Scheduling all = new Scheduling(name, servers::postgres, tasks, batched);
    return Case.of(
        all.name(),
        all.metrics(),
        List.of(gatehouse(all::measure), peer(all::measure), raw(all::measure)));
  }

  private Case idleness() {
    Idleness both = new Idleness("idle statements/s", servers::postgres, plan);
    return Case.of(
        both.name(), both.metrics(), List.of(gatehouse(both::measure), peer(both::measure)));
  }

  /** The peer cannot keep up with such a rate, so it is not asked. */
  private Case sustained() {
    Sustained ours =
        new Sustained(
            "sustained 50k/s postgresql", servers::postgres, plan, 50_000, plan.pick(1, 60));
    return Case.of(ours.name(), ours.metrics(), List.of(gatehouse(ours::measure))).atLength();
  }

  private static Subject gatehouse(Measure measure) {
    return new Subject(GatehouseSide.NAME, () -> measure.of(GatehouseSide::withoutHistory));
  }

  private static Subject raw(Measure measure) {
    return new Subject(RawLoop.NAME, () -> measure.of(RawLoop::open));
  }

  private static Subject peer(Measure measure) {
    return new Subject(DbSchedulerSide.NAME, () -> measure.of(DbSchedulerSide::open));
  }

  /** When time is short, the slower side burns fewer tasks. */
  private Subject peer(BurnDown ours) {
    int tasks = plan.pick(ours.load().tasks() / 6, ours.load().tasks());
    return peer(ours.with(ours.load().tasks(tasks))::measure);
  }

  @Override
  public Map<String, String> versions() {
    return servers.versions();
  }

  @Override
  public void close() {
    servers.close();
  }
}

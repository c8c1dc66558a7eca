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
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
    On postgres = new On("postgresql", servers::postgres);
    On mariaDb = new On("mariadb", servers::mariaDb);
    Load load = Load.of(plan, 60_000, 500_000);
    Load later = load.later(plan.pick(50_000, 1_000_000));
    return List.of(
        beside(burnDown("burn-down", postgres, load.warmUp(plan.pick(10_000, 150_000)))),
        lateness("2k/s", postgres, 2_000, 0),
        burnDownH2(),
        peered(new BurnDown("burn-down postgresql 4 nodes", postgres.each(), plan, load.nodes(4))),
        beside(
            new BurnDown(
                "burn-down postgresql 1KiB", postgres.each(), plan, load.payload(1 << 10))),
        history(postgres),
        scheduling("schedule batch", postgres, plan.pick(20_000, 500_000), true),
        scheduling("schedule single", postgres, plan.pick(500, 10_000), false),
        inOrder(postgres),
        idleness("idle statements/s", postgres),
        lateness("5k/s", postgres, 5_000, 0),
        peered(burnDown("future backlog", postgres, later)),
        lateness("2k/s future backlog", postgres, 2_000, later.later()).atLength(),
        beside(burnDown("burn-down", mariaDb, load.warmUp(plan.pick(10_000, 150_000)))),
        history(mariaDb).atLength(),
        lateness("2k/s", mariaDb, 2_000, 0).atLength(),
        scheduling("schedule batch", mariaDb, plan.pick(20_000, 200_000), true).atLength(),
        scheduling("schedule single", mariaDb, plan.pick(500, 10_000), false).atLength(),
        idleness("idle mariadb statements/s", mariaDb).atLength(),
        nodes(postgres, load),
        nodes(mariaDb, load),
        sustained());
  }

  /**
   * A product.
   *
   * @param name as it stands behind the name of a case
   * @param each gives each measurement a database of its own
   */
  private record On(String name, Databases each) {
    String named(String what) {
      return what + " " + name;
    }
  }

  private BurnDown burnDown(String what, On product, Load load) {
    return new BurnDown(product.named(what), product.each(), plan, load);
  }

  /** By one, two and four nodes. */
  private Case nodes(On product, Load load) {
    String name = product.named("nodes");
    Nodes nodes =
        Nodes.of(
            count ->
                new BurnDown(
                    name + " " + count, product.each(), plan, load.nodes(count).warmUp(10_000)));
    return Case.of(name, nodes.metrics(), List.of(gatehouse(nodes::measure))).atLength();
  }

  /** Beside the peer. */
  private Case peered(BurnDown ours) {
    return Case.of(ours.name(), ours.metrics(), List.of(gatehouse(ours::measure), peer(ours)));
  }

  /** Beside the peer and the limit, and Graphile Worker where it is installed. */
  private Case beside(BurnDown ours) {
    List<Subject> subjects =
        new ArrayList<>(List.of(gatehouse(ours::measure), peer(ours), raw(ours::measure)));
    if (ours.name().contains("postgresql")) {
      GraphileSide.home()
          .map(GraphileSide::in)
          .map(opener -> new Subject(GraphileSide.NAME, () -> ours.measure(opener)))
          .ifPresent(subjects::add);
    }
    return Case.of(ours.name(), ours.metrics(), subjects);
  }

  private Case history(On product) {
    String name = product.named("burn-down") + " history";
    BurnDown ours = new BurnDown(name, product.each(), plan, Load.of(plan, 60_000, 500_000));
    Subject kept = new Subject(GatehouseSide.NAME, () -> ours.measure(GatehouseSide::withHistory));
    return Case.of(ours.name(), ours.metrics(), List.of(kept, peer(ours)));
  }

  /** The peer keeps no order. */
  private Case inOrder(On product) {
    Load load = Load.of(plan, 100, 20_000).warmUp(plan.pick(20, 1_000));
    BurnDown both = burnDown("in order", product, load);
    return Case.of(
        both.name(),
        both.metrics(),
        List.of(
            new Subject(GatehouseSide.NAME, () -> both.measure(InOrder.of(GatehouseSide::inOrder))),
            new Subject(RawLoop.NAME, () -> both.measure(InOrder.of(RawLoop::inOrder)))));
  }

  private Case burnDownH2() {
    Load load = Load.of(plan, 4_000, 200_000).warmUp(plan.pick(2_000, 20_000));
    BurnDown both = new BurnDown("burn-down h2", H2Databases::create, plan, load);
    return Case.of(
        both.name(), both.metrics(), List.of(gatehouse(both::measure), peer(both::measure)));
  }

  private Case lateness(String rate, On product, int perSecond, int later) {
    Load load = Load.of(plan, 2 * perSecond, 60 * perSecond).later(later);
    Lateness both = new Lateness(product.named(rate), product.each(), plan, perSecond, load);
    return Case.of(
        both.name(), both.metrics(), List.of(gatehouse(both::measure), peer(both::measure)));
  }

  private Case scheduling(String what, On product, int tasks, boolean batched) {
    Scheduling all = new Scheduling(product.named(what), product.each(), tasks, batched);
    return Case.of(
        all.name(),
        all.metrics(),
        List.of(gatehouse(all::measure), peer(all::measure), raw(all::measure)));
  }

  private Case idleness(String name, On product) {
    Idleness both = new Idleness(name, product.each(), plan);
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
    Map<String, String> versions = new LinkedHashMap<>(servers.versions());
    GraphileSide.home()
        .ifPresent(home -> versions.put("Graphile Worker", GraphileSide.version(home)));
    return versions;
  }

  @Override
  public void close() {
    servers.close();
  }
}

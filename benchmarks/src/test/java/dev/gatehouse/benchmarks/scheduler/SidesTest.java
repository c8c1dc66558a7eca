package dev.gatehouse.benchmarks.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.benchmarks.database.H2Databases;
import dev.gatehouse.benchmarks.database.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SidesTest {
  private static final Plan PATIENT = Plan.of(false);
  private static final Plan HASTY = new Plan(true, Duration.ofMillis(1));
  private static final Load FEW = new Load(150, 100, 1, 10, 20);

  private final BurnDown onH2 = new BurnDown("burn-down h2", H2Databases::create, PATIENT, FEW);

  @Test
  void burnDown_gatehouseOnH2_runsEveryTaskOnce() throws SQLException, InterruptedException {
    assertThat(onH2.measure(GatehouseSide::withoutHistory)).isNotNull();
    assertThat(onH2.with(FEW.nodes(2)).measure(GatehouseSide::withHistory)).isNotNull();
  }

  @Test
  void inOrder_gatehouseOnH2_runsEveryTaskInItsTurn() throws SQLException, InterruptedException {
    assertThat(onH2.measure(InOrder.of(GatehouseSide::inOrder))).isNotNull();
  }

  @Test
  void burnDown_peerOnH2_runsEveryTaskOnce() throws SQLException, InterruptedException {
    assertThat(onH2.measure(DbSchedulerSide::open)).isNotNull();
  }

  @Test
  void lateness_gatehouseOnH2_noneIsEarly() throws SQLException, InterruptedException {
    Lateness lateness = new Lateness("500/s h2", H2Databases::create, PATIENT, 500, FEW);

    assertThat(lateness.measure(GatehouseSide::withoutHistory).values())
        .containsEntry(new Metric("early starts 500/s h2", "tasks"), List.of(0.0));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void scheduling_bothOnH2_isMeasured(boolean batched) throws SQLException, InterruptedException {
    Scheduling scheduling = new Scheduling("schedule", H2Databases::create, 40, batched);

    for (Side.Opener opener :
        List.<Side.Opener>of(GatehouseSide::withoutHistory, DbSchedulerSide::open)) {
      assertThat(scheduling.measure(opener).values())
          .containsOnlyKeys(new Metric("schedule", "tasks/s"));
    }
  }

  @Test
  void burnDown_peerAndLimitOnPostgres_runEveryTaskOnce()
      throws SQLException, InterruptedException {
    try (PostgresServer server = PostgresServer.start()) {
      BurnDown burnDown = new BurnDown("burn-down", server::create, PATIENT, FEW);
      Lateness lateness = new Lateness("500/s", server::create, PATIENT, 500, FEW);

      assertThat(server.settings())
          .containsEntry("fsync", "on")
          .containsEntry("synchronous_commit", "on")
          .containsEntry("full_page_writes", "on");
      assertThat(burnDown.measure(DbSchedulerSide::open).values().keySet())
          .containsExactlyElementsOf(burnDown.metrics());
      assertThat(burnDown.measure(RawLoop::open)).isNotNull();
      assertThat(lateness.measure(RawLoop::open)).isNotNull();
    }
  }

  @Test
  void burnDown_sideThatLosesATask_fails() {
    BurnDown hasty = new BurnDown("burn-down h2", H2Databases::create, HASTY, FEW);

    assertThatThrownBy(() -> hasty.measure(broken(index -> index != 3, false)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no task ran, after 19 of 20");
  }

  @Test
  void burnDown_sideThatRepeatsATask_fails() {
    assertThatThrownBy(() -> onH2.measure(broken(index -> true, true)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("0 did not run, 1 ran again");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cases_names_areUniqueAndTheFixedOnesAreThere(boolean quick) {
    List<Case> cases = new SchedulerArea(Plan.of(quick)).cases();

    assertThat(cases).extracting(Case::name).doesNotHaveDuplicates();
    List<String> metrics =
        cases.stream().flatMap(one -> one.metrics().stream()).map(Metric::name).toList();
    assertThat(metrics)
        .doesNotHaveDuplicates()
        .contains(
            "burn-down postgresql",
            "burn-down h2",
            "lateness p50 2k/s postgresql",
            "lateness p99 2k/s postgresql",
            "early starts 2k/s postgresql");
    assertThat(cases)
        .allSatisfy(
            one ->
                assertThat(one.subjects()).extracting(Subject::name).contains(GatehouseSide.NAME));
  }

  /** A side that keeps tasks in a list and does not run them as it should. */
  private static Side.Opener broken(IntPredicate runs, boolean repeatsLast) {
    List<Integer> kept = new ArrayList<>();
    return setting ->
        new Side() {
          @Override
          public void schedule(Tasks tasks) {
            for (int i = tasks.from(); i < tasks.until(); i++) {
              kept.add(i);
            }
          }

          @Override
          public void scheduleSingly(Tasks tasks) {
            schedule(tasks);
          }

          @Override
          public void start() {
            kept.stream().filter(runs::test).forEach(setting.ran()::accept);
            if (repeatsLast) {
              setting.ran().accept(kept.get(kept.size() - 1));
            }
          }

          @Override
          public boolean isDrained(Instant due) {
            return true;
          }

          @Override
          public String table() {
            return "none";
          }

          @Override
          public void close() {}
        };
  }
}

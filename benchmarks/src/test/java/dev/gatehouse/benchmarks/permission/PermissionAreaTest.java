package dev.gatehouse.benchmarks.permission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.permission.Rules.Question;
import dev.gatehouse.benchmarks.permission.Rules.Shape;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PermissionAreaTest {
  private static final Plan PLAN = new Plan(true, Duration.ofSeconds(8));

  @Test
  void cases_fixedNames_areAmongTheMetrics() {
    try (PermissionArea area = new PermissionArea(PLAN)) {
      assertThat(area.cases())
          .flatExtracting(Case::metrics)
          .extracting("name")
          .contains(
              "check/s rbac-large",
              "check p50 ns rbac-large",
              "grant visible us 1M grants postgresql",
              "grant visible us 1M grants mariadb")
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void sides_rulesWithInheritance_answerRightly() {
    Rules rules = new Rules(new Shape(200, 40, 5, 60, 8));
    List<CheckSide.Opener> openers =
        List.of(
            GatehouseSide::checks,
            GatehouseSide::view,
            GatehouseSide::handles,
            GatehouseSide::keptHandles,
            RawSides::sets,
            RawSides::bits,
            RawSides::memory,
            CasbinSide::new,
            CedarSide::new,
            SaplSide::new);
    for (CheckSide.Opener opener : openers) {
      try (CheckSide side = opener.open(rules)) {
        for (List<Question> questions :
            List.of(rules.hits(100, 200), rules.misses(100, 200), rules.unknown(100))) {
          CheckSide.Asking asking = side.prepare(questions);
          for (int i = 0; i < questions.size(); i++) {
            assertThat(asking.ask(i)).isEqualTo(questions.get(i).allowed());
          }
        }
      }
    }
  }

  /** A side that allows everything would be the fastest of all. */
  @Test
  void measure_sideThatAllowsEverything_fails() {
    CheckRates rates = new CheckRates(PLAN, "broken", new Rules(Shape.of(50, 10)), 50);
    CheckSide broken =
        questions ->
            new CheckSide.Asking() {
              @Override
              public boolean ask(int index) {
                return true;
              }

              @Override
              public int count(int from, int until) {
                return until - from;
              }

              @Override
              public int time(int from, int until, long[] nanos) {
                return until - from;
              }
            };
    assertThatThrownBy(() -> rates.measure(rules -> broken))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("a wrong answer to");
  }
}

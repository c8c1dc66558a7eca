package dev.gatehouse.benchmarks.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.registry.Balancer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistryAreaTest {
  private static final Plan PLAN = new Plan(true, Duration.ofSeconds(8));

  @Test
  void cases_names_areAmongTheMetricsOnceEach() {
    try (RegistryArea area = new RegistryArea(PLAN)) {
      assertThat(area.cases())
          .flatExtracting(Case::metrics)
          .extracting("name")
          .contains("pick ns 100", "pick ns 100 shard", "call ns local")
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void sides_everyOne_chooseOneAfterTheOther() {
    List<PickSide.Opener> openers =
        List.of(PickSide::array, PickSide::shard, () -> PickSide.resolve(Balancer.roundRobin()));
    for (PickSide.Opener opener : openers) {
      try (PickSide side = opener.open()) {
        assertThat(side.changes(1_000)).isBetween(900L, 1_000L);
      }
    }
  }

  /** A side that always chooses the same place would be the fastest of all. */
  @Test
  void measure_alwaysTheSamePlace_fails() {
    assertThatThrownBy(
            () -> new PickRates(PLAN, "broken").subject("it", () -> picks -> 0).work().measure())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a thousand picks in a row were of one place");
  }

  @Test
  void calls_everySide_getsTheAnswer() throws Exception {
    try (CallTimes times = new CallTimes(PLAN, "call")) {
      for (CallSide.Opener opener :
          List.<CallSide.Opener>of(
              CallSide::registry, CallSide::transport, CallSide::bare, CallSide::enqueued)) {
        try (CallSide side = opener.open(times.port())) {
          assertThat(side.post()).isEqualTo("{\"code\":0}".length());
        }
      }
    }
  }
}

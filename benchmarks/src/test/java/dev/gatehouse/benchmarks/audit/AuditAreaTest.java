package dev.gatehouse.benchmarks.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AuditAreaTest {
  private static final Plan PLAN = new Plan(true, Duration.ofSeconds(8));

  @Test
  void cases_names_areAmongTheMetrics() {
    try (AuditArea area = new AuditArea(PLAN)) {
      assertThat(area.cases())
          .flatExtracting(Case::metrics)
          .extracting("name")
          .contains(
              "records/s postgresql, batch of 100",
              "records/s postgresql, 8 writers",
              "records/s mariadb, batch of 100",
              "records/s mariadb, 8 writers",
              "records/s memory, verified")
          .doesNotHaveDuplicates();
      assertThat(area.versions()).isEmpty();
    }
  }
}

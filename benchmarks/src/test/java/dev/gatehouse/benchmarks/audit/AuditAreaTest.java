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
              "append/s postgresql",
              "append/s postgresql commit-per-record 8 writers",
              "append/s mariadb",
              "append/s mariadb commit-per-record 8 writers",
              "records/s memory, verified")
          .doesNotHaveDuplicates();
      assertThat(area.versions()).isEmpty();
    }
  }
}

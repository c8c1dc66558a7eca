package dev.gatehouse.benchmarks.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SigningAreaTest {
  private static final Plan PLAN = new Plan(true, Duration.ofSeconds(8));

  @Test
  void cases_fixedNames_areAmongTheMetrics() {
    try (SigningArea area = new SigningArea(PLAN)) {
      assertThat(area.cases())
          .flatExtracting(Case::metrics)
          .extracting("name")
          .contains(
              "sign/s hmac-sha256 1KiB",
              "verify/s hmac-sha256 1KiB",
              "nonce claims/s postgresql",
              "nonce claims/s mariadb")
          .doesNotHaveDuplicates();
    }
  }

  /** A side that accepts nothing would be the fastest of all. */
  @Test
  void measure_sideThatRefusesItsOwnSignature_fails() {
    SignatureSide broken =
        new SignatureSide() {
          @Override
          public byte[] sign(byte[] message) {
            return new byte[] {1};
          }

          @Override
          public boolean verify(byte[] message, byte[] signature) {
            return false;
          }
        };
    SignatureRates rates = new SignatureRates(PLAN, "broken", 16);
    assertThatThrownBy(() -> rates.subject("broken", () -> broken).work().measure())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a good signature was refused");
  }
}

package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeWindowTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000).plusMillis(999);

  @ParameterizedTest
  @CsvSource({
    "1699999700, true",
    "1699999699, false",
    "1700000300, true",
    "1700000301, false",
    "1, false",
    "9999999999, false",
    "999999999999999, false"
  })
  void holds_edges_exactToTheSecond(long signedAt, boolean held) {
    assertThat(TimeWindow.DEFAULT.holds(Instant.ofEpochSecond(signedAt), NOW)).isEqualTo(held);
  }

  /** Else a message dated ahead could be sent again between the two. */
  @Test
  void remembersUntil_messageDatedAhead_longerThanItIsAcceptable() {
    TimeWindow window = new TimeWindow(Duration.ofSeconds(10));
    Instant signedAt = NOW.plusSeconds(10);
    assertThat(window.holds(signedAt, NOW)).isTrue();
    Instant forgotten = window.remembersUntil(NOW);
    assertThat(window.holds(signedAt, forgotten)).isFalse();
    assertThat(window.holds(signedAt, forgotten.minusSeconds(30)))
        .as("the clock set back by half a minute")
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-5M", "PT1H0.001S", "PT1.5S", "PT2H"})
  void of_outOfBounds_refused(Duration width) {
    assertThatIllegalArgumentException().isThrownBy(() -> new TimeWindow(width));
  }
}

package dev.gatehouse.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void of_oddCount_takesTheMiddleOne() {
    assertThat(Statistics.of(List.of(9.0, 1.0, 3.0))).isEqualTo(new Statistics(3, 1, 9, 3));
  }

  @Test
  void of_evenCount_takesTheMeanOfTheTwoInTheMiddle() {
    assertThat(Statistics.of(List.of(8.0, 1.0, 3.0, 5.0))).isEqualTo(new Statistics(4, 1, 8, 4));
  }

  @Test
  void of_none_isRefused() {
    assertThatThrownBy(() -> Statistics.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("numbers must hold 1 or more, held none");
  }
}

package dev.gatehouse.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HistogramTest {
  @Test
  void percentile_ofAHundred_isTheValueOfThatRank() {
    Histogram histogram = Histogram.ofMicros(LongStream.rangeClosed(1, 100).toArray());

    assertThat(histogram.percentileMillis(0.5)).isEqualTo(0.050);
    assertThat(histogram.percentileMillis(0.99)).isEqualTo(0.099);
    assertThat(histogram.percentileMillis(1)).isEqualTo(0.100);
  }

  @Test
  void percentile_ofOne_isThatOne() {
    assertThat(Histogram.ofMicros(new long[] {7}).percentileMillis(0.01)).isEqualTo(0.007);
  }

  @Test
  void percentile_outOfRange_isRefused() {
    assertThatThrownBy(() -> Histogram.ofMicros(new long[] {7}).percentileMillis(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("share must be above 0, at most 1, was 0.0");
  }

  @Test
  void negative_countsWhatLiesBelowZeroOnly() {
    assertThat(Histogram.ofMicros(new long[] {0, -1, 5, -7}).negative()).isEqualTo(2);
  }

  @Test
  void counts_everyValue_liesInTheClassThatItsBoundsSay() {
    long[] micros = {-5, 0, 11, 99, 101, 1_000_000, Long.MAX_VALUE};

    long[] counts = Histogram.ofMicros(micros).counts();

    assertThat(Arrays.stream(counts).sum()).isEqualTo(micros.length);
    assertThat(counts[0]).isEqualTo(3);
    assertThat(counts[7]).isEqualTo(1);
    assertThat(counts[8]).isEqualTo(1);
    assertThat(counts[Histogram.CLASSES - 1]).isEqualTo(1);
    assertThat(Histogram.upperMicros(7)).isEqualTo(100);
  }

  @Test
  void plus_keepsTheValuesOfBoth() {
    Histogram both =
        Histogram.ofMicros(new long[] {3_000}).plus(Histogram.ofMicros(new long[] {1_000, 2_000}));

    assertThat(both.percentileMillis(0.5)).isEqualTo(2);
    assertThat(both.percentileMillis(1)).isEqualTo(3);
  }
}

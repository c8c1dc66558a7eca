package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RandomTextTest {
  @Test
  void of_anyLength_lettersAndDigits() {
    for (int length = 0; length <= 64; length++) {
      assertThat(RandomText.of(length)).hasSize(length).matches("[A-Za-z0-9]*");
    }
  }

  @Test
  void of_manyTimes_neverTheSame() {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      assertThat(seen.add(RandomText.of(16))).isTrue();
    }
  }

  /** Taking bytes modulo 62 would make eight letters a quarter likelier than the rest. */
  @Test
  void of_manyLetters_eachAboutAsLikely() {
    int each = 10_000;
    Map<Integer, Long> counts =
        RandomText.of(62 * each)
            .chars()
            .boxed()
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    assertThat(counts).hasSize(62);
    assertThat(counts.values()).allSatisfy(n -> assertThat(n).isBetween(9_300L, 10_700L));
  }
}

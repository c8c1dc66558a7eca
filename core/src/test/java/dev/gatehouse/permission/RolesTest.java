package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RolesTest {
  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** Numbers near each other and at both ends, where a borrow might run from lane to lane. */
  private int[] roles(int count) {
    int[] pool = {0, 1, 2, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff};
    return random
        .ints(0, 1 << 16)
        .map(number -> random.nextInt(3) == 0 ? number : pool[number % pool.length])
        .distinct()
        .limit(count)
        .toArray();
  }

  private static int firstOf(int[] roles, int[] others) {
    return IntStream.range(0, roles.length)
        .filter(place -> Arrays.stream(others).anyMatch(other -> other == roles[place]))
        .findFirst()
        .orElse(-1);
  }

  @Test
  void common_anyRoles_isTheFirstThatBothHold() {
    for (int round = 0; round < 50_000; round++) {
      int[] granted = roles(1 + random.nextInt(4));
      int[] held = roles(1 + random.nextInt(3));
      assertThat(Roles.common(Roles.four(granted, 0), Roles.inline(held)))
          .as("seed %s: %s and %s", seed, Arrays.toString(granted), Arrays.toString(held))
          .isEqualTo(firstOf(granted, held));
    }
  }

  @Test
  void meet_anyRoles_isWhetherBothHoldOne() {
    for (int round = 0; round < 50_000; round++) {
      int[] granted = roles(1 + random.nextInt(8));
      int[] held = roles(1 + random.nextInt(3));
      assertThat(Roles.meet(Roles.four(granted, 0), Roles.four(granted, 4), Roles.inline(held)))
          .as("seed %s: %s and %s", seed, Arrays.toString(granted), Arrays.toString(held))
          .isEqualTo(firstOf(granted, held) >= 0);
    }
  }

  @Test
  void isInline_noneAndLists_areNot() {
    LongColumn.Editor lists = new LongColumn.Editor(LongColumn.EMPTY);
    assertThat(Roles.isInline(0)).isFalse();
    assertThat(Roles.isInline(Roles.list(new int[] {1, 2, 3, 4}, lists))).isFalse();
    assertThat(Roles.isInline(Roles.inline(new int[] {0}))).isTrue();
    assertThat(Roles.isInline(Roles.inline(new int[] {1, 2, 0xffff}))).isTrue();
  }
}

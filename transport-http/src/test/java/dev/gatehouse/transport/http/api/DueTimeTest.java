package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class DueTimeTest {
  private static final String[] TIMES = {
    "2021-07-27 17:30:30",
    "2024-02-29 23:59:59",
    "2023-02-29 00:00:00",
    "2021-13-01 00:00:00",
    "2021-00-10 00:00:00",
    "2021-06-31 12:00:00",
    "2021-06-30 24:00:00",
    "2021-06-30 23:60:00",
    "2016-12-31 23:59:60",
    "0000-01-01 00:00:00",
    "9999-12-31 23:59:59",
    "-999-01-01 00:00:00",
    "+12345-01-01 00:00:00",
    "2021-07-27T17:30:30",
    " 2021-7-27 17:30:30",
    "2021-07-27 +7:30:30",
    "2021-07-27 -1:30:30"
  };
  private static final String STRANGE = "0123456789-+: T.,Z\u0660\u0967\uff11/\t";

  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private String mutated(String time) {
    StringBuilder text = new StringBuilder(time);
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      int at = random.nextInt(text.length());
      char c = STRANGE.charAt(random.nextInt(random.nextBoolean() ? 10 : STRANGE.length()));
      switch (random.nextInt(6)) {
        case 0 -> text.insert(at, c);
        case 1 -> text.deleteCharAt(at);
        default -> text.setCharAt(at, c);
      }
    }
    return text.toString();
  }

  private static String read(Function<String, LocalDateTime> reader, String text) {
    try {
      return reader.apply(text).toString();
    } catch (DateTimeException e) {
      return "no time";
    }
  }

  @Test
  void local_whateverTheText_isWhatTheFormatterReads() {
    int times = 0;
    for (int round = 0; round < 50_000; round++) {
      String text = mutated(TIMES[random.nextInt(TIMES.length)]);
      String told = read(given -> LocalDateTime.parse(given, DueTime.LOCAL), text);
      assertThat(read(DueTime::local, text)).as("seed %s: '%s'", seed, text).isEqualTo(told);
      times += told.equals("no time") ? 0 : 1;
    }
    assertThat(times).as("seed %s", seed).isBetween(5_000, 45_000);
  }
}

package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.BitSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Cron expressions over local times, against a model that tries one day after the other. */
class CronExpressionTest {
  private static final LocalDateTime START = LocalDateTime.parse("2026-01-01T00:00:00");

  /** What matches, by the plain meaning of the fields. */
  private record Model(
      BitSet seconds, BitSet minutes, BitSet hours, BitSet days, BitSet months, BitSet weekdays) {
    static Model of(String text) {
      String[] all = ((text.split(" ", -1).length == 5 ? "0 " : "") + text).split(" ", -1);
      BitSet weekdays = field(all[5], 0, 7);
      if (weekdays.get(7)) {
        weekdays.set(0);
      }
      // Of two days that are both restricted, either will do.
      return new Model(
          field(all[0], 0, 59),
          field(all[1], 0, 59),
          field(all[2], 0, 23),
          isAny(all[3]) && !isAny(all[5]) ? new BitSet() : field(all[3], 1, 31),
          field(all[4], 1, 12),
          isAny(all[5]) && !isAny(all[3]) ? new BitSet() : weekdays);
    }

    private static boolean isAny(String field) {
      return field.equals("*") || field.equals("*/1");
    }

    private static BitSet field(String text, int min, int max) {
      BitSet set = new BitSet();
      for (String part : text.split(",", -1)) {
        String[] stepped = part.split("/", -1);
        int step = stepped.length == 1 ? 1 : Integer.parseInt(stepped[1]);
        String[] ends = stepped[0].equals("*") ? new String[0] : stepped[0].split("-", -1);
        int from = ends.length == 0 ? min : Integer.parseInt(ends[0]);
        int to = ends.length == 0 ? max : Integer.parseInt(ends[ends.length - 1]);
        for (int value = from; value <= to; value += step) {
          set.set(value);
        }
      }
      return set;
    }

    private boolean matches(LocalDate day) {
      return months.get(day.getMonthValue())
          && (days.get(day.getDayOfMonth()) || weekdays.get(day.getDayOfWeek().getValue() % 7));
    }

    Optional<LocalDateTime> atOrAfter(LocalDateTime from) {
      LocalDate end = from.toLocalDate().plusYears(9);
      for (LocalDate day = from.toLocalDate(); day.isBefore(end); day = day.plusDays(1)) {
        if (!matches(day)) {
          continue;
        }
        for (int h = hours.nextSetBit(0); h >= 0; h = hours.nextSetBit(h + 1)) {
          for (int m = minutes.nextSetBit(0); m >= 0; m = minutes.nextSetBit(m + 1)) {
            for (int s = seconds.nextSetBit(0); s >= 0; s = seconds.nextSetBit(s + 1)) {
              LocalDateTime time = day.atTime(h, m, s);
              if (!time.isBefore(from)) {
                return Optional.of(time);
              }
            }
          }
        }
      }
      return Optional.empty();
    }
  }

  private static String field(Random random, int min, int max) {
    int a = min + random.nextInt(max - min + 1);
    int b = a + random.nextInt(max - a + 1);
    int step = 1 + random.nextInt(max - min - 1);
    return switch (random.nextInt(7)) {
      case 0 -> Integer.toString(a);
      case 1 -> a < b ? a + "-" + b : "*";
      case 2 -> a < b ? a + "-" + b + "/" + step : "*";
      case 3 -> "*/" + step;
      case 4 -> a < b ? a + "," + b : Integer.toString(b);
      default -> "*";
    };
  }

  @Test
  void atOrAfter_randomExpressions_asTheModelSays() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 1_000; i++) {
      String text =
          (random.nextBoolean() ? field(random, 0, 59) + " " : "")
              + field(random, 0, 59)
              + " "
              + field(random, 0, 23)
              + " "
              + field(random, 1, 31)
              + " "
              + field(random, 1, 12)
              + " "
              + field(random, 0, 7);
      CronExpression cron = CronExpression.parse(text);
      Model model = Model.of(text);
      LocalDateTime time = START.plusSeconds(random.nextInt(100_000_000));
      for (int step = 0; step < 5; step++) {
        Optional<LocalDateTime> next = cron.atOrAfter(time);
        assertThat(next)
            .as("'%s' from %s, -Dgatehouse.seed=%s", text, time, seed)
            .isEqualTo(model.atOrAfter(time));
        if (next.isEmpty()) {
          break;
        }
        time = next.get().plusSeconds(1);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0 3 * * *, 2026-01-01T03:00:00",
    "'  0   3 * * * ', 2026-01-01T03:00:00",
    "30 0 3 * * *, 2026-01-01T03:00:30",
    "0 0 29 2 *, 2028-02-29T00:00:00",
    "0 0 1 jan *, 2026-01-01T00:00:00",
    "0 0 * * fri, 2026-01-02T00:00:00",
    "0 0 * * FRI-SAT, 2026-01-02T00:00:00",
    "0 0 * * 7, 2026-01-04T00:00:00",
    "0 0 * * sun, 2026-01-04T00:00:00",
    "0 0 13 * 5, 2026-01-02T00:00:00",
    "* * * * * *, 2026-01-01T00:00:00"
  })
  void atOrAfter_start_first(String text, LocalDateTime first) {
    assertThat(CronExpression.parse(text).atOrAfter(START)).contains(first);
  }

  @Test
  void atOrAfter_fractionOfASecond_isPast() {
    CronExpression cron = CronExpression.parse("0 0 3 * * *");
    LocalDateTime three = START.withHour(3);

    assertThat(cron.atOrAfter(three)).contains(three);
    assertThat(cron.atOrAfter(three.plusNanos(1))).contains(three.plusDays(1));
    assertThat(cron.atOrAfter(three.minusNanos(1))).contains(three);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 0 30 2 *", "0 0 31 4,6,9,11 *"})
  void atOrAfter_dayThatIsInNoMonth_never(String text) {
    assertThat(CronExpression.parse(text).atOrAfter(START)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "*", "* * * *", "* * * * * * *", "0 3"})
  void parse_numberOfFields_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CronExpression.parse(text))
        .withMessage(
            "cron expression must have 5 fields, or 6 with the seconds first, was '" + text + "'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0 3 ? * *",
        "@daily",
        "0 0 * * 5#2",
        "0 3 * * *\n",
        "0\t3 * * *",
        "0 3 * * \u0661",
        "0 3 * * *;drop",
        "\u0000 * * * *"
      })
  void parse_otherCharacters_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CronExpression.parse(text))
        .withMessageStartingWith("cron expression must hold digits, letters, blanks and * , - /");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * 0 *",
        "* * * * 8",
        "60 * * * * *",
        "-1 * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/ * * * *",
        "/5 * * * *",
        "1-2-3 * * * *",
        "** * * * *",
        ", * * * *",
        "1,,2 * * * *",
        "1, * * * *",
        "a * * * *",
        "* * L * *",
        "* * 1W * *",
        "* * LW * *",
        "* * * * 5L",
        "* * * FOO *",
        "99999999999999999999 * * * *",
        "*/99999999999999999999 * * * *"
      })
  void parse_fieldThatMeansNothing_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CronExpression.parse(text))
        .withMessageStartingWith("cron expression must be valid, was '" + text + "'");
  }

  @Test
  void parse_tooLong_refused() {
    assertThat(CronExpression.parse("0 3 * * 0" + ",0".repeat(45)).toString()).hasSize(99);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CronExpression.parse("0 3 * * 0" + ",0".repeat(46)))
        .withMessage("cron expression must have at most 100 characters, had 101");
  }
}

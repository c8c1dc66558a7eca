package dev.gatehouse.permission;

import static dev.gatehouse.permission.Condition.Truth.FALSE;
import static dev.gatehouse.permission.Condition.Truth.TRUE;
import static dev.gatehouse.permission.Condition.Truth.UNKNOWN;
import static dev.gatehouse.permission.Condition.and;
import static dev.gatehouse.permission.Condition.equal;
import static dev.gatehouse.permission.Condition.greater;
import static dev.gatehouse.permission.Condition.less;
import static dev.gatehouse.permission.Condition.not;
import static dev.gatehouse.permission.Condition.oneOf;
import static dev.gatehouse.permission.Condition.or;
import static dev.gatehouse.permission.Condition.present;
import static dev.gatehouse.permission.Condition.startsWith;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.gatehouse.permission.Attributes.Value;
import dev.gatehouse.permission.Condition.Truth;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionTest {
  private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final Condition YES = present("here");
  private static final Condition NO = present("gone");
  private static final Condition UNTOLD = equal("gone", 1);
  private static final Attributes HERE = Attributes.of("here", true);

  private static Truth judge(Condition condition, Attributes attributes) {
    return condition.judge(attributes, NOON);
  }

  /** What a store keeps must be readable again, or nobody could be checked any more. */
  @Test
  void parse_numbersAtTheLimits_asWritten() {
    for (String text : List.of("10E399", "1E400", "-1E400", "1E-400", "1" + "0".repeat(39))) {
      Condition condition = new Condition.Less("amount", new BigDecimal(text));
      assertThat(Condition.parse(condition.toJson())).isEqualTo(condition);
    }
    BigDecimal zeros = new BigDecimal("7." + "0".repeat(60));
    assertThat(new Condition.Less("amount", zeros).bound()).isEqualTo(new BigDecimal("7"));
    for (String text : List.of("10E400", "1000E400", "1E401", "1E-401")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Condition.Greater("amount", new BigDecimal(text)))
          .withMessageContaining("a scale of at most 400");
    }
  }

  @Test
  void tests_ofEachType_holdFailOrCannotBeTold() {
    Attributes all =
        Attributes.of("ip", "10.0.0.1")
            .with("level", 3)
            .with("price", new BigDecimal("1.50"))
            .with("mfa", true);
    assertThat(judge(equal("ip", "10.0.0.1"), all)).isEqualTo(TRUE);
    assertThat(judge(equal("ip", "10.0.0.2"), all)).isEqualTo(FALSE);
    assertThat(judge(equal("level", 3), all)).isEqualTo(TRUE);
    assertThat(judge(equal("mfa", true), all)).isEqualTo(TRUE);
    assertThat(judge(equal("mfa", false), all)).isEqualTo(FALSE);
    assertThat(judge(oneOf("ip", "a", "10.0.0.1"), all)).isEqualTo(TRUE);
    assertThat(judge(oneOf("ip", "a", "b"), all)).isEqualTo(FALSE);
    assertThat(judge(less("level", 4), all)).isEqualTo(TRUE);
    assertThat(judge(less("level", 3), all)).isEqualTo(FALSE);
    assertThat(judge(greater("level", 2), all)).isEqualTo(TRUE);
    assertThat(judge(greater("level", 3), all)).isEqualTo(FALSE);
    assertThat(judge(startsWith("ip", "10."), all)).isEqualTo(TRUE);
    assertThat(judge(startsWith("ip", "10.0.0.1."), all)).isEqualTo(FALSE);
    assertThat(judge(present("ip"), all)).isEqualTo(TRUE);
    assertThat(judge(present("IP"), all)).isEqualTo(FALSE);
  }

  @Test
  void tests_missingAttribute_areUnknownAndSoAreTheirNegations() {
    for (Condition test :
        List.of(
            equal("x", "1"),
            equal("x", 1),
            equal("x", true),
            oneOf("x", "1"),
            less("x", 1),
            greater("x", 1),
            startsWith("x", "1"))) {
      assertThat(judge(test, HERE)).as(test.toString()).isEqualTo(UNKNOWN);
      assertThat(judge(not(test), HERE)).as(test.toString()).isEqualTo(UNKNOWN);
    }
  }

  /** Or a caller who sends text where a number is meant would slip through under a denial. */
  @Test
  void tests_anotherType_areUnknownNeverEqualAndNeverFalse() {
    Attributes text = Attributes.of("x", "1");
    Attributes number = Attributes.of("x", 1);
    Attributes flag = Attributes.of("x", true);
    assertThat(judge(equal("x", 1), text)).isEqualTo(UNKNOWN);
    assertThat(judge(equal("x", "1"), number)).isEqualTo(UNKNOWN);
    assertThat(judge(equal("x", 1), flag)).isEqualTo(UNKNOWN);
    assertThat(judge(equal("x", "true"), flag)).isEqualTo(UNKNOWN);
    assertThat(judge(less("x", 2), text)).isEqualTo(UNKNOWN);
    assertThat(judge(greater("x", 0), flag)).isEqualTo(UNKNOWN);
    assertThat(judge(startsWith("x", "1"), number)).isEqualTo(UNKNOWN);
    assertThat(judge(oneOf("x", "1"), number)).isEqualTo(UNKNOWN);
  }

  @Test
  void numbers_ofOneSizeWrittenDifferently_areEqual() {
    Condition one = new Condition.Equal("x", Value.of(new BigDecimal("1.00")));
    assertThat(judge(one, Attributes.of("x", 1))).isEqualTo(TRUE);
    assertThat(one).isEqualTo(equal("x", 1));
    assertThat(one).hasSameHashCodeAs(equal("x", 1));
    Attributes huge = Attributes.NONE.with("x", new BigDecimal("1e400"));
    assertThat(judge(greater("x", Long.MAX_VALUE), huge)).isEqualTo(TRUE);
  }

  @Test
  void logic_ofThreeValues_isKleenes() {
    Truth[] truths = {judge(NO, HERE), judge(UNTOLD, HERE), judge(YES, HERE)};
    assertThat(truths).containsExactly(FALSE, UNKNOWN, TRUE);
    Condition[] parts = {NO, UNTOLD, YES};
    for (int i = 0; i < 3; i++) {
      assertThat(judge(not(parts[i]), HERE)).isEqualTo(truths[2 - i]);
      for (int j = 0; j < 3; j++) {
        assertThat(judge(and(parts[i], parts[j]), HERE)).isEqualTo(truths[Math.min(i, j)]);
        assertThat(judge(or(parts[i], parts[j]), HERE)).isEqualTo(truths[Math.max(i, j)]);
      }
    }
  }

  @Test
  void window_countsFromTheFirstMillisecondToTheLast() {
    Condition window = and(Condition.from(NOON), Condition.until(NOON.plusMillis(2)));
    assertThat(window.judge(HERE, NOON.minusNanos(1))).isEqualTo(FALSE);
    assertThat(window.judge(HERE, NOON)).isEqualTo(TRUE);
    assertThat(window.judge(HERE, NOON.plusMillis(2).minusNanos(1))).isEqualTo(TRUE);
    assertThat(window.judge(HERE, NOON.plusMillis(2))).isEqualTo(FALSE);
  }

  @ParameterizedTest
  @CsvSource({
    "09:00, 17:00, 2030-01-01T07:59:59.999Z, FALSE",
    "09:00, 17:00, 2030-01-01T08:00:00Z, TRUE",
    "09:00, 17:00, 2030-07-01T07:00:00Z, TRUE",
    "09:00, 17:00, 2030-07-01T15:00:00Z, FALSE",
    "22:00, 06:00, 2030-01-01T21:00:00Z, TRUE",
    "22:00, 06:00, 2030-01-01T04:59:59Z, TRUE",
    "22:00, 06:00, 2030-01-01T05:00:00Z, FALSE",
    "22:00, 06:00, 2030-01-01T12:00:00Z, FALSE",
    // The hour that summer time leaves out: 02:30 never comes, 03:30 comes at 01:30 UTC.
    "02:00, 03:00, 2030-03-31T00:59:59Z, FALSE",
    "02:00, 03:00, 2030-03-31T01:00:00Z, FALSE",
    // The hour that comes twice counts twice.
    "02:00, 03:00, 2030-10-27T00:30:00Z, TRUE",
    "02:00, 03:00, 2030-10-27T01:30:00Z, TRUE",
    "02:00, 03:00, 2030-10-27T02:00:00Z, FALSE",
  })
  void daily_goesByLocalTime(LocalTime from, LocalTime to, Instant at, Truth truth) {
    assertThat(Condition.daily(from, to, BERLIN).judge(HERE, at)).isEqualTo(truth);
  }

  @Test
  void weekdays_goByTheZonesCalendar() {
    Condition tuesday = Condition.weekdays(Set.of(DayOfWeek.TUESDAY), BERLIN);
    assertThat(tuesday.judge(HERE, Instant.parse("2030-01-01T22:59:59Z"))).isEqualTo(TRUE);
    assertThat(tuesday.judge(HERE, Instant.parse("2030-01-01T23:00:00Z"))).isEqualTo(FALSE);
  }

  @Test
  void json_ofEveryTest_comesBackEqual() {
    Condition all =
        and(
            Condition.from(NOON),
            Condition.until(NOON.plusMillis(1)),
            Condition.daily(LocalTime.of(9, 0), LocalTime.of(17, 30), BERLIN),
            Condition.weekdays(Set.of(DayOfWeek.SUNDAY, DayOfWeek.MONDAY), ZoneOffset.ofHours(-3)),
            or(equal("a", "O'Hara\"`--\\"), equal("b", -3), equal("c", false)),
            oneOf("d", "\uD83D\uDE00", "", "{\"and\":[]}"),
            new Condition.OneOf("d2", List.of(Value.of(1), Value.of(new BigDecimal("0.1")))),
            new Condition.Less("e", new BigDecimal("-1e-300")),
            greater("f", Long.MAX_VALUE),
            not(present("g")),
            startsWith("h", "\u4E2D\u6587 "));
    assertThat(Condition.parse(all.toJson())).isEqualTo(all);
    assertThat(Condition.parse(all.toJson()).toJson()).isEqualTo(all.toJson());
    assertThat(and(equal("level", 3), present("ip")).toJson())
        .isEqualTo(
            "{\"and\":[{\"equal\":{\"attribute\":\"level\",\"value\":3}},{\"present\":\"ip\"}]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "true",
        "{\"present\":\"a\",\"not\":{\"present\":\"a\"}}",
        "{\"present\":\"a\"}x",
        "{\"Present\":\"a\"}",
        "{\"present\":1}",
        "{\"present\":\"\"}",
        "{\"present\":\"a b\"}",
        "{\"regex\":\".*\"}",
        "{\"script\":\"System.exit(0)\"}",
        "{\"and\":[]}",
        "{\"and\":{}}",
        "{\"not\":[]}",
        "{\"not\":null}",
        "{\"equal\":{\"attribute\":\"a\"}}",
        "{\"equal\":{\"attribute\":\"a\",\"value\":null}}",
        "{\"equal\":{\"attribute\":\"a\",\"value\":[1]}}",
        "{\"equal\":{\"attribute\":\"a\",\"value\":1,\"more\":1}}",
        "{\"equal\":{\"attribute\":\"a\",\"value\":1e9999}}",
        "{\"equal\":{\"attribute\":\"a\",\"value\":NaN}}",
        "{\"equal\":{\"attribute\":\"a\",\"value\":\"e\u0301\"}}",
        "{\"equal\":[\"a\",1]}",
        "{\"less\":{\"attribute\":\"a\",\"value\":\"1\"}}",
        "{\"startsWith\":{\"attribute\":\"a\",\"value\":\"\"}}",
        "{\"startsWith\":{\"attribute\":\"a\",\"value\":1}}",
        "{\"oneOf\":{\"attribute\":\"a\",\"values\":[]}}",
        "{\"oneOf\":{\"attribute\":\"a\",\"values\":[1,\"1\"]}}",
        "{\"oneOf\":{\"attribute\":\"a\",\"values\":[1,1.0]}}",
        "{\"from\":\"tomorrow\"}",
        "{\"from\":1}",
        "{\"from\":\"1969-12-31T23:59:59Z\"}",
        "{\"until\":\"+10000-01-01T00:00:00Z\"}",
        "{\"daily\":{\"from\":\"9\",\"to\":\"10:00\",\"zone\":\"UTC\"}}",
        "{\"daily\":{\"from\":\"09:00\",\"to\":\"09:00\",\"zone\":\"UTC\"}}",
        "{\"daily\":{\"from\":\"09:00\",\"to\":\"24:00\",\"zone\":\"UTC\"}}",
        "{\"daily\":{\"from\":\"09:00\",\"to\":\"10:00\",\"zone\":\"Mars/Base\"}}",
        "{\"daily\":{\"from\":\"09:00\",\"to\":\"10:00\"}}",
        "{\"weekdays\":{\"days\":[],\"zone\":\"UTC\"}}",
        "{\"weekdays\":{\"days\":[\"monday\"],\"zone\":\"UTC\"}}",
        "{\"weekdays\":{\"days\":[\"MONDAY\",\"MONDAY\"],\"zone\":\"UTC\"}}",
      })
  void parse_anythingElse_isRefused(String json) {
    assertThatIllegalArgumentException().isThrownBy(() -> Condition.parse(json));
  }

  @Test
  void parse_refusal_namesRuleAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Condition.parse("{\"regex\":\".*\"}"))
        .withMessage("condition must be a known test, was 'regex'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Condition.parse("{\"less\":{\"attribute\":\"a\",\"value\":\"1\"}}"))
        .withMessage("value of less must be a number, was string");
  }

  @Test
  void tree_tooDeepOrTooBig_isRefused() {
    Condition deep = YES;
    for (int i = 1; i < Condition.MAX_DEPTH; i++) {
      deep = not(deep);
    }
    Condition deepest = deep;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> not(deepest))
        .withMessage("depth of condition must be in 1..8, was 9");
    List<Condition> many = new ArrayList<>(Collections.nCopies(Condition.MAX_TESTS, YES));
    assertThat(new Condition.And(many).parts()).hasSize(64);
    Condition wide =
        and(new Condition.Or(many.subList(0, 32)), new Condition.Or(many.subList(0, 32)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> or(wide, YES))
        .withMessage("number of tests must be in 1..64, was 65");
    many.add(YES);
    assertThatIllegalArgumentException().isThrownBy(() -> new Condition.And(many));
    String nested = "{\"not\":".repeat(1_000) + "{\"present\":\"a\"}" + "}".repeat(1_000);
    assertThatIllegalArgumentException().isThrownBy(() -> Condition.parse(nested));
    String within = "{\"not\":".repeat(50) + "{\"present\":\"a\"}" + "}".repeat(50);
    assertThatIllegalArgumentException().isThrownBy(() -> Condition.parse(within));
  }

  @Test
  void when_jsonTooLong_isRefused() {
    Grant.Terms terms = Grant.allow(Subject.user("ann"), "use", Resource.component("reader"));
    String text = "x".repeat(1_000);
    Condition fits = or(equal("a", text), equal("b", text), equal("c", text), equal("d", "y"));
    assertThat(terms.when(fits).condition()).contains(fits);
    Condition big = or(equal("a", text), equal("b", text), equal("c", text), equal("d", text), YES);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> terms.when(big))
        .withMessageStartingWith("condition must have at most 4096 characters of JSON, had 4");
    assertThatIllegalArgumentException().isThrownBy(() -> Condition.parse(big.toJson()));
  }

  @Test
  void attributes_limits_areKept() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Attributes.of("a b", 1))
        .withMessageStartingWith("name of attribute must match");
    assertThatIllegalArgumentException().isThrownBy(() -> Attributes.of("a", "x".repeat(1_025)));
    assertThatIllegalArgumentException().isThrownBy(() -> Attributes.of("a", "\u0000"));
    assertThatIllegalArgumentException().isThrownBy(() -> Attributes.of("a", "\uD83D"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Attributes.of("a", "e\u0301"))
        .withMessageStartingWith("text must be in Unicode normalization form C");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Attributes.NONE.with("a", new BigDecimal("1e401")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Attributes.NONE.with("a", new BigDecimal("1".repeat(41))));
    assertThatNullPointerException().isThrownBy(() -> Attributes.of("a", (String) null));
    Attributes full = Attributes.NONE;
    for (int i = 0; i < Attributes.MAX_SIZE; i++) {
      full = full.with("a" + i, i);
    }
    Attributes most = full;
    assertThat(most.with("a0", "other").find("a0")).contains(Value.of("other"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> most.with("more", 1))
        .withMessage("number of attributes must be in 1..32, was 33");
  }

  @Test
  void attributes_text_showsNoValues() {
    assertThat(Attributes.of("token", "secret").with("n", 1)).hasToString("[token, n]");
  }

  @Test
  void text_readsAsPeopleTalk() {
    assertThat(and(equal("level", 3), not(startsWith("ip", "10."))))
        .hasToString("(level = 3 and not (ip begins '10.'))");
    assertThat(Condition.daily(LocalTime.of(9, 0), LocalTime.of(17, 0), BERLIN))
        .hasToString("daily 09:00..17:00 Europe/Berlin");
  }
}

package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.gatehouse.audit.InvalidQueryException.Reason;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FilterTest {
  private static final AuditRecord RECORD =
      AuditRecord.of(1, 0, "User LOGIN failed! \u7528\u6237\u767b\u5f55\u5931\u8d25")
          .id(42)
          .time(Instant.parse("2030-01-01T00:00:00.000500Z"))
          .namespace("a%b_c\\d")
          .ext(
              "{\"n\":9007199254740993,\"d\":1.50,\"big\":1E+2147483647,\"e\":\"\",\"f\":false,"
                  + "\"none\":null,\"list\":[1,\"x\",null],\"empty\":[],\"o\":{\"p\":[{\"q\":5}]}}")
          .build();

  private static boolean test(String field, String operator, String values) {
    return Filter.parse("{\"expr\":[" + expression(field, operator, values) + "]}").test(RECORD);
  }

  private static String expression(String field, String operator, String values) {
    return "{\"field\":\""
        + field
        + "\",\"operator\":\""
        + operator
        + "\",\"value\":"
        + values
        + "}";
  }

  private static void assertRefused(String json, Reason reason, String path) {
    assertThatThrownBy(() -> Filter.parse(json))
        .as(json.length() > 200 ? json.substring(0, 200) : json)
        .asInstanceOf(type(InvalidQueryException.class))
        .satisfies(
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.path()).isEqualTo(path);
              assertThat(e).hasMessageStartingWith(path);
            });
  }

  private static void assertValueRefused(
      String field, String operator, String values, Reason reason) {
    String json = "{\"expr\":[" + expression(field, operator, values) + "]}";
    assertThatThrownBy(() -> Filter.parse(json))
        .as(json)
        .asInstanceOf(type(InvalidQueryException.class))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void test_absentField_onlyNegativesHold() {
    for (String field : new String[] {"user", "ext.none", "ext.empty", "ext.x.y", "ext.e.z"}) {
      for (String operator :
          new String[] {"Equal", "GreaterThan", "LessThanOrEqual", "Like", "Match"}) {
        assertThat(test(field, operator, "[\"%\"]")).as("%s %s", field, operator).isFalse();
      }
      assertThat(test(field, "NotEqual", "[\"x\"]")).isTrue();
      assertThat(test(field, "NotInList", "[\"x\"]")).isTrue();
      assertThat(test(field, "NotBetween", "[\"a\",\"z\"]")).isTrue();
      assertThat(test(field, "Exists", "[]")).isFalse();
      assertThat(test(field, "NotExists", "null")).isTrue();
    }
    assertThat(test("ext.e", "Exists", "null")).isTrue();
    assertThat(test("ext.f", "Exists", "[]")).isTrue();
    assertThat(test("sourceNode", "Exists", "[]")).isTrue();
  }

  @Test
  void test_numbers_compareExactly() {
    assertThat(test("ext.n", "Equal", "[9007199254740993]")).isTrue();
    assertThat(test("ext.n", "Equal", "[9007199254740992.0]")).isFalse();
    assertThat(test("ext.n", "GreaterThan", "[9007199254740992]")).isTrue();
    assertThat(test("ext.d", "Equal", "[1.5]")).isTrue();
    assertThat(test("ext.d", "Equal", "[\"1.5\"]")).isFalse();
    assertThat(test("ext.d", "NotEqual", "[\"1.5\"]")).isTrue();
    assertThat(test("ext.big", "GreaterThan", "[1]")).isTrue();
    assertThat(test("optType", "Equal", "[\"1.0\"]")).isTrue();
    assertThat(test("optType", "Equal", "[1e0]")).isTrue();
    assertThat(test("optType", "InList", "[1e999999999]")).isFalse();
    assertThat(test("optType", "Between", "[1,1]")).isTrue();
    assertThat(test("optType", "Between", "[2,0]")).isFalse();
    assertThat(test("id", "Equal", "[42]")).isTrue();
    assertThat(test("id", "Equal", "[\"042\"]")).isFalse();
  }

  @Test
  void test_lists_someElement() {
    assertThat(test("ext.list", "Equal", "[1]")).isTrue();
    assertThat(test("ext.list", "NotEqual", "[1]")).isFalse();
    assertThat(test("ext.list", "NotEqual", "[2]")).isTrue();
    assertThat(test("ext.list", "Between", "[0,2]")).isTrue();
    assertThat(test("ext.o.p.q", "Equal", "[5]")).isTrue();
    assertThat(test("ext.o.p", "Exists", "[]")).isTrue();
    assertThat(test("ext.o.p", "Equal", "[5]")).isFalse();
  }

  @Test
  void test_time_millisecondsOrIso() {
    assertThat(test("time", "Equal", "[1893456000000]")).isTrue();
    assertThat(test("time", "Equal", "[\"1893456000000\"]")).isTrue();
    assertThat(test("time", "Equal", "[\"2030-01-01T00:00:00Z\"]")).isTrue();
    assertThat(test("time", "Equal", "[\"2030-01-01\"]")).isTrue();
    assertThat(test("time", "Equal", "[\"2030-01-01T05:45:00+05:45\"]")).isTrue();
    assertThat(test("time", "LessThan", "[\"2030-01-01T00:00:00.0001\"]")).isTrue();
    assertValueRefused("time", "Equal", "[\"tomorrow\"]", Reason.BAD_VALUE);
    assertValueRefused("time", "Equal", "[1.5]", Reason.BAD_VALUE);
  }

  @Test
  void test_like_metacharacters() {
    assertThat(test("namespace", "Like", "[\"a\\\\%b\\\\_c\\\\\\\\d\"]")).isTrue();
    assertThat(test("namespace", "Like", "[\"a%\"]")).isTrue();
    assertThat(test("namespace", "Like", "[\"A%\"]")).isFalse();
    assertThat(test("namespace", "Like", "[\"_______\"]")).isTrue();
    assertThat(test("namespace", "Like", "[\"a*\"]")).isFalse();
    assertValueRefused("namespace", "Like", "[\"a\\\\\"]", Reason.BAD_VALUE);
    assertValueRefused("namespace", "Like", "[\"\\\\n\"]", Reason.BAD_VALUE);
    assertValueRefused("namespace", "Like", "[5]", Reason.BAD_VALUE);
  }

  /** Backtracking would take longer than the universe has. */
  @Test
  void test_likePatternMadeToBacktrack_isQuick() {
    AuditRecord record = AuditRecord.of(1, 1, "a".repeat(60_000)).id(1).build();
    String pattern = "%a_".repeat(2_000) + "%b";
    assertThat(Filter.where("content").like(pattern).test(record)).isFalse();
    assertThat(Filter.where("content").like("%a_".repeat(2_000) + "%").test(record)).isTrue();
  }

  /** One bit set for each literal would take two gigabytes. */
  @Test
  void test_likePatternsOfManyLiterals_takeLittleMemory() {
    String text =
        IntStream.range(0x3400, 0x3400 + Filter.MAX_STRING)
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
    Filter[] filters = new Filter[Filter.MAX_EXPRESSIONS];
    Arrays.setAll(filters, i -> Filter.where("content").like(text));
    AuditRecord record = AuditRecord.of(1, 1, text).id(1).build();
    assertThat(Filter.all(filters).test(record)).isTrue();
    assertThat(Filter.where("content").like("_" + text.substring(1)).test(record)).isTrue();
    assertThat(Filter.where("content").like("%" + text.substring(8_000)).test(record)).isTrue();
    assertThat(Filter.where("content").like(text.substring(1)).test(record)).isFalse();
  }

  @Test
  void test_match_wordsAndPhrases() {
    assertThat(test("message", "MatchPhrase", "[\"login failed\"]")).isTrue();
    assertThat(test("content", "MatchPhrase", "[\"failed login\"]")).isFalse();
    assertThat(test("content", "MatchPhrase", "[\"\u767b\u5f55\"]")).isTrue();
    assertThat(test("content", "Match", "[\"failed xyz\"]")).isTrue();
    assertThat(test("content", "Match", "[\"fail\"]")).isFalse();
    assertThat(test("content", "Match", "[\"!!!\"]")).isFalse();
    assertThat(test("content", "MatchPhrase", "[\"!!!\"]")).isFalse();
    assertThat(test("content", "Match", "[\"\uff2c\uff2f\uff27\uff29\uff2e\"]")).isTrue();
    assertThat(test("namespace", "Match", "[\"a\"]")).isFalse();
    assertThat(test("optType", "Match", "[1]")).isTrue();
  }

  @Test
  void test_operationOr_neverAppliesToExpressions() {
    String both =
        expression("optType", "Equal", "[1]") + "," + expression("resultType", "Equal", "[7]");
    assertThat(Filter.parse("{\"op\":\"or\",\"expr\":[" + both + "]}").test(RECORD)).isFalse();
    assertThat(
            Filter.any(Filter.where("optType").equal(1), Filter.where("resultType").equal(7))
                .test(RECORD))
        .isTrue();
  }

  /** Severity is s or content holds the phrase, and namespace is n: all eight combinations. */
  @Test
  void lint_orWithoutAChoice_isToldByItsPath() {
    String one = "{\"field\":\"user\",\"operator\":\"Exists\"}";
    String leaf = "{\"expr\":[" + one + "]}";
    assertThat(Filter.parse("{\"op\":\"OR\",\"expr\":[" + one + "," + one + "]}").lint())
        .containsExactly(
            "filter.op: or joins sub-filters, of which there are none; expressions must all hold");
    assertThat(
            Filter.parse(
                    "{\"subFilter\":["
                        + leaf
                        + ",{\"op\":\"or\",\"expr\":["
                        + one
                        + "],\"subFilter\":["
                        + leaf
                        + "]}]}")
                .lint())
        .containsExactly(
            "filter.subFilter[1].op: or joins sub-filters, of which there is one;"
                + " expressions must all hold");
    assertThat(Filter.parse("{\"op\":\"or\",\"subFilter\":[" + leaf + "," + leaf + "]}").lint())
        .isEmpty();
    assertThat(Filter.where("user").exists().lint()).isEmpty();
  }

  @Test
  void test_orUnderAnd_truthTable() {
    Filter filter =
        Filter.parse(
            "{\"op\":\"OR\",\"expr\":["
                + expression("namespace", "Equal", "[\"n\"]")
                + "],\"subFilter\":[{\"expr\":["
                + expression("severity", "Equal", "[\"s\"]")
                + "]},{\"expr\":["
                + expression("message", "MatchPhrase", "[\"login failed\"]")
                + "]}]}");
    for (int bits = 0; bits < 8; bits++) {
      AuditRecord record =
          AuditRecord.of(1, 1, (bits & 1) != 0 ? "Login failed." : "failed login")
              .id(1)
              .severity((bits & 2) != 0 ? "s" : "S")
              .namespace((bits & 4) != 0 ? "n" : "")
              .build();
      assertThat(filter.test(record)).as("bits %d", bits).isEqualTo(bits > 4);
    }
  }

  @Test
  void parse_brokenRule_pathNamesThePlace() {
    String good = expression("user", "Equal", "[\"x\"]");
    assertRefused("{}", Reason.EMPTY_FILTER, "filter");
    assertRefused("{\"expr\":[],\"subFilter\":[{}]}", Reason.EMPTY_FILTER, "filter.subFilter[0]");
    assertRefused("{\"subFilter\":[null]}", Reason.MALFORMED, "filter.subFilter[0]");
    assertRefused("{\"Expr\":[]}", Reason.UNKNOWN_KEY, "filter");
    assertRefused("{\"op\":\"xor\",\"expr\":[" + good + "]}", Reason.MALFORMED, "filter.op");
    assertRefused("[]", Reason.MALFORMED, "filter");
    assertRefused("{", Reason.MALFORMED, "filter");
    assertRefused(
        "{\"subFilter\":[{\"expr\":["
            + good
            + "]},{\"expr\":["
            + expression("optType", "Equal", "[\"abc\"]")
            + "]}]}",
        Reason.BAD_VALUE,
        "filter.subFilter[1].expr[0].value[0]");
    assertRefused(
        "{\"expr\":[" + expression("user", "equal", "[\"x\"]") + "]}",
        Reason.BAD_OPERATOR,
        "filter.expr[0].operator");
    assertRefused(
        "{\"expr\":[" + expression("user; DROP TABLE gh_audit", "Equal", "[1]") + "]}",
        Reason.UNKNOWN_FIELD,
        "filter.expr[0].field");
    for (String field : new String[] {"", "ext", "ext.", "ext..a", "extra", "User", "user "}) {
      assertValueRefused(field, "Exists", "[]", Reason.UNKNOWN_FIELD);
    }
    for (String values : new String[] {"[]", "[1,2]", "[null]", "[[1]]", "[{}]"}) {
      assertValueRefused("optType", "Equal", values, Reason.BAD_VALUE);
    }
    assertValueRefused("content", "GreaterThan", "[\"a\"]", Reason.BAD_OPERATOR);
    assertValueRefused("time", "Match", "[1]", Reason.BAD_OPERATOR);
    assertValueRefused("ext.a", "Between", "[true,false]", Reason.BAD_VALUE);
    assertValueRefused("user", "Equal", "[1e999999999]", Reason.BAD_VALUE);
  }

  private static String nested(int depth) {
    return "{\"subFilter\":[".repeat(depth - 1)
        + "{\"expr\":["
        + expression("user", "Exists", "[]")
        + "]}"
        + "]}".repeat(depth - 1);
  }

  private static String wide(int expressions) {
    return "{\"expr\":["
        + String.join(",", Collections.nCopies(expressions, expression("user", "NotExists", "[]")))
        + "]}";
  }

  @Test
  void parse_limits_takenAtTheEdgeRefusedBeyond() {
    assertThat(Filter.parse(nested(16)).test(RECORD)).isFalse();
    assertRefused(nested(17), Reason.TOO_LARGE, "filter" + ".subFilter[0]".repeat(16));
    assertThat(Filter.parse(wide(256)).test(RECORD)).isTrue();
    assertRefused(wide(257), Reason.TOO_LARGE, "filter.expr[256]");
    String many = String.join(",", Collections.nCopies(1_024, "7"));
    assertThat(test("optType", "InList", "[" + many + "]")).isFalse();
    assertValueRefused("optType", "InList", "[" + many + ",7]", Reason.TOO_LARGE);
    assertThat(test("user", "NotEqual", "[\"" + "x".repeat(8_192) + "\"]")).isTrue();
    assertValueRefused("user", "NotEqual", "[\"" + "x".repeat(8_193) + "\"]", Reason.TOO_LARGE);
  }

  @Test
  void json_anyFilter_readsBackTheSame() {
    Filter filter =
        Filter.all(
            Filter.where("message").matchPhrase("a \"b\""),
            Filter.any(
                Filter.where("ext.a").inList(1, "x", true, 1.5),
                Filter.where("time").greaterThan(Instant.EPOCH)));
    assertThat(Filter.parse(filter.json()).json()).isEqualTo(filter.json());
    assertThat(filter.json()).startsWith("{\"expr\":[{\"field\":\"content\"");
  }

  @Test
  void where_valueWithoutMeaning_refused() {
    for (Object value : new Object[] {Double.NaN, Float.POSITIVE_INFINITY, new Object(), 'c'}) {
      assertThatThrownBy(() -> Filter.where("ext.a").equal(value))
          .isInstanceOf(InvalidQueryException.class);
    }
  }
}

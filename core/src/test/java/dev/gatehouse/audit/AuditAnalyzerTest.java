package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Filters whose words a host splits itself. */
class AuditAnalyzerTest {
  private static final AuditField<String> NOTE = AuditField.text("note");
  private static final AuditRecord RECORD =
      AuditRecord.of(1, 0, "Users failed, logging in").set(NOTE, "s1;s2").id(7).build();

  /** Words end at blanks and commas, and lose their endings. */
  private static List<String> stems(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[ ,;]+"))
        .map(word -> word.replaceAll("(s|ed|ing|ging)$", ""))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  private static AuditRules rules(AuditAnalyzer analyzer) {
    return AuditRules.builder().field(NOTE).analyzer("stems/1", analyzer).build();
  }

  private static boolean test(Filter filter) {
    return filter.test(RECORD, rules(AuditAnalyzerTest::stems));
  }

  @Test
  void match_byTheWordsOfTheHosts() {
    Filter.Operand content = Filter.where("content");
    assertThat(test(content.match("user"))).isTrue();
    assertThat(content.match("user").test(RECORD)).as("standard").isFalse();
    assertThat(test(content.matchPhrase("user FAIL log"))).isTrue();
    assertThat(test(content.matchPhrase("fail user"))).isFalse();
    assertThat(test(content.match("s ed"))).as("no word").isFalse();
    assertThat(test(content.matchPhrase("s ed"))).as("no word").isFalse();
    assertThat(test(Filter.where("message").match("log"))).isTrue();
    assertThat(test(Filter.field(NOTE).matchPhrase("s1 s2"))).isTrue();
    assertThat(test(Filter.any(content.match("absent"), Filter.all(content.match("log")))))
        .isTrue();
    assertThat(test(content.equal("users failed, logging in"))).as("compares no words").isFalse();
    assertThat(test(content.like("Users%in"))).isTrue();
  }

  /** A store rules records out by the standard words, which say nothing of the host's. */
  @Test
  void terms_ofWordsOfTheHosts_areNotDemanded() {
    Words words = rules(AuditAnalyzerTest::stems).words();
    Filter.Operand content = Filter.where("content");
    for (Filter filter : List.of(content.match("user"), content.matchPhrase("user fail"))) {
      assertThat(filter.demands()).allMatch(expression -> expression.terms().isPresent());
      assertThat(filter.with(words).demands()).allMatch(expression -> expression.terms().isEmpty());
    }
    assertThat(content.equal("Users failed").with(words).demands())
        .as("holds whatever the words are")
        .allMatch(expression -> expression.terms().isPresent());
    assertThat(Filter.where("ext.a").match("b").with(words).demands())
        .allMatch(expression -> expression.terms().isPresent());
  }

  @Test
  void continuationPoint_belongsToTheAnalyzer() {
    Filter filter = Filter.where("content").match("user");
    assertThat(filter.identity()).isEqualTo(filter.json());
    assertThat(filter.with(Words.of("a", AuditAnalyzerTest::stems)).identity())
        .isNotEqualTo(filter.identity())
        .isNotEqualTo(filter.with(Words.of("b", AuditAnalyzerTest::stems)).identity());
  }

  private static void broken(AuditAnalyzer analyzer, String message) {
    assertThatThrownBy(() -> Filter.where("content").match("user").test(RECORD, rules(analyzer)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("analyzer 'stems/1' " + message)
        .message()
        .doesNotContain("Users");
  }

  /** As far as {@code user} what is sought is split well. */
  private static AuditAnalyzer onlyOfRecords(AuditAnalyzer broken) {
    return text -> text.equals("user") ? List.of(text) : broken.tokens(text);
  }

  @Test
  void analyzer_breaksItsContract_isToldWithThePlaceAndNotTheText() {
    String place = ", for content of record 7";
    broken(onlyOfRecords(text -> null), "must give a list of words, gave null" + place);
    broken(
        onlyOfRecords(text -> Arrays.asList("a", null)),
        "must give words of a character or more, gave none" + place);
    broken(
        onlyOfRecords(text -> List.of("a", "")),
        "must give words of a character or more, gave none" + place);
    broken(
        onlyOfRecords(text -> Collections.nCopies(AuditAnalyzer.MAX_TOKENS + 1, "a")),
        "must give at most 262144 words, gave 262145" + place);
    broken(
        onlyOfRecords(text -> List.of("a".repeat(AuditAnalyzer.MAX_CHARACTERS), "b")),
        "must give words of at most 1048576 characters together, gave 1048577" + place);
    broken(
        onlyOfRecords(
            text -> {
              throw new IllegalArgumentException(text);
            }),
        "failed" + place);
    broken(text -> null, "must give a list of words, gave null, for what is sought");
  }

  @Test
  void analyzer_atItsLimits_isTaken() {
    AuditAnalyzer many =
        onlyOfRecords(
            text -> {
              List<String> tokens = new ArrayList<>();
              tokens.addAll(Collections.nCopies(AuditAnalyzer.MAX_TOKENS - 1, "abc"));
              tokens.add("user");
              return tokens;
            });
    assertThat(Filter.where("content").match("user").test(RECORD, rules(many))).isTrue();
  }

  @Test
  void analyzer_thatIsNotDeterministic_isFoundOut() {
    AtomicInteger turn = new AtomicInteger();
    broken(
        text -> List.of(text + turn.incrementAndGet()),
        "must give the same words for the same text, gave others, for what is sought");
  }

  @Test
  void analyzer_name_isChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AuditRules.builder().analyzer("", AuditAnalyzerTest::stems));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AuditRules.builder().analyzer("a".repeat(65), AuditAnalyzerTest::stems));
    assertThatThrownBy(() -> AuditRules.builder().analyzer("a", null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("analyzer");
  }
}

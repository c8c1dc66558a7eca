package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.audit.AuditTerms.Demand;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AuditTermsTest {
  private static final AuditField<String> CODE = AuditField.keyword("code");
  private static final AuditField<String> NOTE = AuditField.text("note");
  private static final AuditField<Double> PRICE = AuditField.decimal("price");

  private static final AuditRules RULES =
      AuditRules.builder().field(CODE).field(NOTE).field(PRICE).build();

  private static AuditRecord.Builder record(String content) {
    return AuditRecord.of(1, 0, content);
  }

  private static Set<Long> terms(AuditRecord.Builder record) {
    return AuditTerms.of(record.build()).orElseThrow();
  }

  private static Optional<AuditTerms> demanded(String field, String operator, String... values) {
    String list = List.of(values).stream().map(v -> '"' + v + '"').collect(Collectors.joining(","));
    Filter filter =
        Filter.parse(
            "{\"expr\":[{\"field\":\"%s\",\"operator\":\"%s\",\"value\":[%s]}]}"
                .formatted(field, operator, list),
            RULES);
    List<Expression> demands = filter.demands();
    assertThat(demands).hasSize(1);
    return demands.get(0).terms();
  }

  private static boolean meets(AuditRecord.Builder record, Optional<AuditTerms> demand) {
    return demand.orElseThrow().test(terms(record));
  }

  /** They are kept: another hash would make records of before impossible to find. */
  @Test
  void of_arePinned() {
    assertThat(terms(record("a"))).containsExactly(0x09126398bf452f40L);
    assertThat(terms(record("").ext("{\"a\":\"\u4e2d\"}"))).containsExactly(0xf2a43298ce6f2327L);
    assertThat(terms(record("").ext("{\"a\":1.50}"))).containsExactly(0x43e4a4709256b8efL);
  }

  @Test
  void words_ofContent_whateverTheirForm() {
    AuditRecord.Builder record = record("User LOGIN failed: \u767b\u5f55\u5931\u8d25");
    assertThat(meets(record, demanded("content", "Match", "nothing login"))).isTrue();
    assertThat(meets(record, demanded("message", "MatchPhrase", "FAILED login"))).isTrue();
    assertThat(meets(record, demanded("content", "MatchPhrase", "\u5931\u8d25"))).isTrue();
    assertThat(meets(record, demanded("content", "Match", "\uff2c\uff2f\uff27\uff29\uff2e")))
        .isTrue();
    assertThat(meets(record, demanded("content", "MatchPhrase", "login missing"))).isFalse();
    assertThat(meets(record, demanded("content", "Match", "missing"))).isFalse();
    assertThat(demanded("content", "Match", "!!!")).isEmpty();
    assertThat(demanded("content", "Like", "%login%")).isEmpty();
    assertThat(demanded("content", "NotEqual", "login")).isEmpty();
  }

  @Test
  void values_ofExt_byPathAndKind() {
    AuditRecord.Builder record =
        record("").ext("{\"a\":{\"b\":[1,[2.50,{\"c\":\"x y\"}],null,true]},\"d\":{}}");
    assertThat(terms(record)).hasSize(4);
    assertThat(meets(record, demanded("ext.a.b.c", "Equal", "x y"))).isTrue();
    assertThat(meets(record, demanded("ext.a.b.c", "Match", "x"))).isFalse();
    assertThat(meets(record, demanded("ext.a.b", "InList", "1", "true"))).isFalse();
    Filter number = Filter.where("ext.a.b").equal(new BigDecimal("2.5"));
    assertThat(meets(record, number.demands().get(0).terms())).isTrue();
    Filter flag = Filter.where("ext.a.b").equal(true);
    assertThat(meets(record, flag.demands().get(0).terms())).isTrue();
    assertThat(demanded("ext.a.b", "NotInList", "1")).isEmpty();
    assertThat(demanded("ext.a.b", "Exists")).isEmpty();
  }

  @Test
  void values_ofTheApplicationsFields_byWhateverTypeTheyAreAskedFor() {
    AuditRecord.Builder record =
        record("").set(CODE, "A 7").set(NOTE, "Paid in full").set(PRICE, 1.50);
    assertThat(meets(record, demanded("code", "Equal", "A 7"))).isTrue();
    assertThat(meets(record, demanded("code", "Equal", "a 7"))).isFalse();
    assertThat(meets(record, demanded("note", "Match", "PAID"))).isTrue();
    assertThat(meets(record, demanded("note", "Equal", "Paid in full"))).isTrue();
    assertThat(demanded("price", "Equal", "1.5")).as("a decimal depends on the JDK").isEmpty();
    Filter asText = Filter.field(AuditField.text("code")).match("7");
    assertThat(meets(record, asText.demands().get(0).terms())).isTrue();
  }

  @Test
  void coreFields_haveColumns_andNoTerms() {
    assertThat(demanded("user", "Equal", "u")).isEmpty();
    assertThat(demanded("time", "Equal", "5")).isEmpty();
    assertThat(terms(record("").user("u").service("s"))).isEmpty();
  }

  /** Extension H, unknown to JDK 17: for one JDK it is a word, for another none. */
  @Test
  void of_textThatJdksSplitDifferently_isEmpty() {
    String extension = Character.toString(0x31350);
    assertThat(AuditTerms.of(record("\u4e2d" + extension).build())).isEmpty();
    assertThat(AuditTerms.of(record("").set(NOTE, extension).build())).isEmpty();
    assertThat(terms(record("").ext("{\"a\":\"" + extension + "\"}"))).hasSize(1);
    assertThat(terms(record("\ud83d\ude00 \u4e2d\u6587 \u0414\u0430 \uac00"))).hasSize(4);
  }

  @Test
  void of_moreThanCanBeKept_isEmpty() {
    String most =
        IntStream.range(0, AuditTerms.MAX_TERMS)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(" "));
    assertThat(terms(record(most))).hasSize(AuditTerms.MAX_TERMS).doesNotContain(0L);
    assertThat(AuditTerms.of(record(most + " more").build())).isEmpty();
    assertThat(demanded("content", "Match", most)).isPresent();
    assertThat(demanded("content", "Match", most + " more")).isEmpty();
  }

  @Test
  void terms_none_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AuditTerms(Demand.ALL, new HashSet<>()))
        .withMessageContaining("number of terms");
  }
}

package dev.gatehouse.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FormTest {
  /** One of each code unit below U+0180, in three lengths. */
  @ParameterizedTest
  @ValueSource(strings = {"[A-Za-z0-9]", "[\\x21-\\x7e]", "[!#$%&'*+.^_`|~0-9A-Za-z-]", "[^a]"})
  void matches_everyCharacter_asTheRegularExpression(String set) {
    Form form = Form.of(set, 2, 3);
    Pattern pattern = Pattern.compile("(?=\\p{ASCII}*$)" + set + "{2,3}", Pattern.DOTALL);
    for (char c = 0; c < 0x180; c++) {
      for (int length = 0; length < 5; length++) {
        String text = String.valueOf(c).repeat(length);
        assertThat(form.matches(text))
            .as("%d times %#x", length, (int) c)
            .isEqualTo(pattern.matcher(text).matches() && text.chars().allMatch(at -> at < 0x80));
      }
    }
  }

  /** Each pair of code units below U+0100, and each one alone. */
  @Test
  void matches_anotherSetForTheFirst_asTheRegularExpression() {
    Form form = Form.of("[A-Za-z]", "[0-9A-Za-z._-]", 0, 2);
    Pattern pattern = Pattern.compile("[A-Za-z][0-9A-Za-z._-]{0,2}");
    for (char first = 0; first < 0x100; first++) {
      for (char next = 0; next < 0x100; next++) {
        String text = "" + first + next;
        assertThat(form.matches(text)).as(text).isEqualTo(pattern.matcher(text).matches());
      }
      String alone = String.valueOf(first);
      assertThat(form.matches(alone)).as(alone).isEqualTo(pattern.matcher(alone).matches());
    }
    assertThat(form.matches("")).isFalse();
    assertThat(form.matches("a12")).isTrue();
    assertThat(form.matches("a123")).isFalse();
    assertThat(form.matches("a1/")).isFalse();
  }

  @Test
  void matches_oneCharacterOfManyWrong_not() {
    Form form = Form.of("[0-9a-f]", 32, 32);
    String right = "0123456789abcdef0123456789abcdef";
    assertThat(form.matches(right)).isTrue();
    for (int i = 0; i < right.length(); i++) {
      assertThat(form.matches(right.substring(0, i) + "g" + right.substring(i + 1))).isFalse();
      assertThat(form.matches(right.substring(0, i) + "\uff10" + right.substring(i + 1))).isFalse();
    }
  }

  @Test
  void toString_asARegularExpression() {
    assertThat(Form.of("[a-z]", 4, 4)).hasToString("[a-z]{4}");
    assertThat(Form.of("[a-z]", 0, 4)).hasToString("[a-z]{0,4}");
    assertThat(Form.of("[a-z]", "[0-9]", 0, 4)).hasToString("[a-z][0-9]{0,4}");
  }

  @Test
  void of_lengthsThatCannotBe_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Form.of("[a]", -1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> Form.of("[a]", 2, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> Form.of("[b]", "[a]", -1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> Form.of("[b]", "[a]", 2, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Form.of("[b]", "[a]", 0, Integer.MAX_VALUE));
  }

  @Test
  void matches_notOfTheForm_namedWithRuleAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Check.matches("B", Form.of("[a-z]", 1, 4), "name"))
        .withMessage("name must match [a-z]{1,4}, was 'B'");
  }
}

package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "a/./b",
        "a/%2e%2e/b",
        "a%2Fb",
        "a;jsessionid=1",
        "a\\b",
        " a",
        "a ",
        "a/\u3000b",
        "a*",
        "*",
        "**",
        "a/**",
        "e\u0301",
        "a\u0000b",
        "\uD800",
        "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"
      })
  void resource_pathThatAnotherReaderMightTakeForAnother_isRefused(String path) {
    assertThatIllegalArgumentException().isThrownBy(() -> Resource.of("file", path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "a/b/c", "100%", "\u00E9", "\u4E2D\u6587", "...", "A", "a b", "a:b", "%zz"})
  void resource_plainPath_isKeptAsItIs(String path) {
    assertThat(Resource.of("file", path)).hasToString("file:" + path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/**/b", "**/a", "a*", "*a", "***", "a//*", "*/", "../*", "a/ *"})
  void pattern_starWithinASegmentOrRestBeforeTheEnd_isRefused(String path) {
    assertThatIllegalArgumentException().isThrownBy(() -> ResourcePattern.of("file", path));
  }

  @Test
  void pattern_everyTypeWithAPath_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> ResourcePattern.of("*", "a"));
    assertThat(ResourcePattern.of("*", "**")).isEqualTo(ResourcePattern.everything());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*", " a", "a\u00A0", "e\u0301", "a\nb"})
  void subject_nameThatMightBeTakenForAnother_isRefused(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> Subject.user(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "User", "a:b", "1a", "a b", "\u0131"})
  void type_otherThanLowerCaseAscii_isRefused(String type) {
    assertThatIllegalArgumentException().isThrownBy(() -> Subject.of(type, "ann"));
    assertThatIllegalArgumentException().isThrownBy(() -> Resource.of(type, "a"));
  }

  @Test
  void dataset_slashInNamespace_isRefused() {
    assertThat(Resource.dataset("experiment", "breast")).hasToString("dataset:experiment/breast");
    assertThatIllegalArgumentException().isThrownBy(() -> Resource.dataset("a/b", "c"));
  }

  @Test
  void terms_actionWithAStarInIt_isRefused() {
    Resource reader = Resource.component("reader");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Grant.allow(Subject.party("1"), "re*", reader));
    assertThat(Grant.allow(Subject.party("1"), "*", reader).action()).isEqualTo("*");
  }

  @Test
  void terms_expiry_isCutToMilliseconds() {
    Grant.Terms terms = Grant.allow(Subject.party("1"), "use", Resource.component("reader"));
    assertThat(terms.until(Instant.ofEpochSecond(1, 1_999_999)).expiresAt())
        .contains(Instant.ofEpochMilli(1_001));
    assertThatIllegalArgumentException().isThrownBy(() -> terms.until(Instant.MAX));
  }
}

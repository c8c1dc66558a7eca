package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.Attempt.Outcome;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What stores may rely on: no row or attempt is made that their columns cannot hold. */
class TaskRowTest {
  private static final int MEBIBYTE = 1 << 20;

  @Test
  void taskRow_atTheLimits_made() {
    String wide = "\u5b57".repeat(64);
    assertThat(row(wide, wide, "{}", "r".repeat(32)).name()).isEqualTo(wide);
    assertThat(row(null, "", "x".repeat(MEBIBYTE), "r").content()).hasSize(MEBIBYTE);
    String wideContent = "\u5b57".repeat(MEBIBYTE / 3) + "x";
    assertThat(row(null, "", wideContent, "r").content()).isEqualTo(wideContent);
  }

  @Test
  void taskRow_beyondTheLimits_refused() {
    String long65 = "x".repeat(65);
    assertRefused(() -> row(long65, "", "{}", "r"), "taskNo must have 1..64 characters, had 65");
    assertRefused(() -> row("", "", "{}", "r"), "taskNo must have 1..64 characters, had 0");
    assertRefused(() -> row(null, long65, "{}", "r"), "name must have 0..64 characters, had 65");
    assertRefused(
        () -> row(null, "", "{}", "x".repeat(33)), "retry must have 1..32 characters, had 33");
    assertRefused(
        () -> row(null, "", "x".repeat(MEBIBYTE + 1), "r"),
        "bytes of content must be in 0..1048576, was 1048577");
    assertRefused(
        () -> row(null, "", "\u5b57".repeat(MEBIBYTE / 3) + "xx", "r"),
        "bytes of content must be in 0..1048576, was 1048577");
  }

  @Test
  void taskRow_controlCharacters_refused() {
    assertRefused(
        () -> row("a\u0000", "", "{}", "r"),
        "taskNo must not hold control characters, held U+0000 at 1");
    assertRefused(
        () -> row(null, "\n", "{}", "r"),
        "name must not hold control characters, held U+000A at 0");
  }

  @Test
  void attempt_error_upTo255CharactersWithoutControls() {
    assertThat(attempt("\u5b57".repeat(255)).error()).hasSize(255);
    assertRefused(() -> attempt("x".repeat(256)), "error must have 0..255 characters, had 256");
    assertRefused(
        () -> attempt("a\u0000b"), "error must not hold control characters, held U+0000 at 1");
    assertRefused(() -> attempt("\ud83d"), "error must be well-formed Unicode, held U+D83D at 0");
  }

  @Test
  void done_madeByItsConstructor_mustBeJsonAsWell() {
    assertThatThrownBy(() -> new TaskResult.Done("no json"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("result must be JSON");
    int most = TaskResult.Done.MAX_RESULT;
    String longest = "\"" + "x".repeat(most - 2) + "\"";
    assertThat(new TaskResult.Done(longest).kept()).contains(longest);
    assertRefused(
        () -> new TaskResult.Done(longest + " "),
        "length of result must be in 0..65536, was 65537");
  }

  private static void assertRefused(Runnable making, String message) {
    assertThatThrownBy(making::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  private static TaskRow row(@Nullable String taskNo, String name, String content, String retry) {
    return new TaskRow(1, 0, "kind", taskNo, name, content, 1, retry, 0, 0);
  }

  private static Attempt attempt(String error) {
    Instant at = Instant.EPOCH;
    return new Attempt(1, 1, at, at, Outcome.FAILURE, null, error);
  }
}

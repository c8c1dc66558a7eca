package dev.gatehouse.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {
  private static final List<String> AREAS = List.of("scheduler", "audit");

  @Test
  void parse_areaAlone_measuresAllOfItAtLength() {
    assertThat(parse("audit"))
        .isEqualTo(
            new Arguments("audit", false, Optional.empty(), Optional.empty(), Optional.empty()));
  }

  @Test
  void parse_everyOption_inAnyOrder() {
    assertThat(
            parse("--json", "r.json", "--only", "a case", "scheduler", "--plots", "p", "--quick"))
        .isEqualTo(
            new Arguments(
                "scheduler",
                true,
                Optional.of("a case"),
                Optional.of(Path.of("r.json")),
                Optional.of(Path.of("p"))));
  }

  @ParameterizedTest
  @CsvSource({
    "--quick, AREA is missing: it must be one of audit; scheduler",
    "nonsense, unknown area 'nonsense': it must be one of audit; scheduler",
    "audit audit, one AREA can be given; got 'audit'; 'audit'",
    "audit --fast, unknown option '--fast'",
    "audit --only, option --only needs a value",
    "audit --json a --json b, option --json must be given once",
  })
  void parse_whatCannotBeUnderstood_saysWhatIsAllowed(String line, String message) {
    assertThatThrownBy(() -> parse(line.split(" ")))
        .isInstanceOf(UsageException.class)
        .hasMessage(message.replace(';', ','));
  }

  private static Arguments parse(String... words) {
    return Arguments.parse(List.of(words), AREAS);
  }
}

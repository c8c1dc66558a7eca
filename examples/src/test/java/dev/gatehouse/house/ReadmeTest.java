package dev.gatehouse.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the README shows is compiled: each of its Java blocks stands in the examples, word for word.
 */
class ReadmeTest {
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\\n(.*?)```");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");

  @Test
  void javaBlocks_standInTheExamples() throws IOException {
    String examples = examples();
    List<String> blocks =
        BLOCK.matcher(readme()).results().map(result -> dense(result.group(1))).toList();
    assertThat(blocks).isNotEmpty().allSatisfy(block -> assertThat(examples).contains(block));
  }

  @Test
  void links_leadSomewhere() throws IOException {
    List<String> dead =
        LINK.matcher(readme())
            .results()
            .map(result -> result.group(1))
            .filter(target -> !Files.exists(Floors.root().resolve(target)))
            .toList();
    assertThat(dead).isEmpty();
  }

  private static String readme() throws IOException {
    return Files.readString(Floors.root().resolve("README.md"));
  }

  private static String examples() throws IOException {
    try (Stream<Path> files = Files.walk(Floors.root().resolve("examples/src"))) {
      StringBuilder all = new StringBuilder();
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        all.append(dense(Files.readString(file))).append('\n');
      }
      return all.toString();
    }
  }

  private static String dense(String code) {
    return code.lines().map(String::strip).collect(Collectors.joining(" ")).strip();
  }
}

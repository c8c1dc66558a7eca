package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Scripts that a release had are as they were: a database that applied one does not do so again.
 */
class ReleasedScriptsTest {
  private static final Path LIST = Path.of("src/test/resources/released-scripts.txt");
  private static final Path SCRIPTS = Path.of("src/main/resources/dev/gatehouse/storage/jdbc");
  private static final Pattern RELEASE = Pattern.compile("## \\d+\\..*");
  private static final Pattern LINE = Pattern.compile("[0-9a-f]{64}  \\w+/[\\w-]+\\.sql");

  private static List<String> released() throws IOException {
    return Files.readAllLines(LIST).stream().filter(line -> !line.startsWith("#")).toList();
  }

  /** The line of a script as it is, whatever ends its lines here. */
  private static String line(Path script) {
    try {
      byte[] bytes =
          Files.readString(script).replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      String name = SCRIPTS.relativize(script).toString().replace('\\', '/');
      return HexFormat.of().formatHex(digest) + "  " + name;
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> present() throws IOException {
    try (Stream<Path> files = Files.walk(SCRIPTS)) {
      return files
          .filter(file -> file.toString().endsWith(".sql"))
          .map(ReleasedScriptsTest::line)
          .toList();
    }
  }

  @Test
  void releasedScripts_areAsTheyWere() throws IOException {
    assertThat(released()).allMatch(line -> LINE.matcher(line).matches());
    assertThat(present()).containsAll(released());
  }

  /** Else nothing would keep those of a release from being changed. */
  @Test
  void release_hasItsScriptsListed() throws IOException {
    boolean anyRelease =
        Files.readAllLines(Path.of("../CHANGELOG.md")).stream()
            .anyMatch(line -> RELEASE.matcher(line).matches());
    assertThat(released().isEmpty()).isEqualTo(!anyRelease);
  }

  @Test
  void present_namesEachScriptOfEachDatabase() throws IOException {
    List<String> names =
        present().stream().map(line -> line.substring(66)).collect(Collectors.toList());
    for (Dialect dialect : Dialect.values()) {
      for (String script : Migration.SCRIPTS) {
        assertThat(names).contains(dialect.folder() + script);
      }
    }
    assertThat(line(SCRIPTS.resolve("h2/0001-registry.sql"))).matches(LINE);
  }
}

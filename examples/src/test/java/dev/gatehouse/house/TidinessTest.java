package dev.gatehouse.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads the sources as text, for what neither the compiler nor the formatter sees. */
class TidinessTest {
  private static final Pattern PUBLIC_TYPE =
      Pattern.compile(
          "(?s)/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@[\\w.]+(?:\\([^)]*\\))?\\s*)*"
              + "public (?:final |sealed |abstract |non-sealed |static )*(?:class|interface|record) (\\w+)[^{]*\\{");
  private static final Pattern PROMISE =
      Pattern.compile(
          "(?i)immutable|safe for use by multiple threads|not safe: confine to one thread");

  @Test
  void mainFiles_haveAtMost500Lines() {
    assertThat(sources(TidinessTest::isMain).filter(file -> lines(file).size() > 500)).isEmpty();
  }

  @Test
  void sources_holdNoPromiseOfLaterWork() {
    Pattern marks = Pattern.compile("TO" + "DO|FIX" + "ME|X" + "XX");
    assertThat(sources(file -> true).filter(file -> marks.matcher(text(file)).find())).isEmpty();
  }

  @Test
  void tests_areNeverSkipped() {
    Pattern skips =
        Pattern.compile("@Dis" + "abled|assume" + "True|assume" + "That|Assump" + "tions");
    assertThat(sources(file -> true).filter(file -> skips.matcher(text(file)).find())).isEmpty();
  }

  @Test
  void publicTypes_sayWhetherThreadsMayShareThem() {
    List<String> silent = new ArrayList<>();
    sources(TidinessTest::isLibrary)
        .forEach(
            file -> {
              var matcher = PUBLIC_TYPE.matcher(text(file));
              if (matcher.find()
                  && !matcher.group().contains("RuntimeException")
                  && !file.toString().contains("Exception.java")
                  && !PROMISE
                      .matcher(matcher.group(1).replaceAll("\\s*\\n\\s*\\*\\s*", " "))
                      .find()) {
                silent.add(file.getFileName() + ": " + matcher.group(2));
              }
            });
    assertThat(silent).isEmpty();
  }

  private static boolean isMain(Path file) {
    return file.toString().replace('\\', '/').contains("/src/main/");
  }

  /** Code whose public types hosts use. */
  private static boolean isLibrary(Path file) {
    String path = file.toString().replace('\\', '/');
    return isMain(file)
        && !path.contains("/examples/")
        && !path.contains("/testing/contract/")
        && Floors.HIDDEN.stream().noneMatch(name -> path.contains(name.replace('.', '/') + "/"))
        && !path.contains("-info.java");
  }

  private static Stream<Path> sources(java.util.function.Predicate<Path> wanted) {
    try (Stream<Path> files = Files.walk(Floors.root())) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.toString().replace('\\', '/').contains("/target/"))
          .filter(wanted)
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(Path file) {
    return text(file).lines().toList();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

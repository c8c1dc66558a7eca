package dev.gatehouse.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What hosts can see is listed in each module's {@code api.txt}, so that a change of surface shows
 * in review. To accept one, run this test with {@code -Dgatehouse.api.write=true} and commit the
 * file.
 */
class PublicApiTest {
  static Stream<Floors.Module> modules() {
    return Floors.MODULES.stream();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void publicApi_isAsListed(Floors.Module module) throws IOException {
    Path list = Floors.root().resolve(module.folder()).resolve("api.txt");
    String actual =
        Floors.CLASSES.stream()
            .filter(type -> module.packages().contains(type.getPackageName()))
            .filter(PublicApiTest::isVisible)
            .sorted(Comparator.comparing(JavaClass::getName))
            .map(PublicApiTest::describe)
            .collect(Collectors.joining("\n"));
    if (Boolean.getBoolean("gatehouse.api.write")) {
      Files.writeString(list, actual);
    }
    assertThat(actual)
        .as("run with -Dgatehouse.api.write=true to accept")
        .isEqualTo(Files.readString(list));
  }

  private static boolean isVisible(JavaClass type) {
    boolean open =
        type.getModifiers().contains(JavaModifier.PUBLIC)
            || type.getModifiers().contains(JavaModifier.PROTECTED);
    return open
        && !type.getSimpleName().endsWith("-info")
        && type.getEnclosingClass().map(PublicApiTest::isVisible).orElse(true);
  }

  private static String describe(JavaClass type) {
    String kind =
        type.isRecord()
            ? "record"
            : type.isEnum() ? "enum" : type.isInterface() ? "interface" : "class";
    List<String> members =
        Stream.of(
                type.getFields().stream()
                    .filter(PublicApiTest::isVisible)
                    .map(PublicApiTest::field),
                type.getCodeUnits().stream()
                    .filter(PublicApiTest::isVisible)
                    .map(PublicApiTest::codeUnit))
            .flatMap(lines -> lines)
            .sorted()
            .map(line -> "  " + line + "\n")
            .toList();
    return kind + " " + type.getName() + "\n" + String.join("", members);
  }

  private static boolean isVisible(JavaMember member) {
    return (member.getModifiers().contains(JavaModifier.PUBLIC)
            || member.getModifiers().contains(JavaModifier.PROTECTED))
        && !member.getModifiers().contains(JavaModifier.SYNTHETIC)
        && !member.getName().startsWith("$");
  }

  private static String field(JavaField field) {
    return statics(field) + field.getName() + ": " + field.getRawType().getSimpleName();
  }

  private static String codeUnit(JavaCodeUnit unit) {
    String parameters =
        unit.getRawParameterTypes().stream()
            .map(JavaClass::getSimpleName)
            .collect(Collectors.joining(", "));
    String name = unit.isConstructor() ? "new" : unit.getName();
    return statics(unit)
        + name
        + "("
        + parameters
        + "): "
        + unit.getRawReturnType().getSimpleName();
  }

  private static String statics(JavaMember member) {
    return member.getModifiers().contains(JavaModifier.STATIC) ? "static " : "";
  }
}

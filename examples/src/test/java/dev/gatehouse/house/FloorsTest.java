package dev.gatehouse.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.security.MessageDigest;
import java.security.Security;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The house cannot drift: who may see whom, and what a host gets to see. */
class FloorsTest {
  private static final List<String> LIBRARIES =
      List.of(
          "com.cronutils",
          "com.fasterxml.jackson",
          "org.slf4j",
          "org.jdbi",
          "okio",
          "kotlin",
          "com.github.benmanes",
          "dev.failsafe",
          "org.bouncycastle",
          "org.h2");

  static Stream<String> floors() {
    return Floors.CORE.stream();
  }

  @ParameterizedTest
  @MethodSource("floors")
  void corePackage_seesOnlyWhatIsBelow(String floor) {
    List<String> above = Floors.CORE.subList(0, Floors.CORE.indexOf(floor));
    assertThat(Floors.CLASSES.stream().anyMatch(type -> type.getPackageName().equals(floor)))
        .as("a package without classes is no floor: " + floor)
        .isTrue();
    if (!above.isEmpty()) {
      noClasses()
          .that()
          .resideInAPackage(floor)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(above.toArray(String[]::new))
          .check(Floors.CLASSES);
    }
  }

  @Test
  void core_seesNoOtherModule() {
    noClasses()
        .that()
        .resideInAnyPackage(Floors.CORE.toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.gatehouse.storage.memory..",
            "dev.gatehouse.storage.jdbc..",
            "dev.gatehouse.transport.http..",
            "dev.gatehouse.testing..",
            "dev.gatehouse.examples..",
            "okhttp3..",
            "org.jdbi..",
            "org.h2..",
            "java.sql..",
            "javax.sql..")
        .check(Floors.CLASSES);
  }

  @Test
  void stores_knowNoOtherStore() {
    noClasses()
        .that()
        .resideInAPackage("dev.gatehouse.storage.jdbc")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.gatehouse.storage.memory..", "dev.gatehouse.transport.http..")
        .check(Floors.CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.gatehouse.storage.memory")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.gatehouse.storage.jdbc..", "dev.gatehouse.transport.http..")
        .check(Floors.CLASSES);
  }

  @Test
  void library_readsNoClockOfItsOwn_printsNothing_sleepsNever() {
    DescribedPredicate<JavaClass> library =
        DescribedPredicate.describe(
            "library code", type -> !type.getPackageName().startsWith("dev.gatehouse.examples"));
    noClasses()
        .that(library)
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(Floors.CLASSES);
  }

  /** What a host's providers and settings are is the host's to say. */
  @Test
  void noClass_changesTheProvidersOfTheJdk() {
    Set<String> changing =
        Set.of("addProvider", "insertProviderAt", "removeProvider", "setProperty");
    noClasses()
        .should()
        .accessTargetWhere(
            access(
                "changes java.security.Security",
                access ->
                    access.getTargetOwner().isEquivalentTo(Security.class)
                        && changing.contains(access.getTarget().getName())))
        .check(Floors.CLASSES);
  }

  /** Or signatures made on one machine would not verify on another. */
  @Test
  void noClass_turnsTextToBytesByThePlatformsCharset() {
    noClasses()
        .should()
        .accessTargetWhere(
            access(
                "leaves the charset of a String to the platform",
                access -> {
                  String called = access.getTarget().getFullName();
                  return called.equals("java.lang.String.getBytes()")
                      || called.equals("java.lang.String.<init>([B)")
                      || called.equals("java.lang.String.<init>([B, int, int)");
                }))
        .check(Floors.CLASSES);
  }

  /** Those named compare what is public: marks of keys, encodings, rows; no MAC and no secret. */
  @Test
  void signing_comparesWhatIsSecretInConstantTime() {
    Set<String> comparing = Set.of("equals", "mismatch", "compare", "areEqual", "deepEquals");
    noClasses()
        .that()
        .resideInAPackage("dev.gatehouse.signing")
        .and()
        .doNotHaveSimpleName("MasterKey")
        .and()
        .doNotHaveSimpleName("Vault")
        .and()
        .doNotHaveSimpleName("Ed25519Numbers")
        .and()
        .doNotHaveSimpleName("StoredKey")
        .and()
        .doNotHaveSimpleName("Der")
        .and()
        .doNotHaveSimpleName("HeadKeys")
        .should()
        .accessTargetWhere(
            access(
                "compares arrays in a time that tells where they differ",
                access ->
                    access.getTargetOwner().getSimpleName().equals("Arrays")
                        && comparing.contains(access.getTarget().getName())))
        .check(Floors.CLASSES);
    for (String type :
        List.of(
            "signing.HmacKey",
            "signing.RsaKey",
            "signing.ContentDigest",
            "signing.SerendipityScheme",
            "signing.KeyMaterial",
            "audit.RowKey",
            "transport.http.api.AdminAuthenticator")) {
      classes()
          .that()
          .haveFullyQualifiedName("dev.gatehouse." + type)
          .should()
          .accessTargetWhere(
              access(
                  "compares by MessageDigest.isEqual",
                  access ->
                      access.getTargetOwner().isEquivalentTo(MessageDigest.class)
                          && access.getTarget().getName().equals("isEqual")))
          .check(Floors.CLASSES);
    }
  }

  private static DescribedPredicate<JavaAccess<?>> access(
      String description, Predicate<JavaAccess<?>> predicate) {
    return DescribedPredicate.describe(description, predicate);
  }

  @Test
  void publicMethods_showNoLibraryType() {
    methods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .resideInAnyPackage(exported())
        .should(
            new ArchCondition<JavaMethod>("show no type of a library or of a hidden package") {
              @Override
              public void check(JavaMethod method, ConditionEvents events) {
                Stream.concat(
                        Stream.of(method.getRawReturnType()),
                        method.getRawParameterTypes().stream())
                    .filter(FloorsTest::isForeign)
                    .forEach(
                        type ->
                            events.add(
                                SimpleConditionEvent.violated(
                                    method, method.getFullName() + " shows " + type.getName())));
              }
            })
        .check(Floors.CLASSES);
  }

  @Test
  void types_sayWhatTheyAre() {
    noClasses()
        .should()
        .haveNameMatching(".*(Impl|Manager|Helper|Util|Utils|Base)")
        .orShould()
        .haveNameMatching(".*\\.Abstract[A-Z].*")
        .check(Floors.CLASSES);
  }

  @Test
  void concreteTypes_areFinal() {
    classes()
        .that()
        .areTopLevelClasses()
        .and()
        .areNotInterfaces()
        .and()
        .areNotEnums()
        .and()
        .areNotRecords()
        .and()
        .doNotHaveModifier(JavaModifier.ABSTRACT)
        .and()
        .areNotAssignableTo(RuntimeException.class)
        .and()
        .resideOutsideOfPackage("dev.gatehouse.testing.contract")
        .and()
        .haveSimpleNameNotEndingWith("package-info")
        .and()
        .haveSimpleNameNotEndingWith("module-info")
        .should()
        .haveModifier(JavaModifier.FINAL)
        .check(Floors.CLASSES);
  }

  private static String[] exported() {
    return Floors.MODULES.stream()
        .flatMap(module -> module.packages().stream())
        .toArray(String[]::new);
  }

  private static boolean isForeign(JavaClass type) {
    String name = type.getBaseComponentType().getPackageName();
    return LIBRARIES.stream().anyMatch(name::startsWith) || Floors.HIDDEN.contains(name);
  }
}

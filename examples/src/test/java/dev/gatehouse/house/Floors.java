package dev.gatehouse.house;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the tests of the house look at: its classes, its packages from top to bottom, its modules.
 */
final class Floors {
  /** Packages of core, top floor first: each may see those after it and none before. */
  static final List<String> CORE =
      List.of(
          "dev.gatehouse",
          "dev.gatehouse.storage",
          "dev.gatehouse.hook",
          "dev.gatehouse.reader",
          "dev.gatehouse.scheduler",
          "dev.gatehouse.permission",
          "dev.gatehouse.signing",
          "dev.gatehouse.registry",
          "dev.gatehouse.refusal",
          "dev.gatehouse.audit",
          "dev.gatehouse.transport",
          "dev.gatehouse.observe",
          "dev.gatehouse.transaction",
          "dev.gatehouse.id",
          "dev.gatehouse.json",
          "dev.gatehouse.hash",
          "dev.gatehouse.check",
          "dev.gatehouse.error");

  /** Packages of core that hosts cannot see. */
  static final List<String> HIDDEN =
      List.of(
          "dev.gatehouse.refusal",
          "dev.gatehouse.id",
          "dev.gatehouse.json",
          "dev.gatehouse.hash",
          "dev.gatehouse.check");

  /** The modules that are released, by folder, with their exported packages outside core's list. */
  static final List<Module> MODULES =
      List.of(
          new Module("core", CORE.stream().filter(name -> !HIDDEN.contains(name)).toList()),
          new Module("storage-memory", List.of("dev.gatehouse.storage.memory")),
          new Module("storage-jdbc", List.of("dev.gatehouse.storage.jdbc")),
          new Module(
              "transport-http",
              List.of("dev.gatehouse.transport.http", "dev.gatehouse.transport.http.api")),
          new Module(
              "testing",
              List.of("dev.gatehouse.testing.contract", "dev.gatehouse.testing.fixture")));

  static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.gatehouse");

  private Floors() {}

  /** The folder that holds the root pom. */
  static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("CONTRIBUTING.md"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  /** A released module. */
  record Module(String folder, List<String> packages) {}
}

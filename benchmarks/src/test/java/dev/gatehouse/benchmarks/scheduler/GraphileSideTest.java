package dev.gatehouse.benchmarks.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphileSideTest {
  @Test
  void version_isThatOfThePackage(@TempDir Path home) throws IOException {
    Path packed = Files.createDirectories(home.resolve("node_modules/graphile-worker"));
    Files.writeString(packed.resolve("package.json"), "{\"version\":\"0.18.0\"}");

    assertThat(GraphileSide.version(home)).isEqualTo("0.18.0");
  }

  @Test
  void version_folderWithoutIt_namesTheProperty(@TempDir Path home) {
    assertThatThrownBy(() -> GraphileSide.version(home))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("-Dgraphile.worker");
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.storage.Storage;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A handler that is out of time is interrupted, perhaps in the middle of a statement. On a plain
 * {@code file:} that closed the channel, and with it the database of the whole process.
 */
class H2InterruptTest {
  private static final int BATCHES = 40;
  private static final int BATCH = 100;

  @TempDir private Path directory;

  @Test
  void h2_threadInterruptedAtWork_databaseStaysOpenForAll() throws InterruptedException {
    Path file = directory.resolve("gatehouse");
    try (Storage storage = JdbcStorage.h2(file)) {
      for (int batch = 0; batch < BATCHES; batch++) {
        storage.tasks().insert(rows(batch));
      }
    }
    try (Storage storage = JdbcStorage.h2(file)) {
      storage.check();
      Thread interrupted =
          new Thread(
              () -> {
                for (int batch = 0; batch < BATCHES; batch++) {
                  Thread.currentThread().interrupt();
                  storage.tasks().find(OptionalLong.empty(), (long) batch * BATCH + 1);
                }
              });
      interrupted.start();
      interrupted.join();

      storage.tasks().insert(rows(BATCHES));
      for (long id = 1; id <= (BATCHES + 1) * BATCH; id++) {
        assertThat(storage.tasks().find(OptionalLong.empty(), id)).isPresent();
      }
    }
    try (Storage storage = JdbcStorage.h2(file)) {
      assertThat(storage.tasks().find(OptionalLong.empty(), (BATCHES + 1) * BATCH)).isPresent();
    }
  }

  private static List<TaskRow> rows(int batch) {
    String content = "\"" + "x".repeat(2_000) + "\"";
    return LongStream.rangeClosed((long) batch * BATCH + 1, (batch + 1L) * BATCH)
        .mapToObj(id -> new TaskRow(id, 0, "kind", null, "", content, 1, "linear:0:0", 0, 0))
        .toList();
  }
}

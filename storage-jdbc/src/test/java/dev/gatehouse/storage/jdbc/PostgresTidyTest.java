package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.storage.Storage;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** When PostgreSQL clears away what ended tasks left. */
class PostgresTidyTest {
  @Test
  void tidy_fewerEndedThanTheTableHasBlocks_leftForLater() {
    try (Storage storage = JdbcStorage.of(Postgres.dataSource())) {
      assertThat(storage.tasks().tidy(1)).as("an empty table").isTrue();
      List<TaskRow> rows =
          LongStream.rangeClosed(1, 1_000)
              .mapToObj(
                  id ->
                      new TaskRow(
                          id,
                          0,
                          "kind",
                          null,
                          "",
                          "\"" + "x".repeat(1_500) + "\"",
                          1_000,
                          "linear:5:5",
                          1,
                          1))
              .toList();
      storage.run(transaction -> storage.tasks().joining(transaction).insert(rows));
      assertThat(storage.tasks().tidy(100)).isFalse();
      assertThat(storage.tasks().tidy(20_000)).isTrue();
    }
  }
}

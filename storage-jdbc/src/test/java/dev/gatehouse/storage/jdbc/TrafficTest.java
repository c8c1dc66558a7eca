package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.SchedulerStatus;
import dev.gatehouse.scheduler.StorageTraffic;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a storage counts of what it asks its database. */
@Timeout(60)
class TrafficTest {
  private static TaskRow row(long id) {
    return new TaskRow(id, 0, "work", null, "", "{}", 1_000, "none", 1, 1);
  }

  private static TaskRow numbered(long id, String taskNo) {
    return new TaskRow(id, 7, "work", taskNo, "", "{}", 1_000, "none", 1, 1);
  }

  @Test
  void traffic_eachUse_countsStatementsAndCommits() {
    try (JdbcStorage storage = JdbcStorage.of(H2.memoryDataSource())) {
      storage.check();
      StorageTraffic before = storage.tasks().traffic();
      storage.tasks().open(List.of(1L));
      StorageTraffic read = storage.tasks().traffic();
      assertThat(read.commits() - before.commits()).isEqualTo(1);
      assertThat(read.statements() - before.statements()).isBetween(1L, 2L);

      storage.run(
          transaction -> {
            storage.tasks().joining(transaction).insert(List.of(row(1)));
            storage.tasks().joining(transaction).insert(List.of(row(2)));
          });
      StorageTraffic written = storage.tasks().traffic();
      assertThat(written.commits() - read.commits()).isEqualTo(1);
      assertThat(written.statements() - read.statements()).isBetween(2L, 6L);
    }
  }

  /** To begin and to commit would cost more than the number does. */
  @Test
  void insert_oneNumberedTaskOnH2_isOneStatementAndItsCommit() {
    try (JdbcStorage storage = JdbcStorage.of(H2.memoryDataSource())) {
      storage.check();
      StorageTraffic before = storage.tasks().traffic();
      assertThat(storage.tasks().insert(List.of(numbered(1, "A")))).containsExactly(1L);
      StorageTraffic after = storage.tasks().traffic();
      assertThat(after.statements() - before.statements()).isEqualTo(1);
      assertThat(after.commits() - before.commits()).isEqualTo(1);
      assertThat(storage.tasks().findId(7, "A")).hasValue(1);
      assertThat(storage.tasks().find(OptionalLong.empty(), 1)).isPresent();
    }
  }

  /** The statement that takes a number takes it with its task or not at all. */
  @Test
  void insert_oneTaskOnH2ThatCannotBe_leavesItsNumberFree() {
    try (JdbcStorage storage = JdbcStorage.of(H2.memoryDataSource())) {
      storage.tasks().insert(List.of(numbered(1, "A")));
      assertThatThrownBy(() -> storage.tasks().insert(List.of(numbered(1, "B"))))
          .isInstanceOf(StorageException.class);
      assertThat(storage.tasks().findId(7, "B")).isEmpty();
      assertThat(storage.tasks().insert(List.of(numbered(2, "A")))).containsExactly(1L);
      assertThat(storage.tasks().find(OptionalLong.empty(), 2)).isEmpty();
      assertThat(storage.tasks().insert(List.of(numbered(3, "B")))).containsExactly(3L);
    }
  }

  @Test
  void traffic_rolledBack_countsNoCommit() {
    try (JdbcStorage storage = JdbcStorage.of(H2.memoryDataSource())) {
      storage.check();
      long before = storage.tasks().traffic().commits();
      IllegalStateException failure = new IllegalStateException("the host's");
      assertThatThrownBy(
              () ->
                  storage.run(
                      transaction -> {
                        storage.tasks().joining(transaction).insert(List.of(row(1)));
                        throw failure;
                      }))
          .isSameAs(failure);
      assertThat(storage.tasks().traffic().commits()).isEqualTo(before);
    }
  }

  @Test
  void status_manyTasks_costLessThanAStatementEach() {
    try (JdbcStorage storage = JdbcStorage.of(H2.memoryDataSource());
        Gatehouse gatehouse =
            Gatehouse.builder()
                .storage(storage)
                .handler("work", context -> TaskResult.done())
                .build()) {
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        tasks.add(Task.unnumbered().handler("work"));
      }
      gatehouse.scheduler().scheduleAll(tasks);
      gatehouse.start();
      await()
          .atMost(Duration.ofSeconds(40))
          .until(() -> gatehouse.status().scheduler().work().settled() == 1_000);
      SchedulerStatus.Rates rates = gatehouse.status().scheduler().rates();
      assertThat(rates.settled()).isPositive();
      assertThat(rates.statementsPerTask()).isBetween(0.001, 1.0);
      assertThat(rates.commitsPerTask()).isBetween(0.001, 1.0);
    }
  }
}

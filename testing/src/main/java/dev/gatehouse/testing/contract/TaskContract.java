package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/** What both contracts of task stores share. */
abstract class TaskContract extends StoreContract {
  static final Duration LEASE = Duration.ofSeconds(10);
  static final OptionalLong ANYONE = OptionalLong.empty();
  static final long FOREVER = Long.MAX_VALUE;

  final TaskStore tasks() {
    return storage().tasks();
  }

  final int join() {
    return tasks().join("boot", LEASE).node();
  }

  final ClaimedTask claimOne(int node) {
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 1);
    assertThat(claimed).hasSize(1);
    return claimed.get(0);
  }

  /** Deletes tasks that ended before then, however they did. */
  final int purge(long endedBefore, int limit) {
    int purged = 0;
    for (TaskStatus status :
        List.of(TaskStatus.FINISHED, TaskStatus.CANCELLED, TaskStatus.FAILED)) {
      purged += purged < limit ? tasks().purge(status, endedBefore, limit - purged) : 0;
    }
    return purged;
  }

  final TaskState state(long id) {
    return tasks().find(ANYONE, id).orElseThrow();
  }
}

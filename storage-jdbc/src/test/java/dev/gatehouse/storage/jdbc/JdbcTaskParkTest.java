package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.TaskParkContract;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcTaskParkTest {
  /** With what a storage whose transactions are serial cannot show. */
  abstract static class OverDatabase extends TaskParkContract {
    @Test
    void TASK22_admit_rowLockedByAnother_isPassedOver() {
      TaskStore tasks = storage().tasks();
      tasks.insert(List.of(row(1), row(2)));
      int node = tasks.join("boot", Duration.ofSeconds(10)).node();
      List<Settlement> parks = new ArrayList<>();
      for (ClaimedTask task : tasks.claim(node, Long.MAX_VALUE, 2)) {
        parks.add(new Settlement.Park(task.row().id(), task.fence()));
      }
      tasks.settle(node, parks, now());

      Collection<Long> admitted =
          storage()
              .call(
                  transaction -> {
                    tasks.joining(transaction).cancel(OptionalLong.empty(), 1, now());
                    return whileLocked(() -> tasks.admit(List.of(1L, 2L)));
                  });

      assertThat(admitted).containsExactly(2L);
      assertThat(tasks.admit(List.of(1L))).isEmpty();
    }

    private TaskRow row(long id) {
      return new TaskRow(id, 0, "kind", null, "", "{}", 1, "linear:0:0", now(), now());
    }

    private static <T> T whileLocked(Callable<T> work) {
      ExecutorService other = Executors.newSingleThreadExecutor();
      try {
        return other.submit(work).get(20, TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new AssertionError("the other thread failed, or waited", e);
      } finally {
        other.shutdownNow();
      }
    }
  }

  @Nested
  class H2InMemory extends OverDatabase {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  @Tag("h2file")
  class H2InFile extends OverDatabase {
    @TempDir private Path directory;

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.file(directory, leaseClock);
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }
  }
}

package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.Turn;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.GateStoreContract;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
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

class JdbcGateStoreTest {
  private static final long PATIENCE_SECONDS = 20;

  /** With what a storage whose transactions are serial cannot show. */
  abstract static class OverDatabase extends GateStoreContract {
    /** Does something on another thread while a transaction of this one has locked the gate. */
    private <T> T whileLocked(String gate, Callable<T> work) {
      ExecutorService other = Executors.newSingleThreadExecutor();
      try {
        return storage()
            .call(
                transaction -> {
                  gates().joining(transaction).lock(List.of(gate));
                  return result(other, work);
                });
      } finally {
        other.shutdownNow();
      }
    }

    private static <T> T result(ExecutorService other, Callable<T> work) {
      try {
        return other.submit(work).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new AssertionError("the other thread failed, or waited", e);
      }
    }

    @Test
    final void GATE4_add_gateIsLockedByAnother_doesNotWait() {
      Place place = new Place("a", 1, 2, 3, false);

      whileLocked(
          "a",
          () -> {
            gates().add(List.of(place));
            return 0;
          });

      assertThat(gates().waiting("a", 10)).containsExactly(place);
    }

    @Test
    final void GATE2_standing_addedByAnotherSinceTheLock_counts() {
      int holding =
          storage()
              .call(
                  transaction -> {
                    GateStore joined = gates().joining(transaction);
                    joined.lock(List.of("a"));
                    ExecutorService other = Executors.newSingleThreadExecutor();
                    try {
                      result(
                          other,
                          () -> {
                            gates().add(List.of(new Place("a", 1, 0, 1, true)));
                            return 0;
                          });
                    } finally {
                      other.shutdownNow();
                    }
                    return joined.standing(List.of("a")).get("a").holding();
                  });

      assertThat(holding).isEqualTo(1);
    }

    @Test
    final void GATE10_handOn_anotherIsChangingTheNextsPlace_isPassedOver() {
      Place next = new Place("a", 2, 0, 1, false);
      storage().run(transaction -> gates().joining(transaction).lock(List.of("a", "b")));
      gates().add(List.of(new Place("a", 1, 0, 1, true), next, new Place("b", 1, 0, 1, true)));
      gates().add(List.of(new Place("b", 3, 0, 1, false)));
      List<Turn> turns = List.of(new Turn("a", 1, 2), new Turn("b", 1, 3));
      Callable<List<Turn>> handOn =
          () -> storage().call(transaction -> gates().joining(transaction).handOn(turns));
      ExecutorService other = Executors.newSingleThreadExecutor();
      try {
        List<Turn> meanwhile =
            storage()
                .call(
                    transaction -> {
                      gates().joining(transaction).remove(List.of(next));
                      return result(other, handOn);
                    });
        assertThat(meanwhile).containsExactly(new Turn("b", 1, 3));
      } finally {
        other.shutdownNow();
      }
      assertThat(gates().ofTasks(List.of(1L, 2L))).containsExactly(new Place("a", 1, 0, 1, true));
    }

    @Test
    final void GATE7_purge_gateIsLockedByAnother_isPassedOver() {
      storage().run(transaction -> gates().joining(transaction).lock(List.of("a", "b")));

      assertThat(whileLocked("a", () -> gates().purge(1, 10))).isEqualTo(1);
      assertThat(gates().purge(1, 10)).isEqualTo(1);
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
    @TempDir Path directory;

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

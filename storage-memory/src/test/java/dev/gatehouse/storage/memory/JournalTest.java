package dev.gatehouse.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.transaction.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class JournalTest {
  private final Journal journal = new Journal();
  private final List<String> rows = new ArrayList<>();

  private void add(String row) {
    journal.run(
        () -> {
          rows.add(row);
          journal.undo(() -> rows.remove(row));
          return null;
        });
  }

  @Test
  void call_returns_keepsWhatWasDone() {
    journal.call(
        transaction -> {
          add("a");
          add("b");
          return null;
        });
    assertThat(rows).containsExactly("a", "b");
  }

  @Test
  void call_throws_takesBackInReverseAndRethrows() {
    add("before");
    assertThatThrownBy(
            () ->
                journal.call(
                    transaction -> {
                      add("a");
                      add("b");
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(rows).containsExactly("before");
  }

  @Test
  void run_throwsMidway_takesBackItsOwnStepsOnly() {
    journal.call(
        transaction -> {
          add("a");
          assertThatThrownBy(
                  () ->
                      journal.run(
                          () -> {
                            add("half");
                            throw new IllegalStateException("no");
                          }))
              .hasMessage("no");
          return null;
        });
    assertThat(rows).containsExactly("a");
  }

  @Test
  void afterCommit_runsOnlyAfterCommit() {
    List<String> ran = new ArrayList<>();
    journal.call(
        transaction -> {
          transaction.afterCommit(() -> ran.add("committed"));
          assertThat(ran).isEmpty();
          return null;
        });
    assertThatThrownBy(
            () ->
                journal.call(
                    transaction -> {
                      transaction.afterCommit(() -> ran.add("rolled back"));
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(ran).containsExactly("committed");
  }

  @Test
  void requireOpen_endedOrForeignTransaction_isRefused() {
    AtomicReference<Transaction> kept = new AtomicReference<>();
    journal.call(
        transaction -> {
          kept.set(transaction);
          journal.requireOpen(transaction);
          return null;
        });
    assertThatIllegalStateException()
        .isThrownBy(() -> journal.requireOpen(kept.get()))
        .withMessage("transaction has ended, or is another thread's");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> journal.requireOpen(action -> {}))
        .withMessageStartingWith("transaction belongs to another storage");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Journal()
                    .call(
                        other -> {
                          journal.requireOpen(other);
                          return null;
                        }));
  }

  @Test
  void call_nested_isRefused() {
    assertThatIllegalStateException()
        .isThrownBy(() -> journal.call(outer -> journal.call(inner -> null)))
        .withMessageContaining("join it instead");
  }

  @Test
  void call_otherThread_waitsForTheEnd() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch started = new CountDownLatch(1);
      Future<?> write =
          journal.call(
              transaction -> {
                Future<?> task =
                    other.submit(
                        () -> {
                          started.countDown();
                          add("later");
                        });
                await(started);
                add("first");
                return task;
              });
      write.get(10, TimeUnit.SECONDS);
      assertThat(rows).containsExactly("first", "later");
    } finally {
      other.shutdownNow();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

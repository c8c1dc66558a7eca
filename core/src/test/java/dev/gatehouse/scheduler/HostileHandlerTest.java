package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Handlers and listeners that misbehave; the scheduler goes on. */
class HostileHandlerTest {
  private final SchedulerFixture fixture = new SchedulerFixture();

  /** Runs a task with that handler once, and a good one after it. */
  private Attempt attemptOf(Supplier<TaskResult> work) {
    fixture.handlers.put("bad", context -> work.get());
    fixture.handlers.put("good", context -> TaskResult.done());
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    TaskId bad = scheduler.schedule(Task.unnumbered().handler("bad").retryPolicy(RetryPolicy.NONE));
    TaskId good = scheduler.schedule(Task.unnumbered().handler("good"));
    engine.stepper().run();
    assertThat(fixture.state(good).status()).isEqualTo(TaskStatus.FINISHED);
    List<Attempt> attempts = fixture.store.attempts(bad.value());
    assertThat(attempts).hasSize(1);
    return attempts.get(0);
  }

  @Test
  void handle_exception_failsWithClassAndMessage() {
    Attempt attempt =
        attemptOf(
            () -> {
              throw new IllegalStateException("no stock");
            });

    assertThat(attempt.outcome()).isEqualTo(Attempt.Outcome.FAILURE);
    assertThat(attempt.error()).isEqualTo("IllegalStateException: no stock");
  }

  @Test
  void handle_stackOverflow_fails() {
    assertThat(attemptOf(() -> dig(0)).error()).isEqualTo("StackOverflowError");
  }

  private static TaskResult dig(int depth) {
    return depth < 0 ? TaskResult.done() : dig(depth + 1);
  }

  @Test
  void handle_error_fails() {
    Attempt attempt =
        attemptOf(
            () -> {
              throw new OutOfMemoryError("pretended");
            });

    assertThat(attempt.error()).isEqualTo("OutOfMemoryError: pretended");
  }

  @Test
  void handle_checkedExceptionThrownSneakily_fails() {
    Attempt attempt = attemptOf(() -> HostileHandlerTest.<RuntimeException>sneak());

    assertThat(attempt.error()).isEqualTo("InterruptedException: stopped");
  }

  @SuppressWarnings("unchecked") // the cast is the trick: it throws what it does not declare
  private static <E extends Throwable> TaskResult sneak() throws E {
    throw (E) new InterruptedException("stopped");
  }

  @Test
  @SuppressWarnings("NullAway") // what a handler without null checks may do
  void handle_null_fails() {
    assertThat(attemptOf(() -> null).error()).isEqualTo("handler returned null");
  }

  @Test
  void handle_hugeErrorText_cutTo255() {
    Attempt attempt = attemptOf(() -> TaskResult.failed("x".repeat(50_000_000)));

    assertThat(attempt.error()).isEqualTo("x".repeat(255));
  }

  @Test
  void handle_errorTextOfControlsAndHalves_cleaned() {
    Attempt attempt = attemptOf(() -> TaskResult.failed("a\u0000b\r\nc\ud800d\udc00" + "😀中"));

    assertThat(attempt.error()).isEqualTo("a b  c?d?😀中");
  }

  @Test
  void handle_emojiAtTheCut_notHalved() {
    Attempt attempt = attemptOf(() -> TaskResult.failed("x".repeat(254) + "😀"));

    assertThat(attempt.error()).isEqualTo("x".repeat(254));
  }

  @Test
  void handle_exceptionWhoseMessageThrows_fails() {
    Attempt attempt =
        attemptOf(
            () -> {
              throw new Unreadable();
            });

    assertThat(attempt.error()).isEqualTo("Unreadable: its message cannot be read");
  }

  private static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public @Nullable String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  @Test
  void listener_throws_tasksRunAllTheSame() {
    fixture.listener =
        new GatehouseListener() {
          @Override
          public void attemptEnded(String kind, String outcome, Duration late, Duration took) {
            throw new IllegalStateException("deaf");
          }
        };

    assertThat(attemptOf(TaskResult::done).outcome()).isEqualTo(Attempt.Outcome.SUCCESS);
  }
}

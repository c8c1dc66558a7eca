package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The time that calls take, by a clock that is stepped; the wall clock is set meanwhile. */
@Timeout(60)
final class CallTimeTest {
  private static final Duration ATTEMPT = Duration.ofMinutes(10);
  private static final Duration CALL = Duration.ofMinutes(25);

  private final MemoryStorage storage = MemoryStorage.create();
  private final Node node = new Node(storage);
  private final List<Deadline> deadlines = new CopyOnWriteArrayList<>();
  private volatile Supplier<CompletableFuture<Response>> answers = CompletableFuture::new;
  private final Registry registry =
      Registry.create(
          storage.registry(),
          storage,
          node.audit.log(),
          node,
          node.options()
              .calls(
                  CallOptions.DEFAULT
                      .transport(this::send)
                      .retries(5, Duration.ZERO, 100)
                      .timeouts(ATTEMPT, CALL)));

  CallTimeTest() {
    registry.register(Server.named("s").at("h", 80).metadata(Map.of("health", "/up")));
    registry.register(Service.named("get").on("s").uri("/g").method("GET"));
  }

  private CompletionStage<Response> send(Request request, Deadline deadline) {
    deadlines.add(deadline);
    return answers.get();
  }

  private Response call() {
    return registry.call("s", "get", ServiceCall.EMPTY);
  }

  private void pass(Duration time) {
    node.nanos.addAndGet(time.toNanos());
  }

  private CompletableFuture<Response> busyAfter(Duration time) {
    pass(time);
    return CompletableFuture.completedFuture(Response.of(503, "busy"));
  }

  @Test
  void answersThatTakeTheirTime_areTriedAgainUntilTheCallsIsUp() {
    answers = () -> busyAfter(Duration.ofMinutes(9));
    assertThat(call().status()).isEqualTo(503);
    assertThat(deadlines).as("0, 9 and 18 minutes of 25").hasSize(3);
  }

  @Test
  void lastAttempt_hasWhatIsLeftOfTheCall() {
    List<Duration> left = new CopyOnWriteArrayList<>();
    answers =
        () -> {
          left.add(deadlines.get(deadlines.size() - 1).remaining());
          return busyAfter(Duration.ofMinutes(9));
        };
    call();
    assertThat(left).containsExactly(ATTEMPT, ATTEMPT, Duration.ofMinutes(7));
  }

  /** Nobody answers, and no time passes but that of the clock that is stepped. */
  @Test
  void noAnswer_endsWhenTheClockSays() {
    CompletableFuture<Response> call = CompletableFuture.supplyAsync(this::call);
    for (int attempt = 1; attempt <= 3; attempt++) {
      int begun = attempt;
      await().until(() -> deadlines.size() == begun);
      assertThat(call).isNotDone();
      pass(attempt < 3 ? ATTEMPT : Duration.ofMinutes(5));
    }
    assertThatThrownBy(call::join).hasCauseInstanceOf(TransportException.class);
    assertThat(deadlines).hasSize(3);
  }

  /** Set ahead it ends no attempt and no call, set back it gives neither more time. */
  @Test
  void wallClockJumps_changeNothing() {
    for (Duration jump : List.of(Duration.ofHours(1), Duration.ofHours(-2))) {
      deadlines.clear();
      answers =
          () -> {
            node.clock.advance(jump);
            assertThat(deadlines.get(deadlines.size() - 1).remaining()).isPositive();
            return busyAfter(Duration.ofMinutes(9));
          };
      assertThat(call().status()).isEqualTo(503);
      assertThat(deadlines).hasSize(3);
    }
  }

  @Test
  void probe_deadlineGoesByTheClockThatIsStepped() {
    try (RegistryUpkeep upkeep = RegistryUpkeep.create(registry)) {
      upkeep.step();
      pass(Duration.ofSeconds(11));
      upkeep.step();
    }
    assertThat(deadlines).hasSize(1);
    assertThat(deadlines.get(0).remaining()).isEqualTo(Duration.ofSeconds(3));
    pass(Duration.ofSeconds(3));
    assertThat(deadlines.get(0).remaining()).isZero();
  }
}

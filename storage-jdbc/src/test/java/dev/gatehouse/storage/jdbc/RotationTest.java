package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Stepper;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How long the old key must verify, which the tasks that are pending say. */
class RotationTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final RetryPolicy THREE = RetryPolicy.linear(MINUTE, 3);

  private final ManualClock clock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));

  /** A place to keep things in. */
  private interface Place extends Function<ManualClock, Storage> {}

  static Stream<Place> places() {
    return Stream.of(MemoryStorage::create, H2::memory, Postgres::storage);
  }

  private Gatehouse gatehouse(Place place) {
    return Gatehouse.builder()
        .storage(place.apply(clock))
        .clock(clock)
        .nanoTime(() -> clock.millis() * 1_000_000)
        .scheduler(SchedulerOptions.builder().lease(Duration.ofDays(36_500)).build())
        .handler("failing", context -> TaskResult.failed("on purpose"))
        .build();
  }

  private static Task task(Application application, RetryPolicy policy) {
    return Task.unnumbered().application(application).handler("failing").retryPolicy(policy);
  }

  @ParameterizedTest
  @MethodSource("places")
  void leastOverlap_tasksPending_untilTheLastRetryCanHaveEnded(Place place) {
    try (Gatehouse gatehouse = gatehouse(place)) {
      Application billing =
          gatehouse.registry().register(Application.named("billing").retryPolicy(RetryPolicy.NONE));
      Application other = gatehouse.registry().register(Application.named("other"));
      KeyRing keys = gatehouse.keys();
      Stepper stepper = gatehouse.stepper();
      assertThat(keys.leastOverlap(billing.id())).isEqualTo(KeyRing.SKEW);
      gatehouse.scheduler().schedule(task(billing, THREE).in(KeyRing.SKEW.plusSeconds(61)));
      gatehouse.scheduler().schedule(task(other, RetryPolicy.linear(MINUTE, 10)));
      assertThat(keys.leastOverlap(billing.id()))
          .as("what is due later is signed by the new key, and another's does not count")
          .isEqualTo(KeyRing.SKEW);
      gatehouse.scheduler().schedule(task(billing, THREE));
      assertThat(keys.leastOverlap(billing.id()))
          .as("waits of 1, 2 and 3 minutes, four attempts of a minute")
          .isEqualTo(KeyRing.SKEW.plusMinutes(10));
      stepper.run();
      assertThat(keys.leastOverlap(billing.id()))
          .as("the first attempt failed at once")
          .isEqualTo(KeyRing.SKEW.plusMinutes(9));
      clock.advance(MINUTE);
      stepper.run();
      assertThat(keys.leastOverlap(billing.id()))
          .as("2 minutes' wait, an attempt, 3 minutes' wait, an attempt")
          .isEqualTo(KeyRing.SKEW.plusMinutes(7));
      refusesLess(keys, billing, Duration.ofMinutes(12));
    }
  }

  private static void refusesLess(KeyRing keys, Application application, Duration least) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> keys.rotate(application.id(), least.minusMillis(1)))
        .withMessage("overlap must be zero or at least PT12M, was PT11M59.999S");
    long id = keys.keys(application.id(), Long.MAX_VALUE, 1).get(0).id();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> keys.retire(application.id(), id, least.minusMillis(1)));
    keys.rotate(application.id(), least);
    keys.allowingShortOverlaps().rotate(application.id(), Duration.ofSeconds(1));
    keys.rotate(application.id(), Duration.ZERO);
  }

  @ParameterizedTest
  @MethodSource("places")
  void leastOverlap_nothingPendingAnyMore_thePolicyAlone(Place place) {
    try (Gatehouse gatehouse = gatehouse(place)) {
      Application billing = gatehouse.registry().register(Application.named("billing"));
      Duration policys = KeyRing.SKEW.plusSeconds(5 + 10 + 15 + 20 + 25);
      Stepper stepper = gatehouse.stepper();
      gatehouse.scheduler().schedule(task(billing, THREE));
      for (int attempt = 0; attempt < 4; attempt++) {
        stepper.run();
        clock.advance(Duration.ofMinutes(attempt + 1));
      }
      assertThat(gatehouse.keys().leastOverlap(billing.id())).isEqualTo(policys);
      assertThatIllegalArgumentException()
          .as("the policy of the application is known without being given it")
          .isThrownBy(() -> gatehouse.keys().rotate(billing.id(), policys.minusMillis(1)));
      gatehouse.keys().rotate(billing.id(), policys);
    }
  }

  @ParameterizedTest
  @MethodSource("places")
  void leastOverlap_insideATransaction_countsWhatWasScheduledThere(Place place) {
    try (Gatehouse gatehouse = gatehouse(place)) {
      Application billing = gatehouse.registry().register(Application.named("billing"));
      Duration inside =
          gatehouse.inTransaction(
              joined -> {
                joined.scheduler().schedule(task(billing, THREE));
                return joined.keys().leastOverlap(billing.id());
              });
      assertThat(inside).isEqualTo(KeyRing.SKEW.plusMinutes(10));
    }
  }
}

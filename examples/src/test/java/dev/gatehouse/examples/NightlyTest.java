package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A host's unit test: thirty nights pass in milliseconds, the change to summer time among them. */
class NightlyTest {
  private static final Instant START = Instant.parse("2030-03-18T00:00:00Z"); // a Monday

  private final List<Instant> closed = new ArrayList<>();
  private final List<Instant> fetched = new ArrayList<>();

  private VirtualGatehouse virtual() {
    return VirtualGatehouse.startingAt(
        START,
        builder ->
            builder
                .handler(
                    Nightly.CLOSE_BOOKS,
                    context -> {
                      closed.add(context.dueAt());
                      return TaskResult.done();
                    })
                .handler(
                    Nightly.FETCH_RATES,
                    context -> {
                      fetched.add(context.dueAt());
                      return fetched.size() == 1
                          ? TaskResult.retryAfter(Duration.ofMinutes(2), "too many requests")
                          : TaskResult.done();
                    }));
  }

  @Test
  void setUp_thirtyDays_booksAreClosedEachWorkingNight() {
    try (VirtualGatehouse virtual = virtual()) {
      Nightly.setUp(virtual.gatehouse());
      virtual.advance(Duration.ofDays(15));
      virtual.restart();
      Nightly.setUp(virtual.gatehouse());
      virtual.advance(Duration.ofDays(15));
    }

    assertThat(closed)
        .hasSize(22)
        .startsWith(Instant.parse("2030-03-18T01:30:00Z"))
        .endsWith(Instant.parse("2030-04-16T00:30:00Z"));
    assertThat(fetched).hasSize(30 * 144 + 1); // one of them was tried twice
  }
}

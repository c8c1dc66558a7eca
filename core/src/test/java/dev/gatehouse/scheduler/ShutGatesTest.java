package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.ShutGates.Later;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ShutGatesTest {
  /** Near the end of the numbers, where times wrap around. */
  private long now = Long.MAX_VALUE - Duration.ofMillis(25).toNanos();

  private final ShutGates gates = new ShutGates(now);

  private static Later at(String gate) {
    Later later = new Later();
    later.gates().add(gate);
    later.touched().add(gate);
    return later;
  }

  private void advance(Duration duration) {
    now += duration.toNanos();
  }

  @Test
  void passed_lockedAgainAndAgain_askedForAtGrowingIntervals() {
    for (long millis : new long[] {10, 20, 40, 80, 160, 320, 640, 1_280, 2_000, 2_000}) {
      gates.passed(Set.of(), at("a"), now);
      advance(Duration.ofMillis(millis).minusNanos(1));
      assertThat(gates.names(now)).containsExactly("a");
      advance(Duration.ofNanos(1));
      assertThat(gates.names(now)).isEmpty();
    }
  }

  @Test
  void passed_lockedAtLast_begunAnewNextTime() {
    gates.passed(Set.of(), at("a"), now);
    gates.passed(Set.of(), at("a"), now);
    gates.passed(Set.of("a"), new Later(), now);
    assertThat(gates.names(now)).isEmpty();

    gates.passed(Set.of(), at("a"), now);
    advance(Duration.ofMillis(10));
    assertThat(gates.names(now)).isEmpty();
  }

  @Test
  void takeDue_severalGates_eachWhenItsTimeHasCome() {
    Later first = at("a");
    gates.passed(Set.of(), first, now);
    assertThat(gates.nanosToLook(now)).isEqualTo(Duration.ofMillis(10).toNanos());
    assertThat(gates.takeDue(now)).isEmpty();
    advance(Duration.ofMillis(10));

    assertThat(gates.takeDue(now)).containsExactly(first);
    assertThat(gates.nanosToLook(now)).isEqualTo(Long.MAX_VALUE);
  }

  /** Else the thread would look again without a rest for as long as another gate is shut. */
  @Test
  void passed_besideAGateThatNobodyAsksForAgain_waitsItsOwnTime() {
    gates.passed(Set.of(), at("gone"), now);
    advance(Duration.ofMillis(50));
    assertThat(gates.takeDue(now)).hasSize(1);

    gates.passed(Set.of(), at("b"), now);

    assertThat(gates.nanosToLook(now)).isEqualTo(Duration.ofMillis(10).toNanos());
  }

  @Test
  void passed_rowsLockedAndNoGate_comeAgainSoon() {
    Later later = new Later();
    later.left().addAll(List.of(new GateQueue.Left(1, 1)));
    gates.passed(Set.of("a"), later, now);

    assertThat(gates.nanosToLook(now)).isEqualTo(Duration.ofMillis(200).toNanos());
    assertThat(gates.names(now)).isEmpty();
  }
}

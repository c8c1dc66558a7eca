package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ServicePoliciesTest {
  private static final Duration DELAY = Duration.ofMillis(1);

  private final AtomicLong nanos = new AtomicLong();
  private final FleetState fleet = new FleetState("s", FleetOptions.DEFAULT);

  /** Time that passes by being looked at: the delay is over after four looks, by whomever. */
  private final ServicePolicies policies =
      fleet.policies("n", CallOptions.DEFAULT.breaker(1, DELAY), () -> nanos.addAndGet(300_000));

  private void attempt(int number) {
    int begun = policies.tryBegin();
    if (begun != ServicePolicies.REFUSED) {
      policies.ended(begun, number % 2 == 0);
    }
  }

  /** A trial whose end did not count left the breaker half open, with no second trial, for ever. */
  @Test
  void breaker_opensAndClosesUnderManyThreads_alwaysLetsATrialThrough() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Thread thread =
          new Thread(
              () -> {
                for (int number = 0; !over.get(); number++) {
                  attempt(number);
                }
              });
      thread.start();
      threads.add(thread);
    }
    Thread.sleep(3_000);
    over.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    nanos.addAndGet(DELAY.toNanos());
    int begun = policies.tryBegin();
    assertThat(begun).isNotEqualTo(ServicePolicies.REFUSED);
    policies.ended(begun, false);
    assertThat(policies.tryBegin()).isNotEqualTo(ServicePolicies.REFUSED);
  }
}

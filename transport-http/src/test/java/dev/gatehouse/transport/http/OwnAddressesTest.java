package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OwnAddressesTest {
  private final InetAddress one = InetAddress.getLoopbackAddress();
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final Queue<Set<InetAddress>> readings = new ArrayDeque<>();
  private final OwnAddresses own = new OwnAddresses(this::read, nanos::get);

  @Test
  void test_thisMachine_knowsItsLoopback() {
    assertThat(new OwnAddresses().test(one)).isTrue();
  }

  @Test
  void test_addressesChange_noticedAfterThirtySeconds() {
    readings.add(Set.of(one));
    readings.add(Set.of());

    assertThat(own.test(one)).isTrue();
    nanos.addAndGet(Duration.ofSeconds(30).toNanos() - 1);
    assertThat(own.test(one)).isTrue();
    nanos.incrementAndGet();
    assertThat(own.test(one)).isFalse();
  }

  @Test
  void test_unreadable_trueUntilReadAgain() {
    assertThat(own.test(one)).isTrue();
    readings.add(Set.of());
    assertThat(own.test(one)).isFalse();
  }

  private Set<InetAddress> read() throws SocketException {
    Set<InetAddress> reading = readings.poll();
    if (reading == null) {
      throw new SocketException("no interfaces");
    }
    return reading;
  }
}

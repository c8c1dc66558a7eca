package dev.gatehouse.id;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdSourceTest {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-21T12:00:00Z"));
  private final IdSource source = new IdSource(() -> now.get());

  @Test
  void next_sameMillisecond_growsBeyondTheCounter() {
    long[] ids = IntStream.range(0, 5_000).mapToLong(i -> source.next()).toArray();
    assertThat(ids).isSorted().doesNotHaveDuplicates();
    assertThat(ids[0]).isPositive();
  }

  @Test
  void next_clockStepsBack_growsOn() {
    long before = source.next();
    now.set(now.get().minusSeconds(3_600));
    assertThat(source.next()).isGreaterThan(before);
  }

  @Test
  void next_laterMillisecond_isGreaterThanAnythingBeforeIt() {
    long early = source.next();
    now.set(now.get().plusMillis(1));
    assertThat(source.next() >>> 22).isGreaterThan(early >>> 22);
  }

  @Test
  void next_clockBeforeTheEpochOrFarAhead_isPositive() {
    assertThat(new IdSource(InstantSource.fixed(Instant.EPOCH)).next()).isPositive();
    assertThat(new IdSource(InstantSource.fixed(Instant.parse("2093-01-01T00:00:00Z"))).next())
        .isPositive();
  }

  @Test
  void next_twoNodesOfDifferentNumber_neverCollide() {
    IdSource other = new IdSource(() -> now.get());
    source.nodeNumber(1);
    other.nodeNumber(2);
    long[] ids =
        IntStream.range(0, 2_000)
            .mapToLong(i -> i % 2 == 0 ? source.next() : other.next())
            .toArray();
    assertThat(ids).doesNotHaveDuplicates();
  }

  @Test
  void next_manyThreads_isUnique() {
    long[] ids = IntStream.range(0, 200_000).parallel().mapToLong(i -> source.next()).toArray();
    assertThat(Arrays.stream(ids).distinct().count()).isEqualTo(ids.length);
  }
}

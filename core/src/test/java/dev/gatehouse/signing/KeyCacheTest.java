package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KeyCacheTest {
  private static final long APPLICATION = 7;

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final AtomicLong millis = new AtomicLong(1_700_000_000_000L);
  private final InstantSource clock = () -> Instant.ofEpochMilli(millis.get());
  private int asked;
  private int loaded;
  private long version;
  private boolean broken;
  private final KeyCache cache = new KeyCache(this::askVersion, this::load, clock, nanos::get);

  private long askVersion() {
    asked++;
    if (broken) {
      throw new StorageException("broken on purpose");
    }
    return version;
  }

  private KeySet load(long applicationId) {
    loaded++;
    return new KeySet(java.util.List.of());
  }

  private void pass(long passedMillis) {
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(passedMillis));
  }

  @Test
  void keysOf_withinHalfASecond_asksAndLoadsOnce() {
    for (int i = 0; i < 499; i++) {
      cache.keysOf(APPLICATION);
      pass(1);
    }
    assertThat(asked).isEqualTo(1);
    assertThat(loaded).isEqualTo(1);
  }

  @Test
  void keysOf_versionTheSameForLong_neverLoadsAgain() {
    for (int i = 0; i < 100; i++) {
      cache.keysOf(APPLICATION);
      pass(600);
    }
    assertThat(asked).isEqualTo(100);
    assertThat(loaded).isEqualTo(1);
  }

  @Test
  void keysOf_versionChanged_loadsAgainWithinASecond() {
    cache.keysOf(APPLICATION);
    version++;
    pass(1_000);
    cache.keysOf(APPLICATION);
    assertThat(loaded).isEqualTo(2);
  }

  @Test
  void keysOf_hostsClockMovedEitherWay_asksAgain() {
    cache.keysOf(APPLICATION);
    millis.addAndGet(1_000);
    cache.keysOf(APPLICATION);
    assertThat(asked).isEqualTo(2);
    millis.addAndGet(-5_000);
    cache.keysOf(APPLICATION);
    assertThat(asked).isEqualTo(3);
  }

  @Test
  void keysOf_afterForget_asksAndLoadsAtOnce() {
    cache.keysOf(APPLICATION);
    cache.forget();
    cache.keysOf(APPLICATION);
    assertThat(asked).isEqualTo(2);
    assertThat(loaded).isEqualTo(2);
  }

  @Test
  void keysOf_storeBroken_failsRatherThanUseWhatIsStale() {
    cache.keysOf(APPLICATION);
    broken = true;
    pass(1_000);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> cache.keysOf(APPLICATION)).isInstanceOf(StorageException.class);
    }
    broken = false;
    cache.keysOf(APPLICATION);
    assertThat(loaded).isEqualTo(1);
  }

  /** A storage that fails for a moment must not refuse whoever happens to ask it. */
  @Test
  void keysOf_storeBrokenForLessThanASecond_goesOnWithWhatIsKnown() {
    cache.keysOf(APPLICATION);
    broken = true;
    pass(999);
    cache.keysOf(APPLICATION);
    assertThat(asked).isEqualTo(2);
    pass(1);
    assertThatThrownBy(() -> cache.keysOf(APPLICATION)).isInstanceOf(StorageException.class);
  }

  @Test
  void keysOf_moreApplicationsThanItHolds_staysBounded() {
    for (long id = 1; id <= 20_000; id++) {
      cache.keysOf(id);
    }
    assertThat(loaded).isEqualTo(20_000);
    cache.keysOf(20_000);
    assertThat(loaded).isEqualTo(20_000);
    cache.keysOf(1);
    assertThat(loaded).as("the first was dropped").isEqualTo(20_001);
  }

  @Test
  void keysOfStranger_askedOnceUntilAKeyChanges() {
    for (int i = 0; i < 3; i++) {
      assertThat(cache.keysOfStranger("one").keys()).isEmpty();
      assertThat(cache.keysOfStranger("other").keys()).isEmpty();
    }
    assertThat(loaded).isEqualTo(2);
    version++;
    pass(1_000);
    cache.keysOfStranger("one");
    assertThat(loaded).isEqualTo(3);
  }

  /** Made-up names cost the store no more than so many queries, and no application its place. */
  @Test
  void keysOfStranger_moreThanItHolds_notAskedAbout() {
    cache.keysOf(APPLICATION);
    for (int i = 0; i < KeyCache.MAX_STRANGERS + 10; i++) {
      cache.keysOfStranger("stranger " + i);
    }
    cache.keysOf(APPLICATION);
    assertThat(loaded).isEqualTo(1 + KeyCache.MAX_STRANGERS);
  }

  /** What a change drops from memory still counts, or it could be told who is asked for next. */
  @Test
  void mostKeys_afterAChange_asBefore() {
    Key key =
        new Key(
            1,
            APPLICATION,
            Key.Algorithm.ED25519,
            Key.Purpose.REQUEST,
            Key.State.ENABLED,
            Instant.EPOCH,
            Key.FOREVER);
    KeySet.ReadyKey ready = new KeySet.ReadyKey(key, TestKeys.of(key.algorithm()), true);
    KeyCache busy =
        new KeyCache(
            this::askVersion, id -> new KeySet(java.util.List.of(ready, ready)), clock, nanos::get);
    assertThat(busy.mostKeys().of(key.purpose(), key.algorithm())).isEqualTo(1);
    busy.keysOf(APPLICATION);
    assertThat(busy.mostKeys().of(key.purpose(), key.algorithm())).isEqualTo(2);
    busy.forget();
    assertThat(busy.mostKeys().of(key.purpose(), key.algorithm())).isEqualTo(2);
    version++;
    pass(1_000);
    assertThat(busy.mostKeys().of(key.purpose(), key.algorithm())).isEqualTo(2);
  }

  /** A change that commits while keys are being read must not be overlooked for good. */
  @Test
  void keysOf_changeWhileLoading_noticedAtNextAsking() {
    KeyCache racing =
        new KeyCache(
            () -> version,
            id -> {
              loaded++;
              version++;
              return new KeySet(java.util.List.of());
            },
            clock,
            nanos::get);
    racing.keysOf(APPLICATION);
    pass(1_000);
    racing.keysOf(APPLICATION);
    assertThat(loaded).isEqualTo(2);
  }
}

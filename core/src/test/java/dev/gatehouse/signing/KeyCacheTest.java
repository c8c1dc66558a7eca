package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KeyCacheTest {
  private static final long APPLICATION = 7;

  /** A store that counts what it is asked. */
  private static class Source implements KeyCache.Source {
    final List<String> asked = new ArrayList<>();
    final Map<Long, KeySet> sets = new HashMap<>();
    final Map<Long, Long> changes = new TreeMap<>();
    long version;
    boolean broken;

    @Override
    public long version() {
      asked.add("version");
      if (broken) {
        throw new StorageException("broken on purpose");
      }
      return version;
    }

    @Override
    public List<Long> changedAfter(long after, int limit) {
      asked.add("changedAfter");
      return changes.entrySet().stream()
          .filter(change -> change.getValue() > after)
          .map(Map.Entry::getKey)
          .limit(limit)
          .toList();
    }

    @Override
    public KeySet of(long applicationId) {
      asked.add("of");
      return sets.getOrDefault(applicationId, KeySet.NONE);
    }

    @Override
    public Map<Long, KeySet> all() {
      asked.add("all");
      return new HashMap<>(sets);
    }

    KeySet change(long applicationId) {
      KeySet changed = new KeySet(List.of(readyKey(applicationId, Key.Algorithm.HMAC_SHA256)));
      sets.put(applicationId, changed);
      changes.put(applicationId, ++version);
      return changed;
    }

    List<String> drain() {
      List<String> drained = List.copyOf(asked);
      asked.clear();
      return drained;
    }
  }

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final AtomicLong millis = new AtomicLong(1_700_000_000_000L);
  private final InstantSource clock = () -> Instant.ofEpochMilli(millis.get());
  private final Source source = new Source();
  private final KeyCache cache = new KeyCache(source, clock, nanos::get);

  private static KeySet.ReadyKey readyKey(long applicationId, Key.Algorithm algorithm) {
    Key key =
        new Key(
            1,
            applicationId,
            algorithm,
            Key.Purpose.REQUEST,
            Key.State.ENABLED,
            Instant.EPOCH,
            Key.FOREVER);
    return new KeySet.ReadyKey(key, TestKeys.of(algorithm), true);
  }

  private void pass(long passedMillis) {
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(passedMillis));
  }

  @Test
  void keysOf_withinHalfASecond_asksAndReadsOnce() {
    KeySet first = source.change(APPLICATION);
    KeySet second = source.change(8);
    for (int i = 0; i < 499; i++) {
      assertThat(cache.keysOf(APPLICATION)).isSameAs(first);
      assertThat(cache.keysOf(8)).isSameAs(second);
      assertThat(cache.keysOf(9).keys()).isEmpty();
      pass(1);
    }
    assertThat(source.asked).containsExactly("version", "all");
  }

  @Test
  void keysOf_versionTheSameForLong_neverReadsAgain() {
    for (int i = 0; i < 100; i++) {
      cache.keysOf(APPLICATION);
      pass(600);
    }
    assertThat(source.asked).hasSize(101).containsOnlyOnce("all").doesNotContain("changedAfter");
  }

  @Test
  void keysOf_versionChanged_readsWhatChangedWithinASecond() {
    KeySet other = source.change(8);
    cache.keysOf(APPLICATION);
    KeySet changed = source.change(APPLICATION);
    source.drain();
    pass(1_000);
    assertThat(cache.keysOf(APPLICATION)).isSameAs(changed);
    assertThat(cache.keysOf(8)).isSameAs(other);
    assertThat(source.asked).containsExactly("version", "changedAfter", "of");
  }

  @Test
  void keysOf_keysGone_none() {
    source.change(APPLICATION);
    cache.keysOf(APPLICATION);
    source.change(APPLICATION);
    source.sets.clear();
    pass(1_000);
    assertThat(cache.keysOf(APPLICATION).keys()).isEmpty();
  }

  @Test
  void keysOf_moreChangesThanAreReadOneByOne_readsAll() {
    cache.keysOf(APPLICATION);
    LongStream.rangeClosed(1, KeyCache.MAX_CHANGED - 1).forEach(source::change);
    source.drain();
    pass(1_000);
    assertThat(cache.keysOf(1).keys()).hasSize(1);
    assertThat(source.drain()).hasSize(1 + KeyCache.MAX_CHANGED).doesNotContain("all");
    LongStream.rangeClosed(1, KeyCache.MAX_CHANGED).forEach(source::change);
    pass(1_000);
    assertThat(cache.keysOf(KeyCache.MAX_CHANGED).keys()).hasSize(1);
    assertThat(source.drain()).containsExactly("version", "changedAfter", "all");
  }

  /** A storage that was restored from a copy tells nothing of what it lost. */
  @Test
  void keysOf_versionWentBack_readsAll() {
    source.change(APPLICATION);
    cache.keysOf(APPLICATION);
    source.sets.clear();
    source.version = 0;
    source.drain();
    pass(1_000);
    assertThat(cache.keysOf(APPLICATION).keys()).isEmpty();
    assertThat(source.asked).containsExactly("version", "all");
  }

  @Test
  void keysOf_hostsClockMovedEitherWay_asksAgain() {
    cache.keysOf(APPLICATION);
    source.drain();
    millis.addAndGet(1_000);
    cache.keysOf(APPLICATION);
    assertThat(source.drain()).containsExactly("version");
    millis.addAndGet(-5_000);
    cache.keysOf(APPLICATION);
    assertThat(source.drain()).containsExactly("version");
  }

  @Test
  void keysOf_afterExpire_asksAtOnce() {
    cache.keysOf(APPLICATION);
    KeySet changed = source.change(APPLICATION);
    assertThat(cache.keysOf(APPLICATION).keys()).isEmpty();
    cache.expire();
    assertThat(cache.keysOf(APPLICATION)).isSameAs(changed);
  }

  @Test
  void keysOf_storeBroken_failsRatherThanUseWhatIsStale() {
    cache.keysOf(APPLICATION);
    source.broken = true;
    pass(1_000);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> cache.keysOf(APPLICATION)).isInstanceOf(StorageException.class);
      assertThatThrownBy(cache::trials).isInstanceOf(StorageException.class);
    }
    source.broken = false;
    cache.keysOf(APPLICATION);
    assertThat(source.asked).containsOnlyOnce("all");
  }

  /** A storage that fails for a moment must not refuse whoever happens to ask it. */
  @Test
  void keysOf_storeBrokenForLessThanASecond_goesOnWithWhatIsKnown() {
    cache.keysOf(APPLICATION);
    source.broken = true;
    source.drain();
    pass(999);
    cache.keysOf(APPLICATION);
    assertThat(source.asked).containsExactly("version");
    pass(1);
    assertThatThrownBy(() -> cache.keysOf(APPLICATION)).isInstanceOf(StorageException.class);
  }

  /** A change on this node may commit while its keys are read for the first time. */
  @Test
  void keysOf_expiredWhileReadingForTheFirstTime_asksAgain() {
    List<KeyCache> caches = new ArrayList<>();
    Source slow =
        new Source() {
          @Override
          public Map<Long, KeySet> all() {
            Map<Long, KeySet> before = super.all();
            change(APPLICATION);
            caches.get(0).expire();
            return before;
          }
        };
    caches.add(new KeyCache(slow, clock, nanos::get));
    assertThat(caches.get(0).keysOf(APPLICATION).keys()).hasSize(1);
    assertThat(slow.asked).containsExactly("version", "all", "version", "changedAfter", "of");
  }

  @Test
  void keysOf_readForLongerThanASecond_asksAgain() {
    Source slow =
        new Source() {
          @Override
          public Map<Long, KeySet> all() {
            Map<Long, KeySet> before = super.all();
            change(APPLICATION);
            pass(1_000);
            return before;
          }
        };
    KeyCache slowCache = new KeyCache(slow, clock, nanos::get);
    assertThat(slowCache.keysOf(APPLICATION).keys()).hasSize(1);
  }

  @Test
  void trials_afterEachChange_thoseOfTheSetsHeld() {
    KeySet.ReadyKey ready = readyKey(APPLICATION, Key.Algorithm.ED25519);
    assertThat(cache.trials().of(Key.Purpose.REQUEST, Key.Algorithm.ED25519)).isZero();
    for (int keys : List.of(1, 2, 8, 1, 0)) {
      source.change(APPLICATION);
      source.sets.put(APPLICATION, new KeySet(Collections.nCopies(keys, ready)));
      pass(1_000);
      assertThat(cache.trials().of(Key.Purpose.REQUEST, Key.Algorithm.ED25519))
          .isEqualTo(Math.min(keys, Trials.MOST));
    }
  }

  /** A change that commits while keys are being read must not be overlooked for good. */
  @Test
  void keysOf_changeWhileReading_noticedAtNextAsking() {
    Source racing =
        new Source() {
          @Override
          public Map<Long, KeySet> all() {
            Map<Long, KeySet> before = super.all();
            change(APPLICATION);
            return before;
          }
        };
    KeyCache racingCache = new KeyCache(racing, clock, nanos::get);
    assertThat(racingCache.keysOf(APPLICATION).keys()).isEmpty();
    pass(1_000);
    assertThat(racingCache.keysOf(APPLICATION).keys()).hasSize(1);
  }

  /** Whoever reads for long must not put what is older in place of what another read meanwhile. */
  @Test
  void keysOf_anotherReadMeanwhile_newerStays() {
    List<KeyCache> caches = new ArrayList<>();
    Source slow =
        new Source() {
          private boolean overtaken;

          @Override
          public KeySet of(long applicationId) {
            KeySet read = super.of(applicationId);
            if (!overtaken) {
              overtaken = true;
              change(applicationId);
              nanos.incrementAndGet();
              caches.get(0).keysOf(applicationId);
            }
            return read;
          }
        };
    caches.add(new KeyCache(slow, clock, nanos::get));
    caches.get(0).keysOf(APPLICATION);
    slow.change(APPLICATION);
    pass(1_000);
    KeySet read = caches.get(0).keysOf(APPLICATION);
    assertThat(read).isSameAs(slow.sets.get(APPLICATION));
  }

  @Test
  void keysOf_manyThreadsMeetNoKeys_oneReads() throws InterruptedException {
    List<Thread> others = new ArrayList<>();
    AtomicInteger readings = new AtomicInteger();
    Source slow =
        new Source() {
          @Override
          public Map<Long, KeySet> all() {
            readings.incrementAndGet();
            others.forEach(Thread::start);
            while (!others.stream().allMatch(KeyCacheTest::isWaiting)) {
              Thread.onSpinWait();
            }
            return super.all();
          }
        };
    KeySet expected = slow.change(APPLICATION);
    KeyCache cold = new KeyCache(slow, clock, nanos::get);
    Queue<KeySet> found = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < 8; i++) {
      others.add(new Thread(() -> found.add(cold.keysOf(APPLICATION))));
    }
    assertThat(cold.keysOf(APPLICATION)).isSameAs(expected);
    for (Thread other : others) {
      other.join();
    }
    assertThat(readings).hasValue(1);
    assertThat(found).hasSize(8).containsOnly(expected);
  }

  private static boolean isWaiting(Thread thread) {
    return thread.getState() == Thread.State.TIMED_WAITING
        || thread.getState() == Thread.State.TERMINATED;
  }

  @Test
  void keysOf_firstReadingFails_nextReadsAnew() {
    source.broken = true;
    assertThatThrownBy(() -> cache.keysOf(APPLICATION)).isInstanceOf(StorageException.class);
    source.broken = false;
    KeySet changed = source.change(APPLICATION);
    assertThat(cache.keysOf(APPLICATION)).isSameAs(changed);
  }
}

package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.signing.StoredKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link KeyStore}. Not safe: confine to one thread.
 *
 * @see KeyStore
 */
public abstract class KeyStoreContract extends StoreContract {
  private static final long APPLICATION = 7;
  private static final int THREADS = 8;

  /** A contract of a store. */
  protected KeyStoreContract() {}

  private KeyStore keys() {
    return storage().keys();
  }

  private Key key(long id, Key.State state) {
    return new Key(
        id,
        APPLICATION,
        Key.Algorithm.HMAC_SHA256,
        Key.Purpose.REQUEST,
        state,
        clock.instant(),
        Key.FOREVER);
  }

  private StoredKey stored(long id) {
    return new StoredKey(key(id, Key.State.ENABLED), new byte[] {(byte) id, 0, -1});
  }

  private StoredKey destroyed(long id) {
    return new StoredKey(key(id, Key.State.DESTROYED), new byte[0]);
  }

  private static List<Long> ids(List<StoredKey> keys) {
    return keys.stream().map(stored -> stored.key().id()).toList();
  }

  @Test
  final void KEY1_find_keyOfEveryState_asStored() {
    List<StoredKey> all = new ArrayList<>();
    for (Key.State state : Key.State.values()) {
      Key key = key(all.size() + 1, state);
      byte[] material = state == Key.State.DESTROYED ? new byte[0] : new byte[] {0, 1, -128, 127};
      all.add(new StoredKey(key, material));
    }
    all.forEach(keys()::insert);
    for (StoredKey stored : all) {
      assertThat(keys().find(APPLICATION, stored.key().id())).contains(stored);
    }
  }

  @Test
  final void KEY1_find_valuesAtTheirLimits_asStored() {
    Key largest =
        new Key(
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            Key.Algorithm.HMAC_SHA256,
            Key.Purpose.REQUEST,
            Key.State.ENABLED,
            Instant.ofEpochMilli(Long.MIN_VALUE),
            Key.FOREVER);
    byte[] material = new byte[StoredKey.MAX_MATERIAL];
    for (int i = 0; i < material.length; i++) {
      material[i] = (byte) i;
    }
    StoredKey stored = new StoredKey(largest, material);
    keys().insert(stored);
    assertThat(keys().find(Long.MAX_VALUE, Long.MAX_VALUE)).contains(stored);
  }

  @Test
  final void KEY1_find_everyAlgorithmAndPurpose_asStored() {
    List<StoredKey> all = new ArrayList<>();
    for (Key.Algorithm algorithm : Key.Algorithm.values()) {
      for (Key.Purpose purpose : Key.Purpose.values()) {
        Key key =
            new Key(
                all.size() + 1,
                APPLICATION,
                algorithm,
                purpose,
                Key.State.ENABLED,
                clock.instant(),
                Key.FOREVER);
        all.add(new StoredKey(key, new byte[] {1}));
      }
    }
    all.forEach(keys()::insert);
    for (StoredKey stored : all) {
      assertThat(keys().find(APPLICATION, stored.key().id())).contains(stored);
    }
  }

  @Test
  final void KEY1_find_unknown_empty() {
    assertThat(keys().find(APPLICATION, 1)).isEmpty();
  }

  @Test
  final void KEY2_everyRead_anotherApplication_nothing() {
    keys().insert(stored(1));
    assertThat(keys().find(APPLICATION + 1, 1)).isEmpty();
    assertThat(keys().live(APPLICATION + 1, 10)).isEmpty();
    assertThat(keys().page(APPLICATION + 1, Long.MAX_VALUE, 10)).isEmpty();
  }

  @Test
  final void KEY2_update_anothersKey_changesNothing() {
    keys().insert(stored(1));
    Key anothers =
        new Key(
            1,
            APPLICATION + 1,
            Key.Algorithm.HMAC_SHA256,
            Key.Purpose.REQUEST,
            Key.State.DISABLED,
            clock.instant(),
            Key.FOREVER);
    assertThat(keys().update(new StoredKey(anothers, new byte[] {9}))).isFalse();
    assertThat(keys().find(APPLICATION, 1)).contains(stored(1));
  }

  @Test
  final void KEY3_insert_idTaken_conflictAndFirstStays() {
    keys().insert(stored(1));
    StoredKey second = new StoredKey(key(1, Key.State.DISABLED), new byte[] {2});
    assertThatThrownBy(() -> keys().insert(second)).isInstanceOf(ConflictException.class);
    assertThat(keys().find(APPLICATION, 1)).contains(stored(1));
  }

  @Test
  final void KEY4_update_present_everyFieldReplaced() {
    keys().insert(stored(1));
    Key changed =
        new Key(
            1,
            APPLICATION,
            Key.Algorithm.HMAC_SHA256,
            Key.Purpose.REQUEST,
            Key.State.VERIFY_ONLY,
            clock.instant().plusMillis(1),
            clock.instant().plusMillis(2));
    StoredKey replacement = new StoredKey(changed, new byte[] {42});
    assertThat(keys().update(replacement)).isTrue();
    assertThat(keys().find(APPLICATION, 1)).contains(replacement);
  }

  @Test
  final void KEY4_update_toDestroyed_materialIsGone() {
    keys().insert(stored(1));
    assertThat(keys().update(destroyed(1))).isTrue();
    assertThat(keys().find(APPLICATION, 1)).contains(destroyed(1));
  }

  @Test
  final void KEY4_update_absent_falseAndNothingStored() {
    assertThat(keys().update(stored(1))).isFalse();
    assertThat(keys().find(APPLICATION, 1)).isEmpty();
  }

  @Test
  final void KEY5_live_someDestroyed_othersNewestFirst() {
    List.of(stored(3), destroyed(9), stored(1), stored(8), destroyed(2), stored(5))
        .forEach(keys()::insert);
    keys().update(new StoredKey(key(3, Key.State.DISABLED), new byte[] {3}));
    assertThat(ids(keys().live(APPLICATION, 1000))).containsExactly(8L, 5L, 3L, 1L);
  }

  @Test
  final void KEY5_live_limit_theNewest() {
    for (long id = 1; id <= 5; id++) {
      keys().insert(stored(id));
    }
    assertThat(ids(keys().live(APPLICATION, 2))).containsExactly(5L, 4L);
    assertThatIllegalArgumentException().isThrownBy(() -> keys().live(APPLICATION, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> keys().live(APPLICATION, 1001));
  }

  @Test
  final void KEY6_page_walkedThrough_allOnceNewestFirst() {
    for (long id = 1; id <= 7; id++) {
      keys().insert(id % 2 == 0 ? destroyed(id) : stored(id));
    }
    assertThat(ids(keys().page(APPLICATION, Long.MAX_VALUE, 3))).containsExactly(7L, 6L, 5L);
    assertThat(ids(keys().page(APPLICATION, 5, 3))).containsExactly(4L, 3L, 2L);
    assertThat(ids(keys().page(APPLICATION, 2, 3))).containsExactly(1L);
    assertThat(ids(keys().page(APPLICATION, 1, 3))).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> keys().page(APPLICATION, 1, 0));
  }

  @Test
  final void KEY7_version_afterAdvance_greater() {
    long before = keys().version();
    keys().advance();
    long after = keys().version();
    assertThat(after).isGreaterThan(before);
    keys().advance();
    assertThat(keys().version()).isGreaterThan(after);
  }

  @Test
  final void KEY7_version_nothingAdvanced_same() {
    long before = keys().version();
    keys().find(APPLICATION, 1);
    storage().run(transaction -> keys().joining(transaction).version());
    assertThat(keys().version()).isEqualTo(before);
  }

  @Test
  final void KEY7_version_rolledBack_neverLower() {
    long before = keys().version();
    rolledBack(KeyStore::advance);
    assertThat(keys().version()).isGreaterThanOrEqualTo(before);
  }

  /** A store may show a transaction's thread what is not committed; it must not stay with it. */
  @Test
  final void KEY7_version_seenBesideATransactionThatIsRolledBack_notOfOtherKeys() {
    long[] version = new long[1];
    List<StoredKey> seen = new ArrayList<>();
    rolledBack(
        joined -> {
          joined.advance();
          joined.insert(stored(1));
          version[0] = keys().version();
          seen.addAll(keys().live(APPLICATION, 10));
        });
    changing(joined -> joined.insert(of(8, 2)));
    assertThat(keys().version()).isGreaterThan(version[0]);
    List<Long> changed = keys().changedAfter(version[0], 1000);
    assertThat(changed).contains(8L);
    if (!changed.contains(APPLICATION)) {
      assertThat(keys().live(APPLICATION, 10)).isEqualTo(seen);
    }
  }

  @Test
  final void KEY8_advance_manyTransactionsAtOnce_oneAfterTheOther() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      CyclicBarrier start = new CyclicBarrier(THREADS);
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        futures.add(
            threads.submit(
                () -> {
                  start.await(30, TimeUnit.SECONDS);
                  for (int n = 0; n < 10; n++) {
                    storage().run(transaction -> addNext(keys().joining(transaction)));
                  }
                  return null;
                }));
      }
      for (Future<?> future : futures) {
        future.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
    List<Long> ids = ids(keys().page(APPLICATION, Long.MAX_VALUE, 1000));
    assertThat(ids).hasSize(THREADS * 10).startsWith((long) THREADS * 10).endsWith(1L);
  }

  /** Reads and writes what would collide if two did it at once. */
  private void addNext(KeyStore joined) {
    joined.advance();
    List<StoredKey> newest = joined.page(APPLICATION, Long.MAX_VALUE, 1);
    joined.insert(stored(newest.isEmpty() ? 1 : newest.get(0).key().id() + 1));
  }

  @Test
  final void KEY9_joined_commit_allVisible() {
    keys().insert(stored(1));
    storage()
        .run(
            transaction -> {
              KeyStore joined = keys().joining(transaction);
              joined.insert(stored(2));
              joined.update(destroyed(1));
              assertThat(ids(joined.live(APPLICATION, 10))).containsExactly(2L);
            });
    assertThat(ids(keys().live(APPLICATION, 10))).containsExactly(2L);
  }

  @Test
  final void KEY9_joined_rollback_nothingVisible() {
    keys().insert(stored(1));
    rolledBack(
        joined -> {
          joined.insert(stored(2));
          joined.update(destroyed(1));
        });
    assertThat(keys().page(APPLICATION, Long.MAX_VALUE, 10)).containsExactly(stored(1));
    keys().insert(stored(2));
  }

  @Test
  final void KEY10_liveAfter_walkedThrough_everyApplicationsLiveKeysOnceOldestFirst() {
    for (long id = 1; id <= 7; id++) {
      keys().insert(id % 3 == 0 ? destroyed(id) : stored(id));
    }
    Key anothers =
        new Key(
            8,
            APPLICATION + 1,
            Key.Algorithm.ED25519,
            Key.Purpose.OUTGOING_WEBHOOK,
            Key.State.DISABLED,
            clock.instant(),
            Key.FOREVER);
    StoredKey last = new StoredKey(anothers, new byte[] {8});
    keys().insert(last);
    assertThat(ids(keys().liveAfter(0, 3))).containsExactly(1L, 2L, 4L);
    assertThat(ids(keys().liveAfter(4, 3))).containsExactly(5L, 7L, 8L);
    assertThat(keys().liveAfter(7, 3)).containsExactly(last);
    assertThat(keys().liveAfter(8, 3)).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> keys().liveAfter(0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> keys().liveAfter(0, 1001));
  }

  @Test
  final void KEY10_liveAfter_destroyedMeanwhile_notMet() {
    for (long id = 1; id <= 4; id++) {
      keys().insert(stored(id));
    }
    assertThat(ids(keys().liveAfter(0, 2))).containsExactly(1L, 2L);
    keys().update(destroyed(3));
    assertThat(ids(keys().liveAfter(2, 2))).containsExactly(4L);
  }

  @Test
  final void KEY11_destroy_liveKey_materialGoneAndTheRestStays() {
    keys().insert(stored(1));
    keys().insert(stored(2));
    assertThat(keys().destroy(APPLICATION, 1)).isTrue();
    assertThat(keys().find(APPLICATION, 1)).contains(destroyed(1));
    assertThat(keys().live(APPLICATION, 10)).containsExactly(stored(2));
    assertThat(keys().destroy(APPLICATION, 1)).as("again").isTrue();
    assertThat(keys().find(APPLICATION, 1)).contains(destroyed(1));
  }

  @Test
  final void KEY11_destroy_absentOrAnothers_falseAndNothingChanged() {
    keys().insert(stored(1));
    assertThat(keys().destroy(APPLICATION, 2)).isFalse();
    assertThat(keys().destroy(APPLICATION + 1, 1)).isFalse();
    assertThat(keys().find(APPLICATION, 1)).contains(stored(1));
  }

  @Test
  final void KEY11_destroy_rolledBack_asBefore() {
    keys().insert(stored(1));
    rolledBack(joined -> joined.destroy(APPLICATION, 1));
    assertThat(keys().find(APPLICATION, 1)).contains(stored(1));
  }

  @Test
  final void KEY13_changedAfter_everyKindOfChange_itsApplication() {
    changing(joined -> joined.insert(stored(1)));
    changing(joined -> joined.insert(of(8, 2)));
    changing(joined -> joined.insert(of(9, 3)));
    assertThat(keys().changedAfter(0, 1000)).containsExactly(APPLICATION, 8L, 9L);
    assertThat(keys().changedAfter(0, 2)).containsExactly(APPLICATION, 8L);
    long before = keys().version();
    assertThat(keys().changedAfter(before, 1000)).isEmpty();
    changing(joined -> joined.update(stored(1)));
    assertThat(keys().changedAfter(before, 1000)).containsExactly(APPLICATION);
    changing(joined -> joined.destroy(8, 2));
    assertThat(keys().changedAfter(before, 1000)).containsExactly(APPLICATION, 8L);
    assertThat(keys().changedAfter(before + 1, 1000)).containsExactly(8L);
  }

  @Test
  final void KEY13_changedAfter_severalOfOneApplicationInOneTransaction_once() {
    changing(joined -> List.of(stored(1), stored(2), stored(3)).forEach(joined::insert));
    assertThat(keys().changedAfter(0, 1000)).containsExactly(APPLICATION);
  }

  @Test
  final void KEY13_changedAfter_argumentsOutOfRange_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> keys().changedAfter(-1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> keys().changedAfter(0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> keys().changedAfter(0, 1001));
  }

  private StoredKey of(long applicationId, long id) {
    Key key =
        new Key(
            id,
            applicationId,
            Key.Algorithm.HMAC_SHA256,
            Key.Purpose.REQUEST,
            Key.State.ENABLED,
            clock.instant(),
            Key.FOREVER);
    return new StoredKey(key, new byte[] {1});
  }

  private void changing(Consumer<KeyStore> change) {
    storage()
        .run(
            transaction -> {
              KeyStore joined = keys().joining(transaction);
              joined.advance();
              change.accept(joined);
            });
  }

  private void rolledBack(Consumer<KeyStore> work) {
    RuntimeException failure = new IllegalStateException("the host's work fails");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          work.accept(keys().joining(transaction));
                          throw failure;
                        }))
        .isSameAs(failure);
  }
}

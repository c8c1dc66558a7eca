package dev.gatehouse.testing.contract;

import static dev.gatehouse.registry.RegistryStore.KEPT_CHANGES;
import static dev.gatehouse.registry.RegistryStore.MAX_LIMIT;
import static dev.gatehouse.testing.contract.Parallel.THREADS;
import static dev.gatehouse.testing.contract.RegistryRows.refusesLimit;
import static dev.gatehouse.testing.contract.RegistryRows.registered;
import static dev.gatehouse.testing.contract.RegistryRows.rollBack;
import static dev.gatehouse.testing.contract.RegistryRows.server;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.RegistryStore.Change;
import dev.gatehouse.registry.RegistryStore.Subject;
import dev.gatehouse.registry.Server;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The rules of {@link RegistryStore} for its version and its log of changes. */
public abstract class RegistryChangesContract extends StoreContract {
  /** A contract of a store. */
  protected RegistryChangesContract() {}

  private RegistryStore store() {
    return storage().registry();
  }

  @Test
  void REGISTRY1_version_newStorage_zero() {
    assertThat(store().version()).isZero();
    assertThat(store().changes(0, MAX_LIMIT)).isEmpty();
  }

  @Test
  void REGISTRY1_advance_inTransactions_addsOneEach() {
    assertThat(advance("a")).isEqualTo(1);
    assertThat(advance("b")).isEqualTo(2);
    assertThat(store().version()).isEqualTo(2);
  }

  @Test
  void REGISTRY1_advance_rolledBack_leavesNoGap() {
    advance("a");
    rollBack(
        storage(),
        rows -> {
          assertThat(rows.advance(Subject.APPLICATION, "b")).isEqualTo(2);
          assertThat(rows.version()).isEqualTo(2);
        });
    assertThat(store().version()).isEqualTo(1);
    assertThat(advance("c")).isEqualTo(2);
    assertThat(store().changes(0, MAX_LIMIT)).extracting(Change::nameKey).containsExactly("a", "c");
  }

  @Test
  void REGISTRY1_advance_manyThreads_eachVersionOnceAndNoneLost() throws Exception {
    List<Callable<List<Long>>> workers =
        IntStream.range(0, THREADS)
            .mapToObj(
                worker ->
                    (Callable<List<Long>>)
                        () -> IntStream.range(0, 20).mapToObj(i -> advance("w" + worker)).toList())
            .toList();
    assertThat(Parallel.call(workers).stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(1, 20 * THREADS).mapToObj(Long::valueOf).toList());
    assertThat(store().version()).isEqualTo(20 * THREADS);
  }

  @Test
  void REGISTRY1_advance_readThenWriteByManyThreads_isSerial() throws Exception {
    store().put(server("counter"));
    Callable<Integer> increment =
        () ->
            storage()
                .call(
                    transaction -> {
                      RegistryStore rows = store().joining(transaction);
                      rows.advance(Subject.SERVER, "counter");
                      int port = rows.findServer("counter").orElseThrow().port() + 1;
                      rows.put(registered(Server.named("counter").at("h", port)));
                      return port;
                    });
    Parallel.call(IntStream.range(0, 5 * THREADS).mapToObj(i -> increment).toList());
    assertThat(store().findServer("counter").orElseThrow().port()).isEqualTo(80 + 5 * THREADS);
  }

  @Test
  void REGISTRY2_changes_afterVersion_inOrderWithSubjectAndKey() {
    advance("First");
    storage().run(tx -> store().joining(tx).advance(Subject.SERVER, "SECOND"));
    advance("third");
    assertThat(store().changes(1, MAX_LIMIT))
        .containsExactly(
            new Change(2, Subject.SERVER, "second"), new Change(3, Subject.APPLICATION, "third"));
    assertThat(store().changes(0, 1)).containsExactly(new Change(1, Subject.APPLICATION, "first"));
    assertThat(store().changes(3, MAX_LIMIT)).isEmpty();
  }

  @Test
  void REGISTRY2_changes_twoOfOneTransaction_both() {
    storage()
        .run(
            tx -> {
              store().joining(tx).advance(Subject.SERVER, "a");
              store().joining(tx).advance(Subject.SERVER, "a");
            });
    assertThat(store().changes(0, MAX_LIMIT)).extracting(Change::version).containsExactly(1L, 2L);
  }

  @Test
  void REGISTRY2_changes_moreThanKept_latestRemain() {
    int more = KEPT_CHANGES + 5;
    storage()
        .run(
            tx -> {
              RegistryStore rows = store().joining(tx);
              for (int i = 1; i <= more; i++) {
                rows.advance(Subject.APPLICATION, "a" + i);
              }
            });
    List<Change> latest = store().changes(more - KEPT_CHANGES, MAX_LIMIT);
    assertThat(latest).hasSize(KEPT_CHANGES);
    assertThat(latest.get(0)).isEqualTo(new Change(6, Subject.APPLICATION, "a6"));
    assertThat(latest.get(KEPT_CHANGES - 1).version()).isEqualTo(more);
  }

  @Test
  void REGISTRY2_changes_limitOutOfRange_refused() {
    refusesLimit(limit -> store().changes(0, limit));
  }

  private long advance(String name) {
    return storage().call(tx -> store().joining(tx).advance(Subject.APPLICATION, name));
  }

  @Test
  void REGISTRY1_tryLock_leavesNoVersion() {
    advance("a");
    storage()
        .run(
            transaction -> {
              RegistryStore rows = store().joining(transaction);
              assertThat(rows.tryLock()).isTrue();
              assertThat(rows.tryLock()).isTrue();
              assertThat(rows.version()).isEqualTo(1);
            });
    assertThat(store().version()).isEqualTo(1);
    assertThat(advance("b")).isEqualTo(2);
    assertThat(store().changes(0, MAX_LIMIT)).hasSize(2);
  }

  @Test
  void REGISTRY11_deciding_seesWhatTheTransactionWroteAndWrites() {
    storage()
        .run(
            transaction -> {
              RegistryStore rows = store().joining(transaction).deciding();
              assertThat(rows.advance(Subject.APPLICATION, "a")).isEqualTo(1);
              assertThat(store().joining(transaction).deciding().version()).isEqualTo(1);
            });
    assertThat(store().version()).isEqualTo(1);
  }
}

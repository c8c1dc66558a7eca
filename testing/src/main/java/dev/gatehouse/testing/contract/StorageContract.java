package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.Together.together;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.ScheduleRow;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.StoredKey;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.transaction.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link Storage}, above all that one transaction covers all roles. Not safe: confine
 * to one thread.
 *
 * @see Storage
 */
public abstract class StorageContract extends StoreContract {
  private static final Set<String> EVERY_ROLE =
      Set.of("application", "audit", "key", "role", "schedule", "task", "workflow");
  private static final int THREADS = 8;

  /** A contract of a storage. */
  protected StorageContract() {}

  /** A storage of a place that cannot be used; empty if every place can. */
  protected Optional<Storage> openUnusable() {
    return Optional.empty();
  }

  /** Writes a row of that number to every role. */
  private void write(Transaction transaction, long number) {
    Storage storage = storage();
    storage
        .registry()
        .joining(transaction)
        .insert(
            Application.named("app-" + number)
                .registered(
                    number, String.format(Locale.ROOT, "appKey%010d", number), START, null));
    Key key =
        new Key(
            number,
            number,
            Key.Algorithm.HMAC_SHA256,
            Key.Purpose.REQUEST,
            Key.State.ENABLED,
            START,
            Key.FOREVER);
    storage.keys().joining(transaction).insert(new StoredKey(key, new byte[] {1}));
    storage.permissions().joining(transaction).insertRole(new Role(number, "role-" + number));
    storage.tasks().joining(transaction).insert(List.of(TaskSamples.row(number)));
    storage.schedules().joining(transaction).insert(schedule(number));
    WorkflowSamples.insert(storage.workflows().joining(transaction), number);
    storage.audit().joining(transaction).append(List.of(entry(number)));
  }

  private static ScheduleRow schedule(long id) {
    return new ScheduleRow(
        id,
        0,
        "schedule-" + id,
        new ScheduleRow.Definition("timing", "kind", "{}", 1, "linear:0:0"),
        new ScheduleRow.Standing(0, 0, 0, false, ""),
        0,
        0);
  }

  private static AuditEntry entry(long id) {
    return AuditEntry.of(LogName.AUDIT, AuditRecord.of(1, 0, "done").id(id).time(START).build());
  }

  /** The roles that hold a row of that number. */
  private Set<String> holders(long number) {
    Set<String> holders = new TreeSet<>();
    Storage storage = storage();
    storage.registry().findApplication(number).ifPresent(found -> holders.add("application"));
    storage.keys().find(number, number).ifPresent(found -> holders.add("key"));
    storage.permissions().findRole("role-" + number).ifPresent(found -> holders.add("role"));
    storage.tasks().find(OptionalLong.empty(), number).ifPresent(found -> holders.add("task"));
    storage.schedules().find(0, "schedule-" + number).ifPresent(found -> holders.add("schedule"));
    storage
        .workflows()
        .find(OptionalLong.empty(), number)
        .ifPresent(found -> holders.add("workflow"));
    storage.audit().find(number).ifPresent(found -> holders.add("audit"));
    return holders;
  }

  @Test
  void STORAGE1_open_unusablePlace_opensAllTheSame() {
    openUnusable().ifPresent(Storage::close);
  }

  @Test
  void STORAGE2_check_unusablePlace_throws() {
    openUnusable()
        .ifPresent(
            unusable -> {
              assertThatThrownBy(unusable::check).isInstanceOf(StorageException.class);
              unusable.close();
            });
  }

  @Test
  void STORAGE2_check_usablePlace_passesAgainAndAgain() {
    storage().check();
    storage().check();
    assertThat(holders(1)).isEmpty();
  }

  @Test
  void STORAGE3_call_everyRole_committedTogether() {
    String result =
        storage()
            .call(
                transaction -> {
                  write(transaction, 1);
                  assertThat(storage().tasks().joining(transaction).find(OptionalLong.empty(), 1))
                      .isPresent();
                  return "result";
                });
    assertThat(result).isEqualTo("result");
    assertThat(holders(1)).isEqualTo(EVERY_ROLE);
  }

  @Test
  void STORAGE3_afterCommit_oneThrows_workDoneOnceAndTheOthersRun() {
    List<String> seen = new ArrayList<>();

    String result =
        storage()
            .call(
                transaction -> {
                  seen.add("work");
                  transaction.afterCommit(
                      () -> {
                        throw new IllegalStateException("of the action's own");
                      });
                  transaction.afterCommit(() -> seen.add("other"));
                  return "done";
                });

    assertThat(result).isEqualTo("done");
    assertThat(seen).containsExactly("work", "other");
  }

  @Test
  void STORAGE3_afterCommit_runsOnceTheRowsAreThere() {
    List<Set<String>> seen = new ArrayList<>();
    storage()
        .run(
            transaction -> {
              transaction.afterCommit(() -> seen.add(holders(1)));
              write(transaction, 1);
              assertThat(seen).isEmpty();
            });
    assertThat(seen).containsExactly(EVERY_ROLE);
  }

  @Test
  void STORAGE3_callWithinACall_refusedOrByItself() {
    AtomicReference<RuntimeException> refusal = new AtomicReference<>();
    storage()
        .run(
            outer -> {
              try {
                storage().run(inner -> write(inner, 1));
              } catch (IllegalStateException e) {
                refusal.set(e);
              }
              write(outer, 2);
            });
    assertThat(holders(1)).isEqualTo(refusal.get() == null ? EVERY_ROLE : Set.of());
    assertThat(holders(2)).isEqualTo(EVERY_ROLE);
  }

  @Test
  void STORAGE4_call_throws_nothingOfAnyRoleAndNoHint() {
    for (Throwable failure : List.of(new IllegalStateException("no"), new AssertionError("no"))) {
      List<String> hints = new ArrayList<>();
      assertThatThrownBy(
              () ->
                  storage()
                      .run(
                          transaction -> {
                            transaction.afterCommit(() -> hints.add("hint"));
                            write(transaction, 1);
                            rethrow(failure);
                          }))
          .isSameAs(failure);
      assertThat(holders(1)).isEmpty();
      assertThat(hints).isEmpty();
    }
  }

  private static void rethrow(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }

  @Test
  void STORAGE4_call_oneRoleRefuses_nothingOfAnyRole() {
    storage().audit().append(List.of(entry(1)));
    assertThatThrownBy(() -> storage().run(transaction -> write(transaction, 1)))
        .isInstanceOf(ConflictException.class);
    assertThat(holders(1)).containsExactly("audit");
  }

  @Test
  void STORAGE4_call_manyThreadsHalfFailing_wholeOrNothing() {
    together(
        THREADS,
        number -> {
          try {
            storage()
                .run(
                    transaction -> {
                      write(transaction, number);
                      if (number % 2 == 0) {
                        throw new IllegalStateException("no");
                      }
                    });
          } catch (IllegalStateException e) {
            assertThat(e).hasMessage("no");
          }
          return number;
        });
    for (long number = 1; number <= THREADS; number++) {
      assertThat(holders(number)).isEqualTo(number % 2 == 0 ? Set.of() : EVERY_ROLE);
    }
  }

  @Test
  void STORAGE5_joining_anotherStoragesTransaction_everyRoleRefuses() {
    try (Storage other = open(clock)) {
      other.run(
          transaction -> {
            for (Function<Transaction, Object> role : roles()) {
              assertThatIllegalArgumentException().isThrownBy(() -> role.apply(transaction));
            }
          });
    }
  }

  private List<Function<Transaction, Object>> roles() {
    Storage storage = storage();
    return List.of(
        storage.registry()::joining,
        storage.keys()::joining,
        storage.permissions()::joining,
        storage.tasks()::joining,
        storage.schedules()::joining,
        storage.workflows()::joining,
        storage.audit()::joining);
  }

  @Test
  void STORAGE5_joining_endedTransaction_refusedAndNothingWritten() {
    AtomicReference<Transaction> ended = new AtomicReference<>();
    storage().run(ended::set);
    assertThatThrownBy(() -> write(requireNonNull(ended.get()), 1))
        .isInstanceOf(RuntimeException.class);
    assertThat(holders(1)).isEmpty();
  }

  @Test
  void STORAGE6_close_twice_harmless() {
    storage().run(transaction -> write(transaction, 1));
    storage().close();
    storage().close();
  }
}

package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.scheduler.ScheduleRow;
import dev.gatehouse.scheduler.ScheduleRow.Standing;
import dev.gatehouse.scheduler.ScheduleStore;
import dev.gatehouse.transaction.Transaction;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The ScheduleStore of a {@link MemoryStorage}. */
final class MemoryScheduleStore implements ScheduleStore {
  private record Key(long applicationId, String name) {
    private static final Comparator<Key> ORDER =
        Comparator.comparingLong(Key::applicationId).thenComparing(Key::name);

    static Key of(ScheduleRow row) {
      return new Key(row.applicationId(), row.name());
    }
  }

  private final Journal journal;
  private final NavigableMap<Long, ScheduleRow> byId = new TreeMap<>();
  private final NavigableMap<Key, ScheduleRow> byKey = new TreeMap<>(Key.ORDER);

  MemoryScheduleStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public ScheduleStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }

  @Override
  public void insert(ScheduleRow row) {
    journal.run(
        () -> {
          if (byKey.containsKey(Key.of(row)) || byId.containsKey(row.id())) {
            throw new ConflictException("there is a schedule '" + row.name() + "' already");
          }
          put(row);
          journal.undo(() -> drop(row));
          return row;
        });
  }

  @Override
  public boolean update(ScheduleRow row) {
    return journal.run(
        () -> {
          @Nullable ScheduleRow old = current(row.id(), row.version());
          return old != null
              && replace(
                  old,
                  new ScheduleRow(
                      old.id(),
                      old.applicationId(),
                      old.name(),
                      row.definition(),
                      row.standing(),
                      old.version() + 1,
                      old.createdMillis()));
        });
  }

  @Override
  public boolean tryLock(long id) {
    return journal.run(() -> byId.containsKey(id));
  }

  @Override
  public boolean advance(long id, long version, Standing standing) {
    return journal.run(
        () -> {
          @Nullable ScheduleRow old = current(id, version);
          return old != null
              && replace(
                  old,
                  new ScheduleRow(
                      id,
                      old.applicationId(),
                      old.name(),
                      old.definition(),
                      standing,
                      version + 1,
                      old.createdMillis()));
        });
  }

  private @Nullable ScheduleRow current(long id, long version) {
    ScheduleRow row = byId.get(id);
    return row == null || row.version() != version ? null : row;
  }

  private boolean replace(ScheduleRow old, ScheduleRow row) {
    put(row);
    journal.undo(() -> put(old));
    return true;
  }

  @Override
  public boolean remove(long applicationId, String name) {
    return journal.run(
        () -> {
          ScheduleRow row = byKey.get(new Key(applicationId, name));
          if (row == null) {
            return false;
          }
          drop(row);
          journal.undo(() -> put(row));
          return true;
        });
  }

  private void put(ScheduleRow row) {
    byId.put(row.id(), row);
    byKey.put(Key.of(row), row);
  }

  private void drop(ScheduleRow row) {
    byId.remove(row.id());
    byKey.remove(Key.of(row));
  }

  @Override
  public Optional<ScheduleRow> find(long applicationId, String name) {
    return journal.run(() -> Optional.ofNullable(byKey.get(new Key(applicationId, name))));
  }

  @Override
  public List<ScheduleRow> page(long applicationId, String afterName, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () ->
            byKey.tailMap(new Key(applicationId, afterName), false).values().stream()
                .takeWhile(row -> row.applicationId() == applicationId)
                .limit(limit)
                .toList());
  }

  @Override
  public List<ScheduleRow> due(long untilMillis, long afterId, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () ->
            active(byId.tailMap(afterId, false))
                .filter(row -> row.standing().nextMillis() <= untilMillis)
                .limit(limit)
                .toList());
  }

  @Override
  public OptionalLong earliestDue(long afterMillis) {
    return journal.run(
        () ->
            active(byId)
                .mapToLong(row -> row.standing().nextMillis())
                .filter(next -> next > afterMillis)
                .min());
  }

  private static Stream<ScheduleRow> active(NavigableMap<Long, ScheduleRow> rows) {
    return rows.values().stream().filter(row -> !row.standing().paused());
  }
}

package dev.gatehouse.storage.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Rows by id, found also by a key that no two share and, in groups, by one that they may share. To
 * be used under the journal's lock; each change leaves its undo step there.
 */
final class IndexedRows<R, K, G> {
  private final Journal journal;
  private final ToLongFunction<R> idOf;
  private final Function<R, K> keyOf;
  private final Function<R, G> groupOf;
  private final NavigableMap<Long, R> byId = new TreeMap<>();
  private final Map<K, R> byKey = new HashMap<>();
  private final Map<G, NavigableMap<Long, R>> byGroup = new HashMap<>();

  IndexedRows(
      Journal journal, ToLongFunction<R> idOf, Function<R, K> keyOf, Function<R, G> groupOf) {
    this.journal = journal;
    this.idOf = idOf;
    this.keyOf = keyOf;
    this.groupOf = groupOf;
  }

  boolean insert(R row) {
    if (byKey.containsKey(keyOf.apply(row)) || byId.containsKey(idOf.applyAsLong(row))) {
      return false;
    }
    add(row);
    journal.undo(() -> remove(row));
    return true;
  }

  boolean delete(long id) {
    R row = byId.get(id);
    if (row == null) {
      return false;
    }
    remove(row);
    journal.undo(() -> add(row));
    return true;
  }

  int size() {
    return byId.size();
  }

  Optional<R> find(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  Optional<R> find(K key) {
    return Optional.ofNullable(byKey.get(key));
  }

  List<R> page(long afterId, int limit) {
    return page(byId, afterId, limit);
  }

  List<R> page(G group, long afterId, int limit) {
    NavigableMap<Long, R> rows = byGroup.get(group);
    return rows == null ? List.of() : page(rows, afterId, limit);
  }

  private static <R> List<R> page(NavigableMap<Long, R> rows, long afterId, int limit) {
    List<R> page = new ArrayList<>();
    for (R row : rows.tailMap(afterId, false).values()) {
      if (page.size() == limit) {
        break;
      }
      page.add(row);
    }
    return List.copyOf(page);
  }

  private void add(R row) {
    long id = idOf.applyAsLong(row);
    byId.put(id, row);
    byKey.put(keyOf.apply(row), row);
    byGroup.computeIfAbsent(groupOf.apply(row), group -> new TreeMap<>()).put(id, row);
  }

  private void remove(R row) {
    long id = idOf.applyAsLong(row);
    byId.remove(id);
    byKey.remove(keyOf.apply(row));
    G group = groupOf.apply(row);
    @Nullable NavigableMap<Long, R> rows = byGroup.get(group);
    if (rows != null && rows.remove(id) != null && rows.isEmpty()) {
      byGroup.remove(group);
    }
  }
}

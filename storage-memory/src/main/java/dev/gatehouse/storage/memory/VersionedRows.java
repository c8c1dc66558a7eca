package dev.gatehouse.storage.memory;

import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.PermissionStore.Difference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows by id, found also by a key that no two share and, in groups, by one that they may share; and
 * those that were removed, by the versions that held them. To be used under the journal's lock;
 * each change leaves its undo step there.
 */
final class VersionedRows<R, K, G> {
  private static final long NEVER = Long.MAX_VALUE;

  private final Journal journal;
  private final LongSupplier nextVersion;
  private final ToLongFunction<R> idOf;
  private final Function<R, K> keyOf;
  private final Function<R, G> groupOf;
  private final NavigableMap<Long, Line<R>> byId = new TreeMap<>();
  private final Map<K, Line<R>> byKey = new HashMap<>();
  private final Map<G, NavigableMap<Long, Line<R>>> byGroup = new HashMap<>();
  private final NavigableMap<Long, Line<R>> removed = new TreeMap<>();
  private final NavigableMap<Long, List<Line<R>>> byAddition = new TreeMap<>();
  private final NavigableMap<Long, List<Line<R>>> byRemoval = new TreeMap<>();

  /** A row and the versions that hold it, from the one up to, without, the other. */
  private static final class Line<R> {
    final R row;
    final long addedIn;
    long removedIn = NEVER;

    Line(R row, long addedIn) {
      this.row = row;
      this.addedIn = addedIn;
    }

    boolean isIn(long version) {
      return addedIn <= version && version < removedIn;
    }
  }

  /** The version is that of rows that are added or removed now. */
  VersionedRows(
      Journal journal,
      LongSupplier nextVersion,
      ToLongFunction<R> idOf,
      Function<R, K> keyOf,
      Function<R, G> groupOf) {
    this.journal = journal;
    this.nextVersion = nextVersion;
    this.idOf = idOf;
    this.keyOf = keyOf;
    this.groupOf = groupOf;
  }

  boolean insert(R row) {
    long id = idOf.applyAsLong(row);
    if (byKey.containsKey(keyOf.apply(row)) || byId.containsKey(id) || removed.containsKey(id)) {
      return false;
    }
    Line<R> line = new Line<>(row, nextVersion.getAsLong());
    add(line);
    note(byAddition, line.addedIn, line);
    journal.undo(
        () -> {
          remove(line);
          forget(byAddition, line.addedIn, line);
        });
    return true;
  }

  boolean delete(long id) {
    Line<R> line = byId.get(id);
    if (line == null) {
      return false;
    }
    long version = nextVersion.getAsLong();
    remove(line);
    if (line.addedIn == version) {
      forget(byAddition, version, line);
      journal.undo(
          () -> {
            add(line);
            note(byAddition, version, line);
          });
      return true;
    }
    line.removedIn = version;
    removed.put(id, line);
    note(byRemoval, version, line);
    journal.undo(
        () -> {
          forget(byRemoval, version, line);
          removed.remove(id);
          line.removedIn = NEVER;
          add(line);
        });
    return true;
  }

  int size() {
    return byId.size();
  }

  Optional<R> find(long id) {
    return Optional.ofNullable(byId.get(id)).map(line -> line.row);
  }

  Optional<R> find(K key) {
    return Optional.ofNullable(byKey.get(key)).map(line -> line.row);
  }

  /** Whether the version holds the row of that id. */
  boolean has(long id, long version) {
    @Nullable Line<R> line = byId.containsKey(id) ? byId.get(id) : removed.get(id);
    return line != null && line.isIn(version);
  }

  /** Whether any version that is not forgotten holds the row of that id. */
  boolean knows(long id) {
    return byId.containsKey(id) || removed.containsKey(id);
  }

  /** Rows that the version holds, in order of id. */
  List<R> page(long version, long afterId, int limit) {
    Stream<Line<R>> present = byId.tailMap(afterId, false).values().stream();
    if (version == PermissionStore.LATEST) {
      return present.limit(limit).map(line -> line.row).toList();
    }
    NavigableMap<Long, R> page = new TreeMap<>();
    Stream<Line<R>> gone = removed.tailMap(afterId, false).values().stream();
    Stream.of(present, gone)
        .forEach(
            lines ->
                lines
                    .filter(line -> line.isIn(version))
                    .limit(limit)
                    .forEach(line -> page.put(idOf.applyAsLong(line.row), line.row)));
    return page.values().stream().limit(limit).toList();
  }

  /** Rows of the group that are there now, in order of id. */
  List<R> group(G group, long afterId, int limit) {
    NavigableMap<Long, Line<R>> lines = byGroup.get(group);
    return lines == null
        ? List.of()
        : lines.tailMap(afterId, false).values().stream()
            .limit(limit)
            .map(line -> line.row)
            .toList();
  }

  Difference<R> difference(long before, long version, int limit) {
    List<R> added =
        byAddition.subMap(before, false, version, true).values().stream()
            .flatMap(List::stream)
            .filter(line -> line.isIn(version))
            .limit(limit)
            .map(line -> line.row)
            .toList();
    List<Long> gone =
        byRemoval.subMap(before, false, version, true).values().stream()
            .flatMap(List::stream)
            .filter(line -> line.isIn(before))
            .limit(limit - added.size())
            .map(line -> idOf.applyAsLong(line.row))
            .toList();
    return new Difference<>(added, gone);
  }

  /** Drops so many rows that only versions before that one hold; how many it dropped. */
  int forget(long version, int limit) {
    List<Line<R>> dropped = new ArrayList<>();
    Iterator<List<Line<R>>> ends = byRemoval.headMap(version, true).values().iterator();
    while (dropped.size() < limit && ends.hasNext()) {
      List<Line<R>> together = ends.next();
      List<Line<R>> last =
          together.subList(Math.max(0, together.size() - limit + dropped.size()), together.size());
      dropped.addAll(last);
      last.clear();
      if (together.isEmpty()) {
        ends.remove();
      }
    }
    dropped.forEach(line -> removed.remove(idOf.applyAsLong(line.row)));
    NavigableMap<Long, List<Line<R>>> additions = new TreeMap<>(byAddition.headMap(version, true));
    byAddition.headMap(version, true).clear();
    journal.undo(
        () -> {
          byAddition.putAll(additions);
          for (Line<R> line : dropped) {
            removed.put(idOf.applyAsLong(line.row), line);
            note(byRemoval, line.removedIn, line);
          }
        });
    return dropped.size();
  }

  private static <R> void note(
      NavigableMap<Long, List<Line<R>>> lines, long version, Line<R> line) {
    lines.computeIfAbsent(version, key -> new ArrayList<>()).add(line);
  }

  /** From the end: what is undone came last. */
  private static <R> void forget(
      NavigableMap<Long, List<Line<R>>> lines, long version, Line<R> line) {
    @Nullable List<Line<R>> ofVersion = lines.get(version);
    if (ofVersion != null) {
      ofVersion.remove(ofVersion.lastIndexOf(line));
      if (ofVersion.isEmpty()) {
        lines.remove(version);
      }
    }
  }

  private void add(Line<R> line) {
    long id = idOf.applyAsLong(line.row);
    byId.put(id, line);
    byKey.put(keyOf.apply(line.row), line);
    byGroup.computeIfAbsent(groupOf.apply(line.row), group -> new TreeMap<>()).put(id, line);
  }

  private void remove(Line<R> line) {
    long id = idOf.applyAsLong(line.row);
    byId.remove(id);
    byKey.remove(keyOf.apply(line.row));
    G group = groupOf.apply(line.row);
    @Nullable NavigableMap<Long, Line<R>> lines = byGroup.get(group);
    if (lines != null && lines.remove(id) != null && lines.isEmpty()) {
      byGroup.remove(group);
    }
  }
}

package dev.gatehouse.storage.memory;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditRemoval;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.PendingLeaf;
import dev.gatehouse.audit.StoredHead;
import dev.gatehouse.audit.TreeExtension;
import dev.gatehouse.audit.TreeLeaf;
import dev.gatehouse.audit.TreeState;
import dev.gatehouse.audit.TreeStray;
import dev.gatehouse.audit.TreeTile;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The AuditTreeStore of a {@link MemoryStorage}. All fields are guarded by the journal. */
final class MemoryAuditTree implements AuditTreeStore {
  private static final byte[] NO_LEAVES =
      HexFormat.of().parseHex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

  private final Journal journal;
  private final InstantSource clock;
  private final NavigableMap<Long, AuditEntry> records;
  private final NavigableSet<Long> pending = new TreeSet<>();
  private final NavigableSet<Long> refused = new TreeSet<>();
  private final List<@Nullable PendingLeaf> leaves = new ArrayList<>(); // null where removed
  private final NavigableMap<Long, AuditRemoval.Range> removed = new TreeMap<>();
  private final Map<Long, Long> indexes = new HashMap<>();
  private final NavigableMap<TileKey, TreeTile> tiles = new TreeMap<>();
  private final NavigableMap<Long, StoredHead> heads = new TreeMap<>();
  private String owner = "";
  private long expiresMillis;
  private TreeState state = new TreeState(0, 0, NO_LEAVES);

  private record TileKey(int level, long index) implements Comparable<TileKey> {
    @Override
    public int compareTo(TileKey other) {
      return level == other.level
          ? Long.compare(index, other.index)
          : Integer.compare(level, other.level);
    }
  }

  MemoryAuditTree(Journal journal, InstantSource clock, NavigableMap<Long, AuditEntry> records) {
    this.journal = journal;
    this.clock = clock;
    this.records = records;
  }

  /** To be called under the journal: a record was appended. */
  void append(long id) {
    pending.add(id);
    journal.undo(() -> pending.remove(id));
  }

  private static int checked(int limit) {
    return Check.range(limit, 1, MAX_BATCH, "limit");
  }

  @Override
  public List<PendingLeaf> pending(long afterId, int limit) {
    checked(limit);
    return journal.run(
        () -> {
          List<PendingLeaf> found = new ArrayList<>();
          for (long id : pending.tailSet(afterId, false)) {
            AuditEntry entry = records.get(id);
            if (entry != null) {
              found.add(new PendingLeaf(id, entry.leafHash(), entry.mac()));
            }
            if (found.size() == limit) {
              break;
            }
          }
          return found;
        });
  }

  @Override
  public OptionalLong newestPending() {
    return journal.run(
        () -> pending.isEmpty() ? OptionalLong.empty() : OptionalLong.of(pending.last()));
  }

  @Override
  public Optional<TreeState> lease(String asking, Duration duration) {
    Check.text(asking, 1, 36, "owner");
    Check.range(duration, Duration.ofMillis(1), MAX_LEASE, "duration");
    return journal.run(
        () -> {
          long now = clock.millis();
          boolean isFree = expiresMillis <= now;
          if (!isFree && !owner.equals(asking)) {
            return Optional.empty();
          }
          long fence = isFree ? state.fence() + 1 : state.fence();
          own(asking, now + duration.toMillis());
          change(new TreeState(fence, state.size(), state.root()));
          return Optional.of(state);
        });
  }

  private void own(String newOwner, long newExpiry) {
    String oldOwner = owner;
    long oldExpiry = expiresMillis;
    journal.undo(
        () -> {
          owner = oldOwner;
          expiresMillis = oldExpiry;
        });
    owner = newOwner;
    expiresMillis = newExpiry;
  }

  private void change(TreeState next) {
    TreeState before = state;
    journal.undo(() -> state = before);
    state = next;
  }

  @Override
  public void release(String releasing) {
    Check.text(releasing, 1, 36, "owner");
    journal.run(
        () -> {
          if (owner.equals(releasing)) {
            own("", 0);
          }
          return true;
        });
  }

  @Override
  public TreeState state() {
    return journal.run(() -> state);
  }

  /** Transactions are serial: whoever is in one has locked everything. */
  @Override
  public TreeState lock() {
    return state();
  }

  @Override
  public boolean extend(TreeExtension extension) {
    return journal.run(
        () -> {
          if (extension.fence() != state.fence() || extension.fromSize() != state.size()) {
            return false;
          }
          extension.leaves().forEach(this::add);
          for (TreeTile tile : extension.tiles()) {
            TileKey key = new TileKey(tile.level(), tile.index());
            tiles.put(key, tile);
            journal.undo(() -> tiles.remove(key));
          }
          StoredHead head = extension.head();
          heads.put(head.size(), head);
          journal.undo(() -> heads.remove(head.size()));
          change(new TreeState(state.fence(), head.size(), head.root()));
          return true;
        });
  }

  private void add(PendingLeaf leaf) {
    if (!pending.remove(leaf.id())) {
      throw new StorageException("all leaves must be pending, was not: " + leaf.id());
    }
    long index = leaves.size();
    leaves.add(leaf);
    indexes.put(leaf.id(), index);
    journal.undo(
        () -> {
          pending.add(leaf.id());
          leaves.remove((int) index);
          indexes.remove(leaf.id());
        });
  }

  @Override
  public int refuse(long fence, List<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return journal.run(
        () -> {
          List<Long> waiting =
              fence == state.fence() ? ids.stream().filter(pending::contains).toList() : List.of();
          waiting.forEach(this::setAside);
          return waiting.size();
        });
  }

  @Override
  public void readmit(long fence, List<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    journal.run(
        () -> {
          if (fence == state.fence()) {
            ids.stream().filter(refused::contains).toList().forEach(this::takeBack);
          }
          return true;
        });
  }

  private void takeBack(long id) {
    refused.remove(id);
    pending.add(id);
    journal.undo(
        () -> {
          pending.remove(id);
          refused.add(id);
        });
  }

  private void setAside(long id) {
    pending.remove(id);
    refused.add(id);
    journal.undo(
        () -> {
          refused.remove(id);
          pending.add(id);
        });
  }

  @Override
  public List<Long> refused(long afterId, int limit) {
    checked(limit);
    return journal.run(() -> refused.tailSet(afterId, false).stream().limit(limit).toList());
  }

  @Override
  public OptionalLong indexOf(long id) {
    return journal.run(
        () -> {
          Long index = indexes.get(id);
          return index == null ? OptionalLong.empty() : OptionalLong.of(index);
        });
  }

  @Override
  public Map<Long, Long> indexesOf(List<Long> ids) {
    return journal.run(
        () -> {
          Map<Long, Long> found = new HashMap<>();
          for (long id : ids) {
            Long index = indexes.get(id);
            if (index != null) {
              found.put(id, index);
            }
          }
          return found;
        });
  }

  /** To be called under the journal. */
  void remove(AuditRemoval removal) {
    for (AuditRemoval.Range range : removal.ranges()) {
      for (long index = range.from(); index < range.to(); index++) {
        remove(index);
      }
      removed.put(range.from(), range);
      journal.undo(() -> removed.remove(range.from()));
    }
    for (long id : removal.ids()) {
      if (indexes.containsKey(id)) {
        throw new ConflictException("audit record " + id + " is not at one of those leaves");
      }
    }
  }

  private void remove(long index) {
    PendingLeaf leaf = index < leaves.size() ? leaves.get((int) index) : null;
    if (leaf == null) {
      throw new ConflictException("leaf " + index + " is gone already");
    }
    leaves.set((int) index, null);
    indexes.remove(leaf.id());
    journal.undo(
        () -> {
          leaves.set((int) index, leaf);
          indexes.put(leaf.id(), index);
        });
  }

  @Override
  public List<AuditRemoval.Range> removals(long above, int limit) {
    checked(limit);
    return journal.run(
        () -> removed.values().stream().filter(range -> range.to() > above).limit(limit).toList());
  }

  @Override
  public List<TreeLeaf> leaves(long from, int limit) {
    checked(limit);
    return journal.run(
        () ->
            LongStream.range(from, leaves.size())
                .filter(index -> leaves.get((int) index) != null)
                .limit(limit)
                .mapToObj(this::leaf)
                .toList());
  }

  private long end(long from, int limit) {
    return Math.min(leaves.size(), from + limit);
  }

  private TreeLeaf leaf(long index) {
    PendingLeaf leaf = requireNonNull(leaves.get((int) index));
    AuditEntry entry = records.get(leaf.id());
    return new TreeLeaf(
        index,
        leaf.id(),
        leaf.leafHash(),
        entry == null ? null : entry.canonical(),
        entry == null ? null : entry.openings(),
        null);
  }

  @Override
  public byte[] leafHashes(long from, int limit) {
    checked(limit);
    return journal.run(
        () -> {
          ByteArrayOutputStream hashes = new ByteArrayOutputStream();
          for (long index = from; index < end(from, limit); index++) {
            hashes.writeBytes(requireNonNull(leaves.get((int) index)).leafHash());
          }
          return hashes.toByteArray();
        });
  }

  @Override
  public Optional<TreeTile> tile(int level, long index) {
    return journal.run(() -> Optional.ofNullable(tiles.get(new TileKey(level, index))));
  }

  @Override
  public byte[] tileRoots(int level, long from, int limit) {
    checked(limit);
    return journal.run(
        () -> {
          ByteArrayOutputStream roots = new ByteArrayOutputStream();
          tiles.subMap(new TileKey(level, from), new TileKey(level + 1, 0)).values().stream()
              .limit(limit)
              .forEach(tile -> roots.writeBytes(tile.root()));
          return roots.toByteArray();
        });
  }

  @Override
  public List<StoredHead> heads(long aboveSize, int limit) {
    checked(limit);
    return journal.run(
        () -> heads.tailMap(aboveSize, false).values().stream().limit(limit).toList());
  }

  @Override
  public Optional<StoredHead> head(long atMost) {
    return journal.run(
        () -> Optional.ofNullable(heads.floorEntry(atMost)).map(Map.Entry::getValue));
  }

  @Override
  public List<Long> strays(long afterId, long atLeast, int limit) {
    checked(limit);
    return journal.run(
        () ->
            records.tailMap(afterId, false).keySet().stream()
                .filter(id -> !indexes.containsKey(id))
                .filter(id -> !pending.contains(id) && !refused.contains(id))
                .limit(limit)
                .toList());
  }

  @Override
  public List<Long> orphans(long afterId, int limit) {
    checked(limit);
    return journal.run(
        () -> {
          NavigableSet<Long> waiting = new TreeSet<>(pending.tailSet(afterId, false));
          waiting.addAll(refused.tailSet(afterId, false));
          return waiting.stream().filter(id -> !records.containsKey(id)).limit(limit).toList();
        });
  }

  @Override
  public List<Long> doubles(long afterId, int limit) {
    checked(limit);
    return journal.run(
        () -> {
          NavigableSet<Long> waiting = new TreeSet<>(pending.tailSet(afterId, false));
          waiting.addAll(refused.tailSet(afterId, false));
          return waiting.stream().filter(indexes::containsKey).limit(limit).toList();
        });
  }

  /** Nobody can write past this store. */
  @Override
  public List<TreeStray> beyond(long atLeast, int limit) {
    checked(limit);
    return List.of();
  }
}

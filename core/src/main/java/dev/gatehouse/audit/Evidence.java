package dev.gatehouse.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.audit.AuditRecord.Kind;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.json.Json;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the log itself tells of fields that were erased and records that were removed: whether a
 * record of that names them, and is in the tree, or waits for it under the row key. Keeps those
 * that it read last, as erasures come by the thousand. Not safe: confine to one thread.
 */
final class Evidence {
  static final String FIELDS = "fields";
  static final String RECORDS = "records";
  static final String LEAVES = "leaves";
  private static final int MAX_KEPT = 64;

  private final AuditStore log;
  private final AuditTreeStore store;
  private final AuditOptions options;
  private final long size;
  private final MerkleHash hash = new MerkleHash();
  private final Map<Long, Erased> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Erased> eldest) {
          return size() > MAX_KEPT;
        }
      };

  /** What one record of an erasure names; nothing if it is none to go by. */
  private record Erased(Set<String> fields, Set<String> records) {
    static final Erased NOTHING = new Erased(Set.of(), Set.of());
  }

  /** Where the leaves begin and end of which the record of a removal tells. */
  private final Map<Long, NavigableMap<Long, Long>> keptRemovals =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, NavigableMap<Long, Long>> eldest) {
          return size() > MAX_KEPT;
        }
      };

  /**
   * The evidence in a log.
   *
   * @param size of the tree that is verified, whose leaves are looked at anyway
   */
  Evidence(AuditStore log, AuditOptions options, long size) {
    this.log = log;
    this.store = log.tree();
    this.options = options;
    this.size = size;
  }

  /** Whether the record with that id tells that the field of the other was erased. */
  boolean tellsErasure(long id, long recordId, String field) {
    Erased erased = kept.get(id);
    if (erased == null) {
      erased = read(id).map(Evidence::erased).orElse(Erased.NOTHING);
      kept.put(id, erased);
    }
    return erased.fields.contains(field) && erased.records.contains(Long.toString(recordId));
  }

  /** Whether the record with that id tells that the leaf was removed. */
  boolean tellsRemoval(long id, long index) {
    NavigableMap<Long, Long> removed = keptRemovals.get(id);
    if (removed == null) {
      removed = read(id).map(Evidence::removed).orElse(new TreeMap<>());
      keptRemovals.put(id, removed);
    }
    Map.Entry<Long, Long> range = removed.floorEntry(index);
    return range != null && index < range.getValue();
  }

  private static NavigableMap<Long, Long> removed(AuditRecord record) {
    NavigableMap<Long, Long> removed = new TreeMap<>();
    if (record.kind() == Kind.REMOVAL && record.ext().isPresent()) {
      JsonNode ranges = Json.parse(record.ext().get(), "ext").path(LEAVES);
      ranges.forEach(range -> removed.put(range.path(0).asLong(), range.path(1).asLong()));
    }
    return removed;
  }

  private Optional<AuditRecord> read(long id) {
    try {
      return log.find(id).filter(entry -> isOfTheLog(id, entry)).map(AuditEntry::record);
    } catch (StorageException e) {
      return Optional.empty(); // its bytes are no record's: found where its leaf is verified
    }
  }

  /** In the tree, or pending and authentic. */
  private boolean isOfTheLog(long id, AuditEntry entry) {
    byte[] leafHash = hash.leaf(entry.canonical());
    if (entry.record().id() != id || !Arrays.equals(leafHash, entry.leafHash())) {
      return false;
    }
    OptionalLong index = store.indexOf(id);
    if (index.isPresent()) {
      List<TreeLeaf> leaf = store.leaves(index.getAsLong(), 1);
      return !leaf.isEmpty()
          && leaf.get(0).index() == index.getAsLong()
          && Arrays.equals(leaf.get(0).leafHash(), leafHash)
          && (index.getAsLong() < size
              ? isInTree(index.getAsLong(), leafHash)
              : isAuthentic(id, entry));
    }
    return isAuthentic(id, entry);
  }

  /** By its tile; where there is none yet, the leaf itself is compared with the head. */
  private boolean isInTree(long index, byte[] leafHash) {
    return store
        .tile(0, index / Tile.WIDTH)
        .map(tile -> Tile.of(tile.hashes(), hash).node(0, (int) (index % Tile.WIDTH)))
        .map(should -> Arrays.equals(should, leafHash))
        .orElse(true);
  }

  private boolean isAuthentic(long id, AuditEntry entry) {
    return options
        .rowKey()
        .map(key -> key.admits(options.origin(), id, entry.leafHash(), entry.mac()))
        .orElse(true);
  }

  private static Erased erased(AuditRecord record) {
    if (record.kind() != Kind.ERASURE || record.ext().isEmpty()) {
      return Erased.NOTHING;
    }
    JsonNode ext = Json.parse(record.ext().get(), "ext");
    return new Erased(texts(ext.path(FIELDS)), texts(ext.path(RECORDS)));
  }

  private static Set<String> texts(JsonNode array) {
    Set<String> texts = new HashSet<>();
    array.forEach(one -> texts.add(one.asText()));
    return texts;
  }
}

package dev.gatehouse.audit;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The full tiles that were used last; they never change. 1,024 of them, 16 MiB with the nodes above
 * their hashes. Safe for use by multiple threads.
 */
final class TileCache {
  private static final int MAX_TILES = 1_024;

  private final Map<Key, Tile> tiles =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Tile> eldest) {
          return size() > MAX_TILES;
        }
      };

  private record Key(int level, long index) {}

  synchronized @Nullable Tile find(int level, long index) {
    return tiles.get(new Key(level, index));
  }

  synchronized void clear() {
    tiles.clear();
  }

  synchronized void keep(int level, long index, Tile tile) {
    tiles.put(new Key(level, index), tile);
  }
}

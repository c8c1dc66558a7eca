package dev.gatehouse.permission;

import dev.gatehouse.permission.PermissionStore.Version;
import org.jspecify.annotations.Nullable;

/**
 * The snapshot of one transaction: the shared one, if that is what the transaction sees. Not safe:
 * confine to one thread.
 */
final class OwnSnapshot implements Snapshots {
  private final SnapshotLoader loader;
  private final FreshSnapshot shared;
  private @Nullable Snapshot last;

  OwnSnapshot(SnapshotLoader loader, FreshSnapshot shared) {
    this.loader = loader;
    this.shared = shared;
  }

  /** Reads the version whatever the consistency: only so it sees what the transaction did. */
  @Override
  public @Nullable Snapshot find(Consistency consistency) {
    Version version = loader.store().version();
    Snapshot snapshot = last;
    if (snapshot == null || !snapshot.version().equals(version)) {
      Snapshot base = snapshot == null ? shared.last().orElse(null) : snapshot;
      snapshot = base == null ? loader.load() : loader.load(base);
      last = snapshot;
    }
    return snapshot.version().number() < consistency.version() ? null : snapshot;
  }

  @Override
  public long lastVersion() {
    return last == null ? 0 : last.version().number();
  }
}
